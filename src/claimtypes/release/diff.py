"""What changed between two releases, row by row, and the version that this asks for."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.progress import track
from claimtypes.release.columns import TABLES
from claimtypes.release.labels import LABELS, load_labels
from claimtypes.release.layout import table_paths
from claimtypes.release.manifest import Manifest, load_manifest
from claimtypes.release.reliability import Reliability, alpha_changes
from claimtypes.release.tables import documents_of, read_batches
from claimtypes.store import sha256_file

Row = dict[str, Any]

_KEYS = {
    "documents": "document_id",
    "sentences": "sentence_id",
    "annotations": "annotation_id",
    "adjudications": "sentence_id",
}
_ORDER = ("labels", "guidelines", *TABLES)
_ROW = "row"
_VOTES = ["sentence_id", "labels"]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed; ``field`` is ``row`` where a whole row came or went.

    ``old`` and ``new`` are JSON; None stands for a row that was not, or is no longer, there.
    """

    table: str
    id: str
    field: str
    old: str | None
    new: str | None
    reason: str | None = None
    issue: str | None = None

    @property
    def added(self) -> bool:
        """Whether a row came that was not there before."""
        return self.old is None

    @property
    def place(self) -> tuple[str, str, str]:
        """What changed, by which changes are told apart."""
        return self.table, self.id, self.field

    @property
    def rank(self) -> tuple[int, str, str, str]:
        """Sorts changes so that those of labels and sentences come first."""
        return _ORDER.index(self.table), *self.place


@dataclass(frozen=True, slots=True)
class AlphaChange:
    """How much an alpha changed, and the bounds of 95 % of it over resampled documents."""

    label: str
    change: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two releases, sorted."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]
    agreement: tuple[AlphaChange, ...]

    @property
    def level(self) -> str:
        """The least of `LEVELS` that the changes ask for."""
        if any(not change.added for change in self.changes):
            return "major"
        return "minor" if self.changes else "patch"

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """Changes by table and field; rows as ``added`` and ``removed``."""
        counted: Counter[tuple[str, str]] = Counter()
        for change in self.changes:
            kind = change.field
            if kind == _ROW:
                kind = "added" if change.added else "removed"
            counted[change.table, kind] += 1
        return dict(sorted(counted.items()))


def _by_document(folder: Path, table: str) -> Iterator[tuple[str, Any]]:
    """Yield each document's rows of a table over all splits, in order of document, as Arrow."""
    paths = table_paths(folder).get(table, {}).values()
    streams = (documents_of(read_batches(folder / path)) for path in paths)
    yield from heapq.merge(*streams, key=lambda item: item[0])


def _pairs(
    old: Iterator[tuple[str, Any]], new: Iterator[tuple[str, Any]]
) -> Iterator[tuple[str, Any, Any]]:
    """Walk two streams in step, yielding each document's rows of both, or None."""
    before, after = next(old, None), next(new, None)
    while before or after:
        document = min(item[0] for item in (before, after) if item)
        rows: list[Any] = [None, None]
        if before and before[0] == document:
            rows[0], before = before[1], next(old, None)
        if after and after[0] == document:
            rows[1], after = after[1], next(new, None)
        yield document, rows[0], rows[1]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _compare(
    table: str, key: str, old: list[Row], new: list[Row], skipped: frozenset[str] = frozenset()
) -> Iterator[Change]:
    if old == new:
        return
    before = {row[key]: row for row in old}
    after = {row[key]: row for row in new}
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield Change(table, name, _ROW, None, _json(after[name]))
        elif name not in after:
            yield Change(table, name, _ROW, _json(before[name]), None)
        elif before[name] != after[name]:
            for field in (after[name].keys() | before[name].keys()) - skipped:
                one, other = before[name].get(field), after[name].get(field)
                if one != other:
                    yield Change(table, name, field, _json(one), _json(other))


def _label_changes(old: Path, new: Path) -> Iterator[Change]:
    parts = []
    for folder in (old, new):
        labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))["labels"]
        kept = ("id", "name", "title", "definition")
        parts.append([{key: label[key] for key in kept} for label in labels])
    for change in _compare("labels", "name", parts[0], parts[1]):
        # A new label says nothing on the old rows, so none of them is as it was.
        yield Change("labels", change.id, change.field, change.old or "null", change.new)


def _guideline_changes(old: Path, new: Path) -> Iterator[Change]:
    parts = [
        [{"id": p.stem, "sha256": sha256_file(p)} for p in sorted(f.glob("guidelines/*.md"))]
        for f in (old, new)
    ]
    yield from _compare("guidelines", "id", parts[0], parts[1])


def _contrast_changes(old: Path, new: Path) -> Iterator[Change]:
    parts: list[list[Row]] = []
    for folder in (old, new):
        paths = table_paths(folder).get("contrast", {}).values()
        parts.append([r for p in paths for b in read_batches(folder / p) for r in b.to_pylist()])
    yield from _compare("contrast", "item_id", parts[0], parts[1])


def _unchanged(table: str, old: tuple[Path, Manifest], new: tuple[Path, Manifest]) -> bool:
    """Whether the manifests, which `verify` holds to the rows, show a table to be the same."""
    entries = [
        {p: manifest.files[p].logical for p in table_paths(folder).get(table, {}).values()}
        for folder, manifest in (old, new)
    ]
    return entries[0] == entries[1]


def _count_votes(part: Reliability, document: str, rows: Any) -> None:
    if rows is not None:
        part.add_document(document, list(enumerate(rows.select(_VOTES).to_pylist())))


def diff(old: Path, new: Path) -> Difference:
    """Compare two releases row by row: labels, texts, splits, annotations, guidelines.

    Raises:
        BadInput: when either folder is no release or cannot be read.
    """
    before, after = load_manifest(old), load_manifest(new)
    changes = [
        *_label_changes(old, new), *_guideline_changes(old, new), *_contrast_changes(old, new)
    ]  # fmt: skip
    votes = [Reliability(load_labels(folder).names) for folder in (old, new)]
    # The one column a label says again what the labels say.
    told_by_labels = frozenset(votes[0].labels) & frozenset(votes[1].labels)
    for table, key in _KEYS.items():
        if _unchanged(table, (old, before), (new, after)):
            continue
        pairs = _pairs(_by_document(old, table), _by_document(new, table))
        for document, one, other in track(pairs, f"comparing {table}"):
            # Most documents are equal, and Arrow sees that a hundred times faster.
            equal = one is not None and other is not None and one.equals(other)
            if not equal:
                rows = [[] if part is None else part.to_pylist() for part in (one, other)]
                changes.extend(_compare(table, key, rows[0], rows[1], told_by_labels))
            if table == "annotations":
                _count_votes(votes[0], document, one)
                if equal:
                    votes[1].binary[document] = votes[0].binary[document]
                else:
                    _count_votes(votes[1], document, other)
    agreement = []
    if votes[0].labels == votes[1].labels and votes[0].binary:
        for name, found in alpha_changes(*votes).items():
            if found is not None:
                agreement.append(AlphaChange(name, *found))
    return Difference(
        before.version,
        after.version,
        tuple(sorted(changes, key=lambda change: change.rank)),
        tuple(agreement),
    )
