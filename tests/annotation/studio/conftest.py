"""A real Label Studio: installed and migrated once a run, started once for each worker of it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from laboratory import ANNOTATORS, Laboratory

from claimtypes.annotation.studio import down, up
from claimtypes.annotation.studio_environment import ENVIRONMENT, ensure_environment
from claimtypes.project import Project

REPOSITORY = Path(__file__).parents[3]
TINY = REPOSITORY / "tests" / "data" / "tiny"

HOOK = """
import os, socket
def _note(host):
    with open(os.environ["LOOKUPS"], "a") as stream:
        stream.write(f"{host}\\n")
_resolve, _connect = socket.getaddrinfo, socket.socket.connect
def getaddrinfo(host, *more, **named):
    _note(host)
    return _resolve(host, *more, **named)
def connect(self, address):
    if isinstance(address, tuple):
        _note(address[0])
    return _connect(self, address)
socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect
"""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one worker at a time do what all of them share."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def new_project(root: Path) -> Project:
    """Make a ten-sentence project in which nothing is judged; its corpus is named after it."""
    shutil.copytree(TINY, root, dirs_exist_ok=True)
    (root / "annotation" / "rounds" / "first.jsonl").unlink()
    path = root / "corpus" / "dataset.toml"
    text = path.read_text(encoding="utf-8").replace('name = "tiny"', f'name = "{root.parent.name}"')
    path.write_text(text, encoding="utf-8")
    return Project(root)


@pytest.fixture(scope="session")
def environment() -> Path:
    """The environment with Label Studio: the one named, or one kept in the checkout."""
    with alone(REPOSITORY / ".studio"):
        program = ensure_environment(Project(REPOSITORY))
    folder = program.parents[1]
    os.environ[ENVIRONMENT] = str(folder)
    return folder


@pytest.fixture(scope="session")
def older_sdk(environment: Path) -> Path:
    """A folder with the last 2.0 of Label Studio's SDK, kept in the checkout."""
    folder = REPOSITORY / ".studio" / "sdk-2.0.23"
    with alone(REPOSITORY / ".studio"):
        if not folder.exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
            wanted = [str(folder), "label-studio-sdk==2.0.23"]
            subprocess.run([*command, *wanted], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def migrated(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves in ``.studio``: a made database and accounts; once a run."""
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    root = base / "studio-migrated" / "project"
    with alone(root.parent):
        if not root.exists():
            staged = new_project(root.with_name("staged"))
            try:
                up(staged, annotators=ANNOTATORS)
            finally:
                down(staged)
            staged.root.rename(root)
    return root / ".studio"


@pytest.fixture(scope="session")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ``.studio`` of a server that runs; what it looks up is noted in ``lookups.txt``."""
    root = tmp_path_factory.mktemp("server")
    project = new_project(root / "project")
    folder = project.root / ".studio"
    shutil.copytree(migrated, folder)
    (root / "hook").mkdir()
    (root / "hook" / "sitecustomize.py").write_text(HOOK)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(root / "hook"))
            patch.setenv("LOOKUPS", str(folder / "lookups.txt"))
            up(project)
        yield folder
    finally:
        down(project)


@pytest.fixture(scope="module")
def laboratory(server: Path, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    """A module's own corpus on the server that the modules share."""
    project = new_project(tmp_path_factory.mktemp("laboratory") / "project")
    (project.root / ".studio").symlink_to(server)
    return Laboratory(project)
