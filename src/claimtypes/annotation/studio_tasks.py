"""What a round asks of Label Studio: tasks with keys of their own, and the plan that binds them.

The plan is kept in the project. It says which task holds which sentences at which offsets, so
that whatever comes back is bound to a sentence by us and never by what a server says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project
from claimtypes.records import Article, Record, Sentence
from claimtypes.store import sha256_bytes, write_text

SEGMENTS = "segments"
"""The version of predictions that only hold the sentences' regions: they suggest nothing."""

CONTEXT = 2
"""Sentences shown before and after the one to judge in the sentence design."""

NOTHING = "\u2014"
"""Shown where there is no context: Label Studio complains of empty values."""


@dataclass(frozen=True, slots=True)
class Part(Record):
    """One sentence of a task: ``start`` and ``end`` are offsets in the task's text."""

    region: str
    sentence: str
    start: int
    end: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class PlannedTask(Record):
    """One task: its key, the text's SHA-256, its sentences in order, and who gets it."""

    key: str
    text_sha256: str
    parts: tuple[Part, ...]
    annotators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """Everything a round asked for, and under which schema and guidelines it was asked.

    ``labels`` are the names offered in order, ``prefill`` the model whose suggestions were shown,
    or empty.
    """

    round: str
    design: str
    schema_version: str
    guideline_version: str
    labels: tuple[str, ...]
    prefill: str
    annotators: tuple[str, ...]
    tasks: tuple[PlannedTask, ...]

    def of(self, annotator: str) -> dict[str, PlannedTask]:
        """Return the tasks that an annotator gets, by key."""
        return {task.key: task for task in self.tasks if annotator in task.annotators}


def plan_path(project: Project, round_name: str) -> Path:
    """Return where a round's plan is kept."""
    return project.studio / f"{round_name}.json"


def load_plan(project: Project, round_name: str) -> Plan:
    """Return a round's plan.

    Raises:
        ClaimtypesError: when the round was never pushed.
        BadInput: when the plan cannot be read.
    """
    path = plan_path(project, round_name)
    try:
        return Plan.parse(path.read_bytes())
    except FileNotFoundError as error:
        raise ClaimtypesError(
            f"the round {round_name} was never pushed", hint=f"claimtypes push {round_name}"
        ) from error
    except BadInput as error:
        raise BadInput(f"{path}: {error}", hint="restore it from version control") from error


def dump_plan(project: Project, plan: Plan) -> None:
    """Write a round's plan, one task a line, the same bytes for the same plan."""
    values = plan.to_dict()
    tasks = values.pop("tasks")
    lines = [json.dumps(values, ensure_ascii=False)[:-1] + ', "tasks": [']
    lines.append(",\n".join(json.dumps(task, ensure_ascii=False) for task in tasks))
    write_text(plan_path(project, plan.round), "\n".join([*lines, "]}"]) + "\n")


def assign(key: str, annotators: Sequence[str], overlap: int) -> tuple[str, ...]:
    """Return who gets a task: ``overlap`` of the annotators, drawn from the task's key."""

    def draw(annotator: str) -> str:
        return sha256_bytes(f"{key} {annotator}".encode())

    return tuple(sorted(sorted(annotators, key=draw)[:overlap]))


def task_text(article: Article, sentences: Sequence[Sentence]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text a document task shows, and each sentence's offsets in it.

    It is the article's own text, so that offsets are the sentences' addresses; where that is
    withheld, its sentences as they were hydrated.

    Raises:
        BadInput: for a sentence without text.
    """
    if article.text is not None:
        return article.text, [(s.start, s.end) for s in sentences]
    text, spans, paragraph = "", [], None
    for sentence in sentences:
        if sentence.text is None:
            raise BadInput(f"{sentence.id} has no text", hint="claimtypes hydrate --texts FOLDER")
        if paragraph is not None:
            text += " " if sentence.paragraph == paragraph else "\n\n"
        paragraph = sentence.paragraph
        spans.append((len(text), len(text) + len(sentence.text)))
        text += sentence.text
    return text, spans


def plan_tasks(
    sentences: Iterable[Sentence],
    articles: Mapping[str, Article],
    *,
    design: str,
    annotators: Sequence[str],
    overlap: int,
    only: frozenset[str] | None = None,
) -> tuple[tuple[PlannedTask, ...], dict[str, dict[str, Any]]]:
    """Return the tasks of a round and each one's data by key.

    ``only`` are the ids of the sentences to ask for, in the sentence design.

    Raises:
        BadInput: for a sentence without text.
    """
    tasks: list[PlannedTask] = []
    data: dict[str, dict[str, Any]] = {}
    for name, group in groupby(sentences, key=lambda s: s.article):
        everything = list(group)
        if not any(s.annotated and (only is None or s.id in only) for s in everything):
            continue
        make = _document if design == "document" else _one_by_one
        for key, text, parts, shown in make(articles[name], everything, only):
            chosen = assign(key, annotators, overlap)
            tasks.append(PlannedTask(key, sha256_bytes(text.encode()), parts, chosen))
            data[key] = {"key": key, **shown, "notice": " "}
    return tuple(tasks), data


_Made = tuple[str, str, tuple[Part, ...], dict[str, Any]]


def _document(
    article: Article, sentences: Sequence[Sentence], only: frozenset[str] | None
) -> Iterable[_Made]:
    text, spans = task_text(article, sentences)
    parts = tuple(
        Part(f"s{number:04}", s.id, start, end, s.fingerprint)
        for number, (s, (start, end)) in enumerate(
            ((s, span) for s, span in zip(sentences, spans, strict=True) if s.annotated), 1
        )
        if only is None or s.id in only
    )
    heading = f"{article.title} \u2013 {len(parts)} sentences"
    yield article.id, text, parts, {"heading": heading, "text": text}


def _one_by_one(
    article: Article, sentences: Sequence[Sentence], only: frozenset[str] | None
) -> Iterable[_Made]:
    line = [s for s in sentences if s.annotated]
    for place, sentence in enumerate(line):
        if only is not None and sentence.id not in only:
            continue
        before, text, after = context(line, place)
        heading = heading_of(article, sentences, sentence)
        part = Part("sentence", sentence.id, 0, len(text), sentence.fingerprint)
        shown = {
            "heading": f"{heading} \u2013 sentence {place + 1} of {len(line)}",
            "before": before,
            "sentence": text,
            "after": after,
        }
        yield sentence.id, text, (part,), shown


def heading_of(article: Article, sentences: Sequence[Sentence], sentence: Sentence) -> str:
    """Return the article's title, with the heading that a sentence stands under."""
    section = sentences[sentence.section].text if 0 <= sentence.section < len(sentences) else None
    return f"{article.title} \u203a {section}" if section else article.title


def context(line: Sequence[Sentence], place: int) -> tuple[str, str, str]:
    """Return the text before a sentence, its own and that after it.

    Raises:
        BadInput: when its text is withheld.
    """
    text = line[place].text
    if text is None:
        raise BadInput(f"{line[place].id} has no text", hint="claimtypes hydrate --texts FOLDER")
    around = [
        " ".join(s.text or "" for s in some).strip() or NOTHING
        for some in (line[max(place - CONTEXT, 0) : place], line[place + 1 : place + 1 + CONTEXT])
    ]
    return around[0], text, around[1]


def segments(task: PlannedTask, text: str) -> list[dict[str, Any]]:
    """Return the read-only regions of a document task, one a sentence."""
    return [
        {
            "id": part.region,
            "readonly": True,
            "from_name": "seg",
            "to_name": "doc",
            "type": "labels",
            "value": {
                "start": part.start,
                "end": part.end,
                "text": text[part.start : part.end],
                "labels": ["sentence"],
            },
        }
        for part in task.parts
    ]


def suggestions(
    task: PlannedTask, text: str, design: str, labels: Mapping[str, Sequence[str]], none: str
) -> list[dict[str, Any]]:
    """Return choices of labels, by sentence, as Label Studio stores them."""
    results = []
    for part in task.parts:
        if part.sentence not in labels:
            continue
        value: dict[str, Any] = {"choices": list(labels[part.sentence]) or [none]}
        row = {"from_name": "claim", "to_name": "sentence", "type": "choices", "value": value}
        if design == "document":
            value |= {"start": part.start, "end": part.end, "text": text[part.start : part.end]}
            row |= {"id": part.region, "to_name": "doc"}
        results.append(row)
    return results


def payload(
    task: PlannedTask,
    data: dict[str, Any],
    design: str,
    *,
    suggested: Mapping[str, Sequence[str]] | None = None,
    version: str = SEGMENTS,
    none: str = "none",
) -> dict[str, Any]:
    """Return what is imported for a task: data, key and, where needed, its prediction.

    ``version`` is the one its project shows.
    """
    values: dict[str, Any] = {"data": data, "meta": {"key": task.key}}
    text = data["text" if design == "document" else "sentence"]
    result = segments(task, text) if design == "document" else []
    if suggested is not None:
        result += suggestions(task, text, design, suggested, none)
    if result:
        values["predictions"] = [{"model_version": version, "result": result}]
    return values
