"""The file ``corpus/splits.csv``: which article is in which split, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.records import Record

TRAIN, VALIDATION, TEST, TEST_PUBLISHERS = "train", "validation", "test", "test-publishers"
SPLITS = (TRAIN, VALIDATION, TEST, TEST_PUBLISHERS)
_MEND = "restore the file, or mend the line; splits are frozen and cannot be drawn again"
HEADER = ["article", "split", "group", "reason"]


@dataclass(frozen=True, slots=True)
class SplitRow(Record):
    """Where an article is, the group it may not be parted from, and why it is there.

    ``reason`` is ``drawn``, ``joined`` (its group was there already) or ``publisher`` (all of its
    publisher's articles are held out).
    """

    article: str
    split: str
    group: str
    reason: str


def render_splits(rows: Iterable[SplitRow]) -> str:
    """Return ``splits.csv``, in order of article."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for row in sorted(rows, key=lambda r: r.article):
        writer.writerow([row.article, row.split, row.group, row.reason])
    return stream.getvalue()


def load_split_rows(path: Path) -> list[SplitRow]:
    """Read a project's ``splits.csv``; an article placed twice is in two rows.

    Raises:
        BadInput: naming the line that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8: {error}", hint=_MEND) from error
    return parse_splits(text, str(path))


def parse_splits(text: str, path: str = "splits.csv") -> list[SplitRow]:
    """Read ``splits.csv``.

    Raises:
        BadInput: for another header, a row of other length or a split of no such name.
    """
    lines = csv.reader(io.StringIO(text), strict=True)
    rows: list[SplitRow] = []
    try:
        if next(lines, None) != HEADER:
            raise BadInput(f"{path}: the header must be {','.join(HEADER)}", hint=_MEND)
        for line in lines:
            if len(line) != len(HEADER):
                where = f"{path}:{lines.line_num}"
                raise BadInput(f"{where}: {len(line)} cells, not {len(HEADER)}", hint=_MEND)
            if line[1] not in SPLITS:
                where = f"{path}:{lines.line_num}"
                raise BadInput(f"{where}: unknown split {line[1]!r}", hint=_MEND)
            rows.append(SplitRow(*line))
    except csv.Error as error:
        raise BadInput(f"{path}:{lines.line_num}: {error}", hint=_MEND) from error
    return rows
