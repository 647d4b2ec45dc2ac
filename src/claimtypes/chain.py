"""Hashed steps: one whose inputs, outputs and code are unchanged is skipped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from claimtypes.project import Project
from claimtypes.store import sha256_bytes, sha256_file, write_text


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain: what it reads, what it writes, and how it is run."""

    name: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class StepResult:
    """Whether a step was run or skipped, and the wall time it took."""

    name: str
    skipped: bool
    seconds: float


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            yield path


@cache
def _code_digest() -> str:
    source = Path(__file__).parent
    return sha256_bytes("".join(map(sha256_file, sorted(source.rglob("*.py")))).encode())


def _digest(paths: Iterable[Path]) -> str:
    lines = [f"{path} {sha256_file(path)}" for path in _files(paths)]
    return sha256_bytes("\n".join(lines).encode())


def run_steps(
    project: Project, steps: Iterable[Step], *, force: bool = False
) -> Iterator[StepResult]:
    """Run the steps in order, yielding each result.

    What was run on what is remembered in ``.claimtypes/steps.json``, written after every step,
    so that a chain cut off goes on where it stopped. The library's own code counts as an input.
    """
    path = project.state / "steps.json"
    try:
        done: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        done = {}
    for step in steps:
        began = time.monotonic()
        known = done.get(step.name, {})
        inputs = _digest(step.inputs) + _code_digest()
        if (
            not force
            and known.get("inputs") == inputs
            and all(output.exists() for output in step.outputs)
            and known.get("outputs") == _digest(step.outputs)
        ):
            yield StepResult(step.name, skipped=True, seconds=time.monotonic() - began)
            continue
        step.run()
        # A step may change its own inputs (a split is frozen into them): they are read again.
        done[step.name] = {
            "inputs": _digest(step.inputs) + _code_digest(),
            "outputs": _digest(step.outputs),
        }
        write_text(path, json.dumps(done, indent=2, sort_keys=True) + "\n")
        yield StepResult(step.name, skipped=False, seconds=time.monotonic() - began)
