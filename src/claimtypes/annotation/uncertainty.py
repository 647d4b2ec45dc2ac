"""Which sentences to label next: those a model is least sure of come first in Label Studio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimtypes.annotation.studio import connect
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_projects import find_project, mark
from claimtypes.annotation.studio_tasks import SEGMENTS, Plan, PlannedTask, load_plan, segments
from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.store import locked

DIGITS = 6
_BATCH = 200


def confidence(probabilities: Iterable[float]) -> float:
    """Return how sure a model is of a label set: 0 at even odds of any label, 1 at certainty.

    It is the distance from 1/2 of the label it wavers on most, doubled (least confidence;
    Settles 2009, section 3.1, taken per label).
    """
    return round(min((abs(p - 0.5) * 2 for p in probabilities), default=0.0), DIGITS)


def task_confidence(task: PlannedTask, scores: Mapping[str, float]) -> float:
    """Return a task's confidence: the mean of its sentences'.

    Raises:
        BadInput: when a sentence was not scored.
    """
    if missing := [p.sentence for p in task.parts if p.sentence not in scores]:
        raise BadInput(f"no score for {missing[0]}", hint="claimtypes hydrate --texts FOLDER")
    return round(sum(scores[p.sentence] for p in task.parts) / len(task.parts), DIGITS)


@dataclass(frozen=True, slots=True)
class Scored:
    """What scoring did: tasks scored over all projects, and older scores replaced."""

    scored: int
    replaced: int
    version: str


def score(project: Project, round_name: str, model: str, scores: Mapping[str, float]) -> Scored:
    """Order a round's tasks by ``scores``, a confidence by sentence; the least comes first.

    Scores travel as predictions without labels, so that nothing is suggested to anybody. Those of
    an earlier scoring are replaced.

    Raises:
        StudioError: when the server does not take them; scoring again completes it.
        BadInput: when a sentence of the round was not scored.
    """
    plan = load_plan(project, round_name)
    if plan.prefill:
        raise BadInput(
            f"the round {round_name} shows the suggestions of {plan.prefill}",
            hint="score a round that was pushed without --prefill",
        )
    wanted = {task.key: task_confidence(task, scores) for task in plan.tasks}
    version = f"{SEGMENTS} scored by {model}"
    scored = replaced = 0
    client = connect(project)
    with locked(project.state):
        for name in track(plan.annotators, "scoring"):
            there = find_project(client, mark(project, round_name, name))
            if there is None:
                raise StudioError(
                    f"{client.url} has no project for {name} in the round {round_name}",
                    hint=f"claimtypes push {round_name}",
                )
            done, gone = _score_project(
                client, int(there["id"]), plan, name=name, version=version, wanted=wanted
            )
            scored, replaced = scored + done, replaced + gone
    return Scored(scored, replaced, version)


def _score_project(
    client: StudioClient,
    number: int,
    plan: Plan,
    *,
    name: str,
    version: str,
    wanted: Mapping[str, float],
) -> tuple[int, int]:
    planned = plan.of(name)
    tasks = [t for t in client.export(number) if t["data"].get("key") in planned]
    old = [p["id"] for t in tasks for p in t.get("predictions") or []]
    rows: list[dict[str, Any]] = []
    for task in tasks:
        one = planned[task["data"]["key"]]
        result = segments(one, task["data"]["text"]) if plan.design == "document" else []
        row = {"task": task["id"], "model_version": version, "score": wanted[one.key]}
        rows.append(row | {"result": result})
    for batch in _batches(rows):
        client.send("POST", f"/api/projects/{number}/import/predictions", batch)
    # The old ones go last: a scoring cut short leaves every task with its regions.
    for prediction in old:
        client.send("DELETE", f"/api/predictions/{prediction}/")
    settings = {"model_version": version, "sampling": "Uncertainty sampling"}
    client.send("PATCH", f"/api/projects/{number}/", settings)
    return len(rows), len(old)


def _batches(rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    return (rows[place : place + _BATCH] for place in range(0, len(rows), _BATCH))
