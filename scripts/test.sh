#!/usr/bin/env bash
# Lint, types and every test. Tests that need a browser or a server install it where they may.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --all-extras --no-extra encoder --no-extra scale --group dev --group oracles --group servers
wanted=()
for program in chromium git-lfs; do
    command -v "$program" >/dev/null || wanted+=("$program")
done
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
if [ ${#wanted[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
# The tests install Label Studio into .studio, with uv where it is found: faster than pip.
export PATH="$PWD/.uv/bin:$PATH" UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
.venv/bin/ruff check
.venv/bin/ruff format --check
.venv/bin/mypy
# In order: the tests that share one server come early, so that no worker waits for them.
exec .venv/bin/pytest -n auto --dist loadgroup --no-loadscope-reorder "$@"
