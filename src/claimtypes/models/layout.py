"""The texts that features are made of, laid out once however many features read them.

A sentence is also the neighbour of its neighbours, and a heading that of many sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from claimtypes.models.examples import Examples
from claimtypes.models.grams import Batch, Grams, blank_words, word_grams
from claimtypes.models.masking import Mask
from claimtypes.models.sparse import Ints, ranges


class Layout:
    """The distinct texts of some fields of some rows, end to end; masked where a mask is given.

    ``masked`` remembers masked copies from one layout to the next.
    """

    def __init__(
        self,
        examples: Examples,
        rows: slice,
        fields: Iterable[str],
        mask: Mask | None = None,
        masked: dict[str, str] | None = None,
    ) -> None:
        numbers: dict[str, int] = {}
        self._index = {
            field: np.array(
                [numbers.setdefault(text, len(numbers)) for text in examples.column(field)[rows]],
                dtype=np.int64,
            )
            for field in fields
        }
        texts = list(numbers)
        self.batch = Batch.of(_mask(texts, mask, masked) if mask else texts)
        self._edges = np.arange(len(texts) + 1)
        self._words: Grams | None = None
        self._word_grams: list[Grams] = []

    @property
    def words(self) -> Grams:
        """Everything between blanks in the distinct texts."""
        if self._words is None:
            self._words = blank_words(self.batch)
        return self._words

    def word_grams(self, shortest: int, longest: int) -> list[Grams]:
        """Return the n-grams of words in the distinct texts, one entry a length."""
        if len(self._word_grams) < longest:
            self._word_grams = word_grams(self.batch, longest)
        return self._word_grams[shortest - 1 : longest]

    def uses(self, field: str) -> Ints:
        """Return how many rows have each distinct text in a field."""
        return np.bincount(self._index[field], minlength=len(self._edges) - 1)

    def spread(self, field: str, owners: NDArray[np.int32]) -> tuple[Ints, Ints]:
        """Return rows and places so that each row has what was found in its text of a field.

        ``owners`` ascend: the distinct text of each find.
        """
        index = self._index[field]
        edges = np.searchsorted(owners, self._edges)
        lengths = np.diff(edges)[index]
        return np.repeat(np.arange(len(index)), lengths), ranges(edges[index], lengths)


def _mask(texts: Sequence[str], mask: Mask, masked: dict[str, str] | None) -> list[str]:
    if masked is None:
        return mask(texts)
    fresh = [text for text in texts if text not in masked]
    masked.update(zip(fresh, mask(fresh), strict=True))
    return [masked[text] for text in texts]
