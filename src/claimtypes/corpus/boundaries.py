"""Sentence boundaries in news text, as offsets: a line is a block, a block is cut at its stops.

One compiled pattern finds every place where a sentence could end and already knows the plain
ones; the rules of :mod:`claimtypes.corpus.boundary_rules` look at the word before and the word
after the others. Nothing in the text is changed, and every pattern keeps what it has read
(atomic groups and possessive quantifiers), so the time stays linear in the length of the text
whatever the punctuation. Groups are atomic, not possessive: Python 3.11.0 to 3.11.4 match
``(?:...)*+`` wrongly (cpython issue 106052).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from claimtypes.corpus.boundary_rules import (
    BREAKS,
    BULLETS,
    CLOSERS,
    STOPS,
    UNSEEN,
    WIDE_STOPS,
    ends_sentence,
)
from claimtypes.corpus.boundary_words import KINDS, OFFICES, STARTERS, Kind

SEGMENTATION: Final = "2"
"""The version of the rules: it changes whenever any text would be cut at other places."""

_SPACE = "[ \xa0\u202f]"
_NUMBERS = r"\d{1,3}(?:[,–-][ ]?\d{1,3}){0,4}"
# `[1]`, `[2, 3]`, `[a]` and `(1)`.
_NOTES = rf"(?>(?:[ ]?\[(?:{_NUMBERS}|[a-z]|citation[ ]needed)\]|(?<![ ])\(\d{{1,3}}\))*)"
# `globally.As`, `crimes.”The`, `said.“We`: a space that was lost, if the rules agree.
_OPENING = r"(?=[\"“‘(]?(?:[A-Z][a-z’']|[AI][ ]))"


def _one_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words)))


def _after(kind: Kind, length: int) -> str:
    words = (word for word in KINDS if KINDS[word] is kind and len(word) == length)
    return rf"(?<=(?<![\w.])(?:{_one_of(words)})\.[ ])"


# What two words alone settle, most full stops inside a sentence, never reaches the rules.
_SETTLED = rf"""
    (?<=\.) (?: [,;a-z] | [ ] (?: [a-z](?!(?<=[ae])l-|[A-Z])    # `al-Shabaab` and `iPad` may open
      | (?:{_after(Kind.INITIAL, 1)}|{_after(Kind.TITLE, 2)}) (?!(?:{_one_of(STARTERS)})\b) [A-Z]
      | (?<=\bU\.S\.[ ]) (?:{_one_of(OFFICES)}) (?![\w’'])
      | (?:{_after(Kind.DATE, 3)}|{_after(Kind.DATE, 4)}) \d
    ) )
"""
# The groups are told apart by `lastindex`. Those named here start where the sentence ends and stop
# where the next one starts; group 3 is empty and marks the end of the run of stops.
_PLAIN, _LINE, _LAST_STOP, _DOUBTFUL = 1, 2, 4, 5
_ENDS_LINE = (_LINE, _LAST_STOP)
_ENDS_ALONE = (_PLAIN, _LAST_STOP)
_CANDIDATE = re.compile(
    rf"""
    [{STOPS}{BREAKS}]                 # a set in front: `re` can search for it without matching
    (?: # A word of small letters, a full stop, a capital: an end, if it is no abbreviation.
        (?<=[a-z]{{5}}\.) ["”’)]*+ ([ ]++) (?=[“"]?[A-Z]) (?<!pprox\.[ ]) (?<!essrs\.[ ])
      | (?<=[{BREAKS}]) (\s*+)
      | (?<![{STOPS}][{STOPS}]) (?<![{STOPS}]{_SPACE}[{STOPS}])     # whole runs: `...` is one
        (?!{_SETTLED})
        (?: # Before a spaced ellipsis a full stop ends alone; the ellipsis opens what follows.
            (?<=\w\.) (?=[ ](?:…|\.\.\.|\.[ ]\.[ ]\.)[ ]++[^\sa-z.…])
          | [{STOPS}]*+ (?>(?:{_SPACE}[.…]++)*)
        )
        () [{CLOSERS}]*+
        # `’ ”` and a mark the wrong way round.
        (?> (?: (?<=[’'])[ ](?:”|"(?=\s|\Z)) | [“‘](?=\s|\Z) )? )
        {_NOTES}
        # A flattened note mark: `said.12`.
        (?> (?: (?:(?<=[a-z][.!?])|(?<=[.!?][”"’'])) \d{{1,2}}(?:[,–-]\d{{1,2}}){{0,3}}(?=\s) )? )
        (?: ([^\S{BREAKS}]*+ (?:[{BREAKS}]\s*+|\Z))
          | ( [^\S{BREAKS}]++ (?![{UNSEEN}]*+[a-z](?!(?<=[ae])l-|[A-Z]))
            | (?:(?<=[a-z0-9%)\]”"’'][.!?])|(?<=[.!?][)\]”"’'{UNSEEN}])) {_OPENING}
            | (?:(?<=[{WIDE_STOPS}])|(?<=[{WIDE_STOPS}][{CLOSERS}]))
              [^\S{BREAKS}]*+ (?![と、，])
            )
        )
    )
    """,
    re.VERBOSE,
)
_VISIBLE = re.compile(r"\S")
_LINE_END = re.compile(rf"[{BREAKS}]|\Z")
_LIST_LEADS = frozenset("123456789a" + BULLETS)
_ITEM = re.compile(r"(?<!\S)(\d{1,2}|[a-z])(\.\)|[.)])(?=\s)")
_NEVER_BEFORE_ITEM = frozenset(
    "by of in to at and or than from for with is was are on the a an between until".split()
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence of a text starts and ends, in code points.

    The spans are in order, do not overlap, have no whitespace at their ends, and together cover
    every character that is not whitespace. A line break always ends a sentence; a colon or a
    semicolon never does. Closing quotes, brackets and footnote marks belong to the sentence
    before, opening ones to the next.

    Example:
        >>> text = "The U.S. Justice Department charged Acme Corp. on Jan. 5. “We did it,” it said."
        >>> [text[start:end] for start, end in sentence_spans(text)]
        ['The U.S. Justice Department charged Acme Corp. on Jan. 5.', '“We did it,” it said.']
    """
    first = _VISIBLE.search(text)
    if first is None:
        return []
    spans: list[tuple[int, int]] = []
    begin = first.start()
    items = _item_starts(text, begin)
    for match in _CANDIDATE.finditer(text, begin):
        while items and items[-1] <= match.start():
            item = items.pop()
            if begin < item:
                spans.append((begin, begin + len(text[begin:item].rstrip())))
            begin = item
        kind = match.lastindex
        if kind in _ENDS_ALONE:
            end, follow = match.span(kind)
        elif kind == _LINE:
            end, follow = match.start(), match.end()
            if text[end - 1].isspace():
                end = begin + len(text[begin:end].rstrip())
        elif ends_sentence(text, begin, match):
            end, follow = match.span(_DOUBTFUL)
        else:
            continue
        spans.append((begin, end))
        begin = follow
        if kind in _ENDS_LINE and text[begin : begin + 1] in _LIST_LEADS:
            items = _item_starts(text, begin)
    for item in (*reversed(items), len(text)):
        if begin < item:
            spans.append((begin, begin + len(text[begin:item].rstrip())))
        begin = item
    return spans


def _item_starts(text: str, begin: int) -> list[int]:
    """Return, last first, where items after the first start in a list written in one line."""
    lead = text[begin]
    if lead not in _LIST_LEADS:
        return []
    break_ = _LINE_END.search(text, begin)
    end = break_.start() if break_ else len(text)
    starts = _bulleted(text, begin, end) if lead in BULLETS else _numbered(text, begin, end)
    return starts[::-1]


def _bulleted(text: str, begin: int, end: int) -> list[int]:
    starts = []
    at = text.find(text[begin], begin + 1, end)
    while at >= 0:
        if text[at - 1].isspace():
            starts.append(at)
        at = text.find(text[begin], at + 1, end)
    return starts


def _numbered(text: str, begin: int, end: int) -> list[int]:
    """Follow `1. … 2. …`, `1) … 2) …` or `a. … b. …` as long as it counts on in one style."""
    first = _ITEM.match(text, begin, end)
    if first is None:
        return []
    starts = []
    wanted = _next_label(first[1])
    for item in _ITEM.finditer(text, first.end(), end):
        before = text[max(begin, item.start() - 24) : item.start()].split()
        if item[1] != wanted or item[2] != first[2] or not before:
            continue
        word = before[-1]
        # `in 2.` and `Section 2.` are no items.
        if word in _NEVER_BEFORE_ITEM or (word.isalnum() and word[0].isupper()):
            continue
        starts.append(item.start())
        wanted = _next_label(wanted)
    return starts


def _next_label(label: str) -> str:
    return str(int(label) + 1) if label.isdigit() else chr(ord(label) + 1)
