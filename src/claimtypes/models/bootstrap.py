"""Intervals and paired tests that resample documents, because sentences of one are alike.

Every score here is a function of confusion counts, which add up over documents: a replicate is
a vector of document weights times the counts, so ten thousand replicates are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from claimtypes.annotation.resampling import document_weights
from claimtypes.models.metrics import Counts, Floats, Labels

CountScore = Callable[[Counts], Floats]
"""A score of confusion counts, one number for each replicate."""

REPLICATES = 10_000
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """Confusion counts by document: ``table`` [documents, 3 k] holds TP, then FP, then FN."""

    table: Floats

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return len(self.table)

    def weighted(self, weights: Floats) -> Counts:
        """Return the counts of each replicate; ``weights`` is ``[replicates, documents]``."""
        return _counts(weights @ self.table)


def _counts(table: Floats) -> Counts:
    k = table.shape[1] // 3
    return Counts(table[:, :k], table[:, k : 2 * k], table[:, 2 * k :])


def sum_by_document(values: Floats, documents: Sequence[str]) -> tuple[Floats, int]:
    """Return values [n, m] summed by document, in order of name, and how many there are."""
    names, index = np.unique(np.asarray(documents, dtype=str), return_inverse=True)
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(names)))
    return np.add.reduceat(values[order], starts, axis=0), len(names)


def count_by_document(gold: Labels, predicted: Labels, documents: Sequence[str]) -> DocumentCounts:
    """Return confusion counts by document, documents in order of name."""
    y, p = np.asarray(gold, dtype=bool), np.asarray(predicted, dtype=bool)
    values = np.concatenate([y & p, ~y & p, y & ~p], axis=1).astype(float)
    return DocumentCounts(sum_by_document(values, documents)[0])


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
    score: CountScore,
    *,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> PairedTest:
    """Test whether ``score`` (one number) differs, documents resampled and swapped in pairs.

    Approximate randomisation after Noreen (1989); both p-values have 1 added to numerator and
    denominator, so that none is ever 0 (Phipson and Smyth 2010).
    """
    documents = first.documents
    ones = np.ones((1, documents))
    observed = float(score(first.weighted(ones))[0] - score(second.weighted(ones))[0])
    drawn, extreme = [], 0
    for weights in document_weights(documents, replicates, seed):
        drawn.append(score(first.weighted(weights)) - score(second.weighted(weights)))
    # What one side gains by a swap the other loses, so that one product gives both.
    gain = first.table - second.table
    both = (first.table + second.table).sum(axis=0)
    for kept in _coin_flips(documents, replicates, seed + 1):
        mixed = kept @ gain + second.table.sum(axis=0)
        swapped = np.abs(score(_counts(mixed)) - score(_counts(both - mixed)))
        # Equal sums in another order may differ in the last bits.
        extreme += int((swapped >= abs(observed) - 1e-12).sum())
    draws = np.concatenate(drawn)
    below, above = int((draws <= 0).sum()), int((draws >= 0).sum())
    low, high = np.quantile(draws, [0.025, 0.975])
    return PairedTest(
        difference=observed,
        low=float(low),
        high=float(high),
        p_bootstrap=min(1.0, 2 * (min(below, above) + 1) / (replicates + 1)),
        p_randomisation=(extreme + 1) / (replicates + 1),
    )


def _coin_flips(documents: int, replicates: int, seed: int) -> Iterator[Floats]:
    """Yield, in pieces, 1 or 0 for each document of each replicate."""
    bits = np.random.PCG64(seed)
    size = max(1, (1 << 22) // max(documents, 1))
    for start in range(0, replicates, size):
        rows = min(size, replicates - start)
        flips = (bits.random_raw(rows * documents) >> np.uint64(63)).astype(np.float64)
        yield flips.reshape(rows, documents)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted
