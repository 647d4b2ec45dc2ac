"""What one annotation of a task says: its answers by region, its time, its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from claimtypes.annotation.studio_irregularities import Reader, number_of, objects_of
from claimtypes.annotation.studio_tasks import SEGMENTS, Part, PlannedTask
from claimtypes.records import Judgement


@dataclass(slots=True)
class _Answer:
    """What an annotation says of one region."""

    choices: list[str] | None = None
    note: str = ""
    span: tuple[Any, Any, Any] | None = None


def _collect(results: list[dict[str, Any]], design: str) -> dict[str, _Answer]:
    answers: dict[str, _Answer] = {}
    for result in results:
        region = str(result.get("id", "")) if design == "document" else "sentence"
        answer = answers.setdefault(region, _Answer())
        value = result.get("value")
        value = value if isinstance(value, dict) else {}
        name = result.get("from_name")
        if design == "document" and name in {"seg", "claim"}:
            span = value.get("start"), value.get("end"), value.get("text")
            # A dragged region shows in any of its results; the first that moved is kept.
            answer.span = answer.span or span
            if name == "seg":
                answer.span = span
        if name == "claim":
            choices = value.get("choices")
            named = choices if isinstance(choices, list) else [choices]
            answer.choices = [*(answer.choices or []), *(str(c) for c in named)]
        if name == "note":
            text = value.get("text")
            lines = text if isinstance(text, list) else [text]
            answer.note = " ".join(str(line) for line in lines if line)
    return answers


def read_annotation(
    reader: Reader,
    planned: PlannedTask,
    task: Mapping[str, Any],
    annotation: dict[str, Any],
    text: str,
) -> None:
    """Add what an annotation decides to the reader's judgements, or find why it cannot be."""
    more: dict[str, Any] = {
        "task": task, "key": planned.key, "annotation": number_of(annotation.get("id"))
    }  # fmt: skip
    addresses = [part.sentence for part in planned.parts]
    results = annotation.get("result")
    at = moment(annotation)
    if not isinstance(results, list) or any(not isinstance(r, dict) for r in results) or not at:
        message = "the annotation has no readable result or time"
        reader.find("annotation-unreadable", message, **more, sentences=addresses)
        return
    if not any(result.get("from_name") == "claim" for result in results):
        reader.find("submitted-empty", "submitted without a decision", **more, sentences=addresses)
        return
    answers = _collect(results, reader.plan.design)
    origin = _Origin.of(task, annotation, reader)
    if origin.unasked:
        message = f"suggestions of {origin.model} were shown in a round without any"
        reader.find("prefilled-unasked", message, **more, sentences=addresses)
    for region in sorted(answers.keys() - {part.region for part in planned.parts}):
        reader.find("region-added", f"the region {region} is no sentence of the task", **more)
    seconds = _seconds(annotation.get("lead_time"), len(planned.parts))
    for part in planned.parts:
        labels = _labels(reader, part, answers.get(part.region), text, more)
        if labels is None:
            continue
        how, model = origin.of_sentence(part, labels)
        reader.judgements.append(
            Judgement(
                sentence=part.sentence,
                annotator=reader.annotator,
                labels=labels,
                round=reader.plan.round,
                schema_version=reader.plan.schema_version,
                guideline_version=reader.plan.guideline_version,
                text_fingerprint=part.fingerprint,
                at=at,
                seconds=seconds,
                origin=how,
                model=model,
                note=answers[part.region].note,
            )
        )


def _labels(
    reader: Reader, part: Part, answer: _Answer | None, text: str, more: dict[str, Any]
) -> tuple[str, ...] | None:
    """Return the labels an annotation gives a sentence, or find what is wrong with it."""

    def find(name: str, message: str) -> None:
        reader.find(name, message, **more, sentences=[part.sentence], record=part.sentence)

    if answer is None:
        find("region-deleted", f"the sentence's region {part.region} is gone")
        return None
    expected = part.start, part.end, text[part.start : part.end]
    if reader.plan.design == "document" and answer.span != expected:
        find("region-dragged", f"the region {part.region} lies elsewhere than it was put")
        return None
    if not answer.choices:
        find("sentence-undecided", "no decision on this sentence")
        return None
    chosen = set(answer.choices)
    if unknown := sorted(chosen - {*reader.plan.labels, reader.none}):
        find("label-unknown", f"unknown label {', '.join(unknown)}")
        return None
    if reader.none in chosen and len(chosen) > 1:
        others = ", ".join(sorted(chosen - {reader.none}))
        find("none-with-label", f"{reader.none} together with {others}")
        return None
    return tuple(name for name in reader.plan.labels if name in chosen)


def moment(annotation: Mapping[str, Any]) -> str:
    """Return when an annotation was last changed, in UTC to the second; nothing if unreadable."""
    value = annotation.get("updated_at") or annotation.get("created_at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    if moment is None or moment.tzinfo is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(lead_time: Any, sentences: int) -> float | None:
    """Return the seconds a sentence took: a document's time is shared out evenly."""
    if isinstance(lead_time, bool) or not isinstance(lead_time, int | float) or lead_time < 0:
        return None
    return round(lead_time / max(sentences, 1), 3)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Whether an annotation began as a model's suggestions, and what they were by region."""

    model: str
    suggested: Mapping[str, frozenset[str]]
    unasked: bool
    none: str

    @classmethod
    def of(
        cls,
        task: Mapping[str, Any],
        annotation: Mapping[str, Any],
        reader: Reader,
    ) -> _Origin:
        predictions = objects_of(task.get("predictions"))
        parent = annotation.get("parent_prediction")
        version = reader.plan.prefill
        mine = [p for p in predictions if p.get("id") == parent and parent is not None]
        if version and not mine:
            mine = [p for p in predictions if p.get("model_version") == version]
        for prediction in mine:
            name = str(prediction.get("model_version") or "")
            results = objects_of(prediction.get("result"))
            claims = any(result.get("from_name") == "claim" for result in results)
            if name.startswith(SEGMENTS) or not claims:
                continue
            answers = _collect(results, reader.plan.design)
            suggested = {r: frozenset(a.choices or ()) for r, a in answers.items()}
            return cls(name, suggested, name != version, reader.none)
        if version:
            # The suggestion is gone from the server, but it was shown.
            return cls(version, {}, False, reader.none)
        return cls("", {}, False, reader.none)

    def of_sentence(self, part: Part, labels: tuple[str, ...]) -> tuple[str, str]:
        if not self.model:
            return "manual", ""
        kept = self.suggested.get(part.region) == frozenset(labels or (self.none,))
        return ("prefilled" if kept else "prefilled-changed"), self.model
