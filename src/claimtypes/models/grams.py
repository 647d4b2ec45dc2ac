"""N-grams of words and characters as 64-bit hashes, a batch of texts at a time, in numpy.

Counting n-grams is nearly all the time that labelling a sentence takes, so no n-gram is ever a
Python object here: a batch becomes one array of code points, and the hash of every stretch of it
is a difference of two prefix sums. What counts as an n-gram is what scikit-learn's
``CountVectorizer`` counts, for ``analyzer="word"`` with the default token pattern and for
``analyzer="char_wb"``, both lower-cased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

# An odd multiplier is invertible modulo 2**64, so powers of it can be divided out again.
_MULTIPLIER = 0x9E3779B97F4A7C15
_INVERSE = pow(_MULTIPLIER, -1, 1 << 64)
_SPACE = 32
_LETTER, _BLANK, _OTHER, _UNKNOWN = 1, 2, 0, 255

_kinds = np.full(0x110000, _UNKNOWN, dtype=np.uint8)


def _kind(point: int) -> int:
    character = chr(point)
    if character.isalnum() or character == "_":
        return _LETTER
    return _BLANK if character.isspace() else _OTHER


_kinds[:128] = [_kind(point) for point in range(128)]


def _kinds_of(codes: Codes) -> NDArray[np.uint8]:
    kinds = _kinds[codes]
    if (unknown := kinds == _UNKNOWN).any():
        for point in np.unique(codes[unknown]):
            _kinds[point] = _kind(int(point))
        kinds = _kinds[codes]
    return kinds


def _power_table(size: int) -> tuple[Hashes, Hashes]:
    """Return the multiplier's powers i and 1 - i for i below ``size``, modulo 2**64."""
    tables = []
    for factor, first in ((_MULTIPLIER, 1), (_INVERSE, _MULTIPLIER)):
        steps = np.full(size, factor, dtype=np.uint64)
        steps[0] = first
        tables.append(np.multiply.accumulate(steps))
    return tables[0], tables[1]


_tables = [_power_table(1 << 17)]


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return powers of at least ``size`` places; the table only grows."""
    if len(_tables[0][0]) < size:
        _tables[0] = _power_table(1 << size.bit_length())
    return _tables[0]


def _prefix_sums(codes: Codes) -> Hashes:
    sums = np.empty(len(codes) + 1, dtype=np.uint64)
    sums[0] = 0
    # Plus one, so that a NUL at an n-gram's end counts too.
    np.cumsum((codes + np.uint32(1)) * _powers(len(codes) + 1)[0][: len(codes)], out=sums[1:])
    return sums


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts as one array: lower-cased code points, what each is, and which text it is in.

    ``sums`` are of hashes up to each place: the hash of a stretch is a difference of two.
    """

    codes: Codes
    kinds: NDArray[np.uint8]
    rows: NDArray[np.int32]
    sums: Hashes

    @classmethod
    def of(cls, texts: Sequence[str]) -> Batch:
        """Lay texts end to end, each closed by one line feed."""
        joined = "\n".join(texts)
        if joined.count("\n") != len(texts) - 1:
            joined = "\n".join(text.replace("\n", " ") for text in texts)
        # A lone surrogate is no text, but neither may it stop the other texts.
        whole = ("\n" + joined + "\n").lower().encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(whole, dtype=np.uint32)
        rows = np.cumsum(codes == 10, dtype=np.int32) - np.int32(1)
        return cls(codes, _kinds_of(codes), rows, _prefix_sums(codes))

    def hashes(self, begins: Places, ends: Places) -> Hashes:
        """Return the hash of each stretch."""
        inverses = _powers(len(self.sums))[1]
        return (self.sums.take(ends) - self.sums.take(begins)) * inverses.take(begins)


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of a batch: the text each is in, its hash, and its stretch of ``codes``.

    A word n-gram's stretch runs from its first word to its last, whatever lies between them.
    """

    rows: NDArray[np.int32]
    hashes: Hashes
    begins: Places
    ends: Places

    def take(self, places: Places) -> Grams:
        """Return the n-grams at the given places."""
        return Grams(
            self.rows.take(places),
            self.hashes.take(places),
            self.begins.take(places),
            self.ends.take(places),
        )


def hash_terms(terms: Sequence[str]) -> Hashes:
    """Return the hash of each term: what `word_grams` and `character_grams` give for it.

    The hash of characters c0, c1, ... is the sum of (c_i + 1) * m**(i + 1) modulo 2**64.
    """
    if not terms:
        return np.empty(0, dtype=np.uint64)
    codes = np.frombuffer("".join(terms).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ends = np.cumsum([len(term) for term in terms])
    begins = np.concatenate(([0], ends[:-1]))
    sums = _prefix_sums(codes)
    hashes: Hashes = (sums[ends] - sums[begins]) * _powers(len(codes) + 1)[1][begins]
    return hashes


def blank_words(batch: Batch) -> Grams:
    """Return everything between blanks, one after the other."""
    inside = np.zeros(len(batch.codes) + 1, dtype=np.int8)
    np.not_equal(batch.kinds, _BLANK, out=inside[1:], casting="unsafe")
    turns = np.diff(inside)
    begins, ends = np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)
    return Grams(batch.rows[begins], batch.hashes(begins, ends), begins, ends)


def lay_stretches(batch: Batch, begins: Places, ends: Places) -> Batch:
    """Return a batch whose texts are stretches of another, one space before and after each.

    It is for `character_grams` alone, which adds up by itself.
    """
    lengths = ends - begins + 1
    starts = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) + np.repeat(begins - 1 - starts, lengths)
    codes = np.append(batch.codes[places], np.uint32(_SPACE))
    kinds = np.append(batch.kinds[places], np.uint8(_BLANK))
    codes[starts], kinds[starts] = _SPACE, _BLANK
    rows = np.repeat(np.arange(len(begins) + 1, dtype=np.int32), np.append(lengths, 1))
    return Batch(codes, kinds, rows, np.empty(0, dtype=np.uint64))


def word_grams(batch: Batch, longest: int) -> list[Grams]:
    r"""Return the n-grams of words (two or more of ``\w``), one entry a length from 1 on."""
    inside = np.empty(len(batch.codes) + 1, dtype=np.int8)
    inside[0] = 0
    np.equal(batch.kinds, _LETTER, out=inside[1:], casting="unsafe")
    turns = np.diff(inside)
    begins, ends = np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)
    long_enough = ends - begins > 1
    begins, ends = begins[long_enough], ends[long_enough]
    rows = batch.rows[begins]
    powers = _powers(len(batch.codes) + 1)[0]
    words = batch.hashes(begins, ends)
    lengths = ends - begins
    found, hashes, widths = [], words, lengths
    for size in range(1, longest + 1):
        if size > 1:
            # Append one space and the next word to every n-gram one word shorter.
            shift = powers[widths[:-1]]
            following = words[size - 1 :]
            space = np.uint64((_SPACE + 1) * _MULTIPLIER & 0xFFFFFFFFFFFFFFFF)
            hashes = hashes[:-1] + shift * (space + np.uint64(_MULTIPLIER) * following)
            widths = widths[:-1] + 1 + lengths[size - 1 :]
        last = slice(size - 1, None)
        first = slice(0, max(len(words) - size + 1, 0))
        together = np.flatnonzero(rows[first] == rows[last])
        found.append(Grams(rows[first], hashes, begins[first], ends[last]).take(together))
    return found


def character_grams(batch: Batch, shortest: int, longest: int) -> tuple[Codes, list[Grams]]:
    """Return the code points that stretches lie in, and the n-grams, one entry a length.

    As ``char_wb``: inside words, each with one space before and after it; a word shorter than
    the shortest length counts whole, once.
    """
    blank = batch.kinds == _BLANK
    # Of several spaces the last is kept, so a space is in the row of the word after it.
    keep = np.empty(len(blank), dtype=bool)
    keep[-1] = True
    np.logical_not(blank[:-1] & blank[1:], out=keep[:-1])
    codes, rows, blank = batch.codes[keep], batch.rows[keep], blank[keep]
    codes[blank] = _SPACE
    spaces = np.flatnonzero(blank)
    # How far the next space is; what follows the last space is no word.
    room = np.repeat(spaces[1:], np.diff(spaces)) - np.arange(spaces[0], spaces[-1])
    sums = _prefix_sums(codes)
    inverses = _powers(len(codes) + 1)[1]
    found = []
    for size in range(shortest, longest + 1):
        count = max(len(room) - size + 2, 0)
        fits = np.flatnonzero(room[:count] >= size - 1)
        hashes = (sums[size : size + count] - sums[:count]) * inverses[:count]
        begins, ends = fits, fits + size
        picked = hashes[fits]
        if size == shortest and size > 3:
            short = np.flatnonzero(blank[: len(room)] & (room < size - 1))
            stops = short + room[short] + 1
            whole = (sums[stops] - sums[short]) * inverses[short]
            begins = np.concatenate((begins, short))
            ends, picked = np.concatenate((ends, stops)), np.concatenate((picked, whole))
        found.append(Grams(rows[begins], picked, begins, ends))
    return codes, found
