"""Killed at any moment, or out of space: the old state or the new one, never between.

The commands run in forks of this process, in which everything is imported already, so that a kill
lands in a command's work and not in the second that Python takes to start.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from claimtypes.cli import VERBS, main
from claimtypes.project import Project
from claimtypes.store import STAGING_PREFIX

KILLS = 40
FEWER_KILLS = {"release-build": 12}  # a build verifies what it built, which takes seconds
NEWS = (
    "Harbour talks resume\nBy Ana Reed\n"
    "Delegates from Osmark met in the harbour on Monday. They spoke for four hours.\n"
    "A second session is planned for Friday. No statement was made.\n"
)
INGEST = ["ingest", "news", "--licence", "CC-BY-4.0", "--origin", "reported"]
WITHHELD = ["ingest", "news", "--licence", "all rights", "--origin", "reported", "--withhold"]
COMMANDS: dict[str, Sequence[str]] = {
    "ingest": INGEST,
    "ingest-withheld": WITHHELD,
    "hydrate": ["hydrate", "--texts", "news"],
    "segment": ["segment", "--again"],
    "sheets-make": ["sheets", "make", "later", "--annotator", "reader-a", "--out", "sheets"],
    "gold": ["gold"],
    "split": ["split"],
    "audit": ["audit", "--html", "reports/annotation.html"],
    "release-build": ["release", "build", "0.1.0"],
}
# What has to be done before a command has something to write.
FIRST: dict[str, Sequence[Sequence[str]]] = {
    "hydrate": [WITHHELD],
    "release-build": [["gold"], ["split"]],
}


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """Import what a command would, before it is forked."""
    for module, _ in VERBS.values():
        import_module(f"claimtypes.cli.{module}")
    for module in ("pyarrow.parquet", "mlcroissant", "claimtypes.release.build"):
        pytest.importorskip(module)


def start(arguments: Sequence[str], project: Path, before: Callable[[], None] | None = None) -> int:
    """Start a command in a fork, its output in ``output`` beside the project; return its id."""
    output = os.open(project.with_name("output"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    child = os.fork()
    if child:
        os.close(output)
        return child
    code = 70
    try:
        os.chdir(project)
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        sys.stdout = os.fdopen(1, "w")
        sys.stderr = os.fdopen(2, "w")
        sys.argv = ["claimtypes", *arguments]
        if before:
            before()
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
    except BaseException:  # noqa: BLE001 - a fork must never go on as the test
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(arguments: Sequence[str], project: Path) -> None:
    """Run a command to its end; findings are no failure."""
    code = wait(start(arguments, project))
    assert code in (0, 1), project.with_name("output").read_text()


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
        run(earlier, prepared)
    before = snapshot(prepared)
    finished = tmp_path / "finished"
    shutil.copytree(prepared, finished)
    began = time.monotonic()
    run(arguments, finished)
    duration = time.monotonic() - began
    after = snapshot(finished)
    chance = random.Random(name)
    for number in range(FEWER_KILLS.get(name, KILLS)):
        project = tmp_path / f"killed-{number}"
        shutil.copytree(prepared, project)
        child = start(arguments, project)
        time.sleep(duration * chance.uniform(0, 1.05))
        os.kill(child, signal.SIGKILL)
        wait(child)
        for path, content in snapshot(project).items():
            assert content in (before.get(path), after.get(path)), path
        lost = [p for p in before if p in after and not (project / p).is_file()]
        assert not lost
        run(arguments, project)
        assert snapshot(project) == after
        assert not stale(project)
        shutil.rmtree(project)


@pytest.mark.parametrize("name", [n for n in COMMANDS if n != "segment"])
def test_a_full_disk_is_one_line_and_changes_nothing(name: str, prepared: Path) -> None:
    for earlier in FIRST.get(name, ()):
        run(earlier, prepared)
    before = snapshot(prepared)

    def no_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", *COMMANDS[name]],
        cwd=prepared,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=no_space,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(prepared) == before
    assert not stale(prepared)
