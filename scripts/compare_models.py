"""Train every recipe on the newest release, and compare the models on its test sentences.

Usage: python scripts/compare_models.py [RECIPE …]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from claimtypes.project import Project


def run(*arguments: str) -> bool:
    """Run one claimtypes command, show what it prints, and say whether it was done."""
    command = [sys.executable, "-m", "claimtypes", *arguments]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    project = Project.find(Path.cwd())
    recipes = sys.argv[1:] or sorted(path.stem for path in project.recipes.glob("*.toml"))
    manifests = project.releases.glob("*/manifest.json")
    newest = max(
        (path.parent for path in manifests),
        key=lambda folder: [int(part) for part in folder.name.split(".")],
    )
    # A recipe whose packages are not installed says so, and is left out.
    trained = [r for r in recipes if run("train", r, "--release", str(newest))]
    sys.exit(0 if run("compare", *trained) else 1)
