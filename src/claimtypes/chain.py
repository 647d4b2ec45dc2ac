"""The whole job as hashed steps: a step whose inputs and outputs are unchanged is skipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from claimtypes.project import Project
from claimtypes.store import sha256_bytes, sha256_file, write_text


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of the chain: what it reads, what it writes, and how it is run."""

    name: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    run: Callable[[], str]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of a step: ``skipped``, or a line on what it did."""

    name: str
    skipped: bool
    message: str


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            yield path


@cache
def _code_digest() -> str:
    source = Path(__file__).parent
    parts = [sha256_file(p) for p in sorted(source.rglob("*.py"))]
    return sha256_bytes("".join(parts).encode())


def _digest(project: Project, paths: Iterable[Path]) -> str:
    lines = [f"{p.relative_to(project.root)} {sha256_file(p)}" for p in _files(paths)]
    return sha256_bytes("\n".join(lines).encode())


def run_steps(
    project: Project, steps: Iterable[Step], *, force: bool = False
) -> Iterator[StepResult]:
    """Run the steps in order, yielding each result; unchanged ones are skipped.

    What was run on what is remembered in ``.claimtypes/steps.json``, written after every step,
    so that a chain cut off goes on where it stopped. The library's own code counts as an input.
    """
    path = project.state / "steps.json"
    try:
        done: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        done = {}
    for step in steps:
        before = _digest(project, step.inputs) + _code_digest()
        known = done.get(step.name, {})
        unchanged = known.get("inputs") == before and all(p.exists() for p in step.outputs)
        if unchanged and not force and known.get("outputs") == _digest(project, step.outputs):
            yield StepResult(step.name, skipped=True, message="unchanged")
            continue
        message = step.run()
        done[step.name] = {"inputs": before, "outputs": _digest(project, step.outputs)}
        write_text(path, json.dumps(done, indent=2, sort_keys=True) + "\n")
        yield StepResult(step.name, skipped=False, message=message)
