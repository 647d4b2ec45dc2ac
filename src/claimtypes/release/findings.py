"""What ``release verify`` can find: every rule by its public id, and a list that stays readable."""

from __future__ import annotations

from collections import Counter

from claimtypes.records import Finding

MOST_OF_A_RULE = 20
"""Findings listed for one rule and file; the rest are counted in one line."""

RULES = {
    # files
    "manifest-unreadable": "manifest.json is missing, no JSON, or lacks a field",
    "checksum-mismatch": "a file's bytes are not those that SHA256SUMS gives",
    "file-missing": "a file that is listed or needed is not there",
    "file-unlisted": "a file is in no checksum list",
    "file-unexpected": "a file has no place in a release",
    "file-is-link": "a link stands where a file should",
    "code-in-release": "a file could be executed or unpickled",
    "manifest-mismatch": "hash, size or row count of a file is not what the manifest says",
    "digest-mismatch": "the content is not what the release's digest names",
    # tables
    "table-unreadable": "a Parquet file is damaged or is none",
    "table-empty": "a table has no rows; it should be left out",
    "columns-wrong": "a table's columns, their order or their types are not those of the format",
    "layout-wrong": "a table's row groups or metadata are not those that a build writes",
    "features-wrong": "a table's embedded features rename or reorder labels",
    "labels-file-wrong": "labels.json is unreadable or not what the manifest's digest names",
    "row-order": "rows are not in order of document and position",
    "duplicate-id": "an id stands on two rows",
    "value-missing": "a cell is null where null says nothing",
    "value-wrong": "a cell's value is of no form that its column has, or later than the release",
    # sentences
    "sentence-id-wrong": "a sentence's id is not document_id:char_start-char_end",
    "orphan-row": "a row belongs to a document or sentence that is not there",
    "offset-mismatch": "the document's text has something else at a sentence's offsets",
    "sentences-overlap": "two sentences of a document overlap",
    "text-hash-mismatch": "a text does not have the hash given for it",
    "fingerprint-mismatch": "a sentence's letters or fingerprint are not those of its text",
    "text-missing": "a text is null although its document may be shipped",
    "withheld-text-shipped": "a text is shipped although its document may not be",
    "count-mismatch": "a document's n_sentences is not the number of its sentences",
    # labels
    "label-unknown": "a label id is not in labels.json",
    "labels-not-sorted": "label ids are repeated or out of order",
    "labels-bools-differ": "the labels and the one column a label disagree",
    "null-policy": "null labels, is_gold and gold_source do not fit together",
    "votes-mismatch": "label_votes or n_annotators are not those of the annotations",
    "gold-not-recomputable": "the labels do not follow from annotations and adjudications",
    "adjudication-stale": "an adjudication was made on other votes, or decided nothing",
    "annotation-id-wrong": "an annotation's id is not the hash of what it names",
    "repeated-judgement": "an annotator judged a sentence twice",
    "reason-unknown": "an adjudication's reason is not in labels.json",
    # people
    "annotator-unknown": "an annotator is not in annotators.csv",
    "annotator-not-pseudonymous": "an annotator's id is no pseudonym",
    "personal-data": "an e-mail address, or a column that annotators.csv must not have",
    "guideline-missing": "annotations follow guidelines whose text is not in the release",
    # splits
    "splits-differ": "splits.csv, the documents and the files disagree about a split",
    "document-in-two-splits": "a document stands in two splits",
    "publisher-in-two-splits": "a publisher of the publisher-disjoint test is in another split",
    "group-in-two-splits": "a group or event that must stay together is in two splits",
    "near-duplicate-in-two-splits": "two documents in different splits share most of their words",
    "sentence-in-two-splits": "the same sentence stands in two splits",
    "contrast-in-train": "a contrast item is a sentence of the training split",
    # rights
    "licence-missing": "a document or the release has no licence",
    "licence-differs": "two files of the release name different licences for it",
    "licence-not-open": "a text is shipped under a licence that does not allow it",
    "licence-file-missing": "LICENSE, or the page of a source's licence, is missing",
    # card and metadata
    "description-differs": "card, Croissant, citation, deposit or licences are not as generated",
    "card-unreadable": "the card has no YAML, or YAML that loaders read in different ways",
    "card-features": "the card's features are not those of the tables",
    "card-count": "a number in the card is not that of the tables",
    "card-files": "the card's configurations do not name exactly the tables",
    "card-stamp": "version, digest or licence in the card are not those of the manifest",
    "card-section": "the card lacks a section, or one of its sections is empty",
    "card-placeholder": "the card or metadata hold a placeholder",
    "agreement-mismatch": "agreement in card or Croissant is not that of the annotations",
    "croissant-invalid": "croissant.json is not valid Croissant, or a record set does not iterate",
    "croissant-mismatch": "croissant.json says something else than the tables",
    "croissant-incomplete": "croissant.json lacks a responsible-AI text or an enumeration",
    "citation-invalid": "CITATION.cff or .zenodo.json is invalid or contradicts the manifest",
    # models
    "model-refused": "a model folder's probes, shapes or label order are not as they should be",
    # versions
    "change-without-entry": "a row differs from the previous release and changes/ does not say so",
    "change-not-made": "changes/ names a change that did not happen",
    "version-too-low": "the version does not say how much has changed",
    "history-wrong": "CHANGELOG.md, changes/ and manifest tell different histories",
    "previous-mismatch": "the release was built on another previous release",
}  # fmt: skip
"""Every finding's id and meaning; ids are public and are never reused."""


class Findings:
    """Collects findings, at most `MOST_OF_A_RULE` a rule and file, and counts the others."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(
        self,
        rule: str,
        message: str,
        path: str = "",
        line: int = 0,
        record: str = "",
        *,
        severity: str = "error",
        hint: str = "",
    ) -> None:
        """Take a finding; ``line`` is the row from 1 for tables."""
        assert rule in RULES, rule  # noqa: S101 - a misspelt rule is our bug
        self._counts[rule, path] += 1
        if self._counts[rule, path] <= MOST_OF_A_RULE:
            self._found.append(
                Finding(rule, severity, message, path=path, line=line, record=record, hint=hint)
            )

    def has(self, *rules: str) -> bool:
        """Whether any of some rules was found broken."""
        return any(finding.id in rules for finding in self._found)

    @property
    def all(self) -> list[Finding]:
        """Everything found, with a line for each rule and file that had more."""
        more = [
            Finding(rule, "error", f"and {count - MOST_OF_A_RULE} more rows", path=path)
            for (rule, path), count in sorted(self._counts.items())
            if count > MOST_OF_A_RULE
        ]
        return [*self._found, *more]
