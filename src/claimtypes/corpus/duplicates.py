"""Near-duplicates found completely: every pair above a similarity, each one verified exactly.

Similarity is the Jaccard index of character 5-grams over letters and digits. Candidates come from
an index of the rarest grams of each text (prefix filtering: Bayardo, Ma and Srikant, "Scaling up
all pairs similarity search", WWW 2007; positional filter: Xiao et al., "Efficient similarity joins
for near duplicate detection", WWW 2008). It loses no pair, so "none" is a proof, not an estimate.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from claimtypes.corpus.fingerprint import letters

K = TypeVar("K", bound=Hashable)
_Ints = NDArray[np.int64]

_GRAM = 5
THRESHOLD = 0.6
"""Two texts at least this alike are near-duplicates."""

FORMULA_ARTICLES = 3
"""A sentence in more articles than this is a formula of its genre, no sign of copying."""

LINKING_LETTERS = 60
"""A sentence shorter than this may well be written twice by chance."""

_PAIRS_AT_ONCE = 2_000_000
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their positions in the input, ``first < second``, and how alike they are."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True, slots=True)
class _Grams:
    """The grams of all texts: row ``i`` says that text ``text[i]`` holds gram ``gram[i]``.

    Rows are sorted and each there once; grams are numbered from the rarest to the commonest.
    """

    text: _Ints
    gram: _Ints
    size: _Ints
    frequency: _Ints


def _distinct(values: _Ints) -> _Ints:
    """Return the distinct values in order; several times faster than NumPy's hashing unique."""
    values = np.sort(values)
    return values[np.concatenate(([True], values[1:] != values[:-1]))] if len(values) else values


def _dense(values: _Ints) -> _Ints:
    """Return each value's place among the distinct values."""
    return np.searchsorted(_distinct(values), values).astype(np.int64)


def _index(folded: Sequence[str]) -> _Grams:
    """Cut texts into grams; a text too short for one is a gram of its own."""
    padded = [text + "\0" * (_GRAM - len(text)) if text else "" for text in folded]
    owner = np.repeat(np.arange(len(folded), dtype=np.int64), [len(text) for text in padded])
    points = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.int64)
    single = _dense(points)
    alphabet = int(single.max(initial=0)) + 1
    gram = single
    for place in range(1, _GRAM):
        if int(gram.max(initial=0)) > _LARGEST // alphabet:
            gram = _dense(gram)
        gram = gram[:-1] * alphabet + single[place:]
    inside = owner[: len(gram)] == owner[_GRAM - 1 :]
    gram, owner = _dense(gram[inside]), owner[: len(gram)][inside]
    kinds = int(gram.max(initial=0)) + 1
    rows = _distinct(owner * kinds + gram)
    owner, gram = rows // kinds, rows % kinds
    frequency = np.bincount(gram, minlength=kinds)
    order = np.argsort(frequency, kind="stable")
    rarity = np.empty(kinds, np.int64)
    rarity[order] = np.arange(kinds)
    rows = np.sort(owner * kinds + rarity[gram])
    size = np.bincount(owner, minlength=len(folded)).astype(np.int64)
    return _Grams(rows // kinds, rows % kinds, size, frequency[order].astype(np.int64))


def find_duplicates(texts: Sequence[str], threshold: float = THRESHOLD) -> list[Pair]:
    """Return every pair of texts with a Jaccard index of at least ``threshold``, in order.

    >>> find_duplicates(["The office was closed.", "the office was CLOSED", "Bread was dearer."])
    [Pair(first=0, second=1, similarity=1.0)]
    """
    grams = _index([letters(text) for text in texts])
    ends = np.cumsum(grams.size)
    own = [grams.gram[end - size : end] for end, size in zip(ends, grams.size, strict=True)]
    pairs = []
    for first, second in _candidates(grams, threshold):
        both = np.sort(np.concatenate((own[first], own[second])))
        shared = int(np.count_nonzero(both[1:] == both[:-1]))
        alike = shared / (len(both) - shared)
        if alike >= threshold:
            pairs.append(Pair(first, second, alike))
    return pairs


def _candidates(grams: _Grams, threshold: float) -> list[tuple[int, int]]:
    """Return in order the pairs that may be alike.

    Two sets as alike as the threshold share a gram among the rarest ``n - ceil(t n) + 1`` of
    each, because no more than ``n - ceil(t n)`` grams of a set can be missing from the other.
    """
    size = grams.size
    place = np.arange(len(grams.text)) - np.repeat(np.cumsum(size) - size, size)
    prefix = size - np.ceil(threshold * size - 1e-9).astype(np.int64) + 1
    kept = (place < prefix[grams.text]) & (grams.frequency[grams.gram] > 1)
    postings = np.sort(grams.gram[kept] * len(size) + grams.text[kept])
    keys, counts = _meetings(postings % len(size), postings // len(size), size, threshold)
    first, second = keys // len(size), keys % len(size)
    # Beyond the prefixes at most the rest of the one whose prefix ends first can be shared.
    rest = np.maximum(size[first] - prefix[first], size[second] - prefix[second])
    needed = np.ceil(threshold / (1 + threshold) * (size[first] + size[second]) - 1e-9)
    possible = counts + rest >= needed
    return list(zip(first[possible].tolist(), second[possible].tolist(), strict=True))


def _meetings(text: _Ints, gram: _Ints, size: _Ints, threshold: float) -> tuple[_Ints, _Ints]:
    """Return each pair of texts that share a prefix gram, as one number, and how many they share.

    Each posting meets the later postings of the same gram: those 1, 2, 3 ... places on.
    """
    keys: list[_Ints] = [np.empty(0, np.int64)]
    counts: list[_Ints] = [np.empty(0, np.int64)]
    held = 0
    here: _Ints = np.arange(len(gram), dtype=np.int64)
    for distance in range(1, len(gram)):
        here = here[here + distance < len(gram)]
        here = here[gram[here] == gram[here + distance]]
        if not len(here):
            break
        one, other = text[here], text[here + distance]
        small, large = np.minimum(size[one], size[other]), np.maximum(size[one], size[other])
        near = small >= threshold * large - 1e-9
        keys.append(one[near] * len(size) + other[near])
        counts.append(np.ones(len(keys[-1]), np.int64))
        held += len(keys[-1])
        if held > _PAIRS_AT_ONCE:
            keys, counts = ([part] for part in _summed(keys, counts))
            held = 0
    return _summed(keys, counts)


def _summed(keys: list[_Ints], counts: list[_Ints]) -> tuple[_Ints, _Ints]:
    """Return each key once, in order, with its counts added up."""
    every, count = np.concatenate(keys), np.concatenate(counts)
    order = np.argsort(every, kind="stable")
    every, count = every[order], count[order]
    starts = np.flatnonzero(np.concatenate(([True], every[1:] != every[:-1]))[: len(every)])
    return every[starts], np.add.reduceat(count, starts) if len(starts) else count


def cluster(members: Iterable[K], links: Iterable[tuple[K, K]]) -> list[list[K]]:
    """Return the connected groups of members, in order of their first member."""
    parent: dict[K, K] = {member: member for member in members}

    def root(member: K) -> K:
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for one, other in links:
        parent[root(one)] = root(other)
    groups: dict[K, list[K]] = {}
    for member in parent:
        groups.setdefault(root(member), []).append(member)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles that may not be in different splits, and what of them is alike."""

    first: str
    second: str
    similarity: float
    what: str


def link_articles(
    articles: Mapping[str, Sequence[str]], threshold: float = THRESHOLD
) -> list[Link]:
    """Return the pairs of articles that are near-duplicates or took sentences from one another.

    ``articles`` maps ids to sentence texts. Two are linked when their whole texts are alike, or
    when a sentence of `LINKING_LETTERS` or more is in both and in at most `FORMULA_ARTICLES`
    articles: a longer version of a wire story is unlike the shorter one as a whole, and leaks all
    the same.
    """
    ids = sorted(articles)
    links: dict[tuple[str, str], Link] = {}
    wholes = [" ".join(articles[article]) for article in ids]
    for pair in find_duplicates(wholes, threshold):
        key = ids[pair.first], ids[pair.second]
        links[key] = Link(*key, pair.similarity, "the whole text")
    owners = [
        (article, text)
        for article in ids
        for text in articles[article]
        if len(letters(text)) >= LINKING_LETTERS
    ]
    pairs = find_duplicates([text for _, text in owners], threshold)
    ends = {n for pair in pairs for n in (pair.first, pair.second)}
    formulas: set[int] = set()
    for group in cluster(sorted(ends), ((pair.first, pair.second) for pair in pairs)):
        if len({owners[n][0] for n in group}) > FORMULA_ARTICLES:
            formulas.update(group)
    for pair in pairs:
        key = owners[pair.first][0], owners[pair.second][0]
        if key[0] != key[1] and key not in links and pair.first not in formulas:
            links[key] = Link(*key, pair.similarity, f"a sentence: {owners[pair.first][1]}")
    return [links[key] for key in sorted(links)]
