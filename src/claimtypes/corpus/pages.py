"""A copy's text made ready for searching: its letters, and where words and sentences may begin."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from claimtypes.corpus.fingerprint import letters_with_offsets
from claimtypes.records import Sentence

SEAM = "\u2060"
"""Stands where inline markup stood: nothing to read, but a word may begin there."""

WORD, EDGE = 1, 2
"""What may lie before a letter: the start of a word, or what looks like one of a sentence."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# A bracket closes what was put in between: `… in Oslo. [Advertisement] The office …`.
_STOP = re.compile("[.!?…。！？\\]]")
_CLOSERS = re.compile("[.!?…。！？,;:)\\]}”’»\"']*")
_SPACE = re.compile(r"\s")
_NUMBERED = re.compile(r"^[^\S\n]*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)\]]\s+", re.MULTILINE)
_SPACED_CLOSER = re.compile("[^\\S\n]+(?:[.!?…”’»)\\]]+(?=\\s|$)|[—–-]+(?=\\s*\n|\\s*$))")
_SPACED_OPENER = re.compile("[^\\s]+[^\\S\n]+")
_LONGEST_GAP = 16


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
        edges[0] = edges[-1] = EDGE
        previous = offsets[0] if offsets else 0
        for index, offset in enumerate(offsets):
            if offset - previous > 1:
                gap = text[previous + 1 : offset]
                edges[index] = EDGE if _parts(gap, text[offset], wrapped=wrapped) else WORD
            previous = offset
        for number in _NUMBERED.finditer(text):
            # A list's own number is no part of the item, which may begin in lower case.
            edges[bisect_left(offsets, number.end())] = EDGE
        words = array("I", (index for index, edge in enumerate(edges) if edge))
        starts = array("I", (index for index in words if edges[index] == EDGE))
        return cls(text, folded, array("I", offsets), edges, words, starts)


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
