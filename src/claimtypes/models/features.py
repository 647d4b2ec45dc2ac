"""Texts to weighted features: n-gram blocks, each as scikit-learn's TfidfVectorizer makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import FIELDS, NUMBERS, Examples
from claimtypes.models.grams import (
    Batch,
    Codes,
    Grams,
    Hashes,
    character_grams,
    hash_terms,
    word_grams,
)
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.sparse import Ints, Sparse, count_keys, stack_rows
from claimtypes.models.terms import TermTable
from claimtypes.progress import track

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
    frequent.
    """

    field: str = "text"
    analyzer: str = "word"
    shortest: int = 1
    longest: int = 2
    min_documents: int = 1
    max_terms: int = 0
    mask: bool = False
    weighting: str = "tfidf"

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
        return self

    def grams(self, batch: Batch) -> tuple[Codes, list[Grams]]:
        """Return the block's n-grams in a batch, and the code points they are stretches of."""
        if self.analyzer == "word":
            return batch.codes, word_grams(batch, self.shortest, self.longest)
        return character_grams(batch, self.shortest, self.longest)


def _batches(examples: Examples) -> Iterator[slice]:
    start, size = 0, 0
    for row, text in enumerate(examples.texts):
        size += len(text)
        if row + 1 - start == BATCH or size > _BATCH_CHARACTERS:
            yield slice(start, row + 1)
            start, size = row + 1, 0
    if start < len(examples):
        yield slice(start, len(examples))


class _Reader:
    """Lays out each text a block needs once a batch, masked where it asks for it."""

    def __init__(self, examples: Examples, rows: slice, mask: Mask) -> None:
        self._examples, self._rows, self._mask = examples, rows, mask
        self._laid: dict[tuple[str, bool], Batch] = {}

    def __call__(self, block: Block) -> Batch:
        key = (block.field, block.mask)
        if key not in self._laid:
            texts: Sequence[str] = self._examples.column(block.field)[self._rows]
            self._laid[key] = Batch.of(self._mask(texts) if block.mask else texts)
        return self._laid[key]


@dataclass(frozen=True, slots=True)
class Terms:
    """A block's vocabulary, sorted, and the weight of each term (inverse document frequency)."""

    block: Block
    words: tuple[str, ...]
    weights: NDArray[np.float32]


class Features:
    """Fitted blocks and numbers: examples in, one sparse row each out."""

    def __init__(
        self, terms: Sequence[Terms], numbers: Sequence[str], common: frozenset[str]
    ) -> None:
        self.terms, self.numbers, self.common = tuple(terms), tuple(numbers), common
        self._mask = Mask(common)
        self._tables = [TermTable.of(hash_terms(t.words)) for t in self.terms]
        sizes = [table.size for table in self._tables]
        self._edges = np.cumsum([0, *sizes])
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
        """Return one row an example; every block's part of a row has length 1, or is empty."""
        parts = [self._batch(examples, rows) for rows in _batches(examples)]
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return Sparse(np.zeros(1, dtype=np.int64), empty, np.zeros(0), self.width)
        return parts[0] if len(parts) == 1 else stack_rows(parts)

    def batches(self, examples: Examples) -> Iterator[Sparse]:
        """Yield the rows a batch at a time."""
        for rows in _batches(examples):
            yield self._batch(examples, rows)

    def _batch(self, examples: Examples, rows: slice) -> Sparse:
        reader = _Reader(examples, rows, self._mask)
        count, keys = rows.stop - rows.start, []
        bases = np.arange(count, dtype=np.uint64) * np.uint64(self.width)
        for terms, table, edge in zip(self.terms, self._tables, self._edges, strict=False):
            for grams in terms.block.grams(reader(terms.block))[1]:
                places, numbers = table.find(grams.hashes)
                keys.append(bases[grams.rows[places]] + (numbers + edge).astype(np.uint64))
        for offset in range(len(self.numbers)):
            column = np.uint64(self._edges[-1] + offset)
            keys.append(bases + column)
        held = np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)
        edges = np.append(self._edges, self.width) if self.numbers else self._edges
        counts, cuts = count_keys(held, count, edges)
        return self._weigh(counts, cuts, examples, rows)

    def _weigh(self, counts: Sparse, cuts: Ints, examples: Examples, rows: slice) -> Sparse:
        values, parts = counts.values, len(cuts[0]) - 1
        # Which stretch, one block of one row, each value is in.
        stretches = np.repeat(np.arange(cuts[:, :-1].size), np.diff(cuts, axis=1).ravel())
        for number, terms in enumerate(self.terms):
            if terms.block.weighting != "tfidf":
                mine = stretches % parts == number
                binary = terms.block.weighting == "binary"
                values[mine] = 1.0 if binary else 1.0 + np.log(values[mine])
        values *= self._weights.take(counts.indices)
        norms = np.sqrt(np.bincount(stretches, values * values, minlength=cuts[:, :-1].size))
        for number, terms in enumerate(self.terms):
            if terms.block.weighting == "binary":
                norms[number::parts] = 1.0
        if self.numbers:
            norms[parts - 1 :: parts] = 1.0
            columns = [getattr(examples, name)[rows] for name in self.numbers]
            values[stretches % parts == parts - 1] = np.stack(columns, axis=1).ravel()
        values /= norms.take(stretches)
        return counts


def fit_features(blocks: Sequence[Block], numbers: Sequence[str], examples: Examples) -> Features:
    """Learn the vocabulary and weights of every block from examples.

    Raises:
        BadInput: when a block finds no term at all.
    """
    if unknown := sorted(set(numbers) - set(NUMBERS)):
        raise BadInput(f"no number {', '.join(unknown)}", hint=f"there are {', '.join(NUMBERS)}")
    masked = any(block.check().mask for block in blocks)
    common = common_words(examples.texts) if masked else frozenset()
    mask = Mask(common)
    return Features([_fit_block(block, examples, mask) for block in blocks], numbers, common)


def _fit_block(block: Block, examples: Examples, mask: Mask) -> Terms:
    hashes, frequencies = _document_frequencies(block, examples, mask)
    keep = frequencies >= block.min_documents
    if block.max_terms and keep.sum() > block.max_terms:
        # The most frequent, and of equally frequent ones those with the smallest hash.
        order = np.lexsort((hashes, -frequencies))
        chosen = np.zeros(len(hashes), dtype=bool)
        chosen[order[: block.max_terms]] = True
        keep &= chosen
    hashes, frequencies = hashes[keep], frequencies[keep]
    if not len(hashes):
        raise BadInput(
            f"no {block.analyzer} n-gram of {block.field} is in {block.min_documents} texts",
            hint="train on more sentences, or lower min_documents in the recipe",
        )
    words = _spell(block, examples, mask, hashes)
    alphabetic = sorted(range(len(words)), key=words.__getitem__)
    if block.weighting == "binary":
        weights = np.ones(len(words))
    else:
        # Smoothed inverse document frequency, as scikit-learn's TfidfTransformer.
        weights = np.log((1 + len(examples)) / (1 + frequencies)) + 1
    return Terms(block, tuple(words[i] for i in alphabetic), weights[alphabetic].astype(np.float32))


def _document_frequencies(
    block: Block, examples: Examples, mask: Mask
) -> tuple[Hashes, NDArray[np.int64]]:
    """Return every n-gram's hash, ascending, and how many texts hold it."""
    held, counts = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    waiting: list[Hashes] = []
    slices = list(_batches(examples))
    for number, rows in enumerate(track(slices, f"counting {block.analyzer} n-grams")):
        batch = _Reader(examples, rows, mask)(block)
        for grams in block.grams(batch)[1]:
            # Within one length rows ascend, so a stable sort by hash keeps equal rows together.
            order = np.argsort(grams.hashes, kind="stable")
            sorted_hashes, sorted_rows = grams.hashes[order], grams.rows[order]
            fresh = np.ones(len(order), dtype=bool)
            fresh[1:] = (sorted_hashes[1:] != sorted_hashes[:-1]) | (
                sorted_rows[1:] != sorted_rows[:-1]
            )
            waiting.append(sorted_hashes[fresh])
        if sum(map(len, waiting)) > 4_000_000 or number + 1 == len(slices):
            new, first = np.unique(np.concatenate(waiting), return_counts=True)
            held, place = np.unique(np.concatenate((held, new)), return_inverse=True)
            merged = np.concatenate((counts, first)).astype(np.float64)
            counts = np.bincount(place, merged, minlength=len(held)).astype(np.int64)
            waiting = []
    return held, counts


def _spell(block: Block, examples: Examples, mask: Mask, hashes: Hashes) -> list[str]:
    """Return the text of each n-gram, found again by its hash."""
    words = [""] * len(hashes)
    table, missing = TermTable.of(hashes), np.ones(len(hashes), dtype=bool)
    for rows in _batches(examples):
        codes, found = block.grams(_Reader(examples, rows, mask)(block))
        for grams in found:
            places, numbers = table.find(grams.hashes)
            fresh = missing[numbers]
            numbers, first = np.unique(numbers[fresh], return_index=True)
            places = places[fresh][first]
            missing[numbers] = False
            for number, begin, end in zip(
                numbers.tolist(),
                grams.begins[places].tolist(),
                grams.ends[places].tolist(),
                strict=True,
            ):
                text = codes[begin:end].tobytes().decode("utf-32-le", "surrogatepass")
                words[number] = _words_of(text) if block.analyzer == "word" else text
    return words


def _words_of(stretch: str) -> str:
    """Return the words of a stretch of text, one space between them."""
    spaced = "".join(c if c.isalnum() or c == "_" else " " for c in stretch)
    return " ".join(word for word in spaced.split() if len(word) > 1)


def block_fields() -> tuple[str, ...]:
    """Return the names of a block's options."""
    return tuple(f.name for f in fields(Block))
