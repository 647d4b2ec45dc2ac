"""``labels.json``: the label schema inside a release, the one source of label order there."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from claimtypes.annotation.schema import Label, Reason, Schema
from claimtypes.errors import BadInput
from claimtypes.store import write_text

LABELS = "labels.json"


def dump_labels(folder: Path, schema: Schema, since: dict[str, str]) -> None:
    """Write a schema to a release; ``since`` gives the release that first had each label."""
    values = {
        "schema_version": schema.version,
        "labels_digest": schema.digest,
        "question": schema.question,
        "guideline": schema.guideline,
        "labels": [
            {"id": number, **asdict(label), "anchor": f"guidelines#{label.name}"}
            | {"since": since[label.name]}
            for number, label in enumerate(schema.labels)
        ],
        "none": asdict(schema.none),
        "reasons": [asdict(reason) for reason in schema.reasons],
    }
    write_text(folder / LABELS, json.dumps(values, ensure_ascii=False, indent=2) + "\n")


def _label(values: dict[str, Any]) -> Label:
    return Label(**{key: str(values[key]) for key in Label.__slots__})


def load_labels(folder: Path) -> Schema:
    """Read a release's label schema.

    Raises:
        BadInput: when it is missing, misses an entry, or its ids are not 0, 1, 2, ….
    """
    path = folder / LABELS
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        ids = [label["id"] for label in values["labels"]]
        if ids != list(range(len(ids))) or not ids:
            raise BadInput(f"{path}: label ids are {ids}, not 0, 1, 2, …")
        return Schema(
            version=values["schema_version"],
            question=values["question"],
            guideline=values["guideline"],
            labels=tuple(_label(label) for label in values["labels"]),
            none=_label(values["none"]),
            reasons=tuple(Reason(r["code"], r["title"]) for r in values["reasons"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: {error!r}", hint="build the release again") from error


def labels_since(folder: Path) -> dict[str, str]:
    """Return the release that first had each label, as a release's ``labels.json`` says."""
    values = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    return {label["name"]: label["since"] for label in values["labels"]}
