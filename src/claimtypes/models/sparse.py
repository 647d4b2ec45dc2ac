"""Rows of a few weighted features each: what texts become before a model sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sparse:
    """A matrix in compressed rows; ``indices`` ascend within each row, none twice."""

    starts: Ints
    indices: Ints
    values: Floats
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def rows(self) -> Ints:
        """The row of each stored value."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def times(self, weights: Floats) -> Floats:
        """Return the product with a dense matrix, ``[width, k] -> [n, k]``.

        Summed in the order of the stored values, so that threads cannot change a bit of it.
        """
        product = np.zeros((len(self), weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            weighed = weights.take(self.indices, axis=0)
            weighed *= self.values[:, None]
            product[filled] = np.add.reduceat(weighed, self.starts[filled], axis=0)
        return product

    def take(self, rows: Ints) -> Sparse:
        """Return the matrix of the given rows, in their order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Sparse(starts, self.indices[places], self.values[places], self.width)

    def to_scipy(self) -> Any:
        """Return the matrix as SciPy's, sharing memory."""
        from scipy.sparse import csr_matrix

        indices, starts = self.indices.astype(np.int32), self.starts.astype(np.int32)
        return csr_matrix((self.values, indices, starts), shape=(len(self), self.width))


def stack_rows(parts: Sequence[Sparse]) -> Sparse:
    """Return matrices one below the other."""
    offsets = np.cumsum([0, *(part.starts[-1] for part in parts[:-1])])
    moved = [part.starts[1:] + offset for part, offset in zip(parts, offsets, strict=True)]
    return Sparse(
        np.concatenate([np.zeros(1, dtype=np.int64), *moved]),
        np.concatenate([part.indices for part in parts]),
        np.concatenate([part.values for part in parts]),
        parts[0].width,
    )


def count_keys(keys: NDArray[np.uint64], rows: int, edges: Ints) -> tuple[Sparse, Ints]:
    """Count equal (row, feature) keys, each ``row * width + feature``, with width ``edges[-1]``.

    Returns the counts, and for each row the places [rows, edges] in ``values`` where the
    features from each edge on begin.
    """
    width = int(edges[-1])
    if rows * width < 1 << 32:
        # Half the bytes sort in less than half the time.
        keys = keys.astype(np.uint32)
    keys.sort()
    fresh = np.empty(len(keys), dtype=bool)
    fresh[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    firsts = np.flatnonzero(fresh)
    unique = keys[firsts].astype(np.int64)
    counts = np.empty(len(firsts))
    np.subtract(firsts[1:], firsts[:-1], out=counts[:-1], casting="unsafe")
    counts[-1:] = len(keys) - firsts[-1:]
    bases = np.arange(rows) * width
    cuts = np.searchsorted(unique, bases[:, None] + edges[None, :])
    starts = np.concatenate((cuts[:, 0], [len(unique)]))
    unique -= np.repeat(bases, np.diff(starts))
    return Sparse(starts, unique, counts, width), cuts
