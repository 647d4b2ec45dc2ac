"""Intervals by resampling documents: the same bytes for the same seed, on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from claimtypes.progress import track

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Takes weights of all documents, (b, documents), and returns s values for each row, (s, b)."""

MINIMUM_DOCUMENTS = 5
"""Fewer documents than this give an interval that means nothing."""

MAXIMUM_UNDEFINED = 0.05
"""The share of draws in which a figure may be undefined before its interval is not given."""

_CHUNK_ENTRIES = 1 << 22


def document_weights(documents: int, draws: int, seed: int) -> Iterator[Floats]:
    """Yield, in pieces, how often each of ``draws`` resamples holds each document.

    The bits are those of PCG64, whose stream NumPy promises never to change, as it does not
    for the distributions drawn from it.
    """
    bits = np.random.PCG64(seed)
    size = max(1, _CHUNK_ENTRIES // max(documents, 1))
    for start in range(0, draws, size):
        rows = min(size, draws - start)
        uniform = (bits.random_raw(rows * documents) >> np.uint64(11)) * 2.0**-53
        chosen = (uniform * documents).astype(np.int64)
        chosen += np.repeat(np.arange(rows) * documents, documents)
        counts = np.bincount(chosen, minlength=rows * documents)
        yield counts.reshape(rows, documents).astype(np.float64)


def resample(
    statistic: Statistic, documents: int, *, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return the statistic's s values, (s,), and those of every draw, (s, draws).

    All s see the same draws, so that differences between them are paired.
    """
    points = statistic(np.ones((1, documents)))[:, 0]
    drawn = np.empty((len(points), draws))
    start = 0
    chunks = -(-draws // max(1, _CHUNK_ENTRIES // max(documents, 1)))
    for weights in track(document_weights(documents, draws, seed), "resampling documents", chunks):
        drawn[:, start : start + len(weights)] = statistic(weights)
        start += len(weights)
    return points, drawn


def interval(drawn: Floats, confidence: float = 0.95) -> tuple[float, float] | None:
    """Return the percentile interval of drawn values, or None where too many are undefined."""
    defined = drawn[np.isfinite(drawn)]
    if not len(defined) or len(defined) < (1.0 - MAXIMUM_UNDEFINED) * len(drawn):
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
