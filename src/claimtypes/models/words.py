"""Words taken apart once: a text has few words it has not used before, and each has many n-grams.

N-grams of characters lie inside words, so those of a word are the same wherever it stands.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from claimtypes.models.grams import Batch, Grams, Hashes, Places, character_grams, lay_stretches
from claimtypes.models.sparse import ranges
from claimtypes.models.terms import TermTable

Numbers = NDArray[np.int32]

_BITS = 17
# What is remembered: at most some 30 MB, then it is forgotten and learnt again.
_MOST_WORDS, _MOST_NUMBERS = 1 << 20, 1 << 22


class WordTerms:
    """The terms in each word, looked up by the word; what it remembers changes no result."""

    def __init__(self, terms: TermTable, shortest: int, longest: int) -> None:
        self._terms, self._sizes = terms, (shortest, longest)
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        # The word of a slot is the last that came by; number 0 is a word without terms.
        self._words: Hashes = np.zeros(1 << _BITS, dtype=np.uint64)
        self._owners: Numbers = np.zeros(1 << _BITS, dtype=np.int32)
        self._lengths: Numbers = np.zeros(1, dtype=np.int32)
        self._starts: Numbers = np.zeros(1, dtype=np.int32)
        self._numbers: Numbers = np.zeros(1 << 12, dtype=np.int32)
        self._used = 0

    def find(self, batch: Batch, words: Grams) -> tuple[Numbers, Numbers]:
        """Return how many terms each word holds, and the numbers of them all, word by word."""
        with self._lock:
            if self._used > _MOST_NUMBERS or len(self._starts) > _MOST_WORDS:
                self._forget()
            slots = (words.hashes >> np.uint64(64 - _BITS)).view(np.int64)
            owners = self._owners.take(slots)
            missed = np.flatnonzero(self._words.take(slots) != words.hashes)
            if len(missed):
                fresh, first, place = np.unique(
                    words.hashes[missed], return_index=True, return_inverse=True
                )
                owners[missed] = len(self._starts) + place
                first = missed[first]
                self._learn(batch, fresh, words.begins[first], words.ends[first])
            lengths = self._lengths.take(owners)
            return lengths, self._numbers.take(ranges(self._starts.take(owners), lengths))

    def _learn(self, batch: Batch, hashes: Hashes, begins: Places, ends: Places) -> None:
        laid = lay_stretches(batch, begins, ends)
        held = []
        for grams in character_grams(laid, *self._sizes)[1]:
            places, numbers = self._terms.find(grams.hashes)
            held.append((grams.rows[places], numbers))
        rows = np.concatenate([part[0] for part in held])
        numbers = np.concatenate([part[1] for part in held])[np.argsort(rows, kind="stable")]
        lengths = np.bincount(rows, minlength=len(hashes)).astype(np.int32)
        used = self._used + len(numbers)
        if used > len(self._numbers):
            self._numbers = np.concatenate((self._numbers, np.zeros(used, dtype=np.int32)))
        self._numbers[self._used : used] = numbers
        starts = (self._used + np.cumsum(lengths) - lengths).astype(np.int32)
        slots = (hashes >> np.uint64(64 - _BITS)).view(np.int64)
        self._words[slots] = hashes
        self._owners[slots] = np.arange(len(hashes), dtype=np.int32) + len(self._starts)
        self._starts = np.concatenate((self._starts, starts))
        self._lengths = np.concatenate((self._lengths, lengths))
        self._used = used
