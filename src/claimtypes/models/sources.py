"""Labelled sentences from a release or a project, with their context."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples, neighbours
from claimtypes.models.model import LabelStyle, Origin
from claimtypes.project import Project
from claimtypes.records import Gold, Sentence
from claimtypes.store import load_jsonl, sha256_file

_METADATA = ("split", "group", "publisher", "origin", "genre", "case", "event", "year", "kind")


@dataclass(frozen=True, slots=True)
class Source:
    """Where labelled sentences come from: their labels' styles, and splits by name on demand."""

    origin: Origin
    styles: tuple[LabelStyle, ...]
    examples: Examples

    def split(self, *names: str) -> Examples:
        """Return the sentences of the named splits, in order."""
        wanted = {name.replace("_", "-") for name in names}
        rows = [i for i, name in enumerate(self.examples.metadata["split"]) if name in wanted]
        return self.examples.take(rows)


@dataclass(slots=True)
class _Row:
    """A sentence before its neighbours are known; ``labels`` None where undecided."""

    sentence: str
    document: str
    text: str | None
    heading: str
    title: str
    labels: Sequence[str] | None
    votes: Sequence[float]
    annotators: int
    metadata: dict[str, Any] = field(default_factory=dict)


def _assemble(names: tuple[str, ...], rows: Sequence[_Row]) -> Examples:
    """Return the decided rows that have a text; all rows count as neighbours."""
    documents = [row.document for row in rows]
    before, after = neighbours([row.text or "" for row in rows], documents)
    place: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for document in documents:
        sizes[document] = sizes.get(document, 0) + 1
    positions = []
    for document in documents:
        at = place[document] = place.get(document, -1) + 1
        positions.append(at / max(sizes[document] - 1, 1))
    kept = [i for i, row in enumerate(rows) if row.labels is not None and row.text is not None]
    chosen = [rows[i] for i in kept]
    labels = np.zeros((len(kept), len(names)), dtype=np.uint8)
    for number, row in enumerate(chosen):
        labels[number] = [name in (row.labels or ()) for name in names]
    return Examples(
        names=names,
        ids=tuple(row.sentence for row in chosen),
        texts=tuple(row.text or "" for row in chosen),
        documents=tuple(row.document for row in chosen),
        previous=tuple(before[i] for i in kept),
        following=tuple(after[i] for i in kept),
        heading=tuple(row.heading for row in chosen),
        title=tuple(row.title for row in chosen),
        position=np.array([positions[i] for i in kept], dtype=np.float64),
        labels=labels,
        votes=np.array([row.votes for row in chosen], dtype=np.float64).reshape(labels.shape),
        annotators=np.array([row.annotators for row in chosen], dtype=np.int64),
        metadata={
            name: tuple(row.metadata.get(name) or "" for row in chosen) for name in _METADATA
        },
    )


def load_release(folder: Path, *, texts: Mapping[str, str] | None = None) -> Source:
    """Read a release folder's decided sentences.

    ``texts`` gives the texts of withheld sentences by address, as `load_hydrated` does; a
    sentence without text is left out.

    Raises:
        BadInput: when the folder is no release.
    """
    parquet = require("pyarrow.parquet", "models")
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        schema = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        styles = tuple(LabelStyle(e["name"], e["title"], e["color"]) for e in schema["labels"])
        origin = Origin(
            manifest["name"], manifest["version"], manifest["digest"], manifest["splits_digest"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{folder} is no release: {error!r}", hint="claimtypes release build"
        ) from error
    names = tuple(style.name for style in styles)
    about: dict[str, dict[str, Any]] = {}
    rows: list[_Row] = []
    for path in sorted((folder / "documents").glob("*.parquet")):
        about |= {entry["document_id"]: entry for entry in parquet.read_table(path).to_pylist()}
    for path in sorted((folder / "sentences").glob("*.parquet")):
        split = path.stem.replace("_", "-")
        for entry in parquet.read_table(path).to_pylist():
            document = about[entry["document_id"]]
            rows.append(_release_row(entry, document, split, names, texts or {}))
    return Source(origin, styles, _assemble(names, rows))


def _release_row(
    entry: dict[str, Any],
    document: dict[str, Any],
    split: str,
    names: tuple[str, ...],
    texts: Mapping[str, str],
) -> _Row:
    asked = entry["n_annotators"] or 0
    votes = [count / asked if asked else np.nan for count in entry["label_votes"]]
    published = document.get("published")
    return _Row(
        sentence=entry["sentence_id"],
        document=entry["document_id"],
        text=entry["text"] or texts.get(entry["sentence_id"]),
        heading=entry["heading"] or "",
        title=document["title"] or "",
        labels=[names[label] for label in entry["labels"]] if entry["is_gold"] else None,
        votes=votes,
        annotators=asked,
        metadata=document
        | {"split": split, "kind": entry["kind"], "year": str(published)[:4] if published else ""},
    )


def load_project(project: Project) -> Source:
    """Read a project's decided sentences; for releases, `load_release` is the way.

    Raises:
        BadInput: when it has no gold or no splits yet.
    """
    for path, verb in ((project.gold, "gold"), (project.splits, "split")):
        if not path.exists():
            raise BadInput(f"{path} does not exist", hint=f"claimtypes {verb}")
    schema = load_schema(project.schema)
    with project.splits.open(encoding="utf-8", newline="") as stream:
        splits = {row["article"]: row for row in csv.DictReader(stream)}
    articles = {a.id: a for a in load_articles(project)}
    gold = {g.sentence: g for g in load_jsonl(project.gold, Gold)}
    rows: list[_Row] = []
    headings: dict[tuple[str, int], str] = {}
    for sentence in load_sentences(project):
        if sentence.kind == "heading":
            headings[sentence.article, sentence.index] = sentence.text or ""
        if not sentence.annotated or sentence.article not in splits:
            continue
        article = articles[sentence.article]
        split = splits[sentence.article]
        row = _project_row(sentence, gold.get(sentence.id), schema.names)
        row.heading = headings.get((sentence.article, sentence.section), "")
        row.title = article.title
        row.metadata = {name: getattr(article, name, "") for name in _METADATA} | {
            "split": split["split"].replace("_", "-"),
            "group": split["group"],
            "year": article.published[:4],
            "kind": sentence.kind,
        }
        rows.append(row)
    dataset = project.dataset()
    digest = _digest_of(project.gold, project.sentences, project.splits)
    origin = Origin(
        str(dataset.get("name", project.root.name)),
        str(dataset.get("version", "")),
        digest,
        sha256_file(project.splits),
    )
    styles = tuple(LabelStyle(label.name, label.title, label.color) for label in schema.labels)
    return Source(origin, styles, _assemble(schema.names, rows))


def _project_row(sentence: Sentence, gold: Gold | None, names: tuple[str, ...]) -> _Row:
    votes = [np.nan] * len(names)
    if gold and gold.votes:
        votes = [
            sum(name in chosen for chosen in gold.votes.values()) / len(gold.votes)
            for name in names
        ]
    return _Row(
        sentence=sentence.id,
        document=sentence.article,
        text=sentence.text,
        heading="",
        title="",
        labels=gold.labels if gold else None,
        votes=votes,
        annotators=len(gold.votes) if gold else 0,
    )


def _digest_of(*paths: Path) -> str:
    from claimtypes.store import sha256_bytes

    return sha256_bytes("\n".join(sha256_file(path) for path in paths).encode())


def split_names(examples: Examples) -> Iterable[str]:
    """Return the names of the splits there are, in order."""
    return sorted(set(examples.metadata.get("split", ())))
