"""More faults: what a second reader of the format thought of after the first ones were found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from faults import (
    HARBOUR,
    TRAIN,
    Fault,
    add,
    arrow,
    cell,
    table,
    text,
    values,
)

JUDGED, TOLD = "annotations/train.parquet", "documents/train.parquet"
ADJUDICATED, CONTRAST = "adjudications/validation.parquet", "contrast/contrast.parquet"
CARD, CROISSANT = "README.md", "croissant.json"


def edit(path: str, pattern: str, new: str) -> Callable[[Path], None]:
    """Replace what a pattern matches, which must be there, in a file."""

    def do(folder: Path) -> None:
        content = (folder / path).read_text(encoding="utf-8")
        changed = re.sub(pattern, new, content, count=1)
        assert changed != content, f"{pattern!r} is not in {path}"
        (folder / path).write_text(changed, encoding="utf-8")

    return do


def records(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Change one record set of Croissant."""
    return values(CROISSANT, lambda v: [change(r) for r in v["recordSet"] if r["@id"] == name])


def swap_texts(rows: list[dict[str, Any]]) -> None:
    for key in ("text", "text_sha256_16", "letters", "fingerprint"):
        rows[0][key], rows[1][key] = rows[1][key], rows[0][key]


def swap_labels(rows: list[dict[str, Any]]) -> None:
    """Swap two labels in a table, ids and columns alike."""
    for row in rows:
        one, other = row["coercion_tactic"], row["official_denial"]
        row["coercion_tactic"], row["official_denial"] = other, one
        row["labels"] = sorted({0: 1, 1: 0}.get(i, i) for i in row["labels"] or [])


def rewrite(**options: Any) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        found = pq.read_table(folder / TRAIN)
        pq.write_table(found, folder / TRAIN, write_page_checksum=True, **options)

    return do


def pandas_metadata(found: Any) -> Any:
    return found.replace_schema_metadata({**found.schema.metadata, b"pandas": b"{}"})


def one_publisher(folder: Path) -> None:
    """Make the test the publisher-disjoint one, with a publisher that train has too."""
    for name in ("sentences", "documents", "annotations"):
        (folder / name / "test.parquet").rename(folder / name / "test_publishers.parquet")
    documents = "documents/test_publishers.parquet"
    publisher = pq.read_table(folder / TOLD)["publisher"][0].as_py()
    cell(documents, 0, publisher=publisher, split="test_publishers")(folder)
    text("splits.csv", "cup-final,test,", "cup-final,test_publishers,")(folder)


def empty_folder(folder: Path) -> None:
    (folder / "cache").mkdir()


def forged_record(folder: Path) -> None:
    finding = {"id": "card-count", "severity": "error"}
    (folder / "checks.json").write_text(json.dumps({"rules": ["x"], "findings": [finding]}))


def changes_of_nothing(folder: Path) -> None:
    (folder / "changes").mkdir()
    shutil.copyfile(folder / TRAIN, folder / "changes" / "1.0.0.parquet")


LATER = {
    # cells
    "a document's id null": Fault("value-missing", TOLD, cell(TOLD, 0, document_id=None)),
    "a contrast item's text null": Fault("value-missing", CONTRAST, cell(CONTRAST, 0, text=None)),
    "a time that is no number": Fault(
        "value-wrong", JUDGED, cell(JUDGED, 0, lead_time_seconds=float("nan"))
    ),
    "a negative time": Fault("value-wrong", JUDGED, cell(JUDGED, 0, lead_time_seconds=-5.0)),
    "an annotation later than the release": Fault(
        "value-wrong", JUDGED, cell(JUDGED, 0, created_at=datetime(2199, 1, 1, tzinfo=UTC))
    ),
    "a document from the future": Fault(
        "value-wrong", TOLD, cell(TOLD, 0, published=date(2150, 1, 1))
    ),
    "a hash that is none": Fault("value-wrong", TOLD, cell(TOLD, 1, text_sha256="unknown")),
    "rules of fingerprints that nobody has": Fault(
        "value-wrong", TOLD, cell(TOLD, 0, normalisation_version="letters-9")
    ),
    "an origin of no kind": Fault("value-wrong", TOLD, cell(TOLD, 0, origin="scraped")),
    "a caption among the sentences": Fault("value-wrong", TRAIN, cell(TRAIN, 0, kind="caption")),
    "a suite of no kind": Fault("value-wrong", CONTRAST, cell(CONTRAST, 0, suite="other")),
    "a model without a suggestion": Fault(
        "value-wrong", JUDGED, cell(JUDGED, 0, preannotation_model="some model")
    ),
    "row groups of another size": Fault("layout-wrong", TRAIN, rewrite(row_group_size=2)),
    "metadata of pandas": Fault("layout-wrong", TRAIN, arrow(TRAIN, pandas_metadata)),
    # sentences
    "two sentences' texts swapped": Fault(
        "offset-mismatch", TRAIN, table(TRAIN, swap_texts), HARBOUR
    ),
    "a heading of another document": Fault(
        "offset-mismatch", TRAIN, cell(TRAIN, 0, heading="Nowhere to be found"), HARBOUR
    ),
    "a heading of a withheld document": Fault(
        "withheld-text-shipped", TRAIN, cell(TRAIN, 4, heading="Consulate pressed students")
    ),
    "paragraphs out of order": Fault("row-order", TRAIN, cell(TRAIN, 0, paragraph_index=30)),
    # labels and people
    "two labels swapped in the sentences alone": Fault(
        "gold-not-recomputable", TRAIN, table(TRAIN, swap_labels)
    ),
    "votes that are no sum": Fault("votes-mismatch", TRAIN, cell(TRAIN, 0, label_votes=[9, 0, 0])),
    "annotations in another order": Fault(
        "row-order", JUDGED, table(JUDGED, lambda r: [r[1], r[0], *r[2:]])
    ),
    "an annotation under another round": Fault(
        "annotation-id-wrong", JUDGED, cell(JUDGED, 0, round="pilot")
    ),
    "an adjudicator who is not listed": Fault(
        "annotator-unknown", "annotators.csv", cell(ADJUDICATED, 0, adjudicator_id="annotator-77")
    ),
    "an adjudicator by name": Fault(
        "annotator-not-pseudonymous", "annotators.csv", cell(ADJUDICATED, 0, adjudicator_id="ann")
    ),
    "an adjudication's columns changed": Fault(
        "labels-bools-differ", ADJUDICATED, cell(ADJUDICATED, 0, government_response=True)
    ),
    "an annotator twice": Fault(
        "duplicate-id", "annotators.csv", edit("annotators.csv", r"(annotator-01.*\n)", r"\1\1")
    ),
    "an annotator of no kind": Fault(
        "value-wrong", "annotators.csv", edit("annotators.csv", "language-model", "machine")
    ),
    "guidelines without text": Fault(
        "guideline-missing", "guidelines/1.0.0.md", add("guidelines/1.0.0.md", b"")
    ),
    "guidelines of another version": Fault(
        "guideline-missing",
        "guidelines/1.0.0.md",
        add("guidelines/1.0.0.md", b"# Annotation guidelines, version 3.0.0\n"),
    ),
    # contrast and splits
    "a contrast item doubled": Fault(
        "duplicate-id", CONTRAST, table(CONTRAST, lambda r: [r[0], *r]), "c1"
    ),
    "a contrast item without its pair": Fault(
        "orphan-row", CONTRAST, cell(CONTRAST, 0, pair_id="other")
    ),
    "a publisher in train and the publishers' test": Fault(
        "publisher-in-two-splits", TOLD, one_publisher
    ),
    "splits.csv in another order": Fault(
        "row-order", "splits.csv", edit("splits.csv", r"(cup.*\n)(har.*\n)", r"\2\1")
    ),
    "a reason changed in splits.csv alone": Fault(
        "digest-mismatch", "splits.csv", text("splits.csv", "drawn", "kept"), sign=False
    ),
    # files
    "an empty folder": Fault("file-unexpected", "cache", empty_folder),
    "a licence without text": Fault("licence-file-missing", "LICENSE", add("LICENSE", b"")),
    "a label since a later version": Fault(
        "labels-file-wrong",
        "labels.json",
        values("labels.json", lambda v: v["labels"][0].update(since="9.0.0")),
    ),
    "another name in dataset.json": Fault(
        "manifest-mismatch", "dataset.json", values("dataset.json", lambda v: v.update(name="x"))
    ),
    "a record of errors": Fault("manifest-mismatch", "checks.json", forged_record),
    # rights
    "another licence's text": Fault(
        "licence-differs", "LICENSE", add("LICENSE", b"All rights reserved.\n")
    ),
    "another licence in the card": Fault(
        "licence-differs", CARD, text(CARD, "license: cc-by-4.0", "license: mit")
    ),
    "another licence in the deposit": Fault(
        "licence-differs", ".zenodo.json", values(".zenodo.json", lambda v: v.update(license="mit"))
    ),
    "another licence in Croissant": Fault(
        "licence-differs",
        CROISSANT,
        values(CROISSANT, lambda v: v.update(license="https://spdx.org/licenses/MIT.html")),
    ),
    "a document gone from its licence's page": Fault(
        "description-differs",
        "LICENSES/CC-BY-4.0.md",
        edit("LICENSES/CC-BY-4.0.md", "- cup-final.*\n", ""),
    ),
    "a licence's page without documents": Fault(
        "description-differs", "LICENSES/MIT.md", add("LICENSES/MIT.md", b"# MIT\n")
    ),
    "another count in NOTICE": Fault(
        "description-differs", "NOTICE", edit("NOTICE", r"- \d+ document", "- 88 document")
    ),
    "git told to change line ends": Fault(
        "description-differs", ".gitattributes", add(".gitattributes", b"* text=auto\n")
    ),
    # card
    "another number in a sentence of the card": Fault(
        "description-differs", CARD, text(CARD, "4 documents by", "9 documents by")
    ),
    "another share in the card": Fault(
        "description-differs",
        CARD,
        edit(CARD, r"\d+\.\d % of the documents", "1.0 % of the documents"),
    ),
    "another definition in the card": Fault(
        "description-differs",
        CARD,
        edit(CARD, r"(\| 0 \| `coercion_tactic` \|.*\|) .* \|\n", r"\1 x |\n"),
    ),
    "other labels in the card's example": Fault(
        "description-differs", CARD, edit(CARD, r'"labels": \[\n    \d', '"labels": [\n    7')
    ),
    "another digest to cite": Fault(
        "description-differs",
        CARD,
        edit(CARD, r"content SHA-256 [0-9a-f]{8}", "content SHA-256 00000000"),
    ),
    "another number of sentences agreed on": Fault(
        "description-differs",
        CARD,
        edit(CARD, r"(\| sets \|.*\| )\d+ \| (\d+) \|\n", r"\g<1>999 | \2 |\n"),
    ),
    "an interval without a lower end": Fault(
        "agreement-mismatch",
        CARD,
        edit(CARD, r"\| detection \| ([^|]*) \|[^|]*\|[^|]*\|", r"| detection | \1 |  | 0.99 |"),
    ),
    "another size in the card": Fault("description-differs", CARD, text(CARD, "n<1K", "1M<n<10M")),
    "a script in the card": Fault(
        "description-differs", CARD, edit(CARD, r"\Z", "\n<script>alert(1)</script>\n")
    ),
    # Croissant, citation, history
    "a type changed in Croissant": Fault(
        "croissant-mismatch",
        CROISSANT,
        records("sentences/train", lambda r: r["field"][-1].update(dataType="sc:Boolean")),
    ),
    "another file's columns in Croissant": Fault(
        "croissant-mismatch",
        CROISSANT,
        records(
            "sentences/train",
            lambda r: [
                f["source"].update(fileObject={"@id": "file/sentences/test"}) for f in r["field"]
            ],
        ),
    ),
    "label ids permuted in Croissant": Fault(
        "croissant-incomplete",
        CROISSANT,
        records("labels", lambda r: r["data"][0].update({"labels/id": 2})),
    ),
    "a split of another kind in Croissant": Fault(
        "croissant-incomplete",
        CROISSANT,
        records("splits", lambda r: r["data"][0].update({"splits/url": "cr:TestSplit"})),
    ),
    "another count of rows in Croissant": Fault(
        "description-differs", CROISSANT, edit(CROISSANT, r": \d+ rows", ": 999 rows")
    ),
    "another number in Croissant's texts": Fault(
        "description-differs", CROISSANT, text(CROISSANT, "4 documents by", "9 documents by")
    ),
    "another digest in the citation": Fault(
        "citation-invalid",
        "CITATION.cff",
        edit("CITATION.cff", "sha256:[0-9a-f]{8}", "sha256:00000000"),
    ),
    "another day in the deposit": Fault(
        "citation-invalid",
        ".zenodo.json",
        values(".zenodo.json", lambda v: v.update(publication_date="1999-01-01")),
    ),
    "a key that citations do not have": Fault(
        "description-differs", "CITATION.cff", edit("CITATION.cff", r"\Z", "bogus: x\n")
    ),
    "a change log of another version": Fault(
        "history-wrong", "CHANGELOG.md", text("CHANGELOG.md", "1.0.0", "0.9.0")
    ),
    "a previous release that was none": Fault(
        "history-wrong",
        "manifest.json",
        values("manifest.json", lambda v: v.update(previous={"version": "3.0.0", "digest": "0"})),
    ),
    "changes since no release": Fault("history-wrong", "changes/1.0.0.parquet", changes_of_nothing),
}
