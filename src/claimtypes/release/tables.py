"""Parquet tables: the same rows give the same bytes, in bounded memory, with page checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from claimtypes.errors import BadInput, require
from claimtypes.release.columns import Column, columns, feature

ROW_GROUP = 10_000
"""Rows in every row group but a file's last: bytes depend on it, so it never changes lightly."""


def _arrow_type(column: Column) -> Any:
    pa = require("pyarrow", "release")
    named = {
        "string": pa.string(),
        "bool": pa.bool_(),
        "int16": pa.int16(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "float32": pa.float32(),
        "date32": pa.date32(),
        "timestamp[ms, tz=UTC]": pa.timestamp("ms", tz="UTC"),
    }
    value = named[column.kind]
    if column.many:
        return pa.list_(value, column.length) if column.length >= 0 else pa.list_(value)
    return value


def arrow_schema(table: str, names: Sequence[str]) -> Any:
    """Return a table's ``pyarrow.Schema``, with the features for ``datasets`` in its metadata."""
    pa = require("pyarrow", "release")
    described = columns(table, names)
    info = {"info": {"features": {c.name: feature(c) for c in described}}}
    fields = [pa.field(c.name, _arrow_type(c)) for c in described]
    return pa.schema(fields, metadata={"huggingface": json.dumps(info)})


class TableWriter:
    """Writes rows to one Parquet file, a fixed row group at a time."""

    def __init__(self, path: Path, table: str, names: Sequence[str]) -> None:
        self.schema = arrow_schema(table, names)
        self.rows = 0
        self._path = path
        self._waiting: list[dict[str, Any]] = []
        self._writer: Any = None

    def add(self, row: dict[str, Any]) -> None:
        """Take one row; every column must be in it."""
        self._waiting.append(row)
        if len(self._waiting) == ROW_GROUP:
            self._flush()

    def add_all(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take rows in order."""
        for row in rows:
            self.add(row)

    def _flush(self) -> None:
        pa = require("pyarrow", "release")
        names = self.schema.names
        arrays = [
            pa.array([row[name] for row in self._waiting], self.schema.field(name).type)
            for name in names
        ]
        self.add_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self._waiting = []

    def add_table(self, table: Any) -> None:
        """Write an Arrow table as one row group."""
        if self._writer is None:
            parquet = require("pyarrow.parquet", "release")
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = parquet.ParquetWriter(
                self._path,
                self.schema,
                compression="zstd",
                compression_level=3,
                version="2.6",
                data_page_version="1.0",
                write_page_index=True,
                # Without page checksums most flipped bits read as wrong rows, not as errors.
                write_page_checksum=True,
            )
        # One chunk a column: other chunks would give other bytes for the same rows.
        self._writer.write_table(table.combine_chunks(), row_group_size=ROW_GROUP)
        self.rows += table.num_rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._waiting:
            self._flush()
        if self._writer is not None:
            self._writer.close()


def read_batches(path: Path, only: Sequence[str] | None = None) -> Iterator[Any]:
    """Yield a Parquet file's record batches, page checksums verified.

    Raises:
        BadInput: naming the file, when it is no Parquet file, damaged, or lacks a column.
    """
    pa = require("pyarrow", "release")
    parquet = require("pyarrow.parquet", "release")
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            if only is not None and (missing := set(only) - set(file.schema_arrow.names)):
                raise BadInput(f"{path} lacks the column {', '.join(sorted(missing))}")
            yield from file.iter_batches(batch_size=ROW_GROUP, columns=only)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise BadInput(f"{path}: {error}", hint="fetch the file again") from error


def documents_of(batches: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the rows of each run of one ``document_id``, as an Arrow table."""
    import numpy as np

    pa = require("pyarrow", "release")
    document, parts = None, list[Any]()
    for batch in batches:
        if not batch.num_rows:
            continue
        coded = batch.column("document_id").dictionary_encode()
        codes = coded.indices.to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]).tolist()
        for start, end in pairwise([*starts, batch.num_rows]):
            name = batch.column("document_id")[start].as_py()
            if name != document and parts:
                yield str(document), pa.Table.from_batches(parts)
                parts = []
            document = name
            parts.append(batch.slice(start, end - start))
    if parts:
        yield str(document), pa.Table.from_batches(parts)


def row_count(path: Path) -> int:
    """Return the number of rows that a Parquet file's footer gives."""
    parquet = require("pyarrow.parquet", "release")
    with parquet.ParquetFile(path) as file:
        rows: int = file.metadata.num_rows
    return rows


def read_table(path: Path, only: Sequence[str] | None = None) -> Any:
    """Read a Parquet file whole, page checksums verified; ``only`` names the columns wanted."""
    pa = require("pyarrow", "release")
    parquet = require("pyarrow.parquet", "release")
    batches = list(read_batches(path, only))
    if batches:
        return pa.Table.from_batches(batches).combine_chunks()
    return (
        parquet.read_schema(path)
        .empty_table()
        .select(list(only or parquet.read_schema(path).names))
    )


def _feed(array: Any, path: str, sums: dict[str, Any]) -> None:
    """Add an Arrow array to the running hashes of its validity, its lengths and its values."""
    pa = require("pyarrow", "release")
    compute = require("pyarrow.compute", "release")

    def add(part: str, data: bytes) -> None:
        sums.setdefault(f"{path}/{part}", hashlib.sha256()).update(data)

    add("valid", compute.is_valid(array).cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    kind = array.type
    if pa.types.is_string(kind):
        text = compute.fill_null(array, "")
        lengths = compute.binary_length(text).cast(pa.int64())
        add("length", lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        add("value", "".join(text.to_pylist()).encode())
    elif pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        lengths = compute.fill_null(compute.list_value_length(array), 0).cast(pa.int64())
        add("length", lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        _feed(compute.list_flatten(array), f"{path}/item", sums)
    elif pa.types.is_floating(kind):
        values = compute.fill_null(array.cast(pa.float64()), 0.0)
        add("value", values.to_numpy(zero_copy_only=False).astype("<f8").tobytes())
    else:
        if pa.types.is_date32(kind):
            array = array.cast(pa.int32())
        values = compute.fill_null(array.cast(pa.int64()), 0)
        add("value", values.to_numpy(zero_copy_only=False).astype("<i8").tobytes())


def _type_name(kind: Any) -> str:
    """Name a type the same way under every version of the library, which name list items apart."""
    pa = require("pyarrow", "release")
    if pa.types.is_fixed_size_list(kind):
        return f"list<{kind.value_type}>[{kind.list_size}]"
    return f"list<{kind.value_type}>" if pa.types.is_list(kind) else str(kind)


def logical_digest(path: Path, without: Mapping[str, Any] | None = None) -> str:
    """Return the SHA-256 of a Parquet file's rows, whatever wrote them and however chunked.

    For each column it hashes, over all rows, the validity (a byte a row), the lengths (int64,
    little-endian) and the values (int64, float64 or UTF-8; null as 0 or nothing), lists item by
    item; then the sorted lines ``column/part type hash``. Compression, row groups, dictionaries
    and the library's version do not enter. ``without`` maps column names to functions that
    change a batch's column before it is hashed.
    """
    sums: dict[str, Any] = {}
    types: dict[str, str] = {}
    for batch in read_batches(path):
        for name in batch.schema.names:
            column = batch.column(name)
            if without and name in without:
                column = without[name](batch)
            types[name] = _type_name(column.type)
            _feed(column, name, sums)
    lines = [f"{part} {types[part.split('/')[0]]} {h.hexdigest()}" for part, h in sums.items()]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
