"""Label Studio exports turned into judgements; whatever is irregular becomes a finding.

Nothing here touches the network or a file: tasks come in as plain JSON values, exactly as Label
Studio exports them, and are believed only where they agree with the round's plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.annotation.studio_annotation import read_annotation
from claimtypes.annotation.studio_irregularities import (
    Irregularity,
    Reader,
    number_of,
    objects_of,
    where_is,
)
from claimtypes.annotation.studio_tasks import Plan, PlannedTask
from claimtypes.records import Finding, Judgement
from claimtypes.store import sha256_bytes


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
    reader = Reader(plan, annotator, users, schema.none.name, url.rstrip("/"))
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
        {key: where_is(reader.url, copies[0]) for key, copies in by_key.items()},
    )


def _key(task: Any) -> str:
    data = task.get("data") if isinstance(task, Mapping) else None
    key = data.get("key") if isinstance(data, Mapping) else None
    return key if isinstance(key, str) else ""


def _read_task(reader: Reader, planned: PlannedTask, copies: list[Mapping[str, Any]]) -> None:
    addresses = [part.sentence for part in planned.parts]
    # An annotated copy is the one to read; an unannotated one is only in the way.
    answered = [task for task in copies if objects_of(task.get("annotations"))]
    if len(answered) > 1:
        message = f"{len(answered)} copies of this task are annotated"
        reader.find("task-doubled", message, task=answered[0], key=planned.key, sentences=addresses)
        reader.annotations += sum(len(objects_of(task.get("annotations"))) for task in answered)
        return
    if len(copies) > 1:
        message = f"the server has {len(copies)} copies of this task"
        reader.find("task-doubled", message, task=copies[0], key=planned.key)
    task = (answered or copies)[0]
    data = task.get("data") or {}
    text = data.get("text" if reader.plan.design == "document" else "sentence")
    annotations = objects_of(task.get("annotations"))
    reader.annotations += len(annotations)
    if not isinstance(text, str) or _sha256(text) != planned.text_sha256:
        message = "the task's text is not the one that was pushed"
        reader.find("task-text-changed", message, task=task, key=planned.key, sentences=addresses)
        return
    if objects_of(task.get("drafts")) and not annotations:
        reader.find("draft-open", "a draft is not submitted", task=task, key=planned.key)
    own = _own(reader, planned, task, annotations)
    if own is not None:
        read_annotation(reader, planned, task, own, text)


def _sha256(text: str) -> str:
    return sha256_bytes(text.encode("utf-8", "surrogatepass"))


def _own(
    reader: Reader,
    planned: PlannedTask,
    task: Mapping[str, Any],
    annotations: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """Return the annotation to believe: the only one, by its annotator, touched by nobody else."""
    addresses = [part.sentence for part in planned.parts]
    live = []
    for annotation in annotations:
        number = number_of(annotation.get("id"))
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
            annotation=number_of(live[-1].get("id")),
            sentences=addresses,
        )
        return None
    return live[0] if live else None


def _user(value: Any) -> int:
    return number_of(value.get("id")) if isinstance(value, dict) else number_of(value)
