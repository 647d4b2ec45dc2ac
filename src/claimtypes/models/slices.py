"""Scores of parts: by publisher, origin, genre, year, length, quotation, place, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claimtypes.models.benchmark import Readings
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.ceiling import measure_ceiling
from claimtypes.models.examples import Examples
from claimtypes.models.figures import Score
from claimtypes.models.scores import Scored, score
from claimtypes.progress import track
from claimtypes.records import Record

MINIMUM_SENTENCES = 20
_METADATA = ("split", "publisher", "origin", "genre", "case", "year", "kind")


@dataclass(frozen=True, slots=True)
class Slice(Record):
    """One part of the sentences, and how the model does on it.

    ``macro_f1`` is not given where a label does not occur in the part; ``support`` counts it.
    Nothing is given of fewer than 20 sentences. The annotators' figures are of the same decided
    sentences, None where nobody read them.
    """

    by: str
    name: str
    n_sentences: int
    n_documents: int
    support: dict[str, int]
    macro_f1: Score
    micro_f1: Score
    labels: dict[str, Score]
    annotators_macro_f1: Score | None
    annotators_micro_f1: Score | None


def measure_slices(
    scored: Scored,
    examples: Examples,
    readings: Readings | None = None,
    *,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> tuple[Slice, ...]:
    """Score every part of the same examples, kinds of part in a fixed order, parts by name."""
    read = readings.of(examples.ids) if readings else None
    every = [
        (by, name, np.flatnonzero(np.array(values) == name))
        for by, values in slice_columns(examples).items()
        for name in sorted(set(values))
    ]
    return tuple(
        _measure(
            by, name, scored.take(rows), read.take(rows) if read else None, draws=draws, seed=seed
        )
        for by, name, rows in track(every, "scoring slices")
    )


def slice_columns(examples: Examples) -> dict[str, tuple[str, ...]]:
    """Return the name of the part each example is in, by kind of part that tells any apart."""
    columns = {
        by: tuple(str(value) or "not given" for value in examples.metadata[by])
        for by in _METADATA
        if by in examples.metadata
    }
    columns["length"] = tuple(_length(text) for text in examples.texts)
    columns["quotation"] = tuple("quotation" if q else "none" for q in examples.quotation)
    columns["position"] = tuple(_position(p) for p in examples.position)
    if examples.votes is not None and examples.annotators is not None:
        columns["agreement"] = tuple(
            _agreement(votes, asked)
            for votes, asked in zip(examples.votes, examples.annotators, strict=True)
        )
    return {by: values for by, values in columns.items() if len(set(values)) > 1}


def _length(text: str) -> str:
    words = len(text.split())
    if words <= 12:
        return "12 words or fewer"
    return "13 to 24 words" if words <= 24 else "25 words or more"


def _position(place: float) -> str:
    if place < 0.2:
        return "first fifth"
    return "last fifth" if place > 0.8 else "middle"


def _agreement(votes: Sequence[float], asked: int) -> str:
    if asked < 2 or np.isnan(np.asarray(votes)).any():
        return "one reader or none"
    split = any(0.0 < vote < 1.0 for vote in votes)
    return "readers differed" if split else "readers agreed"


def _measure(
    by: str, name: str, scored: Scored, readings: Readings | None, *, draws: int, seed: int
) -> Slice:
    gold = np.asarray(scored.gold)
    support = {label: int(gold[:, i].sum()) for i, label in enumerate(scored.names)}
    n, documents = len(scored.documents), len(set(scored.documents))
    if n < MINIMUM_SENTENCES:
        nothing = Score(None, reason="few-sentences")
        labels = dict.fromkeys(scored.names, nothing)
        return Slice(by, name, n, documents, support, nothing, nothing, labels, None, None)
    found = score(scored, draws=draws, seed=seed, ranking=False)
    people = None
    if readings:
        people = measure_ceiling(
            readings, scored.names, scored.gold, scored.documents, draws=draws, seed=seed
        )
    whole = all(support.values())
    absent = Score(None, reason="label-absent")
    return Slice(
        by=by,
        name=name,
        n_sentences=n,
        n_documents=documents,
        support=support,
        macro_f1=found.macro_f1 if whole else absent,
        micro_f1=found.micro_f1,
        labels={label.name: label.f1 for label in found.labels},
        annotators_macro_f1=(people.macro_f1 if whole else absent) if people else None,
        annotators_micro_f1=people.micro_f1 if people else None,
    )
