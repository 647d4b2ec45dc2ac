#!/usr/bin/env bash
# Lint, types and every test. Tests that need a browser or a server install it where they may.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --all-extras --no-extra encoder --no-extra scale --group dev --group oracles --group servers
wanted=()
for program in chromium git-lfs; do
    command -v "$program" >/dev/null || wanted+=("$program")
done
if [ ${#wanted[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
.venv/bin/ruff check
.venv/bin/ruff format --check
.venv/bin/mypy
# Tests against a real Label Studio install it first, about 1 GB: scripts/test.sh -m studio
exec .venv/bin/pytest -m "not studio" "$@"
