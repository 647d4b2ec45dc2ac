"""Vocabularies: which n-grams of some examples are worth a weight, and how they are spelt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import NUMBERS, Examples
from claimtypes.models.features import (
    BatchReader,
    Block,
    Features,
    Terms,
    term_weights,
    text_batches,
)
from claimtypes.models.grams import Hashes
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.terms import TermTable
from claimtypes.progress import track


def fit_features(blocks: Sequence[Block], numbers: Sequence[str], examples: Examples) -> Features:
    """Learn the vocabulary and weights of every block from examples.

    Raises:
        BadInput: when a block of the text finds no term at all; context may be empty.
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
    if not len(hashes) and block.field == "text":
        raise BadInput(
            f"no {block.analyzer} n-gram of {block.field} is in {block.min_documents} texts",
            hint="train on more sentences, or lower min_documents in the recipe",
        )
    words = _spell(block, examples, mask, hashes)
    alphabetic = sorted(range(len(words)), key=words.__getitem__)
    weights = term_weights(block, frequencies, len(examples))
    return Terms(block, tuple(words[i] for i in alphabetic), weights[alphabetic])


def _document_frequencies(
    block: Block, examples: Examples, mask: Mask
) -> tuple[Hashes, NDArray[np.int64]]:
    """Return every n-gram's hash, ascending, and how many texts hold it."""
    held: Hashes = np.zeros(0, dtype=np.uint64)
    counts: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    waiting: list[Hashes] = []
    slices = list(text_batches(examples))
    for number, rows in enumerate(track(slices, f"counting {block.analyzer} n-grams")):
        batch = BatchReader(examples, rows, mask)(block)
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
    for rows in text_batches(examples):
        codes, found = block.grams(BatchReader(examples, rows, mask)(block))
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
