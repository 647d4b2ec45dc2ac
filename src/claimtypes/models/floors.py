"""Floors: scores a model once reached on a release, which it must not fall below again."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from claimtypes.errors import BadInput, Refused
from claimtypes.models.evaluate import Evaluation
from claimtypes.records import Finding, Record
from claimtypes.store import write_text

_UPDATE = "claimtypes evaluate MODEL --update-floors"


@dataclass(frozen=True, slots=True)
class Regression(Record):
    """Why a floor was lowered: which scores, from what, and the reason somebody gave."""

    reason: str
    digest: str
    lowered: dict[str, float]


@dataclass(frozen=True, slots=True)
class Floor(Record):
    """The pinned scores of one recipe on one set of sentences of a release.

    A checkout without the withheld texts scores fewer ``sentences`` than a hydrated one, and
    has a floor of its own.
    """

    recipe: str
    data: str
    version: str
    digest: str
    split: str
    sentences: int
    scores: dict[str, float]
    regressions: tuple[Regression, ...] = ()


def load_floors(path: Path) -> tuple[Floor, ...]:
    """Read a floors file; none where there is no file.

    Raises:
        BadInput: when it is not one.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: {error}") from error
    if not isinstance(values, list):
        raise BadInput(f"{path} must be a list of floors", hint=_UPDATE)
    try:
        return tuple(Floor.from_dict(value) for value in values)
    except BadInput as error:
        raise BadInput(f"{path}: {error}", hint=_UPDATE) from error


def check_floors(evaluation: Evaluation, path: Path) -> list[Finding]:
    """Hold an evaluation against its recipe's floor.

    Findings: ``score-below-floor``, ``floor-of-other-release`` and ``no-floor``.
    """
    about, found = evaluation.about, _floor_of(evaluation, load_floors(path))
    if found is None:
        known = [f for f in load_floors(path) if f.recipe == about.recipe]
        other = [f for f in known if f.digest != about.digest]
        what = (
            f"{about.recipe} has no floor on these {evaluation.scores.n_sentences} sentences"
            if not other or len(other) < len(known)
            else f"the floor of {about.recipe} is of release {other[0].version}, another data set"
        )
        name = "floor-of-other-release" if known and len(other) == len(known) else "no-floor"
        return [Finding(name, "error", what, str(path), record=about.recipe, hint=_UPDATE)]
    scores = _scores(evaluation)
    return [
        Finding(
            "score-below-floor",
            "error",
            f"{name} is {scores.get(name, 0.0):.6f}, below its floor {floor:.3f}",
            str(path),
            record=about.recipe,
            hint=f"mend the model, or {_UPDATE} --allow-regression REASON",
        )
        for name, floor in found.scores.items()
        if scores.get(name, 0.0) < floor
    ]


def update_floors(evaluation: Evaluation, path: Path, *, reason: str = "") -> Floor:
    """Pin an evaluation's scores, and return the floor written.

    Raises:
        Refused: when any score is lower than the floor and no ``reason`` is given.
    """
    about, floors = evaluation.about, load_floors(path)
    old = _floor_of(evaluation, floors) or next(
        # A new release replaces the floor of the one before it.
        (f for f in floors if _place(f) == (about.recipe, about.split, _sentences(evaluation))),
        None,
    )
    new = Floor(
        recipe=about.recipe,
        data=about.data,
        version=about.version,
        digest=about.digest,
        split=about.split,
        sentences=_sentences(evaluation),
        # Rounded down, so that the last digit of another machine is no regression.
        scores={name: math.floor(v * 1000) / 1000 for name, v in _scores(evaluation).items()},
        regressions=old.regressions if old else (),
    )
    lowered = {n: v for n, v in (old.scores if old else {}).items() if new.scores.get(n, 0.0) < v}
    if lowered and not reason:
        named = ", ".join(
            f"{n} {v:.3f} to {new.scores.get(n, 0.0):.3f}" for n, v in lowered.items()
        )
        raise Refused(
            f"floors only rise, and this would lower {named}",
            hint=f"{_UPDATE} --allow-regression REASON",
        )
    if lowered:
        regression = Regression(reason, about.digest, lowered)
        new = replace(new, regressions=(*new.regressions, regression))
    kept = [floor for floor in floors if floor is not old]
    ordered = sorted([*kept, new], key=_place)
    values = [floor.to_dict() for floor in ordered]
    write_text(path, json.dumps(values, ensure_ascii=False, indent=2) + "\n")
    return new


def _place(floor: Floor) -> tuple[str, str, int]:
    return floor.recipe, floor.split, floor.sentences


def _sentences(evaluation: Evaluation) -> int:
    return evaluation.scores.n_sentences


def _floor_of(evaluation: Evaluation, floors: tuple[Floor, ...]) -> Floor | None:
    about = evaluation.about
    wanted = (about.recipe, about.split, evaluation.scores.n_sentences)
    held = [f for f in floors if _place(f) == wanted and f.digest == about.digest]
    return held[0] if held else None


def _scores(evaluation: Evaluation) -> dict[str, float]:
    scores = evaluation.scores
    found = {"macro_f1": scores.macro_f1, "micro_f1": scores.micro_f1}
    found |= {f"f1 {label.name}": label.f1 for label in scores.labels}
    if evaluation.publishers:
        found["macro_f1 unseen publishers"] = evaluation.publishers.macro_f1
    return {name: score.value for name, score in found.items() if score.value is not None}
