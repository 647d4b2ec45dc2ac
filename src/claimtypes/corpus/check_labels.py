"""What can be wrong with decisions: judgements, third readings, gold and contrast items."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from claimtypes.corpus.findings import Ledger
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.errors import BadInput
from claimtypes.records import (
    Adjudication,
    Annotator,
    Article,
    ContrastItem,
    Gold,
    Judgement,
    Sentence,
)

HOW = ("unanimous", "majority", "adjudicated", "unresolved")
SUITES = ("contrast", "invariance")

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_ORIGINS = ("manual", "prefilled", "prefilled-changed")


@dataclass(frozen=True, slots=True)
class Terms:
    """What decisions are made in: labels in order, reason codes, and the current versions."""

    labels: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    schema_version: str = ""
    guideline_version: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a decision stands."""

    ledger: Ledger
    path: Path
    line: int
    record: str

    def add(self, rule: str, message: str) -> None:
        self.ledger.add(rule, message, self.path, line=self.line, record=self.record)

    def check_labels(self, labels: tuple[str, ...], terms: Terms) -> None:
        unknown = [label for label in labels if label not in terms.labels]
        if unknown:
            self.add("unknown-label", f"the schema has no {', '.join(unknown)}")
        elif labels != tuple(label for label in terms.labels if label in labels):
            self.add("label-order", f"{', '.join(labels)} is not schema order, each once")

    def check_versions(self, schema: str, guidelines: str, terms: Terms) -> None:
        if not _known(schema, terms.schema_version):
            self.add("unknown-schema-version", f"made with schema {schema!r}")
        if terms.guideline_version and not _known(guidelines, terms.guideline_version):
            self.add("unknown-guideline-version", f"made with guidelines {guidelines!r}")

    def check_sentence(self, sentence: Sentence | None) -> None:
        if sentence is None:
            self.add("unknown-sentence", "no sentence has this address")
        elif not sentence.annotated:
            self.add("unannotated-kind", f"it is a {sentence.kind}")


def _known(version: str, current: str) -> bool:
    one, other = _VERSION.fullmatch(version), _VERSION.fullmatch(current)
    if not one:
        return False
    return not other or [int(n) for n in one.groups()] <= [int(n) for n in other.groups()]


def check_annotators(ledger: Ledger) -> set[str] | None:
    """Note what is wrong with ``annotators.toml``; return the ids, or nothing if unreadable."""
    path = ledger.project.annotators
    if not path.exists():
        return set()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("annotators", [])
        known = [Annotator.from_dict(table) for table in tables]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, BadInput, TypeError) as error:
        ledger.add("bad-annotators", str(error), path)
        return None
    for name, count in sorted(Counter(annotator.id for annotator in known).items()):
        if count > 1:
            ledger.add("duplicate-annotator", f"listed {count} times", path, record=name)
    return {annotator.id for annotator in known}


def check_judgements(
    ledger: Ledger, sentences: dict[str, Sentence], annotators: set[str] | None, terms: Terms
) -> set[str]:
    """Note what is wrong with the rounds; return the addresses that were judged."""
    judged: set[str] = set()
    for path in sorted(ledger.project.rounds.glob("*.jsonl")):
        seen: set[tuple[str, str]] = set()
        for number, row in ledger.records(path, Judgement):
            line = _Line(ledger, path, number, row.sentence)
            judged.add(row.sentence)
            sentence = sentences.get(row.sentence)
            line.check_sentence(sentence)
            line.check_labels(row.labels, terms)
            line.check_versions(row.schema_version, row.guideline_version, terms)
            if sentence and sentence.fingerprint != row.text_fingerprint:
                line.add("stale-fingerprint", f"{row.annotator} judged another text")
            if annotators is not None and row.annotator not in annotators:
                line.add("unknown-annotator", f"who is {row.annotator}?")
            if (row.sentence, row.annotator) in seen:
                line.add("duplicate-judgement", f"{row.annotator} judged it before")
            seen.add((row.sentence, row.annotator))
            if row.round != path.stem:
                line.add("wrong-round", f"it names the round {row.round!r}")
            if row.origin not in _ORIGINS or (row.origin != "manual" and not row.model):
                line.add("unknown-judgement-origin", f"{row.origin!r}, model {row.model!r}")
            if not _TIME.fullmatch(row.at) or (row.seconds or 0) < 0:
                line.add("bad-time", f"at {row.at!r}, {row.seconds} seconds")
    return judged


def check_adjudications(
    ledger: Ledger,
    sentences: dict[str, Sentence],
    annotators: set[str] | None,
    judged: set[str],
    terms: Terms,
) -> None:
    """Note what is wrong with the third readings."""
    path = ledger.project.adjudications
    seen: set[tuple[str, str]] = set()
    for number, row in ledger.records(path, Adjudication):
        line = _Line(ledger, path, number, row.sentence)
        line.check_sentence(sentences.get(row.sentence))
        line.check_labels(row.labels, terms)
        line.check_versions(row.schema_version, row.guideline_version, terms)
        if annotators is not None and row.adjudicator not in annotators:
            line.add("unknown-annotator", f"who is {row.adjudicator}?")
        if terms.reasons and row.reason not in terms.reasons:
            line.add("unknown-reason", f"the schema has no reason {row.reason!r}")
        if (row.sentence, row.votes_digest) in seen:
            line.add("duplicate-adjudication", "it was decided before")
        seen.add((row.sentence, row.votes_digest))
        if row.sentence in sentences and row.sentence not in judged:
            line.add("adjudication-without-votes", "no round has a judgement on it")
        if not _TIME.fullmatch(row.at):
            line.add("bad-time", f"at {row.at!r}")


def check_gold(ledger: Ledger, sentences: dict[str, Sentence], terms: Terms) -> None:
    """Note what is wrong with the gold rows by themselves."""
    path = ledger.project.gold
    seen: set[str] = set()
    for number, row in ledger.records(path, Gold):
        line = _Line(ledger, path, number, row.sentence)
        line.check_sentence(sentences.get(row.sentence))
        line.check_labels(row.labels or (), terms)
        if row.sentence in seen:
            line.add("duplicate-gold", "it has a row already")
        seen.add(row.sentence)
        if row.how not in HOW:
            line.add("unknown-decision", f"how is {row.how!r}")
        elif (row.labels is None) != (row.how == "unresolved"):
            line.add("undecided-labels", f"{row.how}, with labels {row.labels}")
        elif row.labels is not None and row.how != "adjudicated":
            agree = sum(votes == row.labels for votes in row.votes.values())
            enough = agree == len(row.votes) if row.how == "unanimous" else True
            if len(row.votes) < 2 or 2 * agree <= len(row.votes) or not enough:
                line.add("tie-decided", f"{row.how}, though {agree} of {len(row.votes)} chose it")


def check_contrast(
    ledger: Ledger, articles: dict[str, Article], sentences: dict[str, Sentence], terms: Terms
) -> None:
    """Note what is wrong with the contrast and invariance sets."""
    path = ledger.project.root / "corpus" / "contrast.jsonl"
    corpus: dict[str, set[str]] = defaultdict(set)
    for sentence in sentences.values():
        if sentence.article in articles:
            corpus[articles[sentence.article].sha256].add(sentence.fingerprint)
    pairs: dict[str, list[tuple[_Line, ContrastItem]]] = defaultdict(list)
    seen: set[str] = set()
    for number, item in ledger.records(path, ContrastItem):
        line = _Line(ledger, path, number, item.id)
        pairs[item.pair].append((line, item))
        line.check_labels(item.labels, terms)
        if item.id in seen:
            line.add("duplicate-contrast-item", "another item has this id")
        seen.add(item.id)
        if item.suite not in SUITES:
            line.add("unknown-suite", f"suite is {item.suite!r}")
        folded = letters(item.text)
        if any(fingerprint(folded, key) in known for key, known in corpus.items()):
            line.add("contrast-in-corpus", "its text is a sentence of the corpus")
    for pair, members in sorted(pairs.items()):
        line, first = members[0]
        sets = {item.labels for _, item in members}
        if len(members) < 2:
            line.add("lonely-contrast-item", f"it is alone in {pair}")
        elif {item.suite for _, item in members} <= set(SUITES) and (
            (len(sets) == 1) == (first.suite == "contrast")
        ):
            line.add("wrong-contrast", f"{pair} is {first.suite}, labels are {sorted(sets)}")
