"""Verification of single cells: filled where they must be, and of the form their column has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from claimtypes.corpus.drafts import ORIGINS
from claimtypes.errors import require
from claimtypes.release.columns import Column
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import Manifest
from claimtypes.release.rows import NORMALISATION
from claimtypes.release.tables import read_batches

_VERSION = r"\d+\.\d+\.\d+"
_NAME = r"\S(.*\S)?"
_FORMS = {
    "document_id": _NAME,
    "sentence_id": r".+:\d+-\d+",
    "item_id": _NAME,
    "pair_id": _NAME,
    "publisher": _NAME,
    "round": _NAME,
    "text_sha256_16": "[0-9a-f]{16}",
    "text_sha256": "[0-9a-f]{64}",
    "fingerprint": "[0-9a-f]{24}",
    "annotation_id": "[0-9a-f]{24}",
    "votes_digest": "[0-9a-f]{16}",
    "kind": "paragraph|bullet",
    "suite": "contrast|invariance",
    "language": "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*",
    "normalisation_version": NORMALISATION,
    "origin": "|".join(ORIGINS),
    "guideline_version": _VERSION,
    "schema_version": _VERSION,
}
"""The form of a text by its column's name; a column that is not here may hold any text."""

Misfits = Callable[[Any], Any]


def _last_day(manifest: Manifest) -> date | None:
    try:
        # Somewhere on earth it is tomorrow.
        return date.fromisoformat(manifest.date) + timedelta(days=1)
    except ValueError:
        return None


def _wrong(column: Column, last: date | None) -> Misfits | None:
    """Return what marks a column's wrong cells, or None where any value is right."""
    compute = require("pyarrow.compute", "release")
    pa = require("pyarrow", "release")
    if column.many or column.names:
        return None
    if form := _FORMS.get(column.name, ""):
        return lambda cells: compute.invert(compute.match_substring_regex(cells, f"^({form})$"))
    if column.kind.startswith("int"):
        return lambda cells: compute.less(cells, 0)
    if column.kind.startswith("float"):
        return lambda cells: compute.or_(
            compute.invert(compute.is_finite(cells)), compute.less(cells, 0)
        )
    if last and column.kind.startswith(("date", "timestamp")):
        return lambda cells: compute.greater(cells.cast(pa.date32()), pa.scalar(last, pa.date32()))
    return None


def _rows(marks: Any) -> list[int]:
    return [i for i, mark in enumerate(marks.to_pylist()) if mark]


def check_values(
    folder: Path, path: str, described: Sequence[Column], manifest: Manifest, findings: Findings
) -> bool:
    """Check every cell of a table; return whether none is empty that must be filled."""
    wrong = {c.name: _wrong(c, _last_day(manifest)) for c in described}
    filled, before = True, 0
    for batch in read_batches(folder / path):
        for column in described:
            cells = batch.column(column.name)
            if cells.null_count and not column.nullable:
                filled = False
                for i in _rows(cells.is_null()):
                    findings.add("value-missing", f"{column.name} is null", path, before + i + 1)
            if marks := wrong[column.name]:
                for i in _rows(marks(cells)):
                    told = f"{column.name} is {cells[i].as_py()!r}"
                    findings.add("value-wrong", told, path, before + i + 1)
        before += batch.num_rows
    return filled
