"""Faults to be put into a release, each with the rule that must find it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from claimtypes.release.manifest import (
    content_digest,
    dump_manifest,
    dump_sums,
    load_manifest,
    measure_tables,
)
from claimtypes.store import sha256_file

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    """What is done to a release folder, and what must be found where."""

    rule: str
    path: str
    do: Callable[[Path], None]
    record: str = ""
    sign: bool = True


def sign(folder: Path) -> None:
    """Make every checksum right again, as somebody would who hides a change."""
    tables = measure_tables(folder)
    splits = sha256_file(folder / "splits.csv")
    logical = {path: entry.logical for path, entry in tables.items()}
    digest = content_digest(sha256_file(folder / "labels.json"), splits, logical)
    manifest = replace(load_manifest(folder), digest=digest, splits_digest=splits, files={})
    dump_manifest(folder, manifest, tables)


def table(path: str, change: Callable[[Rows], Any]) -> Callable[[Path], None]:
    """Change the rows of a table, its columns and types kept."""

    def do(folder: Path) -> None:
        old = pq.read_table(folder / path)
        rows = old.to_pylist()
        changed = change(rows)
        rows = changed if isinstance(changed, list) else rows
        new = pa.Table.from_pylist(rows, schema=old.schema)
        pq.write_table(new, folder / path, write_page_checksum=True)

    return do


def cell(path: str, row: int, **values: Any) -> Callable[[Path], None]:
    """Change cells of one row."""
    return table(path, lambda rows: rows[row].update(values))


def arrow(path: str, change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Change a table as a whole."""

    def do(folder: Path) -> None:
        new = change(pq.read_table(folder / path))
        pq.write_table(new, folder / path, write_page_checksum=True)

    return do


def text(path: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace text that must be there in a file."""

    def do(folder: Path) -> None:
        content = (folder / path).read_text(encoding="utf-8")
        assert old in content, f"{old!r} is not in {path}"
        (folder / path).write_text(content.replace(old, new), encoding="utf-8")

    return do


def values(path: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Change a JSON file."""

    def do(folder: Path) -> None:
        content = json.loads((folder / path).read_text(encoding="utf-8"))
        change(content)
        (folder / path).write_text(json.dumps(content, indent=2), encoding="utf-8")

    return do


def add(path: str, content: bytes) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)

    return do


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def all_of(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        for step in steps:
            step(folder)

    return do


def flip(path: str, at: int) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        content = bytearray((folder / path).read_bytes())
        content[at] ^= 1
        (folder / path).write_bytes(bytes(content))

    return do


def permute_label_names(found: pa.Table) -> pa.Table:
    info = json.loads(found.schema.metadata[b"huggingface"])
    info["info"]["features"]["labels"]["feature"]["names"].reverse()
    return found.replace_schema_metadata({"huggingface": json.dumps(info)})


def copy_document(folder: Path) -> None:
    """Let a test document say what a training document says."""
    sentences = pq.read_table(folder / "sentences/train.parquet").to_pylist()
    taken = [r["text"] for r in sentences if r["text"]]
    target = folder / "sentences/test.parquet"
    old = pq.read_table(target)
    rows = old.to_pylist()
    for row, words in zip(rows, taken, strict=False):
        row["text"] = words
    pq.write_table(pa.Table.from_pylist(rows, schema=old.schema), target)


def move_document(folder: Path) -> None:
    """Put a training document's rows into the test split too."""
    for name in ("documents", "sentences", "annotations"):
        train = pq.read_table(folder / f"{name}/train.parquet")
        test = pq.read_table(folder / f"{name}/test.parquet")
        moved = [r for r in train.to_pylist() if r["document_id"] == "harbour-office"]
        rows = test.to_pylist() + moved
        pq.write_table(
            pa.Table.from_pylist(rows, schema=test.schema), folder / f"{name}/test.parquet"
        )


def relicense(folder: Path) -> None:
    cell("documents/test.parquet", 0, license="LicenseRef-all-rights-reserved")(folder)


def swap_split(folder: Path) -> None:
    lines = list(csv.reader((folder / "splits.csv").open(encoding="utf-8")))
    lines[1][1] = "train"
    (folder / "splits.csv").write_text("\n".join(",".join(line) for line in lines) + "\n")


def grow_bytes(folder: Path) -> None:
    size = (folder / TRAIN).stat().st_size
    text("README.md", f"num_bytes: {size}", f"num_bytes: {size + 1}")(folder)


S, A, D = "sentences/{}.parquet", "annotations/{}.parquet", "documents/{}.parquet"
TRAIN, TEST, VALIDATION = S.format("train"), S.format("test"), S.format("validation")
HARBOUR = "harbour-office:45-125"

FAULTS = {
    # files, without new checksums
    "a byte of the card changed": Fault(
        "checksum-mismatch", "README.md", flip("README.md", 3000), sign=False
    ),
    "a byte of a table changed": Fault("checksum-mismatch", TRAIN, flip(TRAIN, 700), sign=False),
    "a byte of the manifest changed": Fault(
        "checksum-mismatch", "manifest.json", text("manifest.json", "1.0.0", "1.0.1"), sign=False
    ),
    "a file removed": Fault("file-missing", A.format("test"), remove(A.format("test")), sign=False),
    "a file added": Fault("file-unlisted", "notes.md", add("notes.md", b"hello"), sign=False),
    "a manifest edited and its sum renewed": Fault(
        "manifest-mismatch",
        TRAIN,
        all_of(values("manifest.json", lambda m: m["files"][TRAIN].update(rows=99)), dump_sums),
        sign=False,
    ),
    "a manifest that is no JSON": Fault(
        "manifest-unreadable",
        "manifest.json",
        all_of(add("manifest.json", b"{"), dump_sums),
        sign=False,
    ),
    "a digest replaced": Fault(
        "digest-mismatch",
        "manifest.json",
        all_of(values("manifest.json", lambda m: m.update(digest="0" * 64)), dump_sums),
        sign=False,
    ),
    "a placeholder instead of a checksum": Fault(
        "checksum-mismatch",
        "SHA256SUMS",
        lambda f: (f / "SHA256SUMS").write_text("see the issue tracker\n"),
        sign=False,
    ),
    "a link": Fault(
        "file-is-link", "extra", lambda f: (f / "extra").symlink_to("/etc/hostname"), sign=False
    ),
    # files, with every checksum made right
    "a loading script": Fault("code-in-release", "tiny.py", add("tiny.py", b"print()")),
    "a script without a suffix": Fault("code-in-release", "NOTICE", add("NOTICE", b"#!/bin/sh\n")),
    "a pickle in disguise": Fault(
        "code-in-release", "guidelines/9.9.9.md", add("guidelines/9.9.9.md", b"\x80\x04\x95")
    ),
    "a stray file": Fault(
        "file-unexpected", "dataset_infos.json", add("dataset_infos.json", b"{}")
    ),
    "a stray table": Fault(
        "file-unexpected",
        "extra/train.parquet",
        lambda f: (
            (f / "extra").mkdir(),
            (f / "extra/train.parquet").write_bytes((f / TRAIN).read_bytes()),
        ),
    ),
    "no licence file": Fault("licence-file-missing", "LICENSE", remove("LICENSE")),
    "no page of a source's licence": Fault(
        "licence-file-missing", "LICENSES/CC-BY-4.0.md", remove("LICENSES/CC-BY-4.0.md")
    ),
    "no change log": Fault("file-missing", "CHANGELOG.md", remove("CHANGELOG.md")),
    # tables
    "a table that is none": Fault("table-unreadable", TEST, add(TEST, b"PAR1 no PAR1"), sign=False),
    "a table without rows": Fault("table-empty", TEST, arrow(TEST, lambda t: t.slice(0, 0))),
    "a column missing": Fault(
        "columns-wrong", TEST, arrow(TEST, lambda t: t.drop_columns(["letters"]))
    ),
    "an extra column": Fault(
        "columns-wrong",
        TEST,
        arrow(TEST, lambda t: t.append_column("mood", pa.array(["x"] * len(t)))),
    ),
    "columns in another order": Fault(
        "columns-wrong",
        TEST,
        arrow(TEST, lambda t: t.select([*t.column_names[1:], t.column_names[0]])),
    ),
    "a column of another type": Fault(
        "columns-wrong",
        TEST,
        arrow(
            TEST, lambda t: t.set_column(2, "sentence_index", t["sentence_index"].cast(pa.int64()))
        ),
    ),
    "label names permuted in the features": Fault(
        "features-wrong", TRAIN, arrow(TRAIN, permute_label_names)
    ),
    "label order changed in labels.json": Fault(
        "labels-file-wrong",
        "labels.json",
        values(
            "labels.json",
            lambda v: (
                v["labels"][0].update(name=v["labels"][1]["name"])
                or v["labels"][1].update(name="swapped")
            ),
        ),
    ),
    "label ids with a gap": Fault(
        "labels-file-wrong",
        "labels.json",
        values("labels.json", lambda v: v["labels"][2].update(id=5)),
    ),
    "rows swapped": Fault("row-order", TRAIN, table(TRAIN, lambda r: [r[1], r[0], *r[2:]])),
    "documents swapped": Fault(
        "row-order", D.format("train"), table(D.format("train"), lambda r: r[::-1])
    ),
    "a row doubled": Fault("duplicate-id", TRAIN, table(TRAIN, lambda r: [r[0], *r]), HARBOUR),
    "an annotation id doubled": Fault(
        "annotation-id-wrong",
        A.format("train"),
        table(A.format("train"), lambda r: r[1].update(annotation_id=r[0]["annotation_id"])),
    ),
    # sentences
    "a sentence's id changed": Fault(
        "sentence-id-wrong", TRAIN, cell(TRAIN, 0, sentence_id="harbour-office:45-126")
    ),
    "a sentence of no document": Fault("orphan-row", TEST, cell(TEST, 0, document_id="absent")),
    "a document removed": Fault("orphan-row", TRAIN, table(D.format("train"), lambda r: r[1:])),
    "offsets shifted by one": Fault(
        "offset-mismatch",
        TRAIN,
        cell(TRAIN, 0, char_start=46, char_end=126, sentence_id="harbour-office:46-126"),
    ),
    "overlapping sentences": Fault(
        "sentences-overlap",
        TRAIN,
        cell(TRAIN, 1, char_start=100, sentence_id="harbour-office:100-171"),
    ),
    "a text edited": Fault(
        "text-hash-mismatch", TRAIN, cell(TRAIN, 0, text="Officers stayed at home."), HARBOUR
    ),
    "a text and its hash edited": Fault(
        "offset-mismatch",
        TRAIN,
        cell(TRAIN, 0, text="x", text_sha256_16="2d711642b726b044"),
        HARBOUR,
    ),
    "a document's text edited": Fault(
        "text-hash-mismatch",
        D.format("test"),
        cell(D.format("test"), 0, text="Nothing."),
        "cup-final",
    ),
    "a fingerprint of another sentence": Fault(
        "fingerprint-mismatch", TRAIN, cell(TRAIN, 0, fingerprint="0" * 24), HARBOUR
    ),
    "a count of letters off by one": Fault(
        "fingerprint-mismatch", TRAIN, cell(TRAIN, 0, letters=67), HARBOUR
    ),
    "a text nulled": Fault(
        "text-missing", TRAIN, cell(TRAIN, 0, text=None, text_sha256_16=None), HARBOUR
    ),
    "a withheld text shipped": Fault(
        "withheld-text-shipped", TRAIN, cell(TRAIN, 4, text="The consulate told relatives.")
    ),
    "a withheld document shipped": Fault(
        "withheld-text-shipped", D.format("train"), cell(D.format("train"), 1, text="All of it.")
    ),
    "a row removed": Fault("count-mismatch", D.format("train"), table(TRAIN, lambda r: r[1:])),
    # labels
    "a label id out of range": Fault("label-unknown", TRAIN, cell(TRAIN, 0, labels=[9]), HARBOUR),
    "a negative label id": Fault(
        "label-unknown", A.format("train"), cell(A.format("train"), 0, labels=[-1]), HARBOUR
    ),
    "label ids out of order": Fault(
        "labels-not-sorted", VALIDATION, cell(VALIDATION, 0, labels=[1, 0])
    ),
    "a label id twice": Fault("labels-not-sorted", TRAIN, cell(TRAIN, 0, labels=[0, 0]), HARBOUR),
    "bools that contradict the labels": Fault(
        "labels-bools-differ", TRAIN, cell(TRAIN, 0, official_denial=True), HARBOUR
    ),
    "bools beside null labels": Fault(
        "labels-bools-differ", TEST, cell(TEST, 1, official_denial=False)
    ),
    "a contrast item's bools changed": Fault(
        "labels-bools-differ",
        "contrast/contrast.parquet",
        cell("contrast/contrast.parquet", 0, coercion_tactic=True),
        "c1",
    ),
    "undecided made none": Fault(
        "null-policy",
        TEST,
        cell(
            TEST,
            1,
            labels=[],
            coercion_tactic=False,
            official_denial=False,
            government_response=False,
        ),
    ),
    "none made undecided": Fault(
        "null-policy",
        TEST,
        cell(
            TEST,
            0,
            labels=None,
            coercion_tactic=None,
            official_denial=None,
            government_response=None,
        ),
    ),
    "a vote more": Fault("votes-mismatch", TRAIN, cell(TRAIN, 0, label_votes=[3, 0, 0]), HARBOUR),
    "an annotator less": Fault("votes-mismatch", TRAIN, cell(TRAIN, 0, n_annotators=1), HARBOUR),
    "a gold label changed": Fault(
        "gold-not-recomputable",
        TRAIN,
        cell(TRAIN, 0, labels=[1], coercion_tactic=False, official_denial=True),
        HARBOUR,
    ),
    "a gold source changed": Fault(
        "gold-not-recomputable", TRAIN, cell(TRAIN, 0, gold_source=1), HARBOUR
    ),
    "an annotation changed": Fault(
        "gold-not-recomputable",
        TRAIN,
        cell(A.format("train"), 0, labels=[], coercion_tactic=False),
        HARBOUR,
    ),
    "an annotation of no sentence": Fault(
        "orphan-row",
        A.format("train"),
        cell(A.format("train"), 0, sentence_id="harbour-office:1-2"),
    ),
    "an annotation doubled": Fault(
        "repeated-judgement",
        A.format("train"),
        table(A.format("train"), lambda r: r[1].update(annotator_id=r[0]["annotator_id"])),
    ),
    "an adjudication on other votes": Fault(
        "adjudication-stale",
        "adjudications/validation.parquet",
        cell("adjudications/validation.parquet", 0, votes_digest="0" * 16),
    ),
    "an adjudication for no known reason": Fault(
        "reason-unknown",
        "adjudications/validation.parquet",
        cell("adjudications/validation.parquet", 0, reason="mood"),
    ),
    # people
    "a user name as annotator": Fault(
        "annotator-not-pseudonymous",
        "annotators.csv",
        text("annotators.csv", "annotator-01", "jdoe"),
    ),
    "an annotator who is not listed": Fault(
        "annotator-unknown",
        "annotators.csv",
        cell(A.format("train"), 0, annotator_id="annotator-77"),
    ),
    "an e-mail address": Fault(
        "personal-data",
        "annotators.csv",
        text("annotators.csv", "test fixture", "a.reed@example.org"),
    ),
    "a column with names": Fault(
        "personal-data",
        "annotators.csv",
        text("annotators.csv", "training,language", "name,language"),
    ),
    # splits
    "another split in splits.csv": Fault("splits-differ", "splits.csv", swap_split, "cup-final"),
    "another split in a document": Fault(
        "splits-differ", D.format("test"), cell(D.format("test"), 0, split="train"), "cup-final"
    ),
    "a document in two splits": Fault(
        "document-in-two-splits", D.format("test"), move_document, "harbour-office"
    ),
    "a group in two splits": Fault(
        "group-in-two-splits",
        "documents/validation.parquet",
        cell(D.format("validation"), 0, group="cup-final"),
    ),
    "an event in two splits": Fault(
        "group-in-two-splits",
        "documents/train.parquet",
        cell(D.format("train"), 0, event="cup-final"),
        "harbour-office",
    ),
    "a near-duplicate in the test split": Fault(
        "near-duplicate-in-two-splits", TEST, copy_document, "cup-final"
    ),
    "a contrast item in train": Fault(
        "contrast-in-train",
        "contrast/contrast.parquet",
        cell(
            "contrast/contrast.parquet",
            0,
            text="Officers from Veldria visited three students at night and told them to fly home!",
        ),
        "c1",
    ),
    # rights
    "a document without a licence": Fault(
        "licence-missing", D.format("test"), cell(D.format("test"), 0, license=""), "cup-final"
    ),
    "a text under no open licence": Fault(
        "licence-not-open", D.format("test"), relicense, "cup-final"
    ),
    "no licence in the card": Fault(
        "licence-missing", "README.md", text("README.md", "license: CC-BY-4.0\n", "license: ''\n")
    ),
    # card
    "a key twice in the card": Fault(
        "card-unreadable",
        "README.md",
        text("README.md", "license: cc-by-4.0\n", "license: mit\nlicense: cc-by-4.0\n"),
    ),
    "a language read as false": Fault(
        "card-unreadable", "README.md", text("README.md", "- en\n", "- no\n")
    ),
    "label names permuted in the card": Fault(
        "card-features",
        "README.md",
        text("README.md", "'0': coercion_tactic", "'0': official_denial"),
    ),
    "a wrong num_examples": Fault(
        "card-count", "README.md", text("README.md", "num_examples: 7", "num_examples: 8")
    ),
    "a wrong num_bytes": Fault("card-count", "README.md", grow_bytes),
    "a wrong count in a table": Fault(
        "card-count", "README.md", text("README.md", "| train | 2 |", "| train | 3 |"), "train"
    ),
    "a glob in the card": Fault(
        "card-files",
        "README.md",
        text("README.md", "path: sentences/train.parquet", "path: sentences/*.parquet"),
    ),
    "another version in the card": Fault(
        "card-stamp", "README.md", text("README.md", "version: 1.0.0", "version: 1.0.1")
    ),
    "another digest in the card": Fault(
        "card-stamp",
        "README.md",
        text("README.md", "description: content-sha256:", "description: content-sha256:0"),
    ),
    "an empty section": Fault(
        "card-section", "README.md", text("README.md", "### Biases\n", "### Old Biases\n")
    ),
    "a placeholder": Fault(
        "card-placeholder",
        "README.md",
        text("README.md", "### Biases\n", "### Biases\n\n[More Information Needed]\n"),
    ),
    "another agreement": Fault(
        "agreement-mismatch",
        "README.md",
        text("README.md", "| coercion_tactic | 0.", "| coercion_tactic | 0.1"),
    ),
    # Croissant and citation
    "a wrong hash in Croissant": Fault(
        "croissant-mismatch",
        "croissant.json",
        values("croissant.json", lambda v: v["distribution"][0].update(sha256="0" * 64)),
    ),
    "a missing file in Croissant": Fault(
        "croissant-mismatch",
        "croissant.json",
        values("croissant.json", lambda v: v["distribution"].pop()),
    ),
    "a wrong column in Croissant": Fault(
        "croissant-mismatch",
        "croissant.json",
        values(
            "croissant.json",
            lambda v: v["recordSet"][2]["field"][0]["source"]["extract"].update(column="absent"),
        ),
    ),
    "a format that cannot be read": Fault(
        "croissant-invalid",
        "croissant.json",
        values(
            "croissant.json",
            lambda v: v["distribution"][0].update(encodingFormat="application/vnd.apache.parquet"),
        ),
    ),
    "a responsible-AI text missing": Fault(
        "croissant-incomplete",
        "croissant.json",
        values("croissant.json", lambda v: v.pop("rai:dataBiases")),
    ),
    "labels missing in Croissant": Fault(
        "croissant-incomplete",
        "croissant.json",
        values("croissant.json", lambda v: v["recordSet"].pop(1)),
    ),
    "another agreement in Croissant": Fault(
        "agreement-mismatch",
        "croissant.json",
        text("croissant.json", "coercion_tactic 0.", "coercion_tactic 0.1"),
    ),
    "a list column as a scalar": Fault(
        "croissant-mismatch",
        "croissant.json",
        values(
            "croissant.json", lambda v: [f.pop("isArray", 0) for f in v["recordSet"][2]["field"]]
        ),
    ),
    "no licence in Croissant": Fault(
        "licence-missing",
        "croissant.json",
        values("croissant.json", lambda v: v.update(license="CC")),
    ),
    "another version in the citation": Fault(
        "citation-invalid", "CITATION.cff", text("CITATION.cff", "version: 1.0.0", "version: '1.0'")
    ),
    "no authors in the citation": Fault(
        "citation-invalid", "CITATION.cff", text("CITATION.cff", "authors:", "writers:")
    ),
    "another date in the citation": Fault(
        "citation-invalid",
        "CITATION.cff",
        text("CITATION.cff", "date-released: '2026", "date-released: '2025"),
    ),
    "another version in the deposit": Fault(
        "citation-invalid", ".zenodo.json", text(".zenodo.json", "1.0.0", "2.0.0")
    ),
}
