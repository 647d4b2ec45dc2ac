"""How varied texts are: measures that show template writing when it is there."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Variety:
    """Variety of a set of sentences, at a sample size that makes sets comparable.

    ``types`` is the number of distinct words among ``tokens`` words; ``openings`` the share of
    sentences whose first three words open no other sentence; ``commonest_opening`` the share of
    the most frequent pair of first words; ``mean_words`` the mean length.
    """

    sentences: int
    tokens: int
    types: int
    openings: float
    commonest_opening: float
    mean_words: float


def words(text: str) -> list[str]:
    """Return a text's words, case-folded; numbers are left out."""
    return [w.casefold() for w in _WORD.findall(text)]


def measure_variety(sentences: Sequence[str], *, sample: int, seed: int = 0) -> Variety:
    """Measure a seeded sample of ``sample`` sentences, or all when there are fewer.

    Vocabulary is counted over the same number of words for every set that has enough, since the
    number of distinct words grows with text (Heaps' law).
    """
    drawn = list(sentences)
    random.Random(seed).shuffle(drawn)  # noqa: S311 - a sample, not a secret
    split = [words(s) for s in drawn[:sample]]
    split = [w for w in split if w]
    stream = [w for sentence in split for w in sentence]
    tokens = min(len(stream), sample * 15)
    opened = Counter(tuple(w[:3]) for w in split)
    pairs = Counter(tuple(w[:2]) for w in split)
    return Variety(
        sentences=len(split),
        tokens=tokens,
        types=len(set(stream[:tokens])),
        openings=sum(n == 1 for n in opened.values()) / len(split),
        commonest_opening=max(pairs.values()) / len(split),
        mean_words=len(stream) / len(split),
    )
