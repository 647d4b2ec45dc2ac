"""What one line of a news text is by its wording: a byline, a date, a caption, boilerplate."""

from __future__ import annotations

import datetime
import re

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({_MONTHS})\.?,?\s+(\d{{4}})\b", re.I)
_MONTH_FIRST = re.compile(rf"\b({_MONTHS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.I)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?!\d)")
_AROUND_DATE = re.compile(
    r"[\s,|·•/:()–—-]+|\b(?:published|posted|updated|last|modified|on|date|release[ds]?|for|"
    r"immediate|issued|at|the|mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\b|\b[ap]\.?m\b\.?|\b(?:GMT|UTC|E[SD]?T|P[SD]?T|Z)\b|"
    r"T\d{2}:\d{2}\S*",
    re.I,
)
_PLACE = re.compile(r"(?:[A-Z][A-Z.’'-]+(?:\s+[A-Z][A-Z.’'-]+){0,3})")
_BYLINE = re.compile(
    r"(?:by|from|(?:story|report(?:ed|ing)?|written|words|text|edited|compiled) by)[:\s]\s*"
    r"(?:the\s+)?[“\"]?[A-Z]",
    re.I,
)
_BYLINE_START = re.compile(r"(?:By|BY|From|FROM|[A-Z][a-z]+ by|Words|Author)[:\s]")
_CAPTION = re.compile(
    r"(?:photo|image|picture|caption|file photo|photograph|pictured|illustration|graphic|video)"
    r"(?:\s+(?:credit|courtesy|by))?\s*[:—–|]|"
    r".*\((?:ap|afp|reuters|file|getty|courtesy|handout|photo|image|picture)\b[^()]*\)\s*$|"
    r".*(?:/\s*(?:afp|ap|reuters)|getty images|shutterstock|/handout)\)?\s*\.?$",
    re.I,
)
_BOILERPLATE = re.compile(
    r"comments? (?:are|is) (?:now )?(?:closed|off|disabled)|"
    r"(?:this|an? (?:earlier )?version of this) (?:article|story|report|piece|post|essay)"
    r"(?: (?:was|has been|is|were))? (?:also )?(?:previously |originally |first |last )*"
    r"(?:published|appeared|re-?published|reprinted|posted|updated)|"
    r"(?:originally |first |previously )published (?:in|by|on|at)\b|"
    r"(?:sign up|subscribe|register|join us|follow us|like us|find us|connect with us|"
    r"share this|share on|tweet this|email this|print this)\b|"
    r"(?:read|see) (?:more|also|next)\b|(?:related|topics?|tags?|filed under|categories|"
    r"more on this|recommended|most read|trending|latest news|advertisements?|sponsored|"
    r"press release number|component\(s\)|skip to|jump to|back to top|back to)\b(?:.{0,60}$)|"
    r"(?:click|tap) (?:here|below)\b|download (?:the|our|this)\b|"
    r"(?:©|\(c\)|copyright\b)|.{0,80}\ball rights reserved\b|"
    r"(?:we use|this site uses|accept (?:all )?)\s?cookies\b|"
    r"for (?:more|further) information,? (?:please )?(?:visit|contact|see|call)\b|"
    r"(?:media|press) (?:contact|enquir|inquir)|(?:-+ ?30 ?-+|ends?|\[ends?\])\s*$",
    re.I,
)
_LONGEST_BOILERPLATE = 300
_LONGEST_LINE = 140
_LONGEST_HEADING = 110
_HEADING_WORDS = 16


def iso_date(text: str) -> str:
    """Return the first full date in a text as YYYY-MM-DD, or '' where there is none.

    >>> iso_date("LINDHAMN, Oct. 6, 2022")
    '2022-10-06'
    """
    for pattern, order in ((_ISO, (1, 2, 3)), (_MONTH_FIRST, (3, 1, 2)), (_DAY_FIRST, (3, 2, 1))):
        if match := pattern.search(text):
            year, month, day = (match[i] for i in order)
            names = [name[:3] for name in "jan feb mar apr may jun jul aug sep oct nov dec".split()]
            number = int(month) if month.isdigit() else names.index(month[:3].lower()) + 1
            try:
                return datetime.date(int(year), number, int(day)).isoformat()
            except ValueError:
                continue
    return ""


def is_date(line: str) -> bool:
    """Whether a line says nothing but when, and perhaps where, it was written."""
    if len(line) > _LONGEST_LINE or not iso_date(line):
        return False
    rest = _ISO.sub(" ", _DAY_FIRST.sub(" ", _MONTH_FIRST.sub(" ", line)))
    rest = _AROUND_DATE.sub(" ", rest).strip(" .")
    return not rest or bool(_PLACE.fullmatch(rest))


def is_byline(line: str) -> bool:
    """Whether a line names the author."""
    return (
        len(line) <= _LONGEST_LINE
        and not line.endswith((".", "?", "!", ":", "”", '"'))
        and bool(_BYLINE.match(line) and _BYLINE_START.match(line))
    )


def is_caption(line: str) -> bool:
    """Whether a line describes a picture or credits its maker."""
    return len(line) <= 2 * _LONGEST_BOILERPLATE and bool(_CAPTION.match(line))


def is_boilerplate(line: str) -> bool:
    """Whether a line belongs to the page and not to the report."""
    return len(line) <= _LONGEST_BOILERPLATE and bool(_BOILERPLATE.match(line))


def is_heading(line: str) -> bool:
    """Whether a line could head what follows it: short, and no sentence."""
    if len(line) > _LONGEST_HEADING or len(line.split()) > _HEADING_WORDS:
        return False
    first = line.lstrip("“”‘’\"'([$#§")[:1]
    if not (first.isupper() or first.isdigit()):
        return False
    return not line.endswith((".", ";", ",", "!", ":", "…", ".”", '."', ".’", "—", "-"))
