"""Killed at any moment, or out of space: the old state or the new one, never between."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from claimtypes.project import Project
from claimtypes.store import STAGING_PREFIX

KILLS = 40
# A build takes seconds where the others take a fraction of one.
FEWER_KILLS = {"release-build": 6}
NEWS = (
    "Harbour talks resume\nBy Ana Reed\n"
    "Delegates from Osmark met in the harbour on Monday. They spoke for four hours.\n"
    "A second session is planned for Friday. No statement was made.\n"
)
INGEST = ["ingest", "news", "--licence", "CC-BY-4.0", "--origin", "reported"]
WITHHELD = [
    "ingest",
    "news",
    "--licence",
    "all rights reserved",
    "--origin",
    "reported",
    "--withhold",
]
COMMANDS: dict[str, Sequence[str]] = {
    "ingest": INGEST,
    "ingest-withheld": WITHHELD,
    "segment": ["segment", "--again"],
    "gold": ["gold"],
    "split": ["split"],
    "release-build": ["release", "build", "0.1.0"],
}


# What has to be done before a command has something to write.
FIRST: dict[str, Sequence[Sequence[str]]] = {"release-build": (["gold"], ["split"])}


def command(arguments: Sequence[str], project: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "claimtypes", *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def snapshot(project: Path) -> dict[str, bytes]:
    """Every file of the project but the tool's own state and what a killed writer left."""
    return {
        str(p.relative_to(project)): p.read_bytes()
        for p in sorted(project.rglob("*"))
        if p.is_file() and ".claimtypes" not in str(p.relative_to(project))
    }


def stale(project: Path) -> list[Path]:
    return [p for p in project.rglob(f"{STAGING_PREFIX}*") if p.exists()]


@pytest.fixture
def prepared(tiny: Project) -> Path:
    """The tiny project with something to ingest and everything a chain needs."""
    (tiny.root / "news").mkdir()
    for number in range(12):
        text = NEWS.replace("Harbour", f"Harbour {number}").replace("Monday", f"day {number * 17}")
        (tiny.root / "news" / f"talks-{number}.txt").write_text(text, encoding="utf-8")
    return tiny.root


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_at_any_moment_leaves_each_file_old_or_new(
    name: str, prepared: Path, tmp_path: Path
) -> None:
    arguments = COMMANDS[name]
    for earlier in FIRST.get(name, ()):
        assert command(earlier, prepared).wait() == 0
    before = snapshot(prepared)
    finished = tmp_path / "finished"
    shutil.copytree(prepared, finished)
    began = time.monotonic()
    assert command(arguments, finished).wait() == 0
    duration = time.monotonic() - began
    after = snapshot(finished)
    chance = random.Random(name)
    for number in range(FEWER_KILLS.get(name, KILLS)):
        project = tmp_path / f"killed-{number}"
        shutil.copytree(prepared, project)
        process = command(arguments, project)
        # Most of a run is start-up; aim at its second half, where the writing is.
        time.sleep(duration * chance.uniform(0.4, 1.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path, content in snapshot(project).items():
            if STAGING_PREFIX in path:
                continue
            assert content in (before.get(path), after.get(path)), path
        lost = [p for p in before if p in after and not (project / p).is_file()]
        assert not lost
        rerun = command(arguments, project)
        _, errors = rerun.communicate()
        assert rerun.returncode == 0, errors
        assert snapshot(project) == after
        assert not stale(project)
        shutil.rmtree(project)


@pytest.mark.parametrize("name", [n for n in COMMANDS if n != "segment"])
def test_a_full_disk_is_one_line_and_changes_nothing(name: str, prepared: Path) -> None:
    for earlier in FIRST.get(name, ()):
        assert command(earlier, prepared).wait() == 0
    before = snapshot(prepared)

    def no_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    process = command(
        COMMANDS[name],
        prepared,
        preexec_fn=no_space,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    _, errors = process.communicate()
    assert process.returncode != 0
    assert "error:" in errors
    assert "Traceback" not in errors
    assert snapshot(prepared) == before
    assert not stale(prepared)
