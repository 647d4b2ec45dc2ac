"""What a release's tables say about themselves: every number that card and Croissant print."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claimtypes.annotation.agreement import measure_agreement
from claimtypes.annotation.figures import Panel
from claimtypes.annotation.rounds import build_votes
from claimtypes.annotation.schema import Schema
from claimtypes.progress import track
from claimtypes.records import Judgement
from claimtypes.release.columns import GOLD_SOURCES
from claimtypes.release.labels import load_labels
from claimtypes.release.layout import table_paths
from claimtypes.release.tables import read_batches, row_count


@dataclass(slots=True)
class SplitFacts:
    """Counts of one split's sentences and documents."""

    documents: int = 0
    sentences: int = 0
    decided: int = 0
    none: int = 0
    withheld: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    letters: int = 0


@dataclass(slots=True)
class Facts:
    """Everything counted in a release; ``sizes`` is (rows, bytes) by table and split."""

    schema: Schema
    sizes: dict[str, dict[str, tuple[int, int]]]
    splits: dict[str, SplitFacts] = field(default_factory=dict)
    gold_sources: Counter[str] = field(default_factory=Counter)
    documents: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sources: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    published: tuple[str, str] = ("", "")
    annotations: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    guidelines: Counter[str] = field(default_factory=Counter)
    preannotated: int = 0
    last_decision: str = ""
    annotators: list[dict[str, str]] = field(default_factory=list)
    agreement: Panel | None = None

    @property
    def total(self) -> SplitFacts:
        """The counts of all splits together."""
        whole = SplitFacts()
        for part in self.splits.values():
            for name in ("documents", "sentences", "decided", "none", "withheld", "letters"):
                setattr(whole, name, getattr(whole, name) + getattr(part, name))
            whole.labels.update(part.labels)
        return whole


_DOCUMENT_FIELDS = ("publisher", "language", "license", "origin", "genre", "case")


def _count_sentences(path: Path, facts: Facts, split: SplitFacts) -> None:
    names = list(facts.schema.names)
    wanted = [*names, "is_gold", "gold_source", "text", "letters"]
    for batch in read_batches(path, wanted):
        table = {name: batch.column(name) for name in wanted}
        split.sentences += batch.num_rows
        decided = table["is_gold"].true_count
        split.decided += decided
        split.withheld += table["text"].null_count
        split.letters += sum(table["letters"].to_pylist())
        flags = [table[name].fill_null(fill_value=False) for name in names]
        for name, flag in zip(names, flags, strict=True):
            split.labels[name] += flag.true_count
        positive = sum(map(any, zip(*(flag.to_pylist() for flag in flags), strict=True)))
        split.none += decided - positive
        for source, count in Counter(table["gold_source"].to_pylist()).items():
            name = "undecided" if source is None else GOLD_SOURCES[source]
            facts.gold_sources[name] += count


def _count_documents(path: Path, facts: Facts, split: SplitFacts) -> None:
    days = [day for day in facts.published if day]
    wanted = [*_DOCUMENT_FIELDS, "countries", "published", "redistributable"]
    for batch in read_batches(path, wanted):
        split.documents += batch.num_rows
        rows = batch.to_pylist()
        for name in _DOCUMENT_FIELDS:
            facts.documents[name].update(row[name] for row in rows if row[name])
        facts.documents["countries"].update(country for row in rows for country in row["countries"])
        facts.sources.update(
            (row["origin"], row["license"], "yes" if row["redistributable"] else "no")
            for row in rows
        )
        days += [row["published"].isoformat() for row in rows if row["published"]]
    facts.published = (min(days), max(days)) if days else ("", "")


def _votes(paths: Iterator[Path], facts: Facts) -> Iterator[Judgement]:
    """Yield a release's annotations as judgements, counting them as they pass."""
    names = facts.schema.names
    wanted = [
        "sentence_id", "annotator_id", "labels", "round", "guideline_version", "schema_version",
        "was_preannotated", "created_at",
    ]  # fmt: skip
    for path in paths:
        for batch in read_batches(path, wanted):
            for row in batch.to_pylist():
                facts.annotations[row["round"], row["annotator_id"], row["guideline_version"]] += 1
                facts.preannotated += row["was_preannotated"]
                facts.last_decision = max(facts.last_decision, row["created_at"].date().isoformat())
                yield Judgement(
                    sentence=row["sentence_id"],
                    annotator=row["annotator_id"],
                    labels=tuple(names[i] for i in row["labels"]),
                    round=row["round"],
                    schema_version=row["schema_version"],
                    guideline_version=row["guideline_version"],
                    text_fingerprint="",
                    at="",
                    origin="prefilled" if row["was_preannotated"] else "manual",
                )


def gather_facts(folder: Path) -> Facts:
    """Count a release folder's tables and measure the agreement of its annotations."""
    paths = table_paths(folder)
    sizes: dict[str, Any] = {
        table: {s: (row_count(folder / p), (folder / p).stat().st_size) for s, p in splits.items()}
        for table, splits in paths.items()
    }
    facts = Facts(load_labels(folder), sizes)
    with (folder / "annotators.csv").open(encoding="utf-8", newline="") as stream:
        facts.annotators = list(csv.DictReader(stream))
    for split, path in track(paths.get("sentences", {}).items(), "counting"):
        part = facts.splits.setdefault(split, SplitFacts())
        _count_sentences(folder / path, facts, part)
        _count_documents(folder / paths["documents"][split], facts, part)
    annotations = (folder / path for path in paths.get("annotations", {}).values())
    votes = build_votes(_votes(annotations, facts), facts.schema)
    if votes.sentences:
        facts.agreement, _ = measure_agreement(votes, {})
    for path in paths.get("adjudications", {}).values():
        for batch in read_batches(folder / path, ["created_at"]):
            days = [moment.date().isoformat() for moment in batch.column(0).to_pylist()]
            facts.last_decision = max(facts.last_decision, *days)
    for (_, _, version), count in facts.annotations.items():
        facts.guidelines[version] += count
    return facts
