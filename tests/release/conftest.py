"""Projects that are ready to be released, and releases built from them."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from ready_project import (
    make_ready,
    relabel,
)

from claimtypes.annotation.schema import load_schema
from claimtypes.project import Project
from claimtypes.release.build import build
from claimtypes.release.verify import verify


def leave_croissant(patch: pytest.MonkeyPatch) -> None:
    """Let builds be verified by our own code alone: mlcroissant takes longer than all else.

    It reads the release that most tests share, and every one that a command builds.
    """
    quick = partial(verify, read_croissant=False)
    patch.setattr("claimtypes.release.build.verify", quick)


@pytest.fixture(autouse=True)
def quick_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_croissant(monkeypatch)


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
    with pytest.MonkeyPatch.context() as patch:
        # Whichever test asks first: this one is read by mlcroissant.
        patch.setattr("claimtypes.release.build.verify", verify)
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
    with pytest.MonkeyPatch.context() as patch:
        leave_croissant(patch)
        second = build(project, "2.0.0").folder
        hidden = build(project, "1.1.0", into=root / "hidden" / "1.1.0").folder
    return {"1.0.0": built, "2.0.0": second, "unlisted": hidden}
