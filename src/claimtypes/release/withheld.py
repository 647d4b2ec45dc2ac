"""Which texts a release withholds, and what it is without those that were found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from claimtypes.errors import require
from claimtypes.release.tables import logical_digest, read_batches

TEXTS = ("text", "text_sha256_16")
"""The columns of a sentence that are null where its text is withheld."""


def withheld_documents(folder: Path, tables: dict[str, dict[str, str]]) -> set[str]:
    """Return the documents of a release whose text may not be shipped."""
    return {
        row["document_id"]
        for path in tables.get("documents", {}).values()
        for batch in read_batches(folder / path, ["document_id", "redistributable"])
        for row in batch.to_pylist()
        if not row["redistributable"]
    }


def _column_without(name: str, withheld: Any) -> Callable[[Any], Any]:
    compute = require("pyarrow.compute", "release")
    pa = require("pyarrow", "release")

    def taken_out(batch: Any) -> Any:
        hidden = compute.is_in(batch.column("document_id"), value_set=withheld)
        return compute.if_else(hidden, pa.scalar(None, pa.string()), batch.column(name))

    return taken_out


def without_hydrated(folder: Path, tables: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the logical digests of a hydrated release's sentences as they were released."""
    pa = require("pyarrow", "release")
    withheld = pa.array(sorted(withheld_documents(folder, tables)), pa.string())
    changed = {name: _column_without(name, withheld) for name in TEXTS}
    return {
        path: logical_digest(folder / path, without=changed)
        for path in tables.get("sentences", {}).values()
    }
