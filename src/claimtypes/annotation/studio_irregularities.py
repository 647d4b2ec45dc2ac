"""What may be irregular in a Label Studio export: how bad each kind is, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from claimtypes.annotation.studio_tasks import Plan
from claimtypes.records import Finding, Judgement

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


_HINTS = {
    "annotation-deleted": "ask the annotator; what was pulled before is set aside, not lost",
    "draft-open": "the annotator submits it when the article is done",
    "prefilled-unasked": "switch predictions off in the project's settings",
    "task-doubled": "claimtypes push removes copies that nobody has annotated",
    "task-missing": "claimtypes push makes it again",
    "task-text-changed": "restore the task's data in Label Studio, or use a new round",
    "task-unknown": "delete it in Label Studio: no plan asked for it",
}


@dataclass(slots=True)
class Reader:
    """What reading one annotator's export has brought so far: judgements and irregularities."""

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
        """Note that something is irregular, with the task it is about."""
        where = where_is(self.url, task)
        number = number_of((task or {}).get("id"))
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


def where_is(url: str, task: Mapping[str, Any] | None) -> str:
    """Return the address at which a task can be looked at."""
    number = number_of((task or {}).get("id"))
    project = number_of((task or {}).get("project"))
    return f"{url}/projects/{project}/data?task={number}" if number else url


def number_of(value: Any) -> int:
    """Return a whole number, or 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def objects_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list, or none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
