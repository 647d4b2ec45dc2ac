"""The annotator ceiling: each reader scored like a model, against the other readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.models import metrics
from claimtypes.models.benchmark import Readings
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.figures import Score, resampled
from claimtypes.models.metrics import Floats, Labels
from claimtypes.records import Record

_WHOLE = (
    "macro_f1", "micro_f1", "against_gold", "example_f1", "example_f1_nonempty", "subset_accuracy",
)  # fmt: skip
_EACH = ("precision", "recall", "labels")


@dataclass(frozen=True, slots=True)
class ReaderScores(Record):
    """One reader against the majority of the rest; precision, recall and F1 (``labels``) by label.

    ``against_gold`` is the macro F1 against gold, which this reader's own votes helped to make.
    Figures of whole label sets leave out sentences where half of the others chose some label.
    """

    reader: str
    n_sentences: int
    macro_f1: Score
    micro_f1: Score
    against_gold: Score
    example_f1: Score
    example_f1_nonempty: Score
    subset_accuracy: Score
    precision: dict[str, Score]
    recall: dict[str, Score]
    labels: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Ceiling(Record):
    """What people reach on the same sentences; the mean over ``readers`` beside each of them.

    Readers give no probabilities, so that there is none for rankings and calibration.
    """

    n_sentences: int
    macro_f1: Score
    micro_f1: Score
    against_gold: Score
    example_f1: Score
    example_f1_nonempty: Score
    subset_accuracy: Score
    precision: dict[str, Score]
    recall: dict[str, Score]
    labels: dict[str, Score]
    readers: tuple[ReaderScores, ...]


def measure_ceiling(
    readings: Readings,
    names: Sequence[str],
    gold: Labels,
    documents: Sequence[str],
    *,
    decided: NDArray[np.bool_] | None = None,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Ceiling | None:
    """Score each reader on sentences that somebody else read too; None where there are none.

    A label that half of the others chose is no majority, so that the sentence's label is left
    out for this reader. Rows of ``readings``, ``gold`` [n, k], ``documents`` and ``decided`` [n]
    are the same; gold counts only where it is decided.
    """
    k = len(names)
    held = np.ones(len(gold), dtype=bool) if decided is None else decided
    columns = [_columns(readings, reader, gold, held) for reader in range(len(readings.readers))]
    read = [number for number, (_, rows) in enumerate(columns) if rows]
    if not read:
        return None
    stacked = np.concatenate([columns[number][0] for number in read], axis=1)

    def figures(sums: Floats) -> Floats:
        each = np.stack([_figures(part, k) for part in np.split(sums, len(read), axis=1)])
        both = np.concatenate([each, each.mean(axis=0, keepdims=True)])
        return np.asarray(both.reshape(-1, len(sums)))

    size = len(_WHOLE) + len(_EACH) * k
    reasons = ["never-there-nor-predicted"] * (size * (len(read) + 1))
    found = resampled(stacked, documents, figures, reasons, draws=draws, seed=seed)
    parts = [found[i : i + size] for i in range(0, len(found), size)]
    readers = tuple(
        ReaderScores(readings.readers[number], columns[number][1], **_named(part, names))
        for number, part in zip(read, parts, strict=False)
    )
    most = max(reader.n_sentences for reader in readers)
    return Ceiling(most, **_named(parts[-1], names), readers=readers)


def _named(part: Sequence[Score], names: Sequence[str]) -> dict[str, Any]:
    k, whole = len(names), len(_WHOLE)
    held: dict[str, Any] = dict(zip(_WHOLE, part, strict=False))
    for number, figure in enumerate(_EACH):
        start = whole + number * k
        held[figure] = dict(zip(names, part[start : start + k], strict=True))
    return held


def _columns(
    readings: Readings, reader: int, gold: Labels, decided: NDArray[np.bool_]
) -> tuple[Floats, int]:
    """Return confusion counts against the rest and against gold, and agreement of whole sets.

    [n, 6 k + 4], and how many rows were read.
    """
    own, judged = readings.labels[reader], readings.judged[reader]
    others = np.delete(readings.labels & readings.judged[:, :, None], reader, axis=0)
    asked = np.delete(readings.judged, reader, axis=0).sum(axis=0)
    twice = 2 * others.sum(axis=0)
    rest = twice > asked[:, None]
    rows = judged & (asked > 0)
    cells = rows[:, None] & (twice != asked[:, None])
    truth = np.asarray(gold, dtype=bool)
    known = (rows & decided)[:, None]
    counts = [
        cells & own & rest, cells & own & ~rest, cells & ~own & rest,
        known & own & truth, known & own & ~truth, known & ~own & truth,
    ]  # fmt: skip
    whole = cells.all(axis=1)
    sizes = own.sum(axis=1) + rest.sum(axis=1)
    overlap = 2 * (own & rest).sum(axis=1) / np.maximum(sizes, 1)
    sets = np.stack([np.ones(len(own)), overlap, sizes > 0, (own == rest).all(axis=1)], axis=1)
    return np.concatenate([*counts, sets * whole[:, None]], axis=1).astype(float), int(rows.sum())


def _figures(sums: Floats, k: int) -> Floats:
    """Return the figures of the whole, then precision, recall and F1 by label: [6 + 3 k, b]."""
    rest = metrics.Counts(*(sums[:, i * k : (i + 1) * k] for i in range(3)))
    gold = metrics.Counts(*(sums[:, i * k : (i + 1) * k] for i in range(3, 6)))
    n, overlap, filled, same = sums[:, 6 * k :].T
    with np.errstate(invalid="ignore", divide="ignore"):
        sets = [(overlap + n - filled) / n, overlap / filled, same / n]
    whole = [metrics.macro_f1(rest), metrics.micro_f1(rest), metrics.macro_f1(gold), *sets]
    each = [metrics.precision(rest), metrics.recall(rest), metrics.f1(rest)]
    return np.concatenate([np.stack(whole), *(figure.T for figure in each)])
