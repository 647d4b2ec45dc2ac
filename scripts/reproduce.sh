#!/usr/bin/env bash
# The main job: from the corpus in this repository to a release, a trained baseline and a report.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --extra release --extra models
.venv/bin/claimtypes run "$@"
