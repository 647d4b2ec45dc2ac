"""Every finding of `check`: its public id, how bad it is, what it means and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import Finding, Record
from claimtypes.store import numbered_lines

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that `check` looks for; ids are public and never change their meaning."""

    severity: str
    meaning: str
    mend: str


_AGAIN = "restore the file from version control, or run the verb that writes it again"
_SEGMENT = "claimtypes segment; judged articles keep their sentences"
_GOLD = "claimtypes gold"
_PULL = "take the line out of the round, or pull the round again"

RULES: dict[str, Rule] = {
    # schema, guidelines, dataset
    "bad-schema": Rule(
        "error", "annotation/schema.toml cannot be read as a label schema",
        "edit annotation/schema.toml",
    ),
    "two-equal-hotkeys": Rule(
        "error", "two labels have the same key, so an annotator cannot choose between them",
        "give each label in annotation/schema.toml its own hotkey",
    ),
    "two-equal-labels": Rule(
        "error", "two labels have the same name or title", "rename one in annotation/schema.toml"
    ),
    "missing-guideline-version": Rule(
        "error", "the first line of the guidelines does not name their version",
        "begin annotation/GUIDELINES.md with: # Annotation guidelines, version 1.0.0",
    ),
    "bad-dataset": Rule(
        "error", "corpus/dataset.toml is missing, not TOML, lacks a name, title, version, "
        "licence or description, or has a value of the wrong kind", "edit corpus/dataset.toml",
    ),
    # articles
    "bad-front-matter": Rule(
        "error", "an article file has no front matter, or a field there is missing, unknown or of "
        "the wrong type", "edit the front matter, or claimtypes ingest the source again",
    ),
    "bad-block": Rule(
        "error", "a line of an article's text is not a block", "leave a blank line between blocks"
    ),
    "bad-id": Rule(
        "error", "an article's id is not kebab-case of at most 100 characters",
        "rename the article, before anything is judged",
    ),
    "misnamed-article": Rule(
        "error", "an article file is not named after the id in it", "rename the file"
    ),
    "duplicate-id": Rule(
        "error", "two article files have the same id", "remove one, or give it another id"
    ),
    "duplicate-text": Rule(
        "error", "two articles have exactly the same text", "remove one of the two"
    ),
    "sha256-mismatch": Rule(
        "error", "an article's text is not the one its sha256 names: it was edited",
        "restore the file, or take the changed text in under a new id",
    ),
    "missing-licence": Rule(
        "error", "an article does not say under which licence its text stands",
        "add licence to the front matter",
    ),
    "missing-publisher": Rule(
        "error", "an article does not name its publisher", "add publisher to the front matter"
    ),
    "unknown-origin": Rule(
        "error", "an article's origin is none of reported, government-work and "
        "written-for-this-corpus", "correct origin in the front matter",
    ),
    "bad-date": Rule(
        "warning", "a date is not written as 2024, 2024-05 or 2024-05-31",
        "correct the date in the front matter",
    ),
    "unobtainable-text": Rule(
        "error", "an article's text is withheld, and nothing says where to obtain it",
        "add url or obtained to the front matter",
    ),
    # sentences
    "bad-record": Rule(
        "error", "a line of a JSON lines file is not a record of its kind", _AGAIN
    ),
    "missing-sentences": Rule(
        "error", "an article has no sentences, or part of its text is in none", _SEGMENT
    ),
    "unknown-article": Rule(
        "error", "a sentence or a split names an article that is not there",
        "restore the article, or take the line out",
    ),
    "unknown-kind": Rule(
        "error", "a sentence is of a kind that no block has", _AGAIN
    ),
    "offset-mismatch": Rule(
        "error", "a sentence's address does not lie in its article, or not on such a sentence",
        _AGAIN,
    ),
    "fingerprint-mismatch": Rule(
        "error", "a sentence's fingerprint is not that of the text at its address", _AGAIN
    ),
    "duplicate-sentence": Rule("error", "an address is listed twice", _AGAIN),
    "overlapping-sentences": Rule("error", "two sentences share characters", _AGAIN),
    "broken-order": Rule(
        "error", "the sentences of an article are not numbered 0, 1, 2 ... in order of address",
        _AGAIN,
    ),
    "hydrated-mismatch": Rule(
        "error", "a hydrated text is not the sentence it stands for, or of no sentence here",
        "remove corpus/hydrated.jsonl, then claimtypes hydrate --texts FOLDER",
    ),
    # annotators and judgements
    "bad-annotators": Rule(
        "error", "annotation/annotators.toml cannot be read", "edit annotation/annotators.toml"
    ),
    "duplicate-annotator": Rule(
        "error", "two annotators have the same id", "rename one in annotation/annotators.toml"
    ),
    "unknown-annotator": Rule(
        "error", "a decision is by somebody whom annotation/annotators.toml does not know",
        "add the annotator to annotation/annotators.toml",
    ),
    "unknown-sentence": Rule(
        "error", "a decision is on an address that no sentence has", _PULL
    ),
    "unannotated-kind": Rule(
        "error", "a decision is on a heading, byline, caption or the like", _PULL
    ),
    "unknown-label": Rule(
        "error", "a label is not in the schema", "correct the label, or add it to the schema"
    ),
    "label-order": Rule(
        "error", "labels are repeated or not in the order of the schema",
        "write the labels in schema order, each once",
    ),
    "duplicate-judgement": Rule(
        "error", "one annotator judged one sentence twice", _PULL
    ),
    "stale-fingerprint": Rule(
        "error", "a judgement was made on another text than the sentence now has",
        "take the judgement out, and judge the sentence again",
    ),
    "wrong-round": Rule(
        "error", "a judgement names another round than its file", "move the line to its round"
    ),
    "unknown-schema-version": Rule(
        "error", "a decision was made with a schema version later than the schema's, or none",
        "correct schema_version, or raise the version in annotation/schema.toml",
    ),
    "unknown-guideline-version": Rule(
        "error", "a decision was made with a guideline version later than the guidelines', or none",
        "correct guideline_version, or raise the version in annotation/GUIDELINES.md",
    ),
    "unknown-judgement-origin": Rule(
        "error", "a judgement's origin is none of manual, prefilled and prefilled-changed, or a "
        "prefilled one names no model", "correct origin and model",
    ),
    "bad-time": Rule(
        "error", "a time is not UTC as 2026-01-05T09:00:00Z, or a duration is negative",
        "correct at and seconds",
    ),
    "unknown-reason": Rule(
        "error", "a third reading's reason is not in the schema",
        "use a reason code of annotation/schema.toml",
    ),
    "duplicate-adjudication": Rule(
        "error", "a sentence is adjudicated twice on the same votes",
        "keep one line of annotation/adjudications.jsonl",
    ),
    "adjudication-without-votes": Rule(
        "error", "a third reading is of a sentence that nobody judged",
        "restore the round, or take the line out",
    ),
    # gold
    "duplicate-gold": Rule("error", "a sentence has two gold rows", _GOLD),
    "unknown-decision": Rule(
        "error", "gold came about in a way that does not exist", _GOLD
    ),
    "undecided-labels": Rule(
        "error", "a decided gold row has no label set, or an unresolved one has labels", _GOLD
    ),
    "tie-decided": Rule(
        "error", "gold claims votes that agree, or a majority, which its votes do not give", _GOLD
    ),
    "gold-not-derivable": Rule(
        "error", "corpus/gold.jsonl is not what the rounds and third readings give", _GOLD
    ),
    # splits
    "bad-splits": Rule(
        "error", "corpus/splits.csv has another header or a row of other length", _AGAIN
    ),
    "unknown-split": Rule(
        "error", "a split is none of train, validation, test and test-publishers", _AGAIN
    ),
    "article-in-two-splits": Rule(
        "error", "an article is listed twice in corpus/splits.csv", "keep its oldest row"
    ),
    "article-without-split": Rule(
        "error", "an article is in no split",
        "claimtypes split; it names the articles that can be in none, which must leave the corpus",
    ),
    "group-across-splits": Rule(
        "error", "articles on the same event, or of the same group, are in different splits",
        "remove the article that came later, or draw the splits of a new major version",
    ),
    "near-duplicate-across-splits": Rule(
        "error", "articles in different splits are alike, or one took sentences from the other",
        "remove the article that came later, or draw the splits of a new major version",
    ),
    "publisher-in-two-splits": Rule(
        "error", "a publisher held out for test-publishers is in another split too",
        "remove the article that came later, or draw the splits of a new major version",
    ),
    # contrast items
    "duplicate-contrast-item": Rule(
        "error", "two contrast items have the same id", "rename one in corpus/contrast.jsonl"
    ),
    "unknown-suite": Rule(
        "error", "a contrast item's suite is neither contrast nor invariance",
        "correct suite in corpus/contrast.jsonl",
    ),
    "lonely-contrast-item": Rule(
        "error", "a pair has one member", "add the other member, or remove the item"
    ),
    "wrong-contrast": Rule(
        "error", "the members of a contrast pair have equal labels, or those of an invariance set "
        "have not", "correct labels or suite in corpus/contrast.jsonl",
    ),
    "contrast-in-corpus": Rule(
        "error", "a contrast item is a sentence of the corpus, so a model may have trained on it",
        "write another sentence for the item",
    ),
}  # fmt: skip
"""Every rule by finding id, in the order of the files they look at."""


@dataclass(slots=True)
class Ledger:
    """The findings of one check as they turn up, and the reading that goes on past a bad line."""

    project: Project
    findings: list[Finding] = field(default_factory=list)

    def add(self, rule: str, message: str, path: Path, *, line: int = 0, record: str = "") -> None:
        """Note a finding with its rule's severity and mend; paths are from the project folder."""
        here = path.relative_to(self.project.root).as_posix()
        severity, mend = RULES[rule].severity, RULES[rule].mend
        self.findings.append(Finding(rule, severity, message, here, line, record, mend))

    def records(self, path: Path, record: type[R]) -> Iterator[tuple[int, R]]:
        """Yield a JSON lines file's records with their lines; a bad one becomes a finding."""
        if not path.exists():
            return
        try:
            for number, line in numbered_lines(path):
                try:
                    yield number, record.parse(line)
                except BadInput as error:
                    self.add("bad-record", str(error), path, line=number)
        except BadInput as error:
            self.add("bad-record", str(error), path)


def render_rules() -> str:
    """Return the page that lists every finding, as Markdown."""
    lines = [
        "# Findings of `claimtypes check`",
        "",
        "Ids are public: they are never renamed and never change their meaning. This page is what",
        "`claimtypes check --list` prints. For each id `tests/data/findings` holds a bad project.",
        "",
        "| id | severity | what is wrong | what mends it |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{name}` | {rule.severity} | {rule.meaning} | {rule.mend} |"
        for name, rule in RULES.items()
    ]
    return "\n".join(lines) + "\n"
