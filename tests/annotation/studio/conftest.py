"""A real Label Studio: migrated once a run, copied and started for each module of tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from laboratory import ANNOTATORS, Laboratory

from claimtypes.annotation.studio import (
    ENVIRONMENT,
    VERSION,
    down,
    ensure_environment,
    installed_version,
    up,
)
from claimtypes.project import Project

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def environment() -> Path:
    """The environment with Label Studio: the one named, or one kept in the checkout."""
    folder = Path(os.environ.get(ENVIRONMENT, REPOSITORY / ".studio" / "environment"))
    if installed_version(folder) != VERSION:
        ensure_environment(Project(REPOSITORY))
    os.environ[ENVIRONMENT] = str(folder)
    return folder


@pytest.fixture(scope="session")
def migrated(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose server was started once, so that its database is made."""
    root = tmp_path_factory.mktemp("migrated") / "project"
    shutil.copytree(REPOSITORY / "tests" / "data" / "tiny", root)
    project = Project(root)
    (root / "annotation" / "rounds" / "first.jsonl").unlink()
    try:
        up(project, annotators=ANNOTATORS)
    finally:
        down(project)
    return root


@pytest.fixture(scope="module")
def laboratory(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A copy of that project with its server running, shared by the tests of a module."""
    root = tmp_path_factory.mktemp("laboratory") / "project"
    shutil.copytree(migrated, root)
    project = Project(root)
    try:
        up(project)
        yield Laboratory(project)
    finally:
        down(project)
