"""Sentences as models see them: text, context, labels, votes, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.store import sha256_bytes

FIELDS = ("text", "previous", "following", "heading", "title")
"""The texts of an example that a model may read."""

NUMBERS = ("position", "quotation")
"""The numbers of an example that a model may read."""


def _quotes(text: str) -> bool:
    """Say whether a quotation mark is there; one search each is the fastest by far."""
    return '"' in text or "“" in text or "”" in text or "«" in text or "»" in text or "„" in text


@dataclass(frozen=True, slots=True)
class Examples:
    """n sentences in order of document and place, with k labels.

    ``labels`` is a uint8 matrix [n, k], or None where nothing is known. ``votes`` is the share
    of annotators who chose each label, float64 [n, k], NaN where nobody was asked.
    ``documents`` is what must never be torn apart by a split: the article's id, or the group.
    ``position`` is the place in the article from 0 to 1. ``metadata`` holds further columns of
    n values, such as ``publisher`` and ``origin``.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    documents: tuple[str, ...]
    previous: tuple[str, ...]
    following: tuple[str, ...]
    heading: tuple[str, ...]
    title: tuple[str, ...]
    position: NDArray[np.float64]
    labels: NDArray[np.uint8] | None = None
    votes: NDArray[np.float64] | None = None
    annotators: NDArray[np.int64] | None = None
    metadata: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def gold(self) -> NDArray[np.uint8]:
        """The label matrix.

        Raises:
            BadInput: when the examples have no labels.
        """
        if self.labels is None:
            raise BadInput("these sentences have no labels", hint="claimtypes gold")
        return self.labels

    @property
    def quotation(self) -> NDArray[np.float64]:
        """Whether a sentence holds a quotation mark, 1.0 or 0.0."""
        return self.number("quotation", slice(None))

    @property
    def labels_digest(self) -> str:
        """SHA-256 of the ordered label names, as the schema's."""
        return digest_names(self.names)

    def number(self, name: str, rows: slice) -> NDArray[np.float64]:
        """Return some rows of one of the numbers in `NUMBERS`."""
        if name == "quotation":
            return np.array([_quotes(text) for text in self.texts[rows]], dtype=np.float64)
        values: NDArray[np.float64] = getattr(self, name)[rows]
        return values

    def column(self, name: str) -> tuple[str, ...]:
        """Return one of the texts in `FIELDS`."""
        values: tuple[str, ...] = getattr(self, "texts" if name == "text" else name)
        return values

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Examples:
        """Return the examples at the given rows, in their order."""
        chosen = [int(row) for row in rows]

        def pick(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(values[row] for row in chosen)

        return Examples(
            names=self.names,
            ids=pick(self.ids),
            texts=pick(self.texts),
            documents=pick(self.documents),
            previous=pick(self.previous),
            following=pick(self.following),
            heading=pick(self.heading),
            title=pick(self.title),
            position=self.position[chosen],
            labels=None if self.labels is None else self.labels[chosen],
            votes=None if self.votes is None else self.votes[chosen],
            annotators=None if self.annotators is None else self.annotators[chosen],
            metadata={name: pick(values) for name, values in self.metadata.items()},
        )


def digest_names(names: Sequence[str]) -> str:
    """Return the SHA-256 of ordered label names, which is also `Schema.digest`."""
    return sha256_bytes("\n".join(names).encode())


def examples_of(
    texts: Iterable[str],
    *,
    names: Sequence[str] = (),
    labels: NDArray[np.uint8] | None = None,
    ids: Sequence[str] | None = None,
    documents: Sequence[str] | None = None,
    **columns: Any,
) -> Examples:
    """Return examples of bare texts; each is a document of its own where none are named.

    ``columns`` are any further columns of `Examples`; a text column not given is empty.
    """
    held = tuple(texts)
    numbered = tuple(str(number) for number in range(len(held)))
    named = tuple(ids) if ids is not None else numbered
    blank = ("",) * len(held)
    for name in ("previous", "following", "heading", "title"):
        columns[name] = tuple(columns.get(name, blank))
    columns.setdefault("position", np.zeros(len(held)))
    return Examples(
        names=tuple(names),
        ids=named,
        texts=held,
        documents=tuple(documents) if documents is not None else named,
        labels=labels,
        **columns,
    )


def neighbours(texts: Sequence[str], documents: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the text before and after each within its document, empty at the ends."""
    before, after = [""] * len(texts), [""] * len(texts)
    for row in range(1, len(texts)):
        if documents[row] == documents[row - 1]:
            before[row] = texts[row - 1]
            after[row - 1] = texts[row]
    return before, after


def in_context(
    texts: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
    heading: Sequence[str] | None = None,
) -> tuple[Examples, NDArray[np.int64]]:
    """Return a small document for each text, with what stands before and after it as neighbours.

    Also returns the rows of the texts themselves.
    """
    around = zip(before, texts, after, strict=True)
    rows = [
        (text, number, place)
        for number, held in enumerate(around)
        for place, text in enumerate(held)
        if text or place == 1
    ]
    told, numbers, places = zip(*rows, strict=True) if rows else ((), (), ())
    documents = [str(number) for number in numbers]
    previous, following = neighbours(told, documents)
    examples = examples_of(
        told,
        documents=documents,
        previous=previous,
        following=following,
        heading=[heading[number] if heading else "" for number in numbers],
    )
    return examples, np.flatnonzero(np.array(places) == 1)


def join_examples(one: Examples, other: Examples) -> Examples:
    """Return the examples of both, the metadata that both have included.

    Raises:
        BadInput: when their labels are not the same, in the same order.
    """
    if one.names != other.names:
        raise BadInput(f"labels {', '.join(one.names)} are not {', '.join(other.names)}")

    def both(name: str) -> Any:
        left, right = getattr(one, name), getattr(other, name)
        if left is None or right is None:
            return None
        return left + right if isinstance(left, tuple) else np.concatenate((left, right))

    shared = sorted(set(one.metadata) & set(other.metadata))
    return Examples(
        names=one.names,
        metadata={name: one.metadata[name] + other.metadata[name] for name in shared},
        **{name: both(name) for name in Examples.__slots__ if name not in ("names", "metadata")},
    )
