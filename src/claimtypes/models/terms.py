"""A table from hashes to feature numbers that numpy can look millions of n-grams up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.grams import Hashes

# A slot's 32 bits: the top 30 of a hash's lower half, one for "taken", one for "wanted by more".
_MARK, _TAKEN, _MORE = np.uint32(0xFFFFFFFC), np.uint32(2), np.uint32(1)


_STRIDE = 7


@dataclass(frozen=True, slots=True)
class _Level:
    """One open table: a slot holds 30 bits of a hash and whether more terms wanted the slot."""

    shift: np.uint64
    marks: NDArray[np.uint32]
    numbers: NDArray[np.int32]


def _mark(hashes: Hashes) -> NDArray[np.uint32]:
    marks = hashes.astype(np.uint32)
    marks &= _MARK
    marks |= _TAKEN
    return marks


def _slots(hashes: Hashes, depth: int, shift: np.uint64) -> NDArray[np.int64]:
    slots = hashes << np.uint64(_STRIDE * depth) if depth else hashes
    # A slot has few bits, so reading it as signed costs nothing and spares numpy a copy.
    return (slots >> shift).view(np.int64)


@dataclass(frozen=True, slots=True)
class TermTable:
    """Feature numbers by hash, in levels: what collides in one level is found in the next."""

    levels: tuple[_Level, ...]
    size: int

    @classmethod
    def of(cls, hashes: Hashes) -> TermTable:
        """Build the table; the number of a term is its position.

        Raises:
            BadInput: when two terms cannot be told apart by their hashes.
        """
        if len(np.unique(hashes)) != len(hashes):
            raise BadInput("a vocabulary holds a term twice", hint="claimtypes train")
        levels: list[_Level] = []
        waiting = np.arange(len(hashes), dtype=np.int32)
        while len(waiting):
            bits = max(10, int(4 * len(waiting)).bit_length())
            shift = np.uint64(64 - bits)
            slots = _slots(hashes[waiting], len(levels), shift)
            numbers = np.full(1 << bits, -1, dtype=np.int32)
            numbers[slots[::-1]] = waiting[::-1]
            marks = np.zeros(1 << bits, dtype=np.uint32)
            marks[slots] = _mark(hashes[numbers[slots]])
            left = numbers[slots] != waiting
            if (marks[slots[left]] == _mark(hashes[waiting[left]])).any() or len(levels) > 5:
                raise BadInput("two terms of a vocabulary have one hash", hint="claimtypes train")
            marks[slots[left]] |= _MORE
            levels.append(_Level(shift, marks, numbers))
            waiting = waiting[left]
        return cls(tuple(levels), len(hashes))

    def find(self, hashes: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return which of the hashes are terms, by position, and the terms' numbers."""
        places: list[NDArray[np.int64]] = []
        numbers: list[NDArray[np.int32]] = []
        wanted: NDArray[np.int64] | None = None
        for depth, level in enumerate(self.levels):
            slots = _slots(hashes, depth, level.shift)
            # Zero but for the last bit where a slot holds this very hash.
            unlike = level.marks.take(slots)
            unlike ^= _mark(hashes)
            hit = np.flatnonzero(unlike <= _MORE)
            places.append(hit if wanted is None else wanted[hit])
            numbers.append(level.numbers.take(slots.take(hit)))
            if depth + 1 < len(self.levels):
                unlike[hit] = 0
                missed = np.flatnonzero(unlike & _MORE)
                wanted = missed if wanted is None else wanted[missed]
                hashes = hashes[missed]
        if not places:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
        return np.concatenate(places), np.concatenate(numbers)
