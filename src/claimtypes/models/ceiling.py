"""The annotator ceiling: each reader scored like a model, against the other readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.models import metrics
from claimtypes.models.benchmark import Readings
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.figures import Score, resampled
from claimtypes.models.metrics import Floats, Labels
from claimtypes.records import Record


@dataclass(frozen=True, slots=True)
class ReaderScores(Record):
    """One reader: macro and micro F1, and F1 by label, against the majority of the rest.

    ``against_gold`` is the macro F1 against gold, which this reader's own votes helped to make.
    """

    reader: str
    n_sentences: int
    macro_f1: Score
    micro_f1: Score
    against_gold: Score
    labels: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Ceiling(Record):
    """What people reach on the same sentences; the mean over ``readers`` beside each of them."""

    n_sentences: int
    macro_f1: Score
    micro_f1: Score
    against_gold: Score
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

    reasons = ["never-there-nor-predicted"] * ((k + 3) * (len(read) + 1))
    found = resampled(stacked, documents, figures, reasons, draws=draws, seed=seed)
    parts = [found[i : i + k + 3] for i in range(0, len(found), k + 3)]
    readers = tuple(
        ReaderScores(
            reader=readings.readers[number],
            n_sentences=columns[number][1],
            **_named(part),
            labels=dict(zip(names, part[3:], strict=True)),
        )
        for number, part in zip(read, parts, strict=False)
    )
    return Ceiling(
        n_sentences=max(reader.n_sentences for reader in readers),
        **_named(parts[-1]),
        labels=dict(zip(names, parts[-1][3:], strict=True)),
        readers=readers,
    )


def _named(part: Sequence[Score]) -> dict[str, Score]:
    return {"macro_f1": part[0], "micro_f1": part[1], "against_gold": part[2]}


def _columns(
    readings: Readings, reader: int, gold: Labels, decided: NDArray[np.bool_]
) -> tuple[Floats, int]:
    """Return confusion counts [n, 6 k], against the rest and against gold, and how many rows."""
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
    return np.concatenate(counts, axis=1).astype(float), int(rows.sum())


def _figures(sums: Floats, k: int) -> Floats:
    """Return macro, micro, macro against gold, then F1 by label: [3 + k, b]."""
    rest = metrics.Counts(*(sums[:, i * k : (i + 1) * k] for i in range(3)))
    gold = metrics.Counts(*(sums[:, i * k : (i + 1) * k] for i in range(3, 6)))
    whole = [metrics.macro_f1(rest), metrics.micro_f1(rest), metrics.macro_f1(gold)]
    return np.concatenate([np.stack(whole), metrics.f1(rest).T])
