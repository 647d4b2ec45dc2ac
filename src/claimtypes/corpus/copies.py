"""Texts that are here already: the same, nearly the same, or held back as fingerprints only."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.records import Article, Sentence

_WORD = re.compile(r"\w+")
_SHINGLE_WORDS = 5
_SAMPLED = 4  # one shingle in so many finds the candidates, which are then compared in full
_SHORT = 200
_CANDIDATES = 3
_WORTH_COMPARING = 0.1  # share of the smaller sample; near-copies share far more
_JACCARD = 0.7
_CONTAINED = 0.9
_FEWEST_SHINGLES = 20
_PROBES = 12  # the longest sentences are the rarest, so a few of them know a withheld article
_PROBE_LETTERS = 30
_PROBES_FOUND = 0.6


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that a text is a copy of, and the share of the smaller one they have in common."""

    article: str
    share: float


def shingles(text: str) -> frozenset[int]:
    """Return the hashes of a text's runs of five words (Broder 1997), case aside."""
    words = _WORD.findall(text.lower())
    return frozenset(
        zlib.crc32(" ".join(words[i : i + _SHINGLE_WORDS]).encode("utf-8", "replace"))
        for i in range(max(0, len(words) - _SHINGLE_WORDS + 1))
    )


def _sample(hashes: frozenset[int]) -> Iterable[int]:
    return hashes if len(hashes) < _SHORT else (h for h in hashes if h % _SAMPLED == 0)


class KnownTexts:
    """The texts of a corpus, by identity and by likeness."""

    def __init__(self, articles: Iterable[Article], sentences: Iterable[Sentence]) -> None:
        self.by_sha256: dict[str, str] = {}
        self.ids: set[str] = set()
        self._texts: dict[str, str] = {}
        self._containing: dict[int, list[str]] = {}
        self._sampled: dict[str, int] = {}
        self._withheld: dict[int, list[tuple[str, str, str]]] = {}
        hashes: dict[str, str] = {}
        for article in articles:
            self.add(article)
            if article.text is None:
                hashes[article.id] = article.sha256
        for row in sentences:
            if row.article in hashes and row.annotated and row.letters >= _PROBE_LETTERS:
                known = (row.article, hashes[row.article], row.fingerprint)
                self._withheld.setdefault(row.letters, []).append(known)

    def add(self, article: Article) -> None:
        """Remember an article."""
        self.ids.add(article.id)
        self.by_sha256.setdefault(article.sha256, article.id)
        if article.text is not None:
            self._texts[article.id] = article.text
            sample = list(_sample(shingles(article.text)))
            self._sampled[article.id] = len(sample)
            for value in sample:
                self._containing.setdefault(value, []).append(article.id)

    @property
    def has_withheld(self) -> bool:
        """Whether some article is known by its fingerprints only."""
        return bool(self._withheld)

    def near_copy(self, text: str) -> Copy | None:
        """Return the article that a text is nearly the same as, or that one holds the other.

        That is a Jaccard likeness of at least .7 of their shingles, or .9 of the smaller one.
        """
        mine = shingles(text)
        if len(mine) < _FEWEST_SHINGLES:
            return None
        sample = list(_sample(mine))
        shared = Counter(a for value in sample for a in self._containing.get(value, ()))
        weights = {
            article: count / min(len(sample), self._sampled[article])
            for article, count in shared.items()
        }
        likely = sorted(weights, key=lambda a: (-weights[a], a))[:_CANDIDATES]
        for article in (a for a in likely if weights[a] >= _WORTH_COMPARING):
            theirs = shingles(self._texts[article])
            common = len(mine & theirs)
            contained = common / max(1, min(len(mine), len(theirs)))
            like = common / len(mine | theirs)
            if like >= _JACCARD or (contained >= _CONTAINED and len(theirs) >= _FEWEST_SHINGLES):
                return Copy(article, contained)
        return None

    def near_withheld(self, sentences: Sequence[str]) -> Copy | None:
        """Return the withheld article most of a text's longest sentences are in."""
        folded = sorted({letters(sentence) for sentence in sentences}, key=lambda s: (-len(s), s))
        probes = [s for s in folded if len(s) >= _PROBE_LETTERS][:_PROBES]
        found: Counter[str] = Counter()
        for probe in probes:
            for article, sha256, known in self._withheld.get(len(probe), ()):
                if fingerprint(probe, sha256) == known:
                    found[article] += 1
        for article, count in found.most_common(1):
            # One sentence alone may be a stock phrase.
            if count >= max(2, _PROBES_FOUND * len(probes)):
                return Copy(article, count / len(probes))
        return None
