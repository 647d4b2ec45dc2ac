"""Verification of a release's rows, document by document, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.progress import track
from claimtypes.release.findings import Findings
from claimtypes.release.reliability import Reliability
from claimtypes.release.tables import read_batches
from claimtypes.release.verify_gold import check_gold
from claimtypes.store import sha256_bytes

Row = dict[str, Any]
Rows = list[tuple[int, Row]]

_BY_DOCUMENT = ("documents", "sentences", "annotations", "adjudications")


@dataclass(slots=True)
class Seen:
    """What the rows of all splits together showed; splits and card are checked against it."""

    schema: Schema
    hydrated: bool
    documents: dict[str, Row] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    annotators: set[str] = field(default_factory=set)
    guidelines: set[str] = field(default_factory=set)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    reliability: Reliability = field(default_factory=Reliability)


def numbered_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield a table's rows as plain values, numbered from 1."""
    number = 0
    for batch in read_batches(path):
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _documents_of(path: Path) -> Iterator[tuple[str, Rows]]:
    for document, rows in groupby(numbered_rows(path), key=lambda item: item[1]["document_id"]):
        yield document, list(rows)


def _together(paths: dict[str, Path]) -> Iterator[tuple[str, dict[str, Rows]]]:
    """Walk the tables of one split in step, yielding each document's rows of all of them."""
    streams = {table: _documents_of(path) for table, path in paths.items()}
    waiting = {table: next(stream, None) for table, stream in streams.items()}
    while any(item is not None for item in waiting.values()):
        document = min(item[0] for item in waiting.values() if item is not None)
        found: dict[str, Rows] = {}
        for table, item in waiting.items():
            if item is not None and item[0] == document:
                found[table] = item[1]
                waiting[table] = next(streams[table], None)
        yield document, found


def check_labels_of(path: str, number: int, row: Row, schema: Schema, findings: Findings) -> bool:
    """Check a row's label ids and bools against each other; whether its labels can be used."""
    where = path, number, str(row.get("sentence_id") or row.get("item_id"))
    ids, names = row["labels"], schema.names
    bools = [row[name] for name in names]
    if ids is None:
        if any(value is not None for value in bools):
            findings.add("labels-bools-differ", "labels are null, a label's column is not", *where)
        return False
    if any(i is None or not 0 <= i < len(names) for i in ids):
        findings.add("label-unknown", f"label ids {ids}: there are 0 to {len(names) - 1}", *where)
        return False
    if any(a >= b for a, b in pairwise(ids)):
        findings.add("labels-not-sorted", f"label ids {ids}", *where)
    if bools != [i in ids for i in range(len(names))]:
        told = [name for name, value in zip(names, bools, strict=True) if value]
        findings.add("labels-bools-differ", f"label ids {ids} but columns say {told}", *where)
    return True


def _check_order(path: str, rows: Rows, findings: Findings) -> None:
    for (_, before), (number, row) in pairwise(rows):
        if before["sentence_index"] >= row["sentence_index"]:
            findings.add(
                "row-order", "not in order of sentence_index", path, number, row["sentence_id"]
            )
        elif before["char_end"] > row["char_start"]:
            findings.add(
                "sentences-overlap", f"it overlaps {before['sentence_id']}", path, number,
                row["sentence_id"],
            )  # fmt: skip
        if before["paragraph_index"] > row["paragraph_index"]:
            findings.add(
                "row-order", "not in order of paragraph_index", path, number, row["sentence_id"]
            )


def _check_text(
    where: tuple[str, int, str], row: Row, document: Row, seen: Seen, findings: Findings
) -> None:
    text = row["text"]
    free = document["redistributable"]
    if row["char_start"] >= row["char_end"]:
        findings.add("offset-mismatch", "it ends before it begins", *where)
    if row["heading"] is not None:
        _check_heading(where, row["heading"], document, findings)
    if text is None:
        if free:
            findings.add("text-missing", "its document may be shipped, its text is null", *where)
        if row["text_sha256_16"] is not None:
            findings.add("text-hash-mismatch", "a hash of a text that is null", *where)
        return
    if not free and not seen.hydrated:
        findings.add("withheld-text-shipped", "its document may not be shipped", *where)
    if sha256_bytes(text.encode())[:16] != row["text_sha256_16"]:
        findings.add("text-hash-mismatch", "its hash is another", *where)
    whole = document["text"]
    if free and whole is not None and whole[row["char_start"] : row["char_end"]] != text:
        findings.add("offset-mismatch", "the document has another text there", *where)
    folded = letters(text)
    try:
        expected = fingerprint(folded, document["text_sha256"])
    except ValueError:
        return
    if (len(folded), expected) != (row["letters"], row["fingerprint"]):
        findings.add("fingerprint-mismatch", "letters or fingerprint are another's", *where)


def _check_heading(
    where: tuple[str, int, str], heading: str, document: Row, findings: Findings
) -> None:
    if not document["redistributable"]:
        findings.add("withheld-text-shipped", "its heading's text may not be shipped", *where)
    elif document["text"] is not None and heading not in document["text"]:
        findings.add("offset-mismatch", "its heading is not in the document", *where)


def _check_document(path: str, number: int, row: Row, findings: Findings) -> None:
    where = path, number, row["document_id"]
    if row["text"] is not None and sha256_bytes(row["text"].encode()) != row["text_sha256"]:
        findings.add("text-hash-mismatch", "the document's text has another hash", *where)
    if row["redistributable"] and row["text"] is None:
        findings.add("text-missing", "it may be shipped, but its text is null", *where)
    if not row["redistributable"] and row["text"] is not None:
        findings.add("withheld-text-shipped", "it may not be shipped, but its text is", *where)
    if not (row["license"] or "").strip():
        findings.add("licence-missing", "a document needs one", *where)


def _check_sentences(path: str, rows: Rows, document: Row, seen: Seen, findings: Findings) -> None:
    _check_order(path, rows, findings)
    for number, row in rows:
        where = path, number, row["sentence_id"]
        address = f"{row['document_id']}:{row['char_start']}-{row['char_end']}"
        if address != row["sentence_id"]:
            findings.add("sentence-id-wrong", f"it stands at {address}", *where)
        if row["sentence_id"] in seen.sentences:
            findings.add("duplicate-id", "this id stands on another row too", *where)
        decided = row["labels"] is not None
        if row["is_gold"] != decided or (row["gold_source"] is not None) != decided:
            findings.add(
                "null-policy", "labels, is_gold and gold_source contradict one another", *where
            )
        check_labels_of(path, number, row, seen.schema, findings)
        _check_text(where, row, document, seen, findings)
        seen.sentences[row["sentence_id"]] = document["split"]


class _Split:
    """One split's tables while they are walked."""

    def __init__(self, split: str, paths: dict[str, str], seen: Seen, findings: Findings) -> None:
        self.split, self.paths, self.schema = split, paths, seen.schema
        self.seen, self.findings = seen, findings
        self.counts = dict.fromkeys(
            ("documents", "sentences", "decided", "none", "without text", *seen.schema.names), 0
        )
        self.last: dict[str, str] = {}

    def check(self, document: str, found: dict[str, Rows]) -> None:
        for table, rows in found.items():
            if self.last.get(table, "") >= document and self.last.get(table):
                self.findings.add(
                    "row-order", "not in order of document_id", self.paths[table], rows[0][0],
                    document,
                )  # fmt: skip
            self.last[table] = document
        if "documents" not in found:
            for table, rows in found.items():
                for number, _ in rows:
                    self.findings.add(
                        "orphan-row", "its document is not in the split", self.paths[table],
                        number, document,
                    )  # fmt: skip
            return
        self._check_whole(document, found)

    def _check_whole(self, document: str, found: dict[str, Rows]) -> None:
        number, row = found["documents"][0]
        for extra, _ in found["documents"][1:]:
            self.findings.add(
                "duplicate-id", "this id stands on another row too", self.paths["documents"],
                extra, document,
            )  # fmt: skip
        _check_document(self.paths["documents"], number, row, self.findings)
        sentences = found.get("sentences", [])
        if row["n_sentences"] != len(sentences):
            self.findings.add(
                "count-mismatch", f"{len(sentences)} sentences, not {row['n_sentences']}",
                self.paths["documents"], number, document,
            )  # fmt: skip
        if document in self.seen.documents:
            self.findings.add(
                "document-in-two-splits", f"also in {self.seen.documents[document]['split']}",
                self.paths["documents"], number, document,
            )  # fmt: skip
        if row["split"] != self.split:
            self.findings.add(
                "splits-differ", f"it says {row['split']!r}", self.paths["documents"], number,
                document,
            )  # fmt: skip
        kept = (
            "split", "group", "event", "license", "redistributable", "language", "publisher"
        )  # fmt: skip
        self.seen.documents[document] = {key: row[key] for key in kept} | {"split": self.split}
        _check_sentences(
            self.paths.get("sentences", ""), sentences, row | {"split": self.split},
            self.seen, self.findings,
        )  # fmt: skip
        self._check_annotations(found.get("annotations", []), sentences)
        self._check_adjudications(found.get("adjudications", []))
        check_gold(self.paths, found, self.schema, self.findings)
        self.seen.reliability.add_document(document, found.get("annotations", []))
        self._count(sentences)

    def _check_annotations(self, rows: Rows, sentences: Rows) -> None:
        path = self.paths.get("annotations", "")
        places = {row["sentence_id"]: place for place, (_, row) in enumerate(sentences)}
        last: tuple[int, str, str] = (0, "", "")
        for number, row in rows:
            where = path, number, row["sentence_id"]
            told = f"{row['sentence_id']} {row['annotator_id']} {row['round']}"
            if sha256_bytes(told.encode())[:24] != row["annotation_id"]:
                self.findings.add("annotation-id-wrong", "it is another annotation's", *where)
            key = places.get(row["sentence_id"], 0), row["annotator_id"], row["round"]
            if key < last:
                self.findings.add("row-order", "not in order of sentence and annotator", *where)
            last = key
            if row["preannotation_model"] is not None and not row["was_preannotated"]:
                self.findings.add(
                    "value-wrong", "preannotation_model without was_preannotated", *where
                )
            check_labels_of(path, number, row, self.schema, self.findings)
            self.seen.annotators.add(row["annotator_id"])
            self.seen.guidelines.add(row["guideline_version"])

    def _check_adjudications(self, rows: Rows) -> None:
        for number, row in rows:
            check_labels_of(self.paths["adjudications"], number, row, self.schema, self.findings)
            self.seen.annotators.add(row["adjudicator_id"])
            self.seen.guidelines.add(row["guideline_version"])

    def _count(self, sentences: Rows) -> None:
        self.counts["documents"] += 1
        for _, row in sentences:
            self.counts["sentences"] += 1
            self.counts["decided"] += row["labels"] is not None
            self.counts["none"] += row["labels"] == []
            self.counts["without text"] += row["text"] is None
            for name in self.schema.names:
                self.counts[name] += row[name] is True


def check_rows(
    folder: Path,
    tables: dict[str, dict[str, str]],
    schema: Schema,
    findings: Findings,
    *,
    hydrated: bool,
) -> Seen:
    """Check every row of every split, and gather what is checked over all of them."""
    seen = Seen(schema, hydrated)
    seen.reliability.labels = schema.names
    splits = [s for s in tables.get("documents", {}) if s in tables.get("sentences", {})]
    for split in splits:
        paths = {t: tables[t][split] for t in _BY_DOCUMENT if split in tables.get(t, {})}
        state = _Split(split, paths, seen, findings)
        files = {table: folder / path for table, path in paths.items()}
        for document, found in track(_together(files), f"verifying {split}"):
            state.check(document, found)
        seen.counts[split] = state.counts
    for path in tables.get("contrast", {}).values():
        _check_contrast(folder, path, schema, findings)
    return seen


def _check_contrast(folder: Path, path: str, schema: Schema, findings: Findings) -> None:
    last, pairs = "", dict[tuple[str, str], list[tuple[int, str]]]()
    for number, row in numbered_rows(folder / path):
        name = row["item_id"]
        if name <= last:
            rule = "duplicate-id" if name == last else "row-order"
            findings.add(rule, "not after the item before it", path, number, name)
        last = name
        pairs.setdefault((row["suite"], row["pair_id"]), []).append((number, name))
        check_labels_of(path, number, row, schema, findings)
    for (_, pair), items in pairs.items():
        if len(items) < 2:
            findings.add("orphan-row", f"alone in its pair {pair!r}", path, *items[0])
