"""Verification of a release's tables as files: readable, of the right columns, of their hashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.errors import BadInput, require
from claimtypes.progress import track
from claimtypes.release.columns import columns, feature
from claimtypes.release.findings import Findings
from claimtypes.release.labels import LABELS, load_labels
from claimtypes.release.layout import table_paths
from claimtypes.release.manifest import Manifest, content_digest
from claimtypes.release.tables import ROW_GROUP, arrow_schema, logical_digest
from claimtypes.release.verify_values import check_values
from claimtypes.release.versions import VERSION, version_key
from claimtypes.release.withheld import without_hydrated
from claimtypes.store import sha256_file

_METADATA = {b"huggingface"}


def check_labels(folder: Path, manifest: Manifest, findings: Findings) -> Schema | None:
    """Read the label schema; its order must be the one whose digest the manifest gives."""
    try:
        schema = load_labels(folder)
    except BadInput as error:
        findings.add("labels-file-wrong", str(error), LABELS)
        return None
    values = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    stated = values.get("labels_digest")
    for label in values["labels"]:
        since = str(label.get("since"))
        if not VERSION.fullmatch(since) or version_key(since) > version_key(manifest.version):
            findings.add("labels-file-wrong", f"{label['name']} is there since {since}", LABELS)
    if not schema.digest == manifest.labels_digest == stated:
        findings.add("labels-file-wrong", "its order is not the one of its digest", LABELS)
    return schema


def _check_columns(path: str, table: str, found: Any, schema: Schema, findings: Findings) -> bool:
    expected = arrow_schema(table, schema.names)
    if found.equals(expected, check_metadata=False):
        return True
    for name in expected.names:
        if name not in found.names:
            findings.add("columns-wrong", f"no column {name}", path)
        elif found.field(name).type != expected.field(name).type:
            kinds = f"{found.field(name).type}, not {expected.field(name).type}"
            findings.add("columns-wrong", f"{name} is {kinds}", path)
    if extra := [name for name in found.names if name not in expected.names]:
        findings.add("columns-wrong", f"unknown column {', '.join(extra)}", path)
    if sorted(found.names) == sorted(expected.names) and found.names != expected.names:
        findings.add("columns-wrong", "the columns are in another order", path)
    return False


def _check_features(path: str, table: str, found: Any, schema: Schema, findings: Findings) -> None:
    try:
        stated = json.loads((found.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        findings.add("features-wrong", "the features for datasets are missing", path)
        return
    for column in columns(table, schema.names):
        if stated.get(column.name) != feature(column):
            findings.add("features-wrong", f"the feature of {column.name} is another", path)


def check_tables(
    folder: Path, manifest: Manifest, schema: Schema, findings: Findings
) -> dict[str, dict[str, str]]:
    """Check each table's columns, features, rows and hashes; return those sound enough to read."""
    parquet = require("pyarrow.parquet", "release")
    sound: dict[str, dict[str, str]] = {}
    logical: dict[str, str] = {}
    unread = False
    every = [(t, s, p) for t, splits in table_paths(folder).items() for s, p in splits.items()]
    for table, split, path in track(every, "reading tables"):
        try:
            with parquet.ParquetFile(folder / path) as file:
                found, rows = file.schema_arrow, file.metadata.num_rows
                groups = range(file.metadata.num_row_groups)
                sizes = [file.metadata.row_group(group).num_rows for group in groups]
            logical[path] = logical_digest(folder / path)
        except Exception as error:  # noqa: BLE001 - a damaged file raises whatever it likes
            findings.add("table-unreadable", str(error).strip().splitlines()[0], path)
            unread = True
            continue
        entry = manifest.files.get(path)
        if not rows:
            findings.add("table-empty", "it has no rows and should not be there", path)
        if entry and entry.rows != rows:
            findings.add("manifest-mismatch", f"{rows} rows, not {entry.rows}", path)
        if entry and entry.logical != logical[path]:
            findings.add("manifest-mismatch", "its rows are not those of the manifest", path)
        if any(size != ROW_GROUP for size in sizes[:-1]) or set(found.metadata or ()) != _METADATA:
            findings.add("layout-wrong", f"row groups {sizes[:9]} or metadata", path)
        _check_features(path, table, found, schema, findings)
        if _check_columns(path, table, found, schema, findings) and check_values(
            folder, path, columns(table, schema.names), manifest, findings
        ):
            sound.setdefault(table, {})[split] = path
    for table in ("sentences", "documents"):
        if table not in table_paths(folder):
            findings.add("file-missing", "a release needs this table", table)
    if not unread:
        _check_digest(folder, manifest, sound, logical, findings)
    return sound


def _check_digest(
    folder: Path,
    manifest: Manifest,
    sound: dict[str, dict[str, str]],
    logical: dict[str, str],
    findings: Findings,
) -> None:
    """Compute the content's digest; a hydrated copy's, with the texts it found taken out."""
    try:
        splits = sha256_file(folder / "splits.csv")
    except OSError:
        return
    if splits != manifest.splits_digest:
        findings.add("digest-mismatch", "not the splits the manifest names", "splits.csv")
    if manifest.texts_digest:
        logical = logical | without_hydrated(folder, sound)
    if content_digest(sha256_file(folder / LABELS), splits, logical) != manifest.digest:
        findings.add(
            "digest-mismatch",
            "labels, splits and rows are not the content that the digest names",
            "manifest.json",
        )
