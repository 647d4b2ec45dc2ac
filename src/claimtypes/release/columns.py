"""The columns of a release's tables: one description that Parquet, card and Croissant share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SPLITS = ("train", "validation", "test", "test_publishers")
"""Split names of a release; ``test-publishers`` of a project is ``test_publishers`` here."""

TABLES = ("sentences", "annotations", "adjudications", "documents", "contrast")
"""The configurations of a release, the default one first."""

TABLE_MEANINGS = {
    "sentences": "a sentence with its labels and votes",
    "annotations": "one annotator's decision on one sentence",
    "adjudications": "a third reading's decision on a sentence that the annotators disagreed on",
    "documents": "a document, with its text where it is shipped",
    "contrast": "a test sentence of a pair that differs by one edit, in no split",
}
"""What one row of each table is."""

GOLD_SOURCES = ("unanimous", "majority", "adjudicated")
"""How a gold label set came about, in the order of the ``gold_source`` ids."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type is a scalar's name or, with ``many``, a list of that scalar.

    ``names`` are the label names where the values are ids of them; ``length`` is fixed where
    it is not -1. ``nullable`` says whether null has a meaning in it.
    """

    name: str
    kind: str
    meaning: str
    many: bool = False
    nullable: bool = False
    names: tuple[str, ...] = ()
    length: int = -1


def _labels(names: Sequence[str], *, nullable: bool) -> tuple[Column, ...]:
    none = "; an empty list is the decision that none applies"
    null = ", null that nothing is decided" if nullable else ""
    return (
        Column(
            "labels", "int64", f"ids of the labels{none}{null}", many=True, nullable=nullable,
            names=tuple(names),
        ),
        *(Column(n, "bool", f"whether labels holds {n}", nullable=nullable) for n in names),
    )  # fmt: skip


def _sentences(names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("sentence_id", "string", "address: document_id:char_start-char_end"),
        Column("document_id", "string", "the document it stands in"),
        Column("sentence_index", "int32", "its number in the document, from 0"),
        Column("char_start", "int32", "offset of its first code point in the document's text"),
        Column("char_end", "int32", "offset after its last code point"),
        Column("text", "string", "its text; null where it is not shipped", nullable=True),
        Column(
            "text_sha256_16", "string", "first 16 hex digits of the text's SHA-256", nullable=True
        ),
        *_labels(names, nullable=True),
        Column(
            "label_votes", "int16", "annotators who chose each label, in label order", many=True,
            length=len(names),
        ),
        Column("n_annotators", "int16", "annotators who judged it"),
        Column(
            "gold_source", "int64", "how its labels came about; null where undecided",
            nullable=True, names=GOLD_SOURCES,
        ),
        Column("is_gold", "bool", "whether its labels are decided"),
        Column("paragraph_index", "int32", "number of its block in the document, from 0"),
        Column("kind", "string", "paragraph or bullet"),
        Column("heading", "string", "the heading it stands under, where shipped", nullable=True),
        Column("letters", "int32", "number of letters and digits in it"),
        Column("fingerprint", "string", "keyed hash of its letters and digits"),
    )  # fmt: skip


def _annotations(names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("annotation_id", "string", "hash of sentence, annotator and round"),
        Column("sentence_id", "string", "the sentence judged"),
        Column("document_id", "string", "the document it stands in"),
        Column("annotator_id", "string", "pseudonym; see annotators.csv"),
        *_labels(names, nullable=False),
        Column("round", "string", "the annotation round"),
        Column("guideline_version", "string", "version of the guidelines followed"),
        Column("schema_version", "string", "version of the label schema"),
        Column("lead_time_seconds", "float32", "seconds it took, where known", nullable=True),
        Column("created_at", "timestamp[ms, tz=UTC]", "when it was made"),
        Column("was_preannotated", "bool", "whether a model's suggestion was shown"),
        Column("preannotation_model", "string", "that model", nullable=True),
    )


def _adjudications(names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("sentence_id", "string", "the sentence decided"),
        Column("document_id", "string", "the document it stands in"),
        Column("adjudicator_id", "string", "pseudonym; see annotators.csv"),
        *_labels(names, nullable=False),
        Column("reason", "string", "reason code"),
        Column("votes_digest", "string", "hash of the votes it was made on"),
        Column("guideline_version", "string", "version of the guidelines followed"),
        Column("schema_version", "string", "version of the label schema"),
        Column("created_at", "timestamp[ms, tz=UTC]", "when it was decided"),
    )


def _documents(_names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("document_id", "string", "identifier, never reused"),
        Column("title", "string", "headline"),
        Column("publisher", "string", "who published it"),
        Column("url", "string", "where it was published", nullable=True),
        Column("published", "date32", "day of publication, where known", nullable=True),
        Column("retrieved_at", "string", "when it was fetched, ISO 8601", nullable=True),
        Column("language", "string", "BCP 47 language"),
        Column("license", "string", "licence of the text: an SPDX identifier, or its terms"),
        Column("redistributable", "bool", "whether this release ships its text"),
        Column("text", "string", "its text; null where it is not shipped", nullable=True),
        Column("text_sha256", "string", "SHA-256 of the full text, shipped or not"),
        Column("normalisation_version", "string", "rules of the fingerprints"),
        Column("segmentation_version", "string", "rules that cut its sentences"),
        Column("n_sentences", "int32", "its rows in the table sentences"),
        Column("origin", "string", "how the text came to be"),
        Column("genre", "string", "kind of text", nullable=True),
        Column("event", "string", "the event it reports; never in two splits", nullable=True),
        Column("case", "string", "kind of case", nullable=True),
        Column("countries", "string", "countries it speaks of", many=True),
        Column("obtained", "string", "where a withheld text can be had", nullable=True),
        Column("split", "string", "its split"),
        Column("group", "string", "what it was kept together with when splits were drawn"),
    )


def _contrast(names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("item_id", "string", "identifier"),
        Column("pair_id", "string", "items of a pair differ by one edit"),
        Column("suite", "string", "contrast: the edit changes the labels; invariance: it must not"),
        Column("edit", "string", "what was edited"),
        Column("before", "string", "context before it"),
        Column("text", "string", "the sentence"),
        Column("after", "string", "context after it"),
        *_labels(names, nullable=False),
    )


def _changes(_names: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("table", "string", "the table, or labels or guidelines"),
        Column("id", "string", "the row's id"),
        Column("field", "string", "the column; row where the whole row came or went"),
        Column("old", "string", "value before, as JSON; null for a new row", nullable=True),
        Column("new", "string", "value now, as JSON; null for a removed row", nullable=True),
        Column("reason", "string", "why, where it was recorded", nullable=True),
        Column("issue", "string", "where it was discussed", nullable=True),
    )


_COLUMNS = {
    "changes": _changes,
    "sentences": _sentences,
    "annotations": _annotations,
    "adjudications": _adjudications,
    "documents": _documents,
    "contrast": _contrast,
}


def columns(table: str, names: Sequence[str]) -> tuple[Column, ...]:
    """Return a table's columns in order, for label names in schema order."""
    return _COLUMNS[table](names)


def feature(column: Column) -> dict[str, object]:
    """Return a column as the JSON that ``datasets`` reads from a Parquet file's metadata.

    Lists are written as ``Sequence``: readers before version 4 know no ``List``, later ones both.
    """
    inner: dict[str, object] = {"dtype": column.kind, "_type": "Value"}
    if column.names:
        inner = {"names": list(column.names), "_type": "ClassLabel"}
    if not column.many:
        return inner
    return {"feature": inner, "length": column.length, "_type": "Sequence"}


def yaml_feature(column: Column) -> dict[str, object]:
    """Return a column as an entry of ``features:`` in a card's YAML."""
    plain: object = column.kind
    if column.names:
        plain = {"class_label": {"names": {str(i): n for i, n in enumerate(column.names)}}}
    if column.many:
        length = {} if column.length < 0 else {"length": column.length}
        return {"name": column.name, "sequence": plain} | length
    return {"name": column.name, "dtype": plain}
