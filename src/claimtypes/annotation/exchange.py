"""Rounds pushed to Label Studio and pulled back: every judgement once, or named as a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimtypes.annotation.intake import Pulled, findings_path, take_in
from claimtypes.annotation.reading import require_reader, require_round
from claimtypes.annotation.rounds import PILOT
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.annotation.studio import connect
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_config import config_aliases
from claimtypes.annotation.studio_export import Normalised, normalise
from claimtypes.annotation.studio_irregularities import Irregularity
from claimtypes.annotation.studio_mirror import fetch_tasks
from claimtypes.annotation.studio_planning import plan_round, write_configs
from claimtypes.annotation.studio_projects import (
    count_tasks,
    ensure_project,
    find_project,
    mark,
    read_back,
    remove_tasks,
    shown_version,
    user_names,
)
from claimtypes.annotation.studio_record import load_studio
from claimtypes.annotation.studio_tasks import (
    SEGMENTS,
    Plan,
    dump_plan,
    load_plan,
    payload,
)
from claimtypes.errors import ClaimtypesError, Refused
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Finding
from claimtypes.store import dump_jsonl, locked

BATCH = 1000
"""Tasks a request carries: each is one transaction on the server."""

DOCUMENT_BATCH = 20


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: tasks made, there already, and copies removed; each project's URL."""

    made: int
    known: int
    removed: int
    projects: tuple[tuple[str, str], ...]


def push(
    project: Project,
    round_name: str,
    *,
    annotators: Sequence[str] = (),
    design: str = "",
    overlap: int = 0,
    articles: frozenset[str] | None = None,
    only: frozenset[str] | None = None,
    prefill: tuple[str, Mapping[str, Sequence[str]]] | None = None,
) -> Pushed:
    """Make a round's tasks, once: a project for each annotator, a task for each key.

    What a round asked for before is asked for again; ``articles`` and ``only`` add to it.
    ``overlap`` is how many annotators get each task, all of them unless given. ``prefill`` names
    a model and gives its labels by sentence; they are shown, and recorded on each judgement, in
    rounds that do not count for gold.

    Raises:
        Refused: when the text, schema, design or guidelines of a pushed round have changed, or
            labels would be shown in a round that counts.
        StudioError: when the server does not take it; a second push then completes the first.
    """
    require_round(round_name)
    if prefill and not round_name.startswith(PILOT):
        raise Refused(
            f"the round {round_name} counts for gold, and labels shown first sway who sees them",
            hint=f"claimtypes push {PILOT}-{round_name} --prefill {prefill[0].partition('@')[0]}",
        )
    schema = load_schema(project.schema)
    with locked(project.state):
        plan, data = plan_round(
            project,
            schema,
            round_name,
            annotators=annotators,
            design=design,
            overlap=overlap,
            wanted=articles,
            only=only,
            prefill=prefill[0] if prefill else "",
        )
        configs = write_configs(project, schema)
        client = connect(project)
        emails = {a.annotator: a for a in load_studio(project).accounts}
        for name in plan.annotators:
            require_reader(project, name)
            if load_studio(project).url and name not in emails:
                raise ClaimtypesError(
                    f"{name} has no account", hint=f"claimtypes studio up --annotator {name}"
                )
        # The plan is kept before anything is sent: what is on the server is always planned.
        dump_plan(project, plan)
        done = [
            _push_to(
                client,
                ensure_project(
                    client,
                    project,
                    schema,
                    round_name=plan.round,
                    who=name,
                    config=configs[plan.design],
                    **_predictions_of(plan),
                ),
                plan,
                _Asked(name, data, prefill[1] if prefill else None, schema.none.name),
            )
            for name in plan.annotators
        ]
    return Pushed(
        sum(one.made for one in done),
        sum(one.known for one in done),
        sum(one.removed for one in done),
        tuple(pair for one in done for pair in one.projects),
    )


def _predictions_of(plan: Plan) -> dict[str, Any]:
    shown = plan.prefill or (SEGMENTS if plan.design == "document" else "")
    # Set while the project is made: later, a server wants predictions of that version first.
    return {"model_version": shown, "show_collab_predictions": bool(shown)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What goes to one annotator: each task's data by key, and labels to show, or nothing."""

    annotator: str
    data: Mapping[str, dict[str, Any]]
    suggested: Mapping[str, Sequence[str]] | None
    none: str


def _push_to(client: StudioClient, there: Mapping[str, Any], plan: Plan, asked: _Asked) -> Pushed:
    """Complete one annotator's project, reading back what it holds before and after."""
    number = int(there["id"])
    wanted = plan.of(asked.annotator)
    before, doubled = read_back(client, number)
    removed = remove_tasks(client, doubled)
    missing = [task for key, task in wanted.items() if key not in before]
    if missing and plan.prefill and asked.suggested is None:
        raise Refused(
            f"{len(missing)} tasks of {plan.round} lack the suggestions of {plan.prefill}",
            hint=f"claimtypes push {plan.round} --prefill MODEL",
        )
    rows = [
        payload(
            task,
            asked.data[task.key],
            plan.design,
            suggested=asked.suggested,
            version=plan.prefill or shown_version(there),
            none=asked.none,
        )
        for task in missing
    ]
    size = BATCH if plan.design == "sentence" else DOCUMENT_BATCH
    total = count_tasks(client, project=number) if rows else 0
    for batch in track([rows[p : p + size] for p in range(0, len(rows), size)], "pushing"):
        total += len(batch)
        _import(client, number, batch, total)
    after, doubled = read_back(client, number) if missing else (before, [])
    removed += remove_tasks(client, doubled)
    if lacking := wanted.keys() - after.keys():
        raise StudioError(
            f"the server lacks {len(lacking)} tasks of {plan.round} after the push",
            hint=f"claimtypes push {plan.round}",
        )
    where = f"{client.url}/projects/{number}"
    return Pushed(len(rows), len(wanted) - len(rows), removed, ((asked.annotator, where),))


def _import(
    client: StudioClient, number: int, rows: Sequence[dict[str, Any]], expected: int
) -> None:
    """Send tasks once; a lost answer is forgiven where the server then counts all of them.

    An import is one transaction. One that is still under way counts as lost: what came of it
    the next push reads back.
    """
    try:
        client.send("POST", f"/api/projects/{number}/import", rows, return_task_ids="true")
    except StudioError as error:
        answered = 400 <= error.status < 500
        if answered or count_tasks(client, project=number) != expected:
            raise


def pull(project: Project, round_name: str, *, whole: bool = False) -> Pulled:
    """Take a round's annotations into its file; the same annotations give the same bytes.

    The server is asked for what changed since the last pull, or with ``whole`` for everything.
    Sound judgements are added, or changed where their annotator changed them. Those that are no
    longer sound, or whose annotation was deleted, are set aside in a file beside the plan: no
    judgement that the server does not hold up now can reach gold. Nothing is written unless
    every project came whole.

    Raises:
        Refused: when the schema lost a label that the round asked for.
        StudioError: when the server does not answer whole.
    """
    plan = load_plan(project, round_name)
    schema = load_schema(project.schema)
    if gone := sorted(set(plan.labels) - set(schema.names)):
        raise Refused(
            f"the schema changed under the round {round_name}: it lost {', '.join(gone)}",
            hint="restore the label in annotation/schema.toml, then pull again",
        )
    client = connect(project)
    users = user_names(project, client)
    found = [
        _read_project(project, client, plan, schema, name, users=users, whole=whole)
        for name in track(plan.annotators, "pulling")
    ]
    with locked(project.state):
        pulled = take_in(project, plan, found)
        dump_jsonl(findings_path(project, round_name), pulled.findings)
    return pulled


def _read_project(
    project: Project,
    client: StudioClient,
    plan: Plan,
    schema: Schema,
    name: str,
    *,
    users: Mapping[int, str],
    whole: bool,
) -> tuple[str, Normalised, list[Irregularity]]:
    there = find_project(client, mark(project, plan.round, name))
    if there is None:
        raise StudioError(
            f"{client.url} has no project for {name} in the round {plan.round}; "
            "what was pulled before is untouched",
            hint=f"claimtypes push {plan.round} makes it again, without its annotations",
        )
    number = int(there["id"])
    mirror = project.state / "pulled" / f"{plan.round}-{name}-tasks.jsonl"
    tasks = fetch_tasks(client, there, mirror, whole=whole)
    result = normalise(tasks, plan, schema, annotator=name, users=users, url=client.url)
    more = []
    offered = {*plan.labels, schema.none.name}
    if aliases := sorted(set(config_aliases(there["label_config"])) ^ offered):
        finding = Finding(
            id="alias-renamed",
            severity="error",
            message=f"what the interface stores was changed: {', '.join(aliases)}",
            path=f"{client.url}/projects/{number}/settings/labeling",
            record=name,
            hint=f"put annotation/studio/{plan.design}.xml back as the labeling interface",
        )
        more.append(Irregularity(finding))
    return name, result, more
