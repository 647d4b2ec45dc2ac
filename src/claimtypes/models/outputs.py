"""Labelled sentences written as JSON lines, CSV, Parquet or a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import IO, Any

from claimtypes.errors import BadInput, require
from claimtypes.models.highlight import render_highlights
from claimtypes.models.model import Model
from claimtypes.models.predict import Labelled
from claimtypes.store import writing

FORMATS = ("jsonl", "csv", "parquet", "html")
PAGE_SENTENCES = 20_000
"""The most sentences one page may hold; browsers tire of more."""

_ROWS = 8192
_LIVE = ("=", "+", "-", "@", "\t", "\r")


def format_of(path: str, wanted: str) -> str:
    """Return the format asked for, else the one that a path's ending names, else ``jsonl``."""
    suffix = Path(path).suffix.removeprefix(".").lower()
    return (
        wanted
        or {"ndjson": "jsonl", "htm": "html"}.get(suffix)
        or (suffix if suffix in FORMATS else "jsonl")
    )


def write_labelled(
    rows: Iterable[Labelled], model: Model, path: str, form: str, stdout: IO[bytes]
) -> int:
    """Write labelled sentences to a file, atomically, or to ``stdout`` for ``-``; return how many.

    Raises:
        BadInput: for an unknown format, or more sentences than a page can hold.
    """
    writers: dict[str, Callable[[Iterable[Labelled], Model, IO[bytes]], int]] = {
        "jsonl": _write_jsonl,
        "csv": _write_csv,
        "parquet": _write_parquet,
        "html": _write_page,
    }
    if form not in writers:
        raise BadInput(f"no format {form!r}", hint=f"it is {', '.join(FORMATS)}")
    opened: AbstractContextManager[IO[bytes]] = (
        nullcontext(stdout) if path == "-" else _file(Path(path))
    )
    with opened as target:
        return writers[form](rows, model, target)


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    with writing(path) as staged, staged.open("wb") as stream:
        yield stream


def _annotated(rows: Iterable[Labelled]) -> Iterator[Labelled]:
    return (row for row in rows if row.cut.annotated)


def _write_jsonl(rows: Iterable[Labelled], model: Model, target: IO[bytes]) -> int:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    count, name = 0, model.id
    for row in _annotated(rows):
        count += 1
        target.write((encode(row.to_dict(name)) + "\n").encode("utf-8", "replace"))
    return count


def _write_csv(rows: Iterable[Labelled], model: Model, target: IO[bytes]) -> int:
    stream = io.TextIOWrapper(target, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["sentence", "article", "start", "end", "text", "labels", *model.names])
    count = 0
    for row in _annotated(rows):
        count += 1
        cut = row.cut
        cells = [_quiet(cut.id), _quiet(cut.article), cut.start, cut.end, _quiet(cut.text)]
        scores = [f"{row.scores[name]:.6f}" for name in model.names]
        writer.writerow([*cells, " ".join(row.labels), *scores])
    stream.flush()
    stream.detach()
    return count


def _quiet(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_LIVE) else cell


def _write_parquet(rows: Iterable[Labelled], model: Model, target: IO[bytes]) -> int:
    arrow, parquet = require("pyarrow", "models"), require("pyarrow.parquet", "models")
    texts = ("sentence", "article", "text")
    columns: list[tuple[str, Any]] = [
        *((name, arrow.string()) for name in texts),
        ("start", arrow.int64()),
        ("end", arrow.int64()),
        ("labels", arrow.list_(arrow.string())),
        *((name, arrow.float64()) for name in model.names),
    ]
    schema, count, held = arrow.schema(columns), 0, _annotated(rows)
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        while batch := list(islice(held, _ROWS)):
            plain = [
                {
                    "sentence": row.cut.id,
                    "article": row.cut.article,
                    "text": row.cut.text.encode("utf-8", "replace").decode(),
                    "start": row.cut.start,
                    "end": row.cut.end,
                    "labels": list(row.labels),
                    **row.scores,
                }
                for row in batch
            ]
            writer.write_table(arrow.Table.from_pylist(plain, schema=schema))
            count += len(batch)
    return count


def _write_page(rows: Iterable[Labelled], model: Model, target: IO[bytes]) -> int:
    held = list(islice(rows, PAGE_SENTENCES + 1))
    if len(held) > PAGE_SENTENCES:
        raise BadInput(
            f"more than {PAGE_SENTENCES} sentences are too many for one page",
            hint="--format jsonl, or fewer inputs",
        )
    target.write(render_highlights(held, model).encode("utf-8", "replace"))
    return sum(row.cut.annotated for row in held)
