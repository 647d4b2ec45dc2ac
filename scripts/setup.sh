#!/usr/bin/env bash
# Make .venv from uv.lock with the extras named as arguments; uv itself comes by pip when missing.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    [ -x .uv/bin/uv ] || python3 -m pip install --quiet --disable-pip-version-check --target .uv uv
    uv=$PWD/.uv/bin/uv
fi
# Certificates of the system, as pip uses them: uv has its own store otherwise.
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
exec "$uv" sync --frozen --quiet --inexact --no-default-groups "$@"
