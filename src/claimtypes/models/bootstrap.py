"""Intervals and paired tests that resample documents, because sentences of one are alike.

Every score here is a function of confusion counts, which add up over documents: a replicate is
a vector of document weights times the counts, so ten thousand replicates are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.models.metrics import Counts, Floats, Labels

Score = Callable[[Counts], Floats]
REPLICATES = 10_000
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """Confusion counts by document, each ``[documents, labels]``."""

    true_positive: Floats
    false_positive: Floats
    false_negative: Floats

    def weighted(self, weights: Floats) -> Counts:
        """Return the counts of each replicate; ``weights`` is ``[replicates, documents]``."""
        return Counts(
            weights @ self.true_positive,
            weights @ self.false_positive,
            weights @ self.false_negative,
        )


def count_by_document(gold: Labels, predicted: Labels, documents: Sequence[str]) -> DocumentCounts:
    """Return confusion counts by document, documents in order of name."""
    y, p = np.asarray(gold, dtype=bool), np.asarray(predicted, dtype=bool)
    names, index = np.unique(np.asarray(documents, dtype=object).astype(str), return_inverse=True)

    def summed(values: NDArray[np.bool_]) -> Floats:
        total = np.zeros((len(names), y.shape[1]))
        np.add.at(total, index, values)
        return total

    return DocumentCounts(summed(y & p), summed(~y & p), summed(y & ~p))


def document_weights(documents: int, replicates: int = REPLICATES, seed: int = SEED) -> Floats:
    """Return how often each document is drawn in each replicate, ``[replicates, documents]``."""
    generator = np.random.Generator(np.random.PCG64(seed))
    shares = np.full(documents, 1 / documents)
    return generator.multinomial(documents, shares, size=replicates).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score with its 95 % interval; nan where it is undefined."""

    value: float
    low: float
    high: float


def _percentiles(draws: Floats) -> tuple[float, float]:
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def interval(counts: DocumentCounts, score: Score, weights: Floats | None = None) -> list[Estimate]:
    """Return percentile intervals of a score under resampling of documents.

    One estimate for each label where ``score`` keeps the label axis, else one alone.
    """
    documents = len(counts.true_positive)
    if weights is None:
        weights = document_weights(documents)
    values = np.atleast_1d(score(counts.weighted(np.ones((1, documents))))[0])
    draws = score(counts.weighted(weights))
    draws = draws[:, None] if draws.ndim == 1 else draws
    return [Estimate(float(value), *_percentiles(draws[:, i])) for i, value in enumerate(values)]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The difference of one score between two systems on the same documents.

    ``p_bootstrap`` is twice the smaller share of replicates on either side of 0;
    ``p_randomisation`` that of document-wise swaps with at least this difference.
    """

    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_randomisation: float


def compare_pair(
    first: DocumentCounts,
    second: DocumentCounts,
    score: Score,
    *,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> PairedTest:
    """Test whether ``score`` (one number) differs, documents resampled and swapped in pairs.

    Approximate randomisation after Noreen (1989); both p-values have 1 added to numerator and
    denominator, so that none is ever 0 (Phipson and Smyth 2010).
    """
    documents = len(first.true_positive)
    ones = np.ones((1, documents))
    observed = float(score(first.weighted(ones))[0] - score(second.weighted(ones))[0])
    weights = document_weights(documents, replicates, seed)
    draws = score(first.weighted(weights)) - score(second.weighted(weights))
    below, above = int((draws <= 0).sum()), int((draws >= 0).sum())
    low, high = _percentiles(draws)
    generator = np.random.Generator(np.random.PCG64(seed + 1))
    kept = generator.integers(0, 2, size=(replicates, documents)).astype(np.float64)
    one = _mixed(first, second, kept)
    other = _mixed(first, second, 1 - kept)
    swapped = np.abs(score(one) - score(other))
    # Equal sums in another order may differ in the last bits.
    extreme = int((swapped >= abs(observed) - 1e-12).sum())
    return PairedTest(
        difference=observed,
        low=low,
        high=high,
        p_bootstrap=min(1.0, 2 * (min(below, above) + 1) / (replicates + 1)),
        p_randomisation=(extreme + 1) / (replicates + 1),
    )


def _mixed(first: DocumentCounts, second: DocumentCounts, kept: Floats) -> Counts:
    mine, theirs = first.weighted(kept), second.weighted(1 - kept)
    return Counts(
        mine.true_positive + theirs.true_positive,
        mine.false_positive + theirs.false_positive,
        mine.false_negative + theirs.false_negative,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def mean_estimate(values: NDArray[Any], documents: Sequence[str], weights: Floats) -> Estimate:
    """Return the mean of one value a sentence, with an interval that resamples documents."""
    names, index = np.unique(np.asarray(documents, dtype=object).astype(str), return_inverse=True)
    total = np.bincount(index, weights=np.asarray(values, dtype=float), minlength=len(names))
    size = np.bincount(index, minlength=len(names)).astype(float)
    draws = (weights @ total) / np.maximum(weights @ size, 1.0)
    return Estimate(float(np.mean(values)), *_percentiles(draws))
