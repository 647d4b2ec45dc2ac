"""One article's sentences found again in one copy of its text, by fingerprint alone.

The copy is rolled over in its letters-and-digits form, so quotes, dashes, line breaks and markup
do not matter. A place counts only where the fingerprint agrees and the sentence begins and ends
there too: a sentence that was lengthened is a changed sentence, and is reported as a miss.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claimtypes.corpus.fingerprint import fingerprint, letters_with_offsets
from claimtypes.records import Sentence

SEAM = "\u2060"
"""Stands where inline markup stood: nothing to read, but a word may begin there."""

FEW_LETTERS = 12
"""A sentence shorter than this could stand anywhere, so its neighbours must say where."""

_WORD, _EDGE = 1, 2
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_STOP = re.compile("[.!?…。！？]")
_CLOSERS = re.compile("[.!?…。！？,;:)\\]}”’»\"']*")
_SPACE = re.compile(r"\s")
_NUMBERED = re.compile(r"^[^\S\n]*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)\]]\s+", re.MULTILINE)
_SPACED_CLOSER = re.compile("[^\\S\n]+(?:[.!?…”’»)\\]]+(?=\\s|$)|[—–-]+(?=\\s*\n|\\s*$))")
_SPACED_OPENER = re.compile("[^\\s]+[^\\S\n]+")
_LONGEST_GAP = 16
# Beyond these a text repeats itself so much that nothing in it has a certain place.
_MOST_TRIALS = 500_000
_LOOK_BACK = 400


@dataclass(frozen=True, slots=True)
class Page:
    """A copy's text in the form that is searched.

    ``letters`` are its folded letters and digits, ``offsets`` where in ``text`` each came from.
    ``edges[i]`` says what lies before letter ``i``: 0 inside a word, 1 a word's start, 2 what
    looks like a sentence's start. ``words`` and ``starts`` list the letters at edges of at least
    1 and of 2.
    """

    text: str
    letters: str
    offsets: array[int]
    edges: bytearray
    words: array[int]
    starts: array[int]

    @classmethod
    def read(cls, text: str) -> Page:
        """Prepare a copy's text for searching."""
        folded, offsets = letters_with_offsets(text)
        wrapped = _wrapped(text)
        edges = bytearray(len(folded) + 1)
        edges[0] = edges[-1] = _EDGE
        previous = offsets[0] if offsets else 0
        for index, offset in enumerate(offsets):
            if offset - previous > 1:
                gap = text[previous + 1 : offset]
                edges[index] = _EDGE if _parts(gap, text[offset], wrapped=wrapped) else _WORD
            previous = offset
        for number in _NUMBERED.finditer(text):
            # A list's own number is no part of the item, which may begin in lower case.
            edges[bisect_left(offsets, number.end())] = _EDGE
        words = array("I", (index for index, edge in enumerate(edges) if edge))
        starts = array("I", (index for index in words if edges[index] == _EDGE))
        return cls(text, folded, array("I", offsets), edges, words, starts)


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


def _wrapped(text: str) -> bool:
    """Tell whether a text's lines are broken at a width rather than at paragraphs."""
    breaks = Counter(
        match[1].islower() for match in re.finditer(r"(?<!\n)\n[ \t]*([^\W\d_])(?=.)", text)
    )
    return breaks[True] > 2 and breaks[True] > breaks[False] / 10


def _parts(gap: str, following: str, *, wrapped: bool) -> bool:
    """Tell whether what lies between two letters parts two sentences."""
    if gap in {" ", ", ", "-", "’", "'"}:
        return False
    lines = gap.count("\n")
    if lines > 1:
        return True
    if following.islower():
        return False
    return bool(_STOP.search(gap)) or (lines == 1 and not wrapped)


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
                begins = edges[place] == _EDGE or (
                    before is not None and self._is_at(before, place - self.rows[before].letters)
                )
                ends = edges[place + size] == _EDGE or (
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


def cut(page: Page, place: int, row: Sentence) -> str:
    """Return the copy's text of a placed sentence with the marks around its letters.

    Marks that touch the sentence are its own. Marks set off by spaces (a spaced ellipsis, a dash
    that opens a line) are taken while the sentence is shorter than its address says it was.
    """
    text, offsets = page.text, page.offsets
    first, last = offsets[place], offsets[place + row.letters - 1] + 1
    before = offsets[place - 1] + 1 if place else 0
    after = offsets[place + row.letters] if place + row.letters < len(offsets) else len(text)
    wanted = row.end - row.start
    tail = _tail(text[last : min(after, last + _LONGEST_GAP)], ends=after == len(text))
    gap = text[max(before, first - _LONGEST_GAP) : first]
    spare = wanted - len(clean(text[first:last] + tail))
    lead = _lead(gap, spare, begins=before == 0)
    start, end = first - len(lead), last + len(tail)
    for mark in _SPACED_CLOSER.finditer(text, end, min(after, end + _LONGEST_GAP)):
        if mark.start() != end or len(clean(text[start : mark.end()])) > wanted:
            break
        end = mark.end()
    opening = gap[: len(gap) - len(lead)].rpartition("\n")
    marks = _SPACED_OPENER.finditer(opening[2] if opening[1] or not before else "")
    for mark in reversed(list(marks)):
        longer = start - (mark.end() - mark.start())
        if len(clean(text[longer:end])) > wanted:
            break
        start = longer
    return clean(text[start:end])


def _tail(gap: str, *, ends: bool) -> str:
    """Return what of the gap after a sentence touches it and so belongs to it."""
    space = _SPACE.search(gap)
    if space or ends:
        return gap[: space.start()] if space else gap
    closers = _CLOSERS.match(gap)
    return closers[0] if closers else ""


def _lead(gap: str, spare: int, *, begins: bool) -> str:
    """Return what of the gap before a sentence touches it and so belongs to it."""
    run = _SPACE.split(gap)[-1]
    if begins or run != gap or spare >= len(run):
        return run
    # No space parts it from the sentence before: its own marks are what length is left over.
    return run[len(run) - spare :] if spare > 0 else ""


def clean(text: str) -> str:
    """Return text without invisible characters, runs of white space made single spaces."""
    return " ".join(_INVISIBLE.sub("", text).split())
