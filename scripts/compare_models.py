"""Train every recipe on the newest release, and compare the models on its test sentences.

Usage: python scripts/compare_models.py [RECIPE …]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from claimtypes.project import Project


def run(*arguments: str) -> None:
    """Run one claimtypes command and show what it prints."""
    subprocess.run([sys.executable, "-m", "claimtypes", *arguments], check=True)


if __name__ == "__main__":
    project = Project.find(Path.cwd())
    recipes = sys.argv[1:] or sorted(path.stem for path in project.recipes.glob("*.toml"))
    manifests = project.releases.glob("*/manifest.json")
    newest = max(
        (path.parent for path in manifests),
        key=lambda folder: [int(part) for part in folder.name.split(".")],
    )
    for recipe in recipes:
        run("train", recipe, "--release", str(newest))
    run("compare", *recipes)
