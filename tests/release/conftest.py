"""Projects that are ready to be released, and releases built from them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ready_project import (
    make_ready,
    relabel,
)

from claimtypes.annotation.schema import load_schema
from claimtypes.project import Project
from claimtypes.release.build import build


@pytest.fixture
def ready(tiny: Project) -> Project:
    """The tiny project with everything a release can hold."""
    return make_ready(tiny)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that no test changes."""
    root = tmp_path_factory.mktemp("built")
    source = Path(__file__).parent.parent / "data" / "tiny"
    shutil.copytree(source, root / "tiny")
    return build(make_ready(Project(root / "tiny")), "1.0.0").folder


@pytest.fixture
def release(built: Path, tmp_path: Path) -> Path:
    """A copy of a release, to be changed."""
    shutil.copytree(built, tmp_path / "1.0.0")
    return tmp_path / "1.0.0"


@pytest.fixture(scope="session")
def versions(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Releases of one project: each after the one before, and one that hides what it changed."""
    root = tmp_path_factory.mktemp("versions") / "tiny"
    shutil.copytree(built.parent.parent, root)
    project = Project(root)
    relabel(project, "harbour-office:229-262", [load_schema(project.schema).names[0]])
    second = build(project, "2.0.0").folder
    hidden = build(project, "1.1.0", into=root / "hidden" / "1.1.0").folder
    return {"1.0.0": built, "2.0.0": second, "unlisted": hidden}
