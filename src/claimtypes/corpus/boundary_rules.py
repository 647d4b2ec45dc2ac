"""Does a sentence end here? The rules for places where a stop alone does not tell.

They look at the word before the stop and the word after it, never further than a clause, so each
decision takes constant time. The words they know are in :mod:`claimtypes.corpus.boundary_words`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from claimtypes.corpus.boundary_words import (
    CLOCK_FOLLOWERS,
    KINDS,
    LETTERED,
    NATIONALITIES,
    NATIONS,
    OFFICES,
    SHOUTED_NAMES,
    STARTERS,
    SURE_STARTERS,
    Kind,
)

# Character sets, to be put between the brackets of a pattern.
# Zero-width and bidirectional controls are no spaces: spans cover them, but rules look past them.
UNSEEN: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0e\ufe0f\ufeff"
BREAKS: Final = "\n\r\v\f\u2028\u2029"
WIDE_STOPS: Final = "。！？｡"
STOPS: Final = rf".!?…‼⁇⁈⁉।؟۔{WIDE_STOPS}"
CLOSERS: Final = rf"\"'”’»)\]}}›」』】》〉）］*_†‡¹²³⁰⁴-⁹{UNSEEN}"
BULLETS: Final = "•⁃‣▪●◦·"
_OPENERS = rf"\"'“‘„‚«‹(\[{{¿¡「『【《〈（［*_{UNSEEN}"

_NEXT = re.compile(rf"([{_OPENERS}]*+)((?:[^\W_]|['’](?=\w)){{0,40}})(\.?)")
_GLUE = re.compile(r"[-‐-―/(\[{\"“”‘«,;:*]")
_LETTERS_AND_DOTS = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_ITEM_NUMBER = re.compile(
    rf"(?:[{BULLETS}*-]\s?)?"
    r"(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[IVXivx]{1,5})"
    r"|(?:Section|Sec\.|Article|Art\.|Chapter|Part|Title|Rule|Step|§)\s?\d{1,4}"
)
_NUMBER = re.compile(r"[IVX]+\b|[A-Z]*[-–]?\d|§")
_ADDRESS = re.compile(r"[@/\\_=]|www")
# A dateline whose dash was lost: `MACON, Ga. A man was sentenced`.
_DATELINE = re.compile(r"[A-Z][A-Z .’'-]{2,30}, [A-Za-z.]{2,8}")
_ENUMERATOR = re.compile(r"\((?:[a-z]{1,4}|\d{1,2})\)[ ]*[\"“‘]?[A-Z]")
_ASIDE = re.compile(
    rf"[^){BREAKS}]{{0,200}}\)[.,;:]|[^).?!\s]{{1,40}}\)[^\S{BREAKS}]*(?:[{BREAKS}]|\Z)"
)
# `SEC. ROE: We do.` in a transcript.
_SPEAKER = re.compile(r"[A-Z][A-Z’'-]+(?: [A-Z][A-Z’'-]+){0,2}:")
# `— Ann Roe, activist`, to the end of the line.
_ATTRIBUTION = re.compile(
    rf"[‐-―]{{1,2}} [A-Z](?>(?:(?<=[A-Z])\.|[^.!?…{BREAKS}]){{0,80}})(?:[{BREAKS}]|\Z)"
)
_AGENCY = re.compile(r"U\.S\. [A-Z]")
_CLOCK_LEAD = re.compile(
    r"(?:At|By|Around|About|On|Before|After|Until|Since|From) (?:\S+ ){0,3}\S*"
)
# A name, then a verb or an apposition: a clause of its own, not the rest of the name before.
_CLAUSE = re.compile(
    r"((?>(?: [A-Z][\w’'-]*){0,2}))(?:, (?:an?|the|who|\d\d)\b| (?:(?:also|then|later|now) )?"
    r"(?:said|says|told|is|are|was|were|has|have|had|will|would|could|can|should|may|might|must|"
    r"did|does|do|made|began|became|came|went|fell|rose|grew|got|took|gave|held|won|lost|led|left|"
    r"met|ran|paid|sold|bought|sent|kept|found|knew|wrote|spoke|plans?|expects?|[a-z]{3,}ed)\b)"
)
# Who asked: the rest of a sentence whose quotation ended with a question mark.
_REPORT = re.compile(
    r"(?>(?: [A-Z][\w’'.-]*){0,3}) "
    r"(?:(?:asked|asks|wondered|shouted|cried|exclaimed|yelled|screamed)\b"
    r"|(?:said|says|told|wrote|added|replied|tweeted)"
    r"(?:[.,:;]| (?:in|on|at|during|after|when)\b))"
)
_QUOTES = frozenset("\"'“‘„‚«‹「『")
_CLOSING_QUOTES = frozenset("\"'”’»›」』")
_DASHES = "-‐‑‒–—―"
_OPENING_MARKS = "\"'“‘„‚«‹([「『"
_NO_OPENING = frozenset(",;:&=+/|~^)]}»”’")
_SITES = frozenset("Com Net Org Gov Edu Js Io".split())
_COMPANIES = frozenset("Inc Corp Co Ltd".split())
_COURTESY = frozenset("Mr Mrs Ms".split())
_EDITORS_WORDS = ("sic", "emphasis")
_COUNTS = frozenset("One Two Three All Most".split())


class _Place(NamedTuple):
    """A candidate: the stops `text[start:run_end]`, closing marks, the gap, and what follows."""

    text: str
    begin: int  # of the sentence that may end here
    start: int
    run_end: int
    closed: int  # where closing quotes, brackets and footnote marks end
    follow: int  # where the gap ends
    opener: str  # opening quotes and brackets there
    follower: str  # the word there; empty before a number sign, a dash and the like
    dot: str  # its full stop, if it has one

    @property
    def joined(self) -> bool:
        return self.follow == self.closed

    @property
    def after(self) -> int:
        """Where the follower ends."""
        return self.follow + len(self.opener) + len(self.follower)

    @property
    def words_before(self) -> list[str]:
        return self.text[max(self.begin, self.start - 24) : self.start].split()


def ends_sentence(text: str, begin: int, match: re.Match[str]) -> bool:
    """Tell whether a candidate ends the sentence that starts at `begin`.

    The match holds the run of stops up to its group 3, closing quotes, brackets and footnote marks
    up to its group 5, and the gap to the next word in that group.
    """
    start = match.start()
    closed, follow = match.span(5)
    if follow >= len(text):
        return False
    if start - begin > 14 and follow > closed == start + 1 and "A" <= text[follow] <= "Z":
        # A capital after a word that is no abbreviation: the rules say the same, but take longer.
        word = (
            text[start - 24 if start - begin > 24 else begin : start].rpartition(" ")[2].strip("()")
        )
        if word.isalnum() and word not in KINDS and text[start] == ".":
            return True
    ahead = _NEXT.match(text, follow)
    words = ahead.groups() if ahead else ("", "", "")
    place = _Place(text, begin, start, match.start(3), closed, follow, *words)
    run = text[start : place.run_end]
    if run == ".":
        return _full_stop_ends(place)
    if run[-1] in WIDE_STOPS:
        return True
    if "…" in run or ".." in run or ". ." in run:
        return _ellipsis_ends(place, run)
    return _outcry_ends(place)


def _full_stop_ends(place: _Place) -> bool:
    text, begin, start = place.text, place.begin, place.start
    before = place.words_before
    if not before or (start - begin < 14 and _ITEM_NUMBER.fullmatch(text, begin, start)):
        return False  # `. The` opens a block, `1. The` numbers one
    kind, word = _kind(before[-1])
    if start - begin < 14 and text[begin:start].isupper() and _SPEAKER.match(text, place.follow):
        return False
    if place.joined and not _lost_space(place, before[-1], word):
        return False
    if kind is None:
        # `Corezing Pte. Ltd.`: a company's form goes on, whatever comes before it.
        return not (place.dot and place.follower in _COMPANIES) and _may_open(place)
    if text[place.run_end : place.closed].isdigit():
        return False  # `No.5 The`: no footnote
    if kind is Kind.NUMBERED or kind is Kind.DATE:
        return not _numbers(place, kind) and _may_open(place)
    if not place.follower or "(" in place.opener:
        return text[place.follow] in BULLETS
    if place.follower[0].islower() or (place.dot and _is_short(place.follower)):
        # `Orange County, Calif. U.S. Customs agents arrested him`
        agency = kind is Kind.SUFFIX and "." not in word
        return agency and _AGENCY.match(text, place.follow) is not None
    if place.follower in STARTERS and place.closed > place.run_end and kind is not Kind.INITIAL:
        return True
    return _abbreviation_ends(place, kind, word, before[-2:-1])


def _abbreviation_ends(place: _Place, kind: Kind, word: str, before: list[str]) -> bool:
    text, begin, start, follower = place.text, place.begin, place.start, place.follower
    if kind is Kind.TITLE:
        return word[0].isupper() and follower in SURE_STARTERS
    if kind is Kind.INITIAL:
        # `J. Smith`, but `vitamin C. He`, `you and I. Did`, `Plan B. The`.
        if follower not in STARTERS or not before:
            return False
        if before[0] in LETTERED or before[0][0].islower() or before[0][-1].isdigit():
            return True  # and `40 C. The`
        return follower in SURE_STARTERS
    if kind is Kind.CLOCK:
        lead = start - begin < 40 and _CLOCK_LEAD.fullmatch(text, begin, start)
        return follower in STARTERS or not (follower in CLOCK_FOLLOWERS or lead)
    if kind is Kind.SUFFIX:
        if word == "Md" and not "".join(before).endswith(","):
            return follower in SURE_STARTERS  # `Md. Rahman` is no town in Maryland
        dateline = start - begin < 50 and _DATELINE.fullmatch(text, begin, start)
        return not dateline and _suffix_ends(place, word in NATIONS)
    return follower in STARTERS


def _suffix_ends(place: _Place, nation: bool) -> bool:
    """Tell `Acme Corp. Smith was charged` from `Acme Corp. Chairman John Smith was charged`."""
    follower = place.follower
    beyond = place.text[place.after : place.after + 2]
    if follower in STARTERS:  # `the U.S. One China Policy`
        return not (nation and follower in _COUNTS and beyond[-1:].isupper())
    if follower in _COURTESY or (
        nation and follower in NATIONALITIES and beyond[:1] == " " and beyond[1:].islower()
    ):
        return True
    if follower in OFFICES or follower[0].isdigit() or (follower.isupper() and len(follower) > 1):
        return False
    if _QUOTES.intersection(place.opener) or (follower.endswith("ing") and not nation):
        return beyond[:1] == " " and not beyond[1:].isupper()
    clause = _CLAUSE.match(place.text, place.after)
    return clause is not None and not (nation and clause[1])


def _kind(token: str) -> tuple[Kind | None, str]:
    """Name what stands before a full stop; the word comes back without what is glued before it."""
    word = token if token.isalpha() else _GLUE.split(token.lstrip("'’"))[-1]
    kind = KINDS.get(word)
    if kind is None and len(word) == 1 and word.isupper():
        kind = Kind.INITIAL  # `Á. Smith`
    elif kind is None and _LETTERS_AND_DOTS.fullmatch(word):
        kind = Kind.ACRONYM
    elif kind is None and KINDS.get(word.rpartition(".")[2]) is Kind.TITLE:
        kind = Kind.TITLE  # `Tuesday.Mr. Smith`
    return kind, word


def _numbers(place: _Place, kind: Kind) -> bool:
    """Tell `Art. 5`, `No. CR-12` and `Fri. Jan. 5` from a sentence's end."""
    if kind is Kind.DATE:
        return place.follower[:1].isdigit() or place.follower in CLOCK_FOLLOWERS
    return _NUMBER.match(place.text, place.follow) is not None


def _is_short(follower: str) -> bool:
    """Tell a follower with a full stop that goes on with a name: `A. Smith`, `No. 5`."""
    return len(follower) == 1 or follower == "No"


def _lost_space(place: _Place, token: str, word: str) -> bool:
    """Tell a lost space (`said.The`) from an address or a name written with a full stop."""
    follower = place.follower
    whole = (word.isalpha() and len(word) > 1) or token[-1:].isdigit()
    if not whole or _ADDRESS.search(token) or follower in _SITES:
        return False
    if not word[:1].isupper() or follower in STARTERS or follower in KINDS:
        return True
    beyond = place.text[place.after : place.after + 2]
    return beyond[:1] == " " and beyond[1:].islower()


def _may_open(place: _Place) -> bool:
    """Tell whether what follows a whole word and a stop can open a sentence."""
    text, opener, follower = place.text, place.opener, place.follower
    at = place.follow + len(opener)
    if "(" in opener and _ASIDE.match(text, at):
        return False  # `… war.” (Smith 55).` and a credit that ends the line go with what is before
    if follower and not follower[0].islower():
        return True
    if follower and not opener:
        return follower[0].isascii()  # the pattern lets only `iPad` and `al-Shabaab` through
    if follower and "(" in opener:
        return _ENUMERATOR.match(text, place.follow) is not None
    if follower:
        return follower not in _EDITORS_WORDS
    mark = text[at : at + 1]
    if mark and mark in _DASHES:
        if text[place.closed - 1] in _CLOSING_QUOTES and _ATTRIBUTION.match(text, at):
            return False
        rest = text[at : at + 8].lstrip(_DASHES + " ")
        return rest != "" and not rest[0].isspace() and not rest[0].islower()
    return mark != "" and not mark.isspace() and mark not in _NO_OPENING


def _ellipsis_ends(place: _Place, run: str) -> bool:
    text, start, follower = place.text, place.start, place.follower
    if place.joined or "(" in place.opener:
        return False
    if start - place.begin < 4 and not text[place.begin : start].strip(_OPENING_MARKS):
        return False  # `“… We left,” he said` and `[…] We left`
    if text[start - 1] in "[(":
        return follower in STARTERS
    if not _may_open(place):
        return False
    if "?" in run or "!" in run or run.count(".") + 3 * run.count("…") > 3:
        return True
    if place.closed > place.run_end:
        return _REPORT.match(text, place.after) is None
    if not text[start - 1].isspace():
        return " " not in run or follower in STARTERS
    return " " not in run and follower in STARTERS and follower[0] != "I"


def _outcry_ends(place: _Place) -> bool:
    """Decide at a question or exclamation mark, alone or in a run (`?!`)."""
    text, begin, start = place.text, place.begin, place.start
    if start == begin or text[start - 1] in "[(":
        return False
    token = (place.words_before or [""])[-1]
    word = token.lstrip("\"'“‘([")
    if place.joined and not _lost_space(place, token, word):
        return False
    if not _may_open(place):
        return False
    closing = text[place.run_end : place.closed]
    if not closing:
        name = place.follower in _COMPANIES or word in SHOUTED_NAMES
        return not name or place.follower in STARTERS
    if ")" in closing and text.rfind("(", max(begin, start - 300), start) > begin:
        return False  # `the man (a hero!) Smith`: the parenthesis is inside the sentence
    if place.opener or not _CLOSING_QUOTES.intersection(closing):
        return True
    return _REPORT.match(text, place.after) is None
