"""What the lines of a news text are: title, byline, date, headings, bullets, captions, the rest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from claimtypes.corpus.articles import join_blocks, parse_blocks
from claimtypes.corpus.fingerprint import letters
from claimtypes.corpus.line_kinds import (
    is_boilerplate,
    is_byline,
    is_caption,
    is_date,
    is_heading,
    iso_date,
)
from claimtypes.corpus.rewriting import Rewritten, compose, substitute
from claimtypes.records import ANNOTATED_KINDS, Block

_BULLET = re.compile(r"(?:[-*•‣⁃◦▪▸►●○■□·][^\S\n]+)+(?=\S)|[•‣⁃▪►●■](?=\S)")
# A dash or a number may open a sentence, too; it is a bullet's where it stands in a list.
_LISTED = re.compile(r"[–—]\s+(?=\S)|\(?(?:\d{1,2}|[a-z]|[ivx]{1,5})[.)]\s+(?=\S)")
_HASHES = re.compile(r"#{1,6}\s+(?=\S)")
_CLOSING_HASHES = re.compile(r"\s+#+$")
_RULE = re.compile(r"(?:=+|-{3,}|[*](?: ?[*]){2,})$")
_UNDERLINE = re.compile(r"(?:=+|-{3,})$")
_INLINE = re.compile(
    r"!\[(?P<image>[^\]\[\n]{0,500})\]\([^()\s]{0,2000}(?: +\"[^\"\s]{0,500}\")?\)"
    r"|\[(?P<link>[^\]\[\n]{1,500})\]\([^()\s]{0,2000}(?: +\"[^\"\s]{0,500}\")?\)"
    r"|<(?P<address>https?://[^\s<>]{1,2000})>"
    r"|(?<!\w)(?P<mark>\*\*\*|\*\*|\*|__|_)(?=\S)(?P<inner>[^*_\n]{1,2000})(?<=\S)(?P=mark)(?!\w)"
    r"|`(?P<code>[^`\n]{1,500})`"
    r"|\\(?P<escaped>[\\`*_{}\[\]()#+.!|<>~-])"
)
_IMAGE_ONLY = re.compile(r"!\[[^\]\[]*\]\([^()]*\)$")
_LINK = re.compile(r"https?://\S+|www\.\S+|\[[^\]\[\n]{1,500}\]\([^()\n]{0,2000}\)")
_SENTENCE = re.compile(r"[.!?…][”’\"')\]]*$|[.!?]\s")
_INNER_BREAK = re.compile(r"[ \t]*\n[ \t]*|\t+")
_WIDEST_WRAP = 160
_NARROWEST_WRAP = 40
_FULL_SHARE = 0.4  # with paragraphs of two lines and nothing between them it is a half
_HEAD = 6  # blocks in which a byline and a date are looked for
_SENTENCE_WORDS = 4
_LINK_SHARE = 0.5
_LETTER_SHARE = 0.55


@dataclass(frozen=True, slots=True)
class Structure:
    """A text laid out in blocks of one line: ``body.edits`` lead back to the text as decoded."""

    body: Rewritten
    blocks: tuple[Block, ...]

    def first(self, kind: str) -> str:
        """Return the text of the first block of a kind, or ''."""
        return next((self.body.text[b.start : b.end] for b in self.blocks if b.kind == kind), "")

    @property
    def title(self) -> str:
        """The title as printed, or ''."""
        return self.first("title")

    @property
    def published(self) -> str:
        """The date of a date line as YYYY-MM-DD, or ''."""
        return iso_date(self.first("date"))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the cleaned text that becomes a block; empty ``kind`` is yet to be told."""

    kind: str
    start: int
    end: int
    line: str


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretch of each line without the space around it; blank ones are empty."""
    start = 0
    for line in text.split("\n"):
        lead = len(line) - len(line.lstrip())
        yield (start + lead, start + len(line.rstrip())) if line.strip() else (start, start)
        start += len(line) + 1


def _wrap_width(text: str, lines: Sequence[tuple[int, int]]) -> int:
    """Return the width a text was wrapped at, or 0 where each line is a paragraph.

    A wrapper breaks a line only where the next word would not have fitted, so that every break
    inside a paragraph shows the same width.
    """
    lengths = [end - start for start, end in lines]
    width = max(lengths, default=0)
    if not _NARROWEST_WRAP <= width <= _WIDEST_WRAP:
        return 0
    pairs = [(a, b) for a, b in itertools.pairwise(lines) if a[0] < a[1] and b[0] < b[1]]
    full = sum(_was_full(text, a, b, width) for a, b in pairs)
    return width if full >= 2 and full >= _FULL_SHARE * len(pairs) else 0


def _was_full(text: str, line: tuple[int, int], after: tuple[int, int], width: int) -> bool:
    word = text[after[0] : after[1]].split(maxsplit=1)[0]
    return (line[1] - line[0]) + 1 + len(word) > width


def _paragraphs(text: str, *, reflow: bool) -> list[tuple[int, int]]:
    """Return the stretches of paragraphs: lines, or runs of lines that were wrapped."""
    lines = list(_lines(text))
    width = 0 if reflow else _wrap_width(text, lines)
    found: list[tuple[int, int]] = []
    previous = (0, 0)
    for line in lines:
        if line[0] == line[1]:
            previous = line
            continue
        starts_anew = any(p.match(text, *line) for p in (_BULLET, _HASHES, _LISTED, _RULE))
        if width and found and previous[0] < previous[1] and not starts_anew:
            joined = _was_full(text, previous, line, width)
        else:
            # A long line is a paragraph of its own, whatever Markdown makes of it.
            narrow = 0 < previous[1] - previous[0] <= _WIDEST_WRAP
            joined = reflow and bool(found) and narrow and not starts_anew
        if joined:
            found[-1] = (found[-1][0], line[1])
        else:
            found.append(line)
        previous = line
    return found


def _inline_changes(
    text: str, start: int, end: int, *, markdown: bool
) -> list[tuple[int, int, str]]:
    """Return the changes inside a block: line breaks, tabs, and Markdown's inline marks."""
    changes = [(m.start(), m.end(), " ") for m in _INNER_BREAK.finditer(text, start, end)]
    if not markdown:
        return changes
    for match in _INLINE.finditer(text, start, end):
        inner = match.span(match.lastgroup or 0)
        changes += [(match.start(), inner[0], ""), (inner[1], match.end(), "")]
    return sorted(changes)


def _line(text: str, start: int, end: int, *, markdown: bool) -> str:
    changes = _inline_changes(text, start, end, markdown=markdown)
    moved = [(a - start, b - start, new) for a, b, new in changes]
    return substitute(text[start:end], moved).text.strip() if changes else text[start:end]


def _opened(text: str, stretches: Iterable[tuple[int, int]], *, markdown: bool) -> list[_Piece]:
    """Take the marks off bullets and headings; drop lines without a letter or digit."""
    pieces: list[_Piece] = []
    for whole, end_of_line in stretches:
        kind, start, end = "", whole, end_of_line
        if markdown and pieces and _UNDERLINE.match(text, start, end):
            # Under a blank line it is a rule, right under a line it makes that one a heading.
            if not pieces[-1].kind and text[pieces[-1].end : start].count("\n") == 1:
                pieces[-1] = replace(pieces[-1], kind="heading")
            continue
        if match := _HASHES.match(text, start, end):
            kind = "title" if match[0].rstrip() == "#" and not pieces else "heading"
            closing = _CLOSING_HASHES.search(text, match.end(), end)
            start, end = match.end(), closing.start() if closing else end
        elif match := _BULLET.match(text, start, end):
            kind, start = "bullet", match.end()
        elif markdown and _IMAGE_ONLY.match(text, start, end):
            kind = "caption"
        line = _line(text, start, end, markdown=markdown)
        if any(c.isalnum() for c in line):
            pieces.append(_Piece(kind, start, end, line))
    return _with_lists(text, pieces, markdown=markdown)


def _with_lists(text: str, pieces: list[_Piece], *, markdown: bool) -> list[_Piece]:
    marks = [
        _LISTED.match(text, piece.start, piece.end) if not piece.kind else None for piece in pieces
    ]
    listed = list(pieces)
    for i, (piece, mark) in enumerate(zip(pieces, marks, strict=True)):
        beside = any(0 <= j < len(marks) and marks[j] for j in (i - 1, i + 1))
        if mark and beside:
            line = _line(text, mark.end(), piece.end, markdown=markdown)
            if any(c.isalnum() for c in line):
                listed[i] = _Piece("bullet", mark.end(), piece.end, line)
    return listed


def _is_title(pieces: Sequence[_Piece], title: str) -> bool:
    first = pieces[0]
    if title:
        return letters(first.line) == letters(title)
    return (
        first.kind in ("", "heading")
        and len(pieces) > 1
        and len(first.line) <= 250
        and not first.line.endswith((".", ":", ";", ",", ".”", '."'))
        and not is_byline(first.line)
        and not is_date(first.line)
        and not is_boilerplate(first.line)
    )


def _told(pieces: Sequence[_Piece], title: str) -> list[_Piece]:
    """Name the kinds that the marks did not."""
    told: list[_Piece] = []
    for i, piece in enumerate(pieces):
        kind = piece.kind
        if i == 0 and kind != "title" and _is_title(pieces, title):
            kind = "title"
        elif kind in ("", "heading", "paragraph") and i < _HEAD and is_byline(piece.line):
            kind = "byline"
        elif kind in ("", "heading", "paragraph") and i < _HEAD and is_date(piece.line):
            kind = "date"
        elif kind != "title" and is_boilerplate(piece.line):
            kind = "boilerplate"
        elif kind in ("", "paragraph") and is_caption(piece.line):
            kind = "caption"
        elif not kind:
            kind = "heading" if _heads(pieces, i) else "paragraph"
        told.append(replace(piece, kind=kind))
    return told


def _heads(pieces: Sequence[_Piece], i: int) -> bool:
    """Whether a line heads the text after it: short, no sentence, and more than it follows."""
    if i + 1 >= len(pieces) or not is_heading(pieces[i].line):
        return False
    after = pieces[i + 1]
    return after.kind == "bullet" or (
        len(after.line) > len(pieces[i].line) and not is_heading(after.line)
    )


def _laid_out(cleaned: Rewritten, pieces: Sequence[_Piece], *, markdown: bool) -> Structure:
    """Join the pieces by blank lines, everything between them being an edit."""
    text = cleaned.text
    changes: list[tuple[int, int, str]] = []
    position = 0
    for i, piece in enumerate(pieces):
        changes.append((position, piece.start, "\n\n" if i else ""))
        changes += _inline_changes(text, piece.start, piece.end, markdown=markdown)
        position = piece.end
    changes.append((position, len(text), ""))
    body = substitute(text, changes)
    blocks = join_blocks(
        zip((p.kind for p in pieces), body.text.split("\n\n") if pieces else (), strict=True)
    )[1]
    return Structure(compose(cleaned, body), blocks)


def structure(cleaned: Rewritten, *, markdown: bool = False, title: str = "") -> Structure:
    """Find the blocks of a cleaned plain or Markdown text.

    Lines of hard-wrapped text are joined into paragraphs; otherwise each line is one. ``title``
    is the title where it is known from elsewhere: only a first line equal to it is marked then.
    """
    stretches = _paragraphs(cleaned.text, reflow=markdown and "\n\n" in cleaned.text.strip())
    pieces = _told(_opened(cleaned.text, stretches, markdown=markdown), title)
    return _laid_out(cleaned, pieces, markdown=markdown)


def structure_marked(cleaned: Rewritten, *, title: str = "", certain: bool = True) -> Structure:
    """Find the blocks of a text whose lines bear the marks of article files.

    With ``certain`` off the marks are an extractor's, and lines it took for paragraphs may yet
    turn out to be a byline, a date, a caption or boilerplate.

    Raises:
        BadInput: for a mark with nothing behind it.
    """
    text, blocks = parse_blocks(cleaned.text)
    pieces: list[_Piece] = []
    position = 0
    for block in blocks:
        line = text[block.start : block.end]
        start = cleaned.text.index(line, position)
        lead = len(line) - len(line.lstrip())
        position = start + len(line)
        pieces.append(_Piece(block.kind, start + lead, start + len(line.rstrip()), line.strip()))
    return _laid_out(cleaned, pieces if certain else _told(pieces, title), markdown=False)


def why_no_article(laid_out: Structure, source: str) -> str:
    """Return why a text is no article, or ''; ``source`` is the text with its links."""
    text = laid_out.body.text
    if not any(c.isalnum() for c in text):
        return "empty: no letter or digit in it"
    dense = "".join(source.split())
    linked = sum(len(match[0]) for match in _LINK.finditer(source))
    if linked > _LINK_SHARE * len(dense):
        return f"a table of links: they are {100 * linked // len(dense)} % of it"
    solid = "".join(text.split())
    if sum(map(str.isalpha, solid)) < _LETTER_SHARE * len(solid):
        return "not prose: mostly digits and signs"
    lines = [text[b.start : b.end] for b in laid_out.blocks if b.kind in ANNOTATED_KINDS]
    if not any(len(x.split()) >= _SENTENCE_WORDS and _SENTENCE.search(x) for x in lines):
        return f"no sentences: none in its {len(laid_out.blocks)} lines"
    return ""
