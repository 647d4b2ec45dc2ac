"""Vocabularies: which n-grams of some examples are worth a weight, and how they are spelt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import NUMBERS, Examples
from claimtypes.models.features import (
    Block,
    Features,
    Terms,
    lay_out,
    term_weights,
    text_batches,
)
from claimtypes.models.grams import (
    Batch,
    Codes,
    Grams,
    Hashes,
    character_grams,
    lay_stretches,
)
from claimtypes.models.layout import Layout
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.sparse import Ints, key_type, ranges
from claimtypes.models.terms import TermTable
from claimtypes.progress import track


def fit_features(blocks: Sequence[Block], numbers: Sequence[str], examples: Examples) -> Features:
    """Learn the vocabulary and weights of every block from examples.

    Raises:
        BadInput: when a block of the text finds no term at all; context may be empty.
    """
    if unknown := sorted(set(numbers) - set(NUMBERS)):
        raise BadInput(f"no number {', '.join(unknown)}", hint=f"there are {', '.join(NUMBERS)}")
    reading = _Reading.of([block.check() for block in blocks], examples)
    found = _document_frequencies(reading)
    kept = [_choose(b, *f) for b, f in zip(reading.blocks, found, strict=True)]
    spelt = _spell(reading, [hashes for hashes, _ in kept])
    terms = []
    for block, (_, frequencies), words in zip(reading.blocks, kept, spelt, strict=True):
        alphabetic = sorted(range(len(words)), key=words.__getitem__)
        weights = term_weights(block, frequencies, len(examples))
        terms.append(Terms(block, tuple(words[i] for i in alphabetic), weights[alphabetic]))
    return Features(terms, numbers, reading.common)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Examples to be read batch by batch, more than once; ``masked`` keeps masked copies."""

    blocks: tuple[Block, ...]
    examples: Examples
    common: frozenset[str]
    mask: Mask
    masked: dict[str, str]

    @classmethod
    def of(cls, blocks: Sequence[Block], examples: Examples) -> _Reading:
        hidden = any(block.mask for block in blocks)
        common = common_words(examples.texts) if hidden else frozenset()
        return cls(tuple(blocks), examples, common, Mask(common), {})

    def batches(self, what: str) -> Iterator[list[Layout]]:
        """Yield what each block reads of each batch."""
        for rows in track(list(text_batches(self.examples)), what):
            held = lay_out(self.blocks, self.examples, rows, self.mask, self.masked)
            yield [held[block.mask] for block in self.blocks]


class _Tally:
    """Adds up how many texts hold each n-gram, by hash."""

    def __init__(self) -> None:
        self._held: Hashes = np.zeros(0, dtype=np.uint64)
        self._counts: Ints = np.zeros(0, dtype=np.int64)
        self._waiting: list[tuple[Hashes, Ints]] = []

    def add(self, hashes: Hashes, counts: Ints) -> None:
        self._waiting.append((hashes, counts))
        if sum(len(held) for held, _ in self._waiting) > 4_000_000:
            self.result()

    def result(self) -> tuple[Hashes, Ints]:
        """Return hashes, ascending, and counts."""
        hashes = np.concatenate([self._held, *(held for held, _ in self._waiting)])
        counts = np.concatenate([self._counts, *(held for _, held in self._waiting)])
        self._held, place = np.unique(hashes, return_inverse=True)
        totals = np.bincount(place, counts.astype(np.float64), minlength=len(self._held))
        self._counts, self._waiting = totals.astype(np.int64), []
        return self._held, self._counts


def _document_frequencies(reading: _Reading) -> list[tuple[Hashes, Ints]]:
    """Return every n-gram's hash, ascending, and how many texts hold it, block by block."""
    tallies = [_Tally() for _ in reading.blocks]
    for layouts in reading.batches("counting n-grams"):
        for block, layout, tally in zip(reading.blocks, layouts, tallies, strict=True):
            count = _count_characters if block.analyzer == "char" else _count_words
            for hashes, counts in count(block, layout):
                tally.add(hashes, counts)
    return [tally.result() for tally in tallies]


def _count_words(block: Block, layout: Layout) -> Iterator[tuple[Hashes, Ints]]:
    uses = layout.uses(block.field)
    for grams in layout.word_grams(block.shortest, block.longest):
        # Within one length texts ascend, so a stable sort by hash keeps equal texts together.
        order = np.argsort(grams.hashes, kind="stable")
        hashes, texts = grams.hashes[order], grams.rows[order]
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (hashes[1:] != hashes[:-1]) | (texts[1:] != texts[:-1])
        used = uses[texts]
        # A text of another field only is in no row of this one.
        fresh &= used > 0
        yield hashes[fresh], used[fresh]


def _count_characters(block: Block, layout: Layout) -> Iterator[tuple[Hashes, Ints]]:
    laid, number = _distinct_words(layout)
    grams = character_grams(laid, block.shortest, block.longest)[1]
    owners = np.concatenate([held.rows for held in grams])
    hashes, gram = np.unique(np.concatenate([held.hashes for held in grams]), return_inverse=True)
    # The n-grams of each distinct word, word by word.
    gram = gram[np.argsort(owners, kind="stable")]
    lengths = np.bincount(owners, minlength=int(laid.rows[-1]))
    starts = np.cumsum(lengths) - lengths
    rows, places = layout.spread(block.field, layout.words.rows)
    words = number[places]
    held = gram[ranges(starts[words], lengths[words])]
    count = int(rows[-1]) + 1 if len(rows) else 0
    key = key_type(count, len(hashes))
    keys = np.repeat(rows, lengths[words]).astype(key) * key(len(hashes)) + held.astype(key)
    keys.sort()
    fresh = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    counts = np.bincount((keys[fresh] % key(max(len(hashes), 1))).astype(np.int64))
    held_at = np.flatnonzero(counts)
    yield hashes[held_at], counts[held_at]


def _distinct_words(layout: Layout) -> tuple[Batch, NDArray[np.int64]]:
    """Return each word once, as a text of its own, and the number of every word's."""
    words = layout.words
    _, first, number = np.unique(words.hashes, return_index=True, return_inverse=True)
    return lay_stretches(layout.batch, words.begins[first], words.ends[first]), number


def _choose(block: Block, hashes: Hashes, frequencies: Ints) -> tuple[Hashes, Ints]:
    """Return the n-grams that become terms.

    Raises:
        BadInput: when a block of the text is left with none.
    """
    keep = frequencies >= block.min_documents
    if block.max_terms and keep.sum() > block.max_terms:
        # The most frequent, and of equally frequent ones those with the smallest hash.
        order = np.lexsort((hashes, -frequencies))
        chosen = np.zeros(len(hashes), dtype=bool)
        chosen[order[: block.max_terms]] = True
        keep &= chosen
    if not keep.any() and block.field == "text":
        raise BadInput(
            f"no {block.analyzer} n-gram of {block.field} is in {block.min_documents} texts",
            hint="train on more sentences, or lower min_documents in the recipe",
        )
    return hashes[keep], frequencies[keep]


def _spell(reading: _Reading, hashes: Sequence[Hashes]) -> list[list[str]]:
    """Return the text of each n-gram, found again by its hash, block by block."""
    spelt = [[""] * len(held) for held in hashes]
    tables = [TermTable.of(held) for held in hashes]
    missing = [np.ones(len(held), dtype=bool) for held in hashes]
    for layouts in reading.batches("spelling n-grams"):
        for block, layout, words, table, left in zip(
            reading.blocks, layouts, spelt, tables, missing, strict=True
        ):
            codes, found = layout.batch.codes, []
            if block.analyzer == "word":
                found = layout.word_grams(block.shortest, block.longest)
            elif left.any():
                laid = _distinct_words(layout)[0]
                codes, found = character_grams(laid, block.shortest, block.longest)
            for grams in found:
                _spell_grams(codes, grams, table, words, left, whole=block.analyzer == "word")
    return spelt


def _spell_grams(
    codes: Codes,
    grams: Grams,
    table: TermTable,
    words: list[str],
    missing: NDArray[np.bool_],
    *,
    whole: bool,
) -> None:
    places, numbers = table.find(grams.hashes)
    fresh = missing[numbers]
    numbers, first = np.unique(numbers[fresh], return_index=True)
    places = places[fresh][first]
    missing[numbers] = False
    begins, ends = grams.begins[places].tolist(), grams.ends[places].tolist()
    for number, begin, end in zip(numbers.tolist(), begins, ends, strict=True):
        text = codes[begin:end].tobytes().decode("utf-32-le", "surrogatepass")
        words[number] = _words_of(text) if whole else text


def _words_of(stretch: str) -> str:
    """Return the words of a stretch of text, one space between them."""
    spaced = "".join(c if c.isalnum() or c == "_" else " " for c in stretch)
    return " ".join(word for word in spaced.split() if len(word) > 1)
