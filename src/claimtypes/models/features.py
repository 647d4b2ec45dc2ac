"""Texts to weighted features: n-gram blocks, each as scikit-learn's TfidfVectorizer makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import FIELDS, Examples
from claimtypes.models.grams import hash_terms
from claimtypes.models.layout import Layout
from claimtypes.models.masking import Mask
from claimtypes.models.sparse import Floats, Ints, Sparse, count_keys, key_type, stack_rows
from claimtypes.models.terms import TermTable
from claimtypes.models.words import WordTerms

# Few enough texts that a batch's arrays stay in the processor's cache, enough that numpy's own
# overhead does not show; 1024 was the fastest of 256 to 4096 measured.
BATCH = 1024
_BATCH_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """One family of n-grams: of which text, of what, how long, and how they are weighted.

    ``analyzer`` is ``word`` or ``char`` (inside word boundaries); ``weighting`` is ``tfidf``,
    ``log-tfidf`` (1 + log of counts) or ``binary`` (presence, no norm). A term is kept when at
    least ``min_documents`` texts hold it, and, with ``max_terms``, when it is among the most
    frequent. ``scale`` is the length of the block's part of a row.
    """

    field: str = "text"
    analyzer: str = "word"
    shortest: int = 1
    longest: int = 2
    min_documents: int = 1
    max_terms: int = 0
    mask: bool = False
    weighting: str = "tfidf"
    scale: float = 1.0

    def check(self) -> Block:
        """Return the block.

        Raises:
            BadInput: for a field, analyzer, weighting or length that there is not.
        """
        choices = {
            "field": FIELDS,
            "analyzer": ("word", "char"),
            "weighting": ("tfidf", "log-tfidf", "binary"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise BadInput(f"{name} = {getattr(self, name)!r} must be {' or '.join(known)}")
        least = 1 if self.analyzer == "word" else 2
        if not least <= self.shortest <= self.longest <= 20:
            lengths = f"lengths {self.shortest} to {self.longest}"
            raise BadInput(f"{lengths} of {self.analyzer} n-grams must lie in {least} to 20")
        if not 0.0 < self.scale < 1e6:
            raise BadInput(f"scale = {self.scale} must be above 0")
        return self


def text_batches(examples: Examples) -> Iterator[slice]:
    """Yield the rows of each batch: few enough texts, and not too long."""
    start, size = 0, 0
    for row, text in enumerate(examples.texts):
        size += len(text)
        if row + 1 - start == BATCH or size > _BATCH_CHARACTERS:
            yield slice(start, row + 1)
            start, size = row + 1, 0
    if start < len(examples):
        yield slice(start, len(examples))


def lay_out(
    blocks: Sequence[Block],
    examples: Examples,
    rows: slice,
    mask: Mask,
    masked: dict[str, str] | None = None,
) -> dict[bool, Layout]:
    """Return what blocks read in some rows: the texts that are masked, and those that are not."""
    return {
        hidden: Layout(
            examples,
            rows,
            dict.fromkeys(block.field for block in blocks if block.mask == hidden),
            mask if hidden else None,
            masked,
        )
        for hidden in sorted({block.mask for block in blocks})
    }


@dataclass(frozen=True, slots=True)
class Counts:
    """How often texts hold terms, where each block begins in each row, and the numbers [n, d]."""

    held: Sparse
    cuts: Ints
    numbers: Floats


@dataclass(frozen=True, slots=True)
class Terms:
    """A block's vocabulary, sorted, and the weight of each term (inverse document frequency)."""

    block: Block
    words: tuple[str, ...]
    weights: NDArray[np.float32]


class _Finder:
    """Finds a block's terms in a layout."""

    def __init__(self, terms: Terms) -> None:
        self.block, self._table = terms.block, TermTable.of(hash_terms(terms.words))
        self._words = WordTerms(self._table, self.block.shortest, self.block.longest)
        self.size = self._table.size

    def find(self, layout: Layout) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
        """Yield rows and the terms in each; a term as often as it is there."""
        if self.block.analyzer == "char":
            rows, places = layout.spread(self.block.field, layout.words.rows)
            lengths, numbers = self._words.find(layout.batch, layout.words.take(places))
            yield np.repeat(rows, lengths), numbers
            return
        for grams in layout.word_grams(self.block.shortest, self.block.longest):
            places, numbers = self._table.find(grams.hashes)
            order = np.argsort(places, kind="stable")
            rows, spread = layout.spread(self.block.field, grams.rows[places[order]])
            yield rows, numbers[order[spread]]


class Features:
    """Fitted blocks and numbers: examples in, one sparse row each out."""

    def __init__(
        self, terms: Sequence[Terms], numbers: Sequence[str], common: frozenset[str]
    ) -> None:
        self.terms, self.numbers, self.common = tuple(terms), tuple(numbers), common
        self._mask = Mask(common)
        self._finders = [_Finder(t) for t in self.terms]
        self._edges = np.cumsum([0, *(finder.size for finder in self._finders)])
        self._weights = np.concatenate(
            [*(t.weights.astype(np.float64) for t in self.terms), np.ones(len(self.numbers))]
        )

    @property
    def width(self) -> int:
        """The number of features: every block's terms, then the numbers."""
        return int(self._edges[-1]) + len(self.numbers)

    def names(self) -> list[str]:
        """Return every feature's name, ``field:analyzer:term``, in order."""
        named = [
            f"{t.block.field}:{t.block.analyzer}:{word}" for t in self.terms for word in t.words
        ]
        return named + [f"number:{name}" for name in self.numbers]

    def transform(self, examples: Examples) -> Sparse:
        """Return one row an example; every block's part has its scale's length, or is empty."""
        return self.weigh(self.count(examples))

    def batches(self, examples: Examples) -> Iterator[Sparse]:
        """Yield the rows of `transform` a batch at a time."""
        for rows in text_batches(examples):
            yield self.weigh(self._count(examples, rows))

    def count(self, examples: Examples) -> Counts:
        """Return how often each text holds each term."""
        parts = [self._count(examples, rows) for rows in text_batches(examples)]
        if not parts:
            parts = [self._count(examples, slice(0, 0))]
        return parts[0] if len(parts) == 1 else _stack(parts)

    def _count(self, examples: Examples, rows: slice) -> Counts:
        count, keys = rows.stop - rows.start, []
        key = key_type(count, self.width)
        bases = np.arange(count, dtype=key) * key(self.width)
        layouts = lay_out([t.block for t in self.terms], examples, rows, self._mask)
        for finder, edge in zip(self._finders, self._edges, strict=False):
            for places, numbers in finder.find(layouts[finder.block.mask]) if count else ():
                found = bases.take(places)
                found += (numbers + np.int32(edge)).view(np.uint32)
                keys.append(found)
        for offset in range(len(self.numbers)):
            keys.append(bases + key(self._edges[-1] + offset))
        held = np.concatenate(keys) if keys else np.zeros(0, dtype=key)
        edges = np.append(self._edges, self.width) if self.numbers else self._edges
        columns = [examples.number(name, rows) for name in self.numbers]
        given = np.stack(columns, axis=1) if columns else np.zeros((count, 0))
        return Counts(*count_keys(held, count, edges), given)

    def weigh(self, counts: Counts, weights: Floats | None = None) -> Sparse:
        """Turn counts into the rows of `transform`, with other weights where they are given."""
        held, cuts = counts.held, counts.cuts
        values, parts = held.values, cuts.shape[1] - 1
        # A stretch is one block of one row.
        lengths = np.diff(cuts, axis=1).ravel()
        for number, terms in enumerate(self.terms):
            if terms.block.weighting != "tfidf":
                mine = np.repeat(np.arange(len(lengths)) % parts == number, lengths)
                binary = terms.block.weighting == "binary"
                values = np.where(mine, 1.0 if binary else 1.0 + np.log(values), values)
        values = values * (self._weights if weights is None else weights).take(held.indices)
        norms, filled = np.ones(len(lengths)), np.flatnonzero(lengths)
        if len(filled):
            norms[filled] = np.sqrt(np.add.reduceat(values * values, cuts[:, :-1].ravel()[filled]))
        for number, terms in enumerate(self.terms):
            if terms.block.weighting == "binary":
                norms[number::parts] = 1.0
            norms[number::parts] /= terms.block.scale
        if self.numbers:
            norms[parts - 1 :: parts] = 1.0
            values[np.repeat(np.arange(len(lengths)) % parts == parts - 1, lengths)] = (
                counts.numbers.ravel()
            )
        # All of a stretch may weigh nothing.
        norms[norms == 0.0] = 1.0
        values /= np.repeat(norms, lengths)
        return Sparse(held.starts, held.indices, values, held.width)

    def reweighted(self, counts: Counts, rows: Ints) -> Floats:
        """Return the weights that the given rows alone would have given every term.

        A term that too few of them hold weighs nothing, as if it were not in the vocabulary.
        """
        held = counts.held.take(rows)
        present = np.bincount(held.indices, minlength=self.width)
        weights = np.ones(self.width)
        for number, terms in enumerate(self.terms):
            part = slice(self._edges[number], self._edges[number + 1])
            weights[part] = term_weights(terms.block, present[part], len(rows))
            weights[part][present[part] < max(terms.block.min_documents, 1)] = 0.0
        return weights


def _stack(parts: Sequence[Counts]) -> Counts:
    offsets = np.cumsum([0, *(part.held.starts[-1] for part in parts[:-1])])
    return Counts(
        stack_rows([part.held for part in parts]),
        np.concatenate([p.cuts + offset for p, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.numbers for part in parts]),
    )


def term_weights(block: Block, frequencies: Ints, count: int) -> NDArray[np.float32]:
    """Return each term's weight from the number of texts, of ``count``, that hold it.

    Smoothed inverse document frequency, as scikit-learn's TfidfTransformer; 1 for presence.
    """
    if block.weighting == "binary":
        return np.ones(len(frequencies), dtype=np.float32)
    weights: NDArray[np.float32] = (np.log((1 + count) / (1 + frequencies)) + 1).astype(np.float32)
    return weights
