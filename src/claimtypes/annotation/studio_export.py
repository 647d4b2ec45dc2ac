"""Label Studio exports turned into judgements; whatever is irregular becomes a finding.

Nothing here touches the network or a file: tasks come in as plain JSON values, exactly as Label
Studio exports them, and are believed only where they agree with the round's plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.annotation.studio_tasks import SEGMENTS, Part, Plan, PlannedTask
from claimtypes.records import Finding, Judgement
from claimtypes.store import sha256_bytes

SEVERITIES = {
    "annotation-deleted": "error",
    "annotation-unreadable": "error",
    "annotator-unknown": "error",
    "draft-open": "note",
    "edited-by-another": "error",
    "label-unknown": "error",
    "none-with-label": "error",
    "other-annotator": "error",
    "prefilled-unasked": "warning",
    "region-added": "error",
    "region-deleted": "error",
    "region-dragged": "error",
    "second-annotation": "error",
    "sentence-undecided": "error",
    "skipped": "warning",
    "submitted-empty": "error",
    "task-doubled": "error",
    "task-missing": "error",
    "task-text-changed": "error",
    "task-unknown": "warning",
}
"""What a pull may find, and how bad it is; no sentence named by an error ever reaches gold."""

RETURNABLE = frozenset({
    "annotation-unreadable", "annotator-unknown", "edited-by-another", "label-unknown",
    "none-with-label", "other-annotator", "region-added", "region-deleted", "region-dragged",
    "second-annotation", "sentence-undecided", "skipped", "submitted-empty",
})  # fmt: skip
"""Findings that the annotator can mend, so that ``push --return`` sends the task back."""


@dataclass(frozen=True, slots=True)
class Irregularity:
    """A finding, with the task and annotation on the server that it is about."""

    finding: Finding
    key: str = ""
    task: int = 0
    annotation: int = 0
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Normalised:
    """What an export holds.

    ``judgements`` are sound, in order of task and sentence. ``judged`` are the addresses of all
    sentences that some annotation, sound or not, speaks of. ``seen`` has the URL of each task
    found, by its key.
    """

    judgements: tuple[Judgement, ...]
    irregularities: tuple[Irregularity, ...]
    annotations: int
    seen: Mapping[str, str]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is irregular, in order."""
        return tuple(i.finding for i in self.irregularities)


@dataclass(slots=True)
class _Reader:
    plan: Plan
    annotator: str
    users: Mapping[int, str]
    none: str
    url: str
    found: list[Irregularity] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    annotations: int = 0

    def find(
        self,
        name: str,
        message: str,
        *,
        task: Mapping[str, Any] | None = None,
        key: str = "",
        annotation: int = 0,
        sentences: Iterable[str] = (),
        record: str = "",
    ) -> None:
        where = _where(self.url, task)
        number = _number((task or {}).get("id"))
        hint = f"claimtypes push {self.plan.round} --return" if name in RETURNABLE else _HINTS[name]
        addresses = tuple(sentences)
        finding = Finding(
            id=name,
            severity=SEVERITIES[name],
            message=message,
            path=where,
            record=record or key,
            hint=hint,
            evidence={"annotator": self.annotator, "sentences": str(len(addresses))},
        )
        self.found.append(Irregularity(finding, key, number, annotation, addresses))


_HINTS = {
    "annotation-deleted": "ask the annotator; what was pulled before is set aside, not lost",
    "draft-open": "the annotator submits it when the article is done",
    "prefilled-unasked": "switch predictions off in the project's settings",
    "task-doubled": "claimtypes push removes copies that nobody has annotated",
    "task-missing": "claimtypes push makes it again",
    "task-text-changed": "restore the task's data in Label Studio, or use a new round",
    "task-unknown": "delete it in Label Studio: no plan asked for it",
}


def normalise(
    tasks: Iterable[Mapping[str, Any]],
    plan: Plan,
    schema: Schema,
    *,
    annotator: str,
    users: Mapping[int, str],
    url: str = "",
) -> Normalised:
    """Turn the export of one annotator's project into judgements and findings.

    ``users`` maps the server's user numbers to annotator ids.
    """
    reader = _Reader(plan, annotator, users, schema.none.name, url.rstrip("/"))
    planned = plan.of(annotator)
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for task in tasks:
        key = _key(task)
        if key not in planned:
            reader.find("task-unknown", "no plan asked for this task", task=task, key=key)
        else:
            by_key.setdefault(key, []).append(task)
    for key, one in planned.items():
        copies = by_key.get(key, [])
        if not copies:
            reader.find("task-missing", "the server does not have this task", key=key)
        else:
            _read_task(reader, one, copies)
    return Normalised(
        tuple(reader.judgements),
        tuple(reader.found),
        reader.annotations,
        {key: _where(reader.url, copies[0]) for key, copies in by_key.items()},
    )


def _key(task: Any) -> str:
    data = task.get("data") if isinstance(task, Mapping) else None
    key = data.get("key") if isinstance(data, Mapping) else None
    return key if isinstance(key, str) else ""


def _where(url: str, task: Mapping[str, Any] | None) -> str:
    """Return the address at which a task can be looked at."""
    number = _number((task or {}).get("id"))
    project = _number((task or {}).get("project"))
    return f"{url}/projects/{project}/data?task={number}" if number else url


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _read_task(reader: _Reader, planned: PlannedTask, copies: list[Mapping[str, Any]]) -> None:
    addresses = [part.sentence for part in planned.parts]
    # An annotated copy is the one to read; an unannotated one is only in the way.
    answered = [task for task in copies if _dicts(task.get("annotations"))]
    if len(answered) > 1:
        message = f"{len(answered)} copies of this task are annotated"
        reader.find("task-doubled", message, task=answered[0], key=planned.key, sentences=addresses)
        reader.annotations += sum(len(_dicts(task.get("annotations"))) for task in answered)
        return
    if len(copies) > 1:
        message = f"the server has {len(copies)} copies of this task"
        reader.find("task-doubled", message, task=copies[0], key=planned.key)
    task = (answered or copies)[0]
    data = task.get("data") or {}
    text = data.get("text" if reader.plan.design == "document" else "sentence")
    annotations = _dicts(task.get("annotations"))
    reader.annotations += len(annotations)
    if not isinstance(text, str) or _sha256(text) != planned.text_sha256:
        message = "the task's text is not the one that was pushed"
        reader.find("task-text-changed", message, task=task, key=planned.key, sentences=addresses)
        return
    if _dicts(task.get("drafts")) and not annotations:
        reader.find("draft-open", "a draft is not submitted", task=task, key=planned.key)
    own = _own(reader, planned, task, annotations)
    if own is not None:
        _read_annotation(reader, planned, task, own, text)


def _sha256(text: str) -> str:
    return sha256_bytes(text.encode("utf-8", "surrogatepass"))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _own(
    reader: _Reader,
    planned: PlannedTask,
    task: Mapping[str, Any],
    annotations: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """Return the annotation to believe: the only one, by its annotator, touched by nobody else."""
    addresses = [part.sentence for part in planned.parts]
    live = []
    for annotation in annotations:
        number = _number(annotation.get("id"))
        by = _user(annotation.get("completed_by"))
        name = reader.users.get(by, "")
        more: dict[str, Any] = {
            "task": task, "key": planned.key, "annotation": number, "sentences": addresses
        }  # fmt: skip
        if annotation.get("was_cancelled"):
            reader.find("skipped", f"{name or 'somebody'} skipped it", **more)
        elif not name:
            reader.find("annotator-unknown", f"user {by} is no annotator of the project", **more)
        elif name != reader.annotator:
            reader.find("other-annotator", f"{name} annotated {reader.annotator}'s task", **more)
        elif (editor := _user(annotation.get("updated_by"))) and editor != by:
            message = f"{reader.users.get(editor, f'user {editor}')} changed {name}'s annotation"
            reader.find("edited-by-another", message, **more)
        else:
            live.append(annotation)
    if len(live) > 1:
        reader.find(
            "second-annotation",
            f"{reader.annotator} annotated it {len(live)} times",
            task=task,
            key=planned.key,
            annotation=_number(live[-1].get("id")),
            sentences=addresses,
        )
        return None
    return live[0] if live else None


def _user(value: Any) -> int:
    return _number(value.get("id")) if isinstance(value, dict) else _number(value)


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


def _read_annotation(
    reader: _Reader,
    planned: PlannedTask,
    task: Mapping[str, Any],
    annotation: dict[str, Any],
    text: str,
) -> None:
    more: dict[str, Any] = {
        "task": task, "key": planned.key, "annotation": _number(annotation.get("id"))
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
    reader: _Reader, part: Part, answer: _Answer | None, text: str, more: dict[str, Any]
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
        reader: _Reader,
    ) -> _Origin:
        predictions = _dicts(task.get("predictions"))
        parent = annotation.get("parent_prediction")
        version = reader.plan.prefill
        mine = [p for p in predictions if p.get("id") == parent and parent is not None]
        if version and not mine:
            mine = [p for p in predictions if p.get("model_version") == version]
        for prediction in mine:
            name = str(prediction.get("model_version") or "")
            results = _dicts(prediction.get("result"))
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
