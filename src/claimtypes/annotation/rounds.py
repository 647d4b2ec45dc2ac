"""Judgements of the rounds, and the dense votes that agreement, audit and gold count."""

from __future__ import annotations

import json
import re
import tomllib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.schema import Schema
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Annotator, Judgement
from claimtypes.store import load_jsonl, numbered_lines

PILOT = "pilot"
"""Rounds whose names begin so are for learning the guidelines: they count only when named."""

MANUAL = "manual"
"""The origin of a judgement that no suggestion preceded."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Who gave which label set to which sentence: n sentences, m annotators, s sets, k labels.

    ``codes`` (n, m) holds the row of ``sets`` (s, k) that was chosen, or -1 where the sentence
    was not judged: an empty set is a row of its own and never a -1. ``prefilled`` (n, m) marks
    judgements made on a suggestion. ``document_of`` (n,) indexes ``documents``. Sentences are in
    order of document and position, annotators in order of id, sets in order of their labels,
    so that the same judgements in any order give the same arrays.
    """

    sentences: tuple[str, ...]
    documents: tuple[str, ...]
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    document_of: NDArray[np.int64]
    codes: NDArray[np.int32]
    sets: NDArray[np.bool_]
    prefilled: NDArray[np.bool_]

    @property
    def matrix(self) -> NDArray[np.int8]:
        """The votes label by label, (n, m, k): 1 given, 0 not given, -1 not judged."""
        votes = self.sets.astype(np.int8)[self.codes]
        votes[self.codes < 0] = -1
        return votes

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many annotators judged each sentence, (n,)."""
        counts: NDArray[np.int64] = (self.codes >= 0).sum(axis=1)
        return counts

    def on(self, rows: NDArray[np.bool_]) -> Votes:
        """Return the votes on the sentences that ``rows`` (n,) marks, and their documents."""
        kept = np.flatnonzero(rows)
        present, document_of = np.unique(self.document_of[kept], return_inverse=True)
        return replace(
            self,
            sentences=tuple(self.sentences[index] for index in kept.tolist()),
            documents=tuple(self.documents[index] for index in present.tolist()),
            document_of=document_of,
            codes=self.codes[kept],
            prefilled=self.prefilled[kept],
        )

    def without(self, dropped: NDArray[np.bool_]) -> Votes:
        """Return the votes with those that ``dropped`` (n, m) marks made missing."""
        codes = np.where(dropped, np.int32(-1), self.codes)
        return replace(self, codes=codes, prefilled=self.prefilled & ~dropped)


_Vote = tuple[str, str, tuple[str, ...], str]
"""The sentence, annotator, labels and origin of a judgement."""


@dataclass(slots=True)
class _Collector:
    """Votes as they pass by: four integers a vote, whatever the number of judgements."""

    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    choices: dict[tuple[str, ...], int] = field(default_factory=dict)
    first_given: list[str] = field(default_factory=list)
    taken: array[int] = field(default_factory=lambda: array("q"))

    def add(self, votes: Iterable[_Vote]) -> None:
        """Take votes; the order of their labels does not matter."""
        rows, columns, choices, taken = self.rows, self.columns, self.choices, self.taken
        for sentence, annotator, labels, origin in votes:
            choice = choices.get(labels)
            if choice is None:
                choice = choices[labels] = len(choices)
                self.first_given.append(f"{annotator} on {sentence}")
            row = rows.setdefault(sentence, len(rows))
            column = columns.setdefault(annotator, len(columns))
            taken.extend((row, column, choice, origin != MANUAL))

    def votes(self, schema: Schema) -> Votes:
        """Return the dense votes, refusing a second judgement of an annotator on a sentence."""
        addresses = sorted((_address(sentence), sentence) for sentence in self.rows)
        sentences = tuple(sentence for _, sentence in addresses)
        annotators = tuple(sorted(self.columns))
        documents = tuple(sorted({document for (document, _, _), _ in addresses}))
        place = {document: index for index, document in enumerate(documents)}
        row, column, choice, prefilled = np.array(self.taken, dtype=np.int64).reshape(-1, 4).T
        row = _ranks(self.rows, sentences)[row]
        column = _ranks(self.columns, annotators)[column]
        _refuse_repeats(row, column, sentences, annotators)
        sets, code_of = self._sets(schema)
        shape = len(sentences), len(annotators)
        codes = np.full(shape, -1, dtype=np.int32)
        codes[row, column] = code_of[choice]
        suggested = np.zeros(shape, dtype=np.bool_)
        suggested[row, column] = prefilled.astype(np.bool_)
        return Votes(
            sentences=sentences,
            documents=documents,
            annotators=annotators,
            labels=schema.names,
            document_of=np.array([place[d] for (d, _, _), _ in addresses], dtype=np.int64),
            codes=codes,
            sets=sets,
            prefilled=suggested,
        )

    def _sets(self, schema: Schema) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        rows = []
        for labels, given in zip(self.choices, self.first_given, strict=True):
            try:
                rows.append(schema.ordered(labels))
            except BadInput as error:
                raise BadInput(f"{given}: {error}", hint=error.hint) from error
        distinct = sorted(set(rows), key=lambda r: [name in r for name in schema.names])
        place = {labels: index for index, labels in enumerate(distinct)}
        sets = [[name in labels for name in schema.names] for labels in distinct]
        return (
            np.array(sets, dtype=np.bool_).reshape(len(distinct), len(schema.names)),
            np.array([place[labels] for labels in rows], dtype=np.int32),
        )


def _address(sentence: str) -> tuple[str, int, int]:
    document, _, span = sentence.rpartition(":")
    start, _, end = span.partition("-")
    if not document or not start.isdecimal() or not end.isdecimal():
        raise BadInput(
            f"{sentence!r} is no sentence's address (article:start-end)", hint="claimtypes check"
        )
    return document, int(start), int(end)


def _ranks(seen: dict[str, int], ordered: tuple[str, ...]) -> NDArray[np.int64]:
    """Map each number given when first seen to the place in ``ordered``."""
    ranks = np.empty(len(ordered), dtype=np.int64)
    ranks[[seen[name] for name in ordered]] = np.arange(len(ordered))
    return ranks


def _refuse_repeats(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    sentences: tuple[str, ...],
    annotators: tuple[str, ...],
) -> None:
    keys = np.sort(row * max(len(annotators), 1) + column)
    repeated = np.unique(keys[1:][keys[1:] == keys[:-1]])
    if not len(repeated):
        return
    named = [
        f"{annotators[key % len(annotators)]} on {sentences[key // len(annotators)]}"
        for key in repeated[:5].tolist()
    ]
    more = f" and {len(repeated) - 5} more" if len(repeated) > 5 else ""
    raise BadInput(
        f"an annotator judged a sentence more than once: {', '.join(named)}{more}",
        hint="choose one with --round NAME, or see claimtypes audit",
    )


def round_paths(project: Project, round: str | None = None) -> list[Path]:  # noqa: A002 - the record's name for it
    """Return the files of the rounds that count in order of name, or of the one named.

    Raises:
        ClaimtypesError: when there is no such round, or none at all.
    """
    paths = sorted(project.rounds.glob("*.jsonl"))
    if round is None:
        if counted := [path for path in paths if not path.stem.startswith(PILOT)]:
            return counted
        what = "has pilot rounds only, and they never count" if paths else "has no rounds yet"
        raise ClaimtypesError(f"the project {what}", hint="claimtypes sheets make ROUND")
    chosen = [path for path in paths if path.stem == round]
    if not chosen:
        names = ", ".join(path.stem for path in paths) or "none yet"
        raise ClaimtypesError(f"no such round: {round}", hint=f"the rounds are: {names}")
    return chosen


def load_judgements(project: Project, round: str | None = None) -> Iterator[Judgement]:  # noqa: A002 - the record's name for it
    """Yield the judgements of all rounds or one, as they lie there, repeats included.

    Raises:
        BadInput: naming file and line of the first that cannot be read.
    """
    for path in track(round_paths(project, round), "reading rounds"):
        yield from load_jsonl(path, Judgement)


def load_annotators(project: Project) -> dict[str, Annotator]:
    """Return who judges, by id; none where the project has no ``annotators.toml``.

    Raises:
        BadInput: for a file that is not TOML, an entry that is no annotator, an id used twice.
    """
    path = project.annotators
    if not path.exists():
        return {}
    try:
        entries: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("annotators", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: {error}", hint="claimtypes check") from error
    annotators: dict[str, Annotator] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        try:
            annotator = Annotator.from_dict(entry)
        except BadInput as error:
            raise BadInput(f"{path}: annotator {number}: {error}", hint=error.hint) from error
        if annotator.id in annotators:
            raise BadInput(f"{path}: two annotators {annotator.id!r}", hint="claimtypes check")
        annotators[annotator.id] = annotator
    return annotators


def build_votes(judgements: Iterable[Judgement], schema: Schema) -> Votes:
    """Return the dense votes of judgements in any order.

    Raises:
        BadInput: for a label the schema does not have, and for a second judgement of one
            annotator on one sentence, naming both.
    """
    collector = _Collector()
    collector.add((j.sentence, j.annotator, j.labels, j.origin) for j in judgements)
    return collector.votes(schema)


def load_votes(project: Project, schema: Schema, round: str | None = None) -> Votes:  # noqa: A002 - the record's name for it
    """Return the dense votes of all rounds or one, without keeping the records.

    Raises:
        BadInput: as `build_votes` does, and naming file and line of what cannot be read.
        ClaimtypesError: when there is no such round, or no judgement in it.
    """
    collector = _Collector()
    paths = round_paths(project, round)
    for path in track(paths, "reading rounds"):
        collector.add(_read_votes(path))
    if not collector.rows:
        raise ClaimtypesError(
            f"no judgements in {', '.join(path.stem for path in paths)}",
            hint="claimtypes sheets make ROUND",
        )
    return collector.votes(schema)


def _read_votes(path: Path) -> Iterator[_Vote]:
    as_written = _WRITTEN.fullmatch
    for number, line in numbered_lines(path):
        text = line.decode("utf-8", "replace")
        written = as_written(text)
        if written and "\ufffd" not in text:
            sentence, annotator, labels, origin = written.groups()
            yield sentence, annotator, _labels(labels), origin
            continue
        try:
            judgement = Judgement.parse(line)
        except BadInput as error:
            raise BadInput(f"{path}:{number}: {error}", hint="claimtypes check") from error
        yield judgement.sentence, judgement.annotator, judgement.labels, judgement.origin


def _line_pattern() -> re.Pattern[str]:
    """Return what matches a judgement as `Judgement.render` writes it, without escapes in it.

    Such a line is a valid record, and reading the four parts of a vote from it takes a tenth of
    the time of building the record; every other line is read as JSON.
    """
    character = r'[^"\\\x00-\x1f]'
    text = f'"{character}*"'
    shapes = {
        "str": text,
        "tuple[str, ...]": rf"\[(?:{text}(?:, {text})*)?\]",
        "float | None": r"(?:null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)",
    }
    kept = {
        "sentence": f'"({character}*)"',
        "annotator": f'"({character}*)"',
        "labels": f"({shapes['tuple[str, ...]']})",
        "origin": f'"({character}*)"',
    }
    parts = (f'"{f.name}": {kept.get(f.name, shapes[str(f.type)])}' for f in fields(Judgement))
    return re.compile(r"\{" + ", ".join(parts) + r"\}\s*")


_WRITTEN = _line_pattern()


@cache
def _labels(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
