"""The simulated projects of scripts/make_faulty_rounds.py, and faults planted one at a time."""

from __future__ import annotations

import importlib.util
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from claimtypes.records import Judgement


def _load() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "make_faulty_rounds.py"
    spec = importlib.util.spec_from_file_location("make_faulty_rounds", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


script = _load()
GUILTY = "reader-1"


def plant(simulated, kind: str, length: int = 0, seed: int = 0, guilty: str = GUILTY):
    """The project with one fault of one reader."""
    chance = random.Random(seed)
    labels = simulated.schema.names
    rows = [j for j in simulated.judgements if j.annotator == guilty]
    others = [j for j in simulated.judgements if j.annotator != guilty]
    start = chance.randrange(len(rows) - length + 1) if length else 0
    block = rows[start : start + length]

    def put(changed: list[Judgement]) -> list[Judgement]:
        return rows[:start] + changed + rows[start + length :]

    def relabel(row: Judgement, given: tuple[str, ...]) -> Judgement:
        return replace(row, labels=given)

    if kind == "shuffled":
        rows = put(script.shuffle_labels(block, chance))
    elif kind == "shifted":
        given = [row.labels for row in block]
        rows = put([relabel(r, g) for r, g in zip(block, given[-1:] + given[:-1], strict=True)])
    elif kind == "run":
        rows = put([relabel(row, ()) for row in block])
    elif kind == "random":
        rows = [relabel(r, tuple(x for x in labels if chance.random() < 0.5)) for r in rows]
    elif kind == "none":
        rows = [relabel(row, ()) for row in rows]
    elif kind == "never":
        rows = [relabel(r, tuple(x for x in r.labels if x != labels[1])) for r in rows]
    elif kind == "drift":
        place = {row.sentence: i for i, row in enumerate(sorted(rows, key=lambda r: r.at))}
        rows = [
            relabel(r, tuple(x for x in labels if chance.random() < 0.3))
            if chance.random() < 0.8 * place[r.sentence] / len(rows)
            else r
            for r in rows
        ]
    elif kind == "fast":
        rows = [replace(r, seconds=0.3) if chance.random() < 0.25 else r for r in rows]
    elif kind == "waving":
        rows = [replace(r, origin="prefilled") if r.origin != "manual" else r for r in rows]
    return replace(simulated, judgements=rows + others)
