"""Sentence boundaries in news text, as offsets: a line is a block, a block is cut at its stops.

One compiled pattern finds every place where a sentence could end; the rules then look only at the
word before that place and the word after it. Nothing in the text is changed, and every pattern
takes what it reads for good (possessive quantifiers), so the time stays linear in the length of
the text whatever the punctuation.

The words the rules know are in :mod:`claimtypes.corpus.boundary_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from claimtypes.corpus.boundary_words import (
    CLOCK_FOLLOWERS,
    KINDS,
    LETTERED,
    OFFICES,
    SHOUTED_NAMES,
    STARTERS,
    SURE_STARTERS,
    Kind,
)

SEGMENTATION: Final = "1"
"""The version of the rules: it changes whenever any text would be cut at other places."""

# Zero-width and bidirectional controls: no spaces, so spans cover them, but rules look past them.
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0e\ufe0f\ufeff"
_WIDE = "。！？｡"
_STOP = rf".!?…‼⁇⁈⁉।؟۔{_WIDE}"
_CLOSER = rf"\"'”’»)\]}}›」』】》〉）］*†‡¹²³⁰⁴-⁹{_UNSEEN}"
_OPENER = rf"\"'“‘„‚«‹(\[{{¿¡「『【《〈（［*{_UNSEEN}"
_NOTE = r"(?:[ ]?\[\d{1,3}\])*+"

_BLOCK = re.compile(r"\S[^\n\r\v\f\u2028\u2029]*+")
_CANDIDATE = re.compile(
    rf"""
    (?<![{_STOP}])(?<![{_STOP}][ \xa0\u202f])     # only whole runs: `...` is one candidate
    (?:
        # A full stop with a spaced ellipsis after it ends alone; the ellipsis opens what follows.
        (?<=\w)\.(?=[ ](?:…|\.\.\.|\.[ ]\.[ ]\.)[ ]++[^\sa-z.…])
      | [{_STOP}]++(?:[ \xa0\u202f][.…]++)*+
    )
    ()(?:[{_CLOSER}]++{_NOTE}|{_NOTE})
    (?:(?<=[a-z”"’'][.!?])\d{{1,2}}(?=\s))?+      # a footnote mark that lost its superscript
    ()(?:
        \s++(?![{_UNSEEN}]*+[a-z](?<!\be)(?![A-Z]))
      | (?<=[a-z0-9%)\]”"’'][.!?])(?=["“‘(]?(?:[A-Z][a-z’']|[AI]\s))
      | (?<=[.!?][)\]”"’'{_UNSEEN}])(?=["“‘(]?(?:[A-Z][a-z’']|[AI]\s))
      | (?:(?<=[{_WIDE}])|(?<=[{_WIDE}][{_CLOSER}]))(?![と、，])(?=.)
    )
    """,
    re.VERBOSE,
)
_NEXT = re.compile(rf"([{_OPENER}]*+)((?:[^\W_]|['’](?=\w)){{0,40}})(\.?)")
_SPLIT_WORD = re.compile(r"[-‐-―/(\[{\"“”‘'’«,;:*]")
_LETTERS_AND_DOTS = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_ITEM_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[IVXivx]{1,5}")
_ROMAN = re.compile(r"[IVXLC]+")
_ADDRESS = re.compile(r"[@/\\_=]|www")
_SITE_ENDINGS = frozenset("Com Net Org Gov Edu Js Io Co".split())
_COMPANY_ENDINGS = frozenset("Inc Corp Co Ltd".split())
_CLOCK_LEAD = re.compile(
    r"(?:At|By|Around|About|On|Before|After|Until|Since|From)\s(?:\S+\s){0,3}\S*"
)
# A name, then a verb: a clause of its own, not the rest of the name before the full stop.
_CLAUSE = re.compile(
    r"(?:\s[A-Z][\w’'-]*){0,3}+\s(?:also\s|then\s|later\s|now\s)?"
    r"(?:said|says|told|is|are|was|were|has|have|had|will|would|could|can|did|does|made|began|"
    r"[a-z]{3,}ed)\b"
)
_REPORT = re.compile(
    r"(?:\s[A-Z][\w’'.-]*){0,3}+\s"
    r"(?:(?:asked|asks|wondered|shouted|cried|exclaimed|yelled|screamed)\b"
    r"|(?:said|says|told|wrote|added|replied|tweeted)(?:[.,:;]|\s(?:in|on|at|during|after|when)\b))"
)
_BULLETS = "•⁃‣▪●◦·"
_MARKER = re.compile(r"(?<!\S)(\d{1,2}|[a-z])(\.\)|[.)])(?=\s)")
_MARKER_LEADS = frozenset("123456789a" + _BULLETS)
_NO_ITEM_AFTER = frozenset(
    "by of in to at and or than from for with is was are on the a an".split()
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
    spans: list[tuple[int, int]] = []
    append = spans.append
    find = _CANDIDATE.finditer
    for block in _BLOCK.finditer(text):
        begin, end = block.span()
        if text[end - 1].isspace():
            end = begin + len(block[0].rstrip())
        items = (begin, end)
        if text[begin] in _MARKER_LEADS:
            items = (*_item_starts(text, begin, end), end)
        for begin, end in zip(items, items[1:], strict=False):
            for match in find(text, begin, end):
                if match.end() < end and _ends_sentence(text, begin, end, match):
                    append((begin, match.start(2)))
                    begin = match.end()
            append((begin, end))
    return spans
