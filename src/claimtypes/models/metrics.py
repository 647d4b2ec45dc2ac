"""Scores of multi-label predictions: pure arithmetic on label matrices.

Shapes: ``gold`` and ``predicted`` are 0/1 arrays ``[sentences, labels]``; ``probability`` is
float of the same shape. An undefined score is ``nan``, never 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]] | NDArray[np.bool_]
Floats = NDArray[np.float64]

SOFT_EPSILON = 1e-3
"""Probabilities are clipped to [epsilon, 1 - epsilon] before a logarithm; fixed, or soft scores
of different papers cannot be compared."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Confusion counts, each ``[..., labels]``; they add up over documents."""

    true_positive: Floats
    false_positive: Floats
    false_negative: Floats


def count(gold: Labels, predicted: Labels) -> Counts:
    """Return the confusion counts of each label."""
    y, p = np.asarray(gold, dtype=bool), np.asarray(predicted, dtype=bool)
    return Counts(
        (y & p).sum(axis=0).astype(float),
        (~y & p).sum(axis=0).astype(float),
        (y & ~p).sum(axis=0).astype(float),
    )


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


def precision(counts: Counts) -> Floats:
    """Return precision by label; nan where nothing was predicted."""
    return _ratio(counts.true_positive, counts.true_positive + counts.false_positive)


def recall(counts: Counts) -> Floats:
    """Return recall by label; nan where the gold has none."""
    return _ratio(counts.true_positive, counts.true_positive + counts.false_negative)


def f1(counts: Counts) -> Floats:
    """Return F1 by label, 2TP / (2TP + FP + FN); nan where gold and prediction are both empty."""
    twice = 2 * counts.true_positive
    return _ratio(twice, twice + counts.false_positive + counts.false_negative)


def macro_f1(counts: Counts) -> Floats:
    """Return the mean F1 over labels; one that is undefined counts as 0, as in scikit-learn."""
    return np.asarray(np.nan_to_num(f1(counts)).mean(axis=-1))


def micro_f1(counts: Counts) -> Floats:
    """Return F1 of the counts summed over labels."""
    return f1(
        Counts(
            counts.true_positive.sum(axis=-1),
            counts.false_positive.sum(axis=-1),
            counts.false_negative.sum(axis=-1),
        )
    )


def example_f1(gold: Labels, predicted: Labels, *, empty: str = "one") -> float:
    """Return the mean over sentences of the F1 between gold and predicted set.

    Where both sets are empty, ``empty="one"`` scores 1 and ``empty="drop"`` leaves the sentence
    out: the two conventions in use, which differ a lot where most sentences are empty.
    """
    y, p = np.asarray(gold, dtype=bool), np.asarray(predicted, dtype=bool)
    sizes = y.sum(axis=1) + p.sum(axis=1)
    scores = np.where(sizes > 0, 2 * (y & p).sum(axis=1) / np.maximum(sizes, 1), 1.0)
    if empty == "drop":
        scores = scores[sizes > 0]
    elif empty != "one":
        raise ValueError(f"empty must be 'one' or 'drop', not {empty!r}")
    return float(scores.mean()) if len(scores) else float("nan")


def subset_accuracy(gold: Labels, predicted: Labels) -> float:
    """Return the share of sentences whose whole label set is right."""
    same = (np.asarray(gold, dtype=bool) == np.asarray(predicted, dtype=bool)).all(axis=1)
    return float(same.mean()) if len(same) else float("nan")


def average_precision(gold: Labels, probability: Floats) -> Floats:
    """Return average precision by label, the step-wise area under precision and recall.

    Ties in probability are one threshold. nan where a label has no positive.
    """
    every = np.ones((1, len(gold)))
    columns = zip(np.asarray(gold, dtype=bool).T, probability.T, strict=True)
    return np.array([Ranking.of(y, p).average_precision(every)[0] for y, p in columns])


@dataclass(frozen=True, slots=True)
class Ranking:
    """One label's sentences from the most to the least probable.

    ``gold`` [n] says which have the label; ``last`` are the places of the last of equals.
    """

    order: NDArray[np.int64]
    gold: NDArray[np.bool_]
    last: NDArray[np.int64]

    @classmethod
    def of(cls, gold: NDArray[np.bool_], probability: Floats) -> Ranking:
        """Rank sentences by probability."""
        order = np.argsort(-probability, kind="stable")
        ranked = probability[order]
        last = np.append(np.flatnonzero(np.diff(ranked)), len(order) - 1)
        return cls(order, gold[order], last)

    def average_precision(self, weights: Floats) -> Floats:
        """Return average precision [b] where sentences count as ``weights`` [b, n] say."""
        ranked = weights[:, self.order]
        named = np.cumsum(ranked, axis=1)[:, self.last]
        hits = np.cumsum(ranked * self.gold, axis=1)[:, self.last]
        gained = np.diff(hits, axis=1, prepend=0.0)
        return _ratio((gained * hits / np.maximum(named, 1.0)).sum(axis=1), hits[:, -1])


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall at each distinct threshold, from the highest down."""

    threshold: Floats
    precision: Floats
    recall: Floats


def precision_recall_points(gold: NDArray[np.bool_], probability: Floats) -> Curve:
    """Return the precision-recall curve of one label."""
    ranking = Ranking.of(gold, probability)
    hits = np.cumsum(ranking.gold)
    return Curve(
        threshold=probability[ranking.order][ranking.last],
        precision=hits[ranking.last] / (ranking.last + 1),
        recall=hits[ranking.last] / max(hits[-1], 1),
    )


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Sentences of one range of probability: how many, mean probability, share that is gold."""

    low: float
    high: float
    sentences: int
    probability: float
    positive: float


def bin_numbers(probability: Floats, bins: int) -> NDArray[np.int64]:
    """Return which of the equal-width bins from 0 to 1 each probability falls in."""
    return np.clip((probability * bins).astype(np.int64), 0, bins - 1)


def reliability(gold: NDArray[Any], probability: Floats, bins: int = 10) -> list[ReliabilityBin]:
    """Return the non-empty reliability bins of one label, equal-width from 0 to 1."""
    index = bin_numbers(probability, bins)
    found = []
    for number in range(bins):
        inside = index == number
        if inside.any():
            found.append(
                ReliabilityBin(
                    low=number / bins,
                    high=(number + 1) / bins,
                    sentences=int(inside.sum()),
                    probability=float(probability[inside].mean()),
                    positive=float(np.asarray(gold)[inside].mean()),
                )
            )
    return found


def expected_calibration_error(bins: list[ReliabilityBin]) -> float:
    """Return the sentence-weighted mean gap between probability and share (Guo et al. 2017)."""
    total = sum(b.sentences for b in bins)
    gaps = sum(b.sentences * abs(b.probability - b.positive) for b in bins)
    return gaps / total if total else float("nan")


def brier_skill(gold: NDArray[Any], probability: Floats) -> float:
    """Return 1 - Brier / Brier of the base rate; nan where the label never varies.

    Unlike the calibration error it is not flattered by rare labels: 0 is no better than always
    answering the base rate.
    """
    y = np.asarray(gold, dtype=float)
    base = float(((y - y.mean()) ** 2).mean())
    return 1 - float(((probability - y) ** 2).mean()) / base if base > 0 else float("nan")


def soft_cross_entropies(votes: Floats, probability: Floats) -> Floats:
    """Return the binary cross-entropy in nats of each cell against shares of votes, [n, k]."""
    p = np.clip(probability, SOFT_EPSILON, 1 - SOFT_EPSILON)
    return np.asarray(-(votes * np.log(p) + (1 - votes) * np.log(1 - p)))


def vote_entropies(votes: Floats) -> Floats:
    """Return the entropy in nats of each cell's votes, [n, k]: no cross-entropy can be less."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(votes > 0, votes * np.log(votes), 0.0)
        no = np.where(votes < 1, (1 - votes) * np.log(1 - votes), 0.0)
    return np.asarray(-(yes + no))


def jensen_shannons(votes: Floats, probability: Floats) -> Floats:
    """Return the Jensen-Shannon divergence in bits of each cell from shares of votes, [n, k]."""
    middle = (votes + probability) / 2
    sides = (vote_entropies(votes) + vote_entropies(probability)) / 2
    divergence = (vote_entropies(middle) - sides) / np.log(2)
    # Rounding can leave a divergence of equal distributions just below 0.
    return np.asarray(np.maximum(divergence, 0.0))
