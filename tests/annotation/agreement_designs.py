"""Designs that agreement tests share: votes made of plain lists, and figures by brute force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, permutations

import numpy as np

from claimtypes.annotation.rounds import Votes, build_votes
from claimtypes.annotation.schema import Label, Schema
from claimtypes.records import Judgement

LABELS = ("one", "two", "three")
SCHEMA = Schema(
    version="1.0.0",
    question="Which?",
    guideline="GUIDELINES.md",
    labels=tuple(
        Label(name, name.title(), "A test label.", str(i), f"#00000{i}")
        for i, name in enumerate(LABELS, 1)
    ),
    none=Label("none", "None", "", "0", "#000000"),
    reasons=(),
)

LabelSet = frozenset[str]
Design = Sequence[Sequence[LabelSet | None]]
"""One row a sentence, one column an annotator, None where there is no vote."""


def judgement(
    sentence: str, annotator: str, labels: Iterable[str], *, origin: str = "manual", note: str = ""
) -> Judgement:
    return Judgement(
        sentence=sentence,
        annotator=annotator,
        labels=tuple(labels),
        round="first",
        schema_version="1.0.0",
        guideline_version="1.0.0",
        text_fingerprint="00",
        at="2026-01-05T09:00:00Z",
        origin=origin,
        note=note,
    )


def judgements(design: Design, documents: Sequence[int] | None = None) -> list[Judgement]:
    """The design's judgements; each sentence in document 0 or the one named for it."""
    rows = []
    for index, row in enumerate(design):
        document = documents[index] if documents is not None else 0
        for column, labels in enumerate(row):
            if labels is not None:
                address = f"document-{document:03}:{index * 10}-{index * 10 + 9}"
                rows.append(judgement(address, f"reader-{column}", sorted(labels)))
    return rows


def votes(design: Design, documents: Sequence[int] | None = None) -> Votes:
    return build_votes(judgements(design, documents), SCHEMA)


def masi(a: LabelSet, b: LabelSet) -> float:
    """MASI distance as Passonneau (2006) words it; two empty sets agree."""
    if a == b:
        return 0.0
    if not a & b:
        return 1.0
    monotonicity = 2 / 3 if a <= b or b <= a else 1 / 3
    return 1.0 - len(a & b) / len(a | b) * monotonicity


def jaccard(a: LabelSet, b: LabelSet) -> float:
    return 0.0 if a == b else 1.0 - len(a & b) / len(a | b)


def unequal(a: object, b: object) -> float:
    return float(a != b)


def brute_alpha(design: Sequence[Sequence[object]], distance: Callable[..., float]) -> float:
    """Krippendorff's alpha in plain loops over every pair of values."""
    units = [[v for v in row if v is not None] for row in design]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(
        sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units
    )
    expected = 2 * sum(distance(a, b) for a, b in combinations(values, 2))
    return 1.0 - (observed / len(values)) / (expected / (len(values) * (len(values) - 1)))


def random_design(
    rng: np.random.Generator,
    sentences: int,
    annotators: int,
    *,
    noise: float = 0.3,
    missing: float = 0.0,
) -> list[list[LabelSet | None]]:
    """Annotators who copy a mostly-empty truth, except when they guess at the same rates."""
    rates = np.array([0.22, 0.13, 0.18])
    truth = rng.random((sentences, 1, 3)) < rates
    guess = rng.random((sentences, annotators, 3)) < rates
    guessing = rng.random((sentences, annotators, 1)) < noise
    given = np.where(guessing, guess, truth)
    absent = rng.random((sentences, annotators)) < missing
    return [
        [
            None if absent[i, j] else frozenset(np.array(LABELS)[given[i, j]].tolist())
            for j in range(annotators)
        ]
        for i in range(sentences)
    ]
