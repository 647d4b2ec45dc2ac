"""A release folder's manifest: what is in it, and what everything in it must hash to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.records import Record
from claimtypes.release.layout import released_files, table_paths
from claimtypes.release.tables import logical_digest, row_count
from claimtypes.store import sha256_bytes, sha256_file, write_text

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORMAT = "claimtypes-release-1"


@dataclass(frozen=True, slots=True)
class FileEntry(Record):
    """One file: ``rows`` and ``logical`` (`logical_digest`) are those of a Parquet table."""

    sha256: str
    bytes: int
    rows: int | None = None
    logical: str = ""


@dataclass(frozen=True, slots=True)
class Manifest(Record):
    """What ``manifest.json`` holds.

    ``digest`` names the content: labels, splits and the rows of every table, with the texts as
    first released; a hydrated copy keeps it and has a ``texts_digest`` of its own.
    """

    format: str
    name: str
    version: str
    date: str
    digest: str
    labels_digest: str
    splits_digest: str
    files: dict[str, FileEntry]
    build: dict[str, str]
    previous: dict[str, str] = field(default_factory=dict)
    texts_digest: str = ""


def content_digest(labels: str, splits: str, tables: dict[str, str]) -> str:
    """Return the digest of a release's content from those of its labels, splits and tables."""
    lines = [f"labels.json {labels}", f"splits.csv {splits}"]
    lines += [f"{path} {logical}" for path, logical in tables.items()]
    return sha256_bytes("\n".join(sorted(lines)).encode())


def measure_tables(folder: Path) -> dict[str, FileEntry]:
    """Hash and count a release's tables, by path."""
    paths = [path for splits in table_paths(folder).values() for path in splits.values()]
    return {
        path: FileEntry(
            sha256=sha256_file(folder / path),
            bytes=(folder / path).stat().st_size,
            rows=row_count(folder / path),
            logical=logical_digest(folder / path),
        )
        for path in track(paths, "hashing tables")
    }


def dump_manifest(folder: Path, manifest: Manifest, tables: dict[str, FileEntry]) -> Manifest:
    """Write the manifest, with every file there is now, and then ``SHA256SUMS``."""
    files = {
        path: tables.get(path)
        or FileEntry(sha256=sha256_file(folder / path), bytes=(folder / path).stat().st_size)
        for path in released_files(folder)
        if path not in (MANIFEST, SUMS)
    }
    values = manifest.to_dict() | {"files": {path: e.to_dict() for path, e in files.items()}}
    write_text(folder / MANIFEST, json.dumps(values, ensure_ascii=False, indent=2) + "\n")
    dump_sums(folder)
    return Manifest.from_dict(values)


def dump_sums(folder: Path) -> None:
    """Write ``SHA256SUMS`` over all files, for ``sha256sum -c``."""
    lines = [f"{sha256_file(folder / p)}  {p}\n" for p in released_files(folder) if p != SUMS]
    write_text(folder / SUMS, "".join(lines))


def load_manifest(folder: Path) -> Manifest:
    """Read a release's manifest.

    Raises:
        BadInput: when the folder is no release or its manifest cannot be read.
    """
    path = folder / MANIFEST
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: {error}", hint="is this a release folder?") from error
    try:
        return Manifest.from_dict(values)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error
