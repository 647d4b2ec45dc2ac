"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from claimtypes.project import Project

REPOSITORY = Path(__file__).parent.parent


STUDIO = REPOSITORY / "tests" / "annotation" / "studio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file on one worker, and those that share the one server too."""
    for item in items:
        group = STUDIO if STUDIO in item.path.parents else item.path
        item.add_marker(pytest.mark.xdist_group(str(group)))


@pytest.fixture
def repository() -> Path:
    """The checkout the tests run in."""
    return REPOSITORY


@pytest.fixture
def shared() -> Path:
    """The folder of real reporting and public data sets, which is never in the repository."""
    folder = Path(os.environ.get("CLAIMTYPES_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "reporting").is_dir():
        pytest.skip("needs the shared folder of real reporting (set CLAIMTYPES_SHARED)")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    """A fresh copy of the ten-sentence project."""
    shutil.copytree(REPOSITORY / "tests" / "data" / "tiny", tmp_path / "tiny")
    return Project(tmp_path / "tiny")
