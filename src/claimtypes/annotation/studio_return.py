"""Irregular annotations sent back: their makers see why, keep what was sound, and redo the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from claimtypes.annotation.exchange import pull
from claimtypes.annotation.schema import load_schema
from claimtypes.annotation.studio import connect
from claimtypes.annotation.studio_client import StudioClient
from claimtypes.annotation.studio_irregularities import RETURNABLE, Irregularity
from claimtypes.annotation.studio_projects import shown_version
from claimtypes.annotation.studio_record import studio_folder
from claimtypes.annotation.studio_tasks import Plan, load_plan, segments, suggestions
from claimtypes.project import Project
from claimtypes.records import Judgement
from claimtypes.store import load_jsonl, locked, write_text


def return_round(project: Project, round_name: str) -> list[tuple[str, str]]:
    """Send the irregular annotations of a round back; return annotator and task key of each.

    The annotation is kept in ``.studio/returned``, then taken off the server, so that its task
    comes up again for its annotator: in the document design with their own sound decisions in
    place, and always with a line that says what was wrong.

    Raises:
        StudioError: when the server does not answer; what was sent back is, the rest is not.
    """
    pulled = pull(project, round_name)
    plan = load_plan(project, round_name)
    client = connect(project)
    back: dict[tuple[str, str], list[Irregularity]] = {}
    for found in pulled.irregularities:
        if found.finding.id in RETURNABLE and found.annotation:
            annotator = found.finding.evidence["annotator"]
            back.setdefault((annotator, found.key), []).append(found)
    path = project.rounds / f"{round_name}.jsonl"
    with locked(project.state):
        sound: dict[tuple[str, str], Judgement] = {}
        if path.exists():
            sound = {(j.annotator, j.sentence): j for j in load_jsonl(path, Judgement)}
        for (annotator, _), irregular in back.items():
            _send_back(project, client, plan, annotator=annotator, found=irregular, sound=sound)
    return sorted(back)


def _send_back(
    project: Project,
    client: StudioClient,
    plan: Plan,
    *,
    annotator: str,
    found: list[Irregularity],
    sound: Mapping[tuple[str, str], Judgement],
) -> None:
    number = found[0].task
    task: dict[str, Any] = client.get(f"/api/tasks/{number}/")
    kept = studio_folder(project) / "returned" / f"{plan.round}-{annotator}-{number}.json"
    for place in range(1, 1000):
        if not kept.exists():
            break
        kept = kept.with_name(f"{plan.round}-{annotator}-{number}-{place}.json")
    write_text(kept, json.dumps(task, ensure_ascii=False, indent=1) + "\n")
    reasons = dict.fromkeys(i.finding.message for i in found)
    notice = "Sent back: " + "; ".join(list(reasons)[:5])
    client.send("PATCH", f"/api/tasks/{number}/", {"data": task["data"] | {"notice": notice}})
    if plan.design == "document":
        planned = plan.of(annotator)[found[0].key]
        text = task["data"]["text"]
        labels = {
            part.sentence: sound[annotator, part.sentence].labels
            for part in planned.parts
            if (annotator, part.sentence) in sound
        }
        none = load_schema(project.schema).none.name
        result = segments(planned, text) + suggestions(planned, text, plan.design, labels, none)
        there = client.get_object(f"/api/projects/{task['project']}/", "id")
        version = plan.prefill or shown_version(there)
        for old in task.get("predictions") or []:
            client.send("DELETE", f"/api/predictions/{old['id']}/")
        values = {"task": number, "model_version": version, "result": result}
        client.send("POST", "/api/predictions/", values)
    mine = {i.annotation for i in found}
    if any(i.finding.id == "second-annotation" for i in found):
        # Which of them was meant only their maker knows, so none is left to be believed.
        mine |= {int(annotation["id"]) for annotation in task.get("annotations") or []}
    # Last, so that a return cut short is simply found and sent back again.
    for annotation in sorted(mine):
        client.send("DELETE", f"/api/annotations/{annotation}/")
