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

    def times(self, weights: NDArray[np.floating[Any]]) -> Floats:
        """Return the product with a dense matrix, ``[width, k] -> [n, k]``.

        One label after the other, each row summed by itself, so that neither threads nor other
        rows can change a bit of it. A matrix in Fortran order is the fastest.
        """
        product = np.zeros((len(self), weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            starts, weighed = self.starts[filled], np.empty(len(self.values))
            for label, column in enumerate(weights.T):
                np.multiply(column.take(self.indices), self.values, out=weighed)
                product[filled, label] = np.add.reduceat(weighed, starts)
        return product

    def take(self, rows: Ints) -> Sparse:
        """Return the matrix of the given rows, in their order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        places = ranges(self.starts[rows], lengths)
        return Sparse(starts, self.indices[places], self.values[places], self.width)

    def to_scipy(self) -> Any:
        """Return the matrix as SciPy's, sharing memory."""
        from scipy.sparse import csr_matrix

        indices, starts = self.indices.astype(np.int32), self.starts.astype(np.int32)
        return csr_matrix((self.values, indices, starts), shape=(len(self), self.width))


def ranges(starts: NDArray[Any], lengths: NDArray[Any]) -> Ints:
    """Return every place from each start on, as many as its length, one range after another."""
    ends = np.cumsum(lengths, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    places: Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return places


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


def key_type(rows: int, width: int) -> Any:
    """Return the type that holds ``row * width + feature``; half the bytes sort twice as fast."""
    return np.uint32 if rows * width < 1 << 32 else np.uint64


def count_keys(keys: NDArray[Any], rows: int, edges: Ints) -> tuple[Sparse, Ints]:
    """Count equal (row, feature) keys, each ``row * width + feature``, with width ``edges[-1]``.

    Returns the counts, and for each row the places [rows, edges] in ``values`` where the
    features from each edge on begin.
    """
    width = int(edges[-1])
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
