"""One article's sentences found again in one copy of its text, by fingerprint alone.

The copy is rolled over in its letters-and-digits form, so quotes, dashes, line breaks and markup
do not matter. A place counts only where the fingerprint agrees and the sentence begins and ends
there too: a sentence that was lengthened is a changed sentence, and is reported as a miss.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claimtypes.corpus.fingerprint import fingerprint
from claimtypes.corpus.pages import EDGE, Page, clean, cut
from claimtypes.records import Sentence

FEW_LETTERS = 12
"""A sentence shorter than this could stand anywhere, so its neighbours must say where."""

# Beyond these a text repeats itself so much that nothing in it has a certain place.
_MOST_TRIALS = 500_000
_LOOK_BACK = 400


@dataclass(frozen=True, slots=True)
class Miss:
    """A sentence that was not found, and why; one of `REASONS`."""

    sentence: str
    reason: str


REASONS = {
    "no-copy": "none of the texts is a copy of its article",
    "not-in-copy": "the copy does not hold it, or holds it changed",
    "uncertain-place": "too short or too often repeated to be told apart where it would be",
    "no-letters": "it has no letters or digits to be found by",
}


@dataclass(frozen=True, slots=True)
class Located:
    """What one copy gave: the text of each found sentence by address, and the misses."""

    found: dict[str, str]
    misses: tuple[Miss, ...]


class _Search:
    """The search for one article's sentences in one page."""

    def __init__(self, sentences: Sequence[Sentence], sha256: str, page: Page) -> None:
        self.page = page
        self.sha256 = sha256
        self.rows = sorted(sentences, key=lambda s: s.index)
        self.places: dict[int, int] = {}
        repeats = Counter(row.fingerprint for row in self.rows)
        self.plain = [
            row.letters >= FEW_LETTERS and repeats[row.fingerprint] == 1 for row in self.rows
        ]

    def run(self) -> Located:
        """Place what is unmistakable, then the rest in order between it."""
        anchors = self._place_plain()
        for before, after in pairwise([-1, *anchors, len(self.rows)]):
            self._fill(before, after)
        found = {
            self.rows[number].id: cut(self.page, place, self.rows[number])
            for number, place in self.places.items()
        }
        for number, row in enumerate(self.rows):
            if not row.letters and (marks := self._marks(number)):
                found[row.id] = marks
        misses = [
            Miss(row.id, self._reason(number))
            for number, row in enumerate(self.rows)
            if row.id not in found
        ]
        return Located(
            {row.id: found[row.id] for row in self.rows if row.id in found}, tuple(misses)
        )

    def _place_plain(self) -> list[int]:
        """Place the sentences that can be told by their letters; return those still in order.

        One that does not follow the last found may stand anywhere: of all its places the one is
        taken that keeps most sentences in order, and any at all when the text was rearranged.
        """
        steps: list[_Step] = []
        cursor = 0
        for number, row in enumerate(self.rows):
            if not self.plain[number]:
                continue
            places = list(self._matches(number, iter([cursor])))
            places = places or list(self._matches(number, iter(self.page.starts)))
            places = places or list(self._matches(number, iter(self.page.words)))
            steps.extend((place, number, place + row.letters) for place in places)
            if places:
                cursor = next((p for p in places if p >= cursor), cursor) + row.letters
        self.places = {number: place for place, number, _ in reversed(steps)}
        chain = _chain(sorted(steps), (-1, 0), (len(self.rows), len(self.page.letters)))
        self.places |= {number: place for place, number, _ in chain}
        return [number for _, number, _ in chain]

    def _is_at(self, number: int, place: int) -> bool:
        row = self.rows[number]
        end = place + row.letters
        if place < 0 or end > len(self.page.letters) or not self.page.edges[end]:
            return False
        return fingerprint(self.page.letters[place:end], self.sha256) == row.fingerprint

    def _neighbour(self, number: int, step: int) -> int | None:
        """Return the number of the sentence just before or after, when it is among the rows."""
        other = number + step
        if 0 <= other < len(self.rows) and (
            self.rows[other].index - self.rows[number].index == step
        ):
            return other
        return None

    def _matches(self, number: int, places: Iterator[int]) -> Iterator[int]:
        """Yield the places where the sentence stands whole: begins, agrees and ends."""
        edges, size = self.page.edges, self.rows[number].letters
        for place in places:
            if place + size < len(edges) and edges[place + size] and self._is_at(number, place):
                before, after = self._neighbour(number, -1), self._neighbour(number, 1)
                begins = edges[place] == EDGE or (
                    before is not None and self._is_at(before, place - self.rows[before].letters)
                )
                ends = edges[place + size] == EDGE or (
                    after is not None and self._is_at(after, place + size)
                )
                if begins and ends:
                    yield place

    def _fill(self, before: int, after: int) -> None:
        """Place short and repeated sentences between two placed ones, as many as keep the order.

        Of the ways to do so, one in which they touch one another and the placed ones is taken.
        """
        numbers = [
            n for n in range(before + 1, after) if not self.plain[n] and self.rows[n].letters
        ]
        low = self.places[before] + self.rows[before].letters if before >= 0 else 0
        high = self.places[after] if after < len(self.rows) else len(self.page.letters)
        words = self.page.words
        span = words[bisect_left(words, low) : bisect_left(words, high)]
        if not numbers or not span or len(numbers) * len(span) > _MOST_TRIALS:
            return
        ends = [
            (place, number, place + self.rows[number].letters)
            for number in numbers
            for place in self._matches(number, iter(span))
        ]
        steps = sorted(step for step in ends if step[2] <= high)
        for place, number, _ in _chain(steps, (before, low), (after, high)):
            self.places[number] = place

    def _marks(self, number: int) -> str:
        """Return a sentence without letters (a line of asterisks) from between its neighbours."""
        before, after = self._neighbour(number, -1), self._neighbour(number, 1)
        if before is None or after is None:
            return ""
        start, end = self.places.get(before), self.places.get(after)
        if start is None or end is None or start + self.rows[before].letters != end:
            return ""
        gap = self.page.text[self.page.offsets[end - 1] + 1 : self.page.offsets[end]]
        row = self.rows[number]
        lines = [clean(line) for line in gap.split("\n")[1:-1]]
        return next((line for line in lines if len(line) == row.end - row.start), "")

    def _reason(self, number: int) -> str:
        if not self.rows[number].letters:
            return "no-letters"
        if self.plain[number] or not any(self._matches(number, iter(self.page.words))):
            return "not-in-copy"
        return "uncertain-place"


_Step = tuple[int, int, int]


def _chain(steps: list[_Step], left: tuple[int, int], right: tuple[int, int]) -> list[_Step]:
    """Return the best chain of (place, number, end) steps in which places and numbers rise.

    Each step counts 4, each touch of the step before, of ``left`` or of ``right`` counts 1.
    """
    best: list[tuple[int, int]] = []
    for here, (place, number, end) in enumerate(steps):
        worth, link = int((number - 1, place) == left), -1
        for other in range(max(0, here - _LOOK_BACK), here):
            _, earlier, stop = steps[other]
            if earlier < number and stop <= place:
                total = best[other][0] + int(earlier == number - 1 and stop == place)
                if total > worth:
                    worth, link = total, other
        best.append((worth + 4 + int((number + 1, end) == right), link))
    chain: list[_Step] = []
    here = max(range(len(best)), key=lambda n: best[n][0], default=-1)
    while here >= 0:
        chain.append(steps[here])
        here = best[here][1]
    return chain[::-1]


def locate(sentences: Sequence[Sentence], sha256: str, page: Page) -> Located:
    """Find one article's sentences in a copy.

    ``sentences`` are rows of one article, ``sha256`` that article's, which keys the fingerprints.
    Each found text is the copy's own, with line breaks and runs of spaces made single spaces.
    """
    return _Search(sentences, sha256, page).run()
