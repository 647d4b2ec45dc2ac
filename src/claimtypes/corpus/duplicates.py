"""Near-duplicates found completely: every pair above a similarity, each one verified exactly.

Similarity is the Jaccard index of character 5-grams over letters and digits. Candidates come from
an index of the rarest grams of each text (prefix filtering: Bayardo, Ma and Srikant, "Scaling up
all pairs similarity search", WWW 2007; positional filter: Xiao et al., "Efficient similarity joins
for near duplicate detection", WWW 2008). It loses no pair, so "none" is a proof, not an estimate.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from claimtypes.corpus.fingerprint import letters

K = TypeVar("K", bound=Hashable)
_Ints = NDArray[np.int64]

GRAM = 5
THRESHOLD = 0.6
"""Two texts at least this alike are near-duplicates."""

FORMULA_ARTICLES = 3
"""A sentence in more articles than this is a formula of its genre, no sign of copying."""

LINKING_LETTERS = 60
"""A sentence shorter than this may well be written twice by chance."""

_PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts by their positions in the input, ``first < second``, and how alike they are."""

    first: int
    second: int
    similarity: float


def grams(text: str) -> frozenset[str]:
    """Return the character 5-grams of a text's letters and digits.

    >>> sorted(grams("Not ever!"))
    ['notev', 'oteve', 'tever']
    """
    folded = letters(text)
    if len(folded) <= GRAM:
        return frozenset([folded] if folded else [])
    return frozenset(folded[i : i + GRAM] for i in range(len(folded) - GRAM + 1))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard index of two sets of grams; nothing is like an empty one."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def find_duplicates(texts: Sequence[str], threshold: float = THRESHOLD) -> list[Pair]:
    """Return every pair of texts with a Jaccard index of at least ``threshold``, in order."""
    sets = [grams(text) for text in texts]
    pairs = []
    for first, second in _candidates(sets, threshold):
        alike = similarity(sets[first], sets[second])
        if alike >= threshold:
            pairs.append(Pair(first, second, alike))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def _prefixes(sets: Sequence[frozenset[str]], threshold: float) -> tuple[_Ints, _Ints, _Ints]:
    """Return gram, text and position of the rarest grams of each text.

    Two sets as alike as the threshold share a gram among the rarest ``n - ceil(t * n) + 1`` of
    each, because fewer than that many grams of a set may be missing from the other.
    """
    sizes = [len(s) for s in sets]
    codes: dict[str, int] = {}
    flat = np.fromiter(
        (codes.setdefault(gram, len(codes)) for s in sets for gram in s), np.int64, sum(sizes)
    )
    texts = np.repeat(np.arange(len(sets), dtype=np.int64), sizes)
    frequency = np.bincount(flat, minlength=len(codes))
    order = np.lexsort((flat, frequency[flat], texts))
    flat, texts = flat[order], texts[order]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)
    position = np.arange(len(flat), dtype=np.int64) - np.repeat(starts, sizes)
    keep_first = np.array([n - math.ceil(threshold * n - 1e-9) + 1 for n in sizes], np.int64)
    kept = (position < keep_first[texts]) & (frequency[flat] > 1)
    return flat[kept], texts[kept], position[kept]


def _candidates(sets: Sequence[frozenset[str]], threshold: float) -> Iterator[tuple[int, int]]:
    """Yield the pairs that may be alike, each once."""
    if len(sets) < 2:
        return
    gram, text, position = _prefixes(sets, threshold)
    order = np.lexsort((text, gram))
    gram, text, position = gram[order], text[order], position[order]
    size = np.array([len(s) for s in sets], np.int64)
    # Each posting meets the later postings of the same gram: at distance 1, 2, 3 ...
    seen: list[_Ints] = []
    held = 0
    reach = np.arange(len(gram), dtype=np.int64)
    distance = 1
    while len(reach):
        reach = reach[reach + distance < len(gram)]
        reach = reach[gram[reach] == gram[reach + distance]]
        one, other = reach, reach + distance
        small = np.minimum(size[text[one]], size[text[other]])
        large = np.maximum(size[text[one]], size[text[other]])
        shared = np.ceil(threshold / (1 + threshold) * (small + large) - 1e-9)
        left = (
            1 + np.minimum(size[text[one]] - position[one], size[text[other]] - position[other]) - 1
        )
        possible = (small >= threshold * large - 1e-9) & (left >= shared)
        keys = np.unique(text[one[possible]] * len(sets) + text[other[possible]])
        seen.append(keys)
        held += len(keys)
        if held > _PAIRS_AT_ONCE:
            seen = [np.unique(np.concatenate(seen))]
            held = len(seen[0])
        distance += 1
    for key in np.unique(np.concatenate(seen)) if seen else ():
        yield int(key) // len(sets), int(key) % len(sets)


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
    """Two articles that may not be in different splits, and what they have in common."""

    first: str
    second: str
    similarity: float
    evidence: str


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
    common = [(pair.first, pair.second) for pair in pairs]
    for group in cluster(sorted({n for pair in common for n in pair}), common):
        if len({owners[n][0] for n in group}) > FORMULA_ARTICLES:
            common = [pair for pair in common if pair[0] not in set(group)]
    alike = {(pair.first, pair.second): pair.similarity for pair in pairs}
    for one, other in common:
        key = owners[one][0], owners[other][0]
        if key[0] != key[1] and key not in links:
            links[key] = Link(*key, alike[one, other], owners[one][1])
    return [links[key] for key in sorted(links)]
