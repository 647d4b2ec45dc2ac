"""Rewritten text that can be rewritten back: edits, their composition and their short notes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from claimtypes.errors import BadInput

_NOTE = re.compile(
    r'(?P<old>"(?:[^"\\]|\\.)*") (?:removed|became (?P<new>"(?:[^"\\]|\\.)*")) '
    r"(?:at (?P<positions>[0-9 ]+)|everywhere else)"
)
_ENOUGH_TO_SUM_UP = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """``new`` stands at ``start`` of the new text, in code points, where ``old`` stood before."""

    start: int
    new: str
    old: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text and the edits that made it, in order, from the text before it."""

    text: str
    edits: tuple[Edit, ...] = ()


def substitute(text: str, changes: Iterable[tuple[int, int, str]]) -> Rewritten:
    """Replace stretches of a text.

    ``changes`` are (start, end, new) in code points of ``text``, in order and not overlapping.

    >>> substitute("a-b", [(1, 2, " – ")]).text
    'a – b'
    """
    pieces: list[str] = []
    edits: list[Edit] = []
    position = length = 0
    for start, end, new in changes:
        pieces += (text[position:start], new)
        length += start - position
        if not new and edits and edits[-1] == Edit(length, "", edits[-1].old):
            # Two removals at one place are one, or their order would be lost.
            edits[-1] = Edit(length, "", edits[-1].old + text[start:end])
        elif new != text[start:end]:
            edits.append(Edit(length, new, text[start:end]))
        length += len(new)
        position = end
    pieces.append(text[position:])
    return Rewritten("".join(pieces), tuple(edits))


@dataclass(slots=True)
class _Region:
    """A stretch of the middle text that later edits, earlier edits or both have touched."""

    start: int
    end: int
    later: list[tuple[int, int, str]]
    earlier: list[tuple[int, int, str]]


def _regions(earlier: Rewritten, later: Rewritten) -> list[_Region]:
    spans: list[tuple[int, int, bool, str]] = []
    shift = 0
    for edit in later.edits:
        start = edit.start - shift
        spans.append((start, start + len(edit.old), True, edit.new))
        shift += len(edit.new) - len(edit.old)
    spans += [(e.start, e.start + len(e.new), False, e.old) for e in earlier.edits]
    spans.sort(key=lambda span: span[:2])
    regions: list[_Region] = []
    for start, end, is_later, replacement in spans:
        # Regions that only touch are merged too: two edits at one place would have no order.
        if not regions or start > regions[-1].end:
            regions.append(_Region(start, end, [], []))
        region = regions[-1]
        region.end = max(region.end, end)
        (region.later if is_later else region.earlier).append((start, end, replacement))
    return regions


def _replaced(text: str, region: _Region, parts: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = region.start
    for start, end, replacement in parts:
        pieces += (text[position:start], replacement)
        position = end
    pieces.append(text[position : region.end])
    return "".join(pieces)


def compose(earlier: Rewritten, later: Rewritten) -> Rewritten:
    """Return ``later``'s text with the edits that made it from the text before ``earlier``."""
    if not earlier.edits or not later.edits:
        return Rewritten(later.text, later.edits or earlier.edits)
    edits: list[Edit] = []
    shift = 0
    for region in _regions(earlier, later):
        new = _replaced(earlier.text, region, region.later)
        old = _replaced(earlier.text, region, region.earlier)
        if new != old:
            edits.append(Edit(region.start + shift, new, old))
        shift += len(new) - (region.end - region.start)
    return Rewritten(later.text, tuple(edits))


def _undo(text: str, edits: Iterable[Edit]) -> str:
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda e: (e.start, len(e.new))):
        pieces += (text[position : edit.start], edit.old)
        position = edit.start + len(edit.new)
    pieces.append(text[position:])
    return "".join(pieces)


def _everywhere_else(text: str, new: str, old: str, edits: list[Edit]) -> list[Edit]:
    """Return edits at every ``new`` that lies between the given ones."""
    found: list[Edit] = []
    position = 0
    for edit in [*sorted(edits, key=lambda e: (e.start, len(e.new))), Edit(len(text), "", "")]:
        while (position := text.find(new, position, edit.start)) >= 0:
            found.append(Edit(position, new, old))
            position += len(new)
        position = edit.start + len(edit.new)
    return found


def _render(old: str, new: str, where: str) -> str:
    # ASCII only, so that an invisible character in a note can be seen.
    became = f"became {json.dumps(new)}" if new else "removed"
    return f"{json.dumps(old)} {became} {where}"


def describe(rewritten: Rewritten) -> tuple[str, ...]:
    r"""Return short notes of a text's edits, which `restore` reads.

    Edits that are alike share a note with their positions; the most frequent one is noted as
    "everywhere else" where that is the truth.

    >>> describe(substitute("a\xadb\xadc", [(1, 2, ""), (3, 4, "")]))
    ('"\\u00ad" removed at 1 2',)
    """
    alike: dict[tuple[str, str], list[Edit]] = {}
    for edit in rewritten.edits:
        alike.setdefault((edit.old, edit.new), []).append(edit)
    notes = {
        key: _render(*key, "at " + " ".join(str(e.start) for e in edits))
        for key, edits in alike.items()
    }
    frequent = max(alike, key=lambda key: len(alike[key]), default=("", ""))
    if frequent[1] and len(alike[frequent]) >= _ENOUGH_TO_SUM_UP:
        old, new = frequent
        others = [edit for edit in rewritten.edits if (edit.old, edit.new) != frequent]
        if _everywhere_else(rewritten.text, new, old, others) == alike[frequent]:
            notes[frequent] = _render(old, new, "everywhere else")
    return tuple(notes.values())


def restore(text: str, changes: Iterable[str]) -> str:
    """Return the text as it was before the noted changes; notes of other kinds are passed over.

    Raises:
        BadInput: when two notes contradict each other or lie outside the text.
    """
    edits: list[Edit] = []
    everywhere: list[tuple[str, str]] = []
    for note in changes:
        if not (match := _NOTE.fullmatch(note)):
            continue
        old, new = json.loads(match["old"]), json.loads(match["new"] or '""')
        if match["positions"]:
            edits += [Edit(int(p), new, old) for p in match["positions"].split()]
        else:
            everywhere.append((old, new))
    if len(everywhere) > 1 or any(text[e.start : e.start + len(e.new)] != e.new for e in edits):
        raise BadInput("the notes of changes are not of this text")
    for old, new in everywhere:
        edits += _everywhere_else(text, new, old, edits)
    return _undo(text, edits)
