"""Rows of any table file: CSV, TSV, JSON, JSON lines or Parquet, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimtypes.corpus.cleaning import decode
from claimtypes.errors import BadInput, require

Row = dict[str, Any]

_KINDS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_LONGEST_CELL = 16 << 20
_WELL_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_rows(path: Path, *, header: bool = True) -> Iterator[Row]:
    """Yield the rows of a table; without a header, columns are called 1, 2, ….

    Raises:
        BadInput: naming file and row of what cannot be read.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    zipped = names[-1:] == [".gz"]
    kind = "".join(names[:-1][-1:] if zipped else names[-1:])
    if kind not in _KINDS:
        raise BadInput(f"{path}: not {', '.join(_KINDS)}, nor one of them gzipped")
    if kind == ".parquet":
        yield from require("pyarrow.parquet", "models").read_table(path).to_pylist()
        return
    try:
        data = path.read_bytes()
        text = decode(gzip.decompress(data) if zipped else data).text.removeprefix("\ufeff")
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: {error}") from error
    if kind in (".jsonl", ".ndjson"):
        yield from _read_lines(text, path)
    elif kind == ".json":
        yield from _read_json(text, path)
    else:
        yield from _read_delimited(text, path, tabbed=kind == ".tsv", header=header)


def _read_lines(text: str, path: Path) -> Iterator[Row]:
    # Only a line feed ends a line of JSON; others may stand inside a text.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise BadInput(f"{path}:{number}: not an object")
        yield row


def _read_json(text: str, path: Path) -> Iterator[Row]:
    """Yield the objects of a list, or those of an object, whose keys become the column ``id``."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not JSON: {error}") from error
    if isinstance(held, dict) and len(lists := [v for v in held.values() if _is_rows(v)]) == 1:
        held = lists[0]
    if isinstance(held, dict) and _is_rows(list(held.values())):
        held = [{"id": key} | row for key, row in held.items()]
    if not _is_rows(held):
        raise BadInput(f"{path}: not a list of objects, nor an object of them")
    yield from held


def _is_rows(held: Any) -> bool:
    return isinstance(held, list) and bool(held) and all(isinstance(row, dict) for row in held)


def _read_delimited(text: str, path: Path, *, tabbed: bool, header: bool) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = "\t" if tabbed else _delimiter(text)
    # Tab-separated text mostly does not quote: there a quotation mark is a quotation mark.
    quoted = not tabbed or _is_quoted(text)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    names: list[str] = []
    try:
        for cells in reader:
            if not cells:
                continue
            if header and not names:
                names = [name or f"column {n}" for n, name in enumerate(cells, 1)]
                continue
            if not header:
                names = [str(number) for number in range(1, len(cells) + 1)]
            if len(cells) != len(names):
                raise BadInput(
                    f"{path}:{reader.line_num}: {len(cells)} cells under {len(names)} columns"
                )
            yield dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise BadInput(f"{path}:{reader.line_num}: {error}") from error


def _delimiter(text: str) -> str:
    """Return what separates the first row: a comma, unless only something else does."""
    first = text.lstrip("\n").partition("\n")[0]
    counts = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in ",;\t|"}
    return "," if counts[","] > 1 else max(counts, key=lambda mark: counts[mark])


def _is_quoted(text: str) -> bool:
    """Say whether a tab-separated file quotes cells as CSV does.

    It does where its lines are no rows by themselves, or where every cell that begins with a
    quotation mark is quoted well and one of them holds a doubled mark.
    """
    if '"' not in text:
        return False
    rows = [line.rstrip("\r").split("\t") for line in text.rstrip("\n").split("\n")]
    begun = [cell for row in rows for cell in row if cell[:1] == '"']
    if len({len(row) for row in rows}) > 1 and begun:
        return True
    well = all(_WELL_QUOTED.fullmatch(cell) for cell in begun)
    return well and any('""' in cell[1:-1] for cell in begun)
