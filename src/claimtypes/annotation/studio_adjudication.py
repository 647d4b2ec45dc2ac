"""Disputes decided in Label Studio: pushed blinded and shuffled, pulled as third readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimtypes.annotation.disputes import Dispute, load_disputes
from claimtypes.annotation.reading import Taken, guideline_version, require_reader
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.annotation.studio import connect
from claimtypes.annotation.studio_annotation import moment
from claimtypes.annotation.studio_client import StudioError
from claimtypes.annotation.studio_planning import write_configs
from claimtypes.annotation.studio_projects import (
    ensure_project,
    export_whole,
    find_project,
    mark,
    read_back,
    remove_tasks,
    user_names,
)
from claimtypes.annotation.studio_tasks import context, heading_of
from claimtypes.annotation.third_readings import add_adjudications
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import Adjudication, Finding, Sentence
from claimtypes.store import locked

ROUND = "adjudication"


@dataclass(frozen=True, slots=True)
class PushedDisputes:
    """What a push of disputes did: tasks made, known, and removed because the votes changed."""

    made: int
    known: int
    removed: int
    url: str


def push_disputes(project: Project, adjudicator: str) -> PushedDisputes:
    """Make a task for each dispute that waits; a dispute whose votes changed gets a new one.

    Raises:
        StudioError: when the server does not take them; a second push completes the first.
    """
    require_reader(project, adjudicator)
    schema = load_schema(project.schema)
    with locked(project.state):
        waiting = {_key(d): d for d in load_disputes(project) if d.readable and d.why}
        decided = {_key(d) for d in load_disputes(project) if d.readable and not d.why}
        config = write_configs(project, schema)["adjudication"]
        client = connect(project)
        there = ensure_project(
            client,
            project,
            schema,
            round_name=ROUND,
            who=adjudicator,
            config=config,
            show_collab_predictions=False,
        )
        number = int(there["id"])
        tasks, doubled = read_back(client, number)
        stale = [
            task["id"]
            for key, task in tasks.items()
            if key not in waiting and key not in decided and not task.get("total_annotations")
        ]
        removed = remove_tasks(client, [*doubled, *stale])
        missing = {key: dispute for key, dispute in waiting.items() if key not in tasks}
        if missing:
            rows = _tasks(project, schema, missing)
            client.send("POST", f"/api/projects/{number}/import", rows, return_task_ids="true")
            tasks, doubled = read_back(client, number)
            removed += remove_tasks(client, doubled)
            if lacking := missing.keys() - tasks.keys():
                raise StudioError(
                    f"the server lacks {len(lacking)} disputes after the push",
                    hint="claimtypes adjudicate push",
                )
    url = f"{client.url}/projects/{number}"
    return PushedDisputes(len(missing), len(waiting) - len(missing), removed, url)


def _key(dispute: Dispute) -> str:
    return f"{dispute.sentence} {dispute.votes_digest}"


def _tasks(
    project: Project, schema: Schema, disputes: Mapping[str, Dispute]
) -> list[dict[str, Any]]:
    wanted = {dispute.article for dispute in disputes.values()}
    articles = {article.id: article for article in load_articles(project)}
    texts: dict[str, list[Sentence]] = {}
    for sentence in load_sentences(project):
        if sentence.article in wanted:
            texts.setdefault(sentence.article, []).append(sentence)
    titles = {label.name: label.title for label in schema.labels}
    rows = []
    for key, dispute in disputes.items():
        sentences = texts[dispute.article]
        line = [s for s in sentences if s.annotated]
        place = next(i for i, s in enumerate(line) if s.id == dispute.sentence)
        before, text, after = context(line, place)
        shown = []
        for vote, annotator in enumerate(dispute.shown(), 1):
            labels = [titles[name] for name in dispute.votes[annotator]] or [schema.none.title]
            note = " ".join(dispute.notes.get(annotator, "").split())
            shown.append(f"Vote {vote}: {', '.join(labels)}" + (f" \u2013 {note}" if note else ""))
        data = {
            "key": key,
            "heading": heading_of(articles[dispute.article], sentences, line[place]),
            "before": before,
            "sentence": text,
            "after": after,
            "votes": "\n".join(shown),
        }
        rows.append({"data": data, "meta": {"key": key}})
    return rows


@dataclass(frozen=True, slots=True)
class PulledDecisions:
    """What a pull of decisions did to the third readings, and what it found."""

    taken: Taken
    findings: tuple[Finding, ...]


def pull_decisions(project: Project, adjudicator: str, *, replace: bool = False) -> PulledDecisions:
    """Take the decisions in as third readings; those on votes that have changed since are named.

    Raises:
        Refused: when one differs from an earlier one on the same votes without ``replace``.
        StudioError: when the server does not answer whole, or was never pushed to.
    """
    schema = load_schema(project.schema)
    client = connect(project)
    there = find_project(client, mark(project, ROUND, adjudicator))
    if there is None:
        raise StudioError(
            f"{client.url} has no adjudication project for {adjudicator}",
            hint=f"claimtypes adjudicate push --adjudicator {adjudicator}",
        )
    number = int(there["id"])
    users = user_names(project, client)
    with locked(project.state):
        current = {_key(d): d for d in load_disputes(project) if d.readable}
        version = guideline_version(project)
        readings: list[Adjudication] = []
        findings: list[Finding] = []
        for task in export_whole(client, number):
            url = f"{client.url}/projects/{number}/data?task={task.get('id')}"
            found = _decision(
                task, current, schema, users=users, adjudicator=adjudicator, version=version
            )
            if isinstance(found, Adjudication):
                readings.append(found)
            elif found:
                name, message, hint = found
                key = str((task.get("data") or {}).get("key", ""))
                findings.append(Finding(name, "error", message, path=url, record=key, hint=hint))
        taken = add_adjudications(project, readings, schema, replace=replace)
    order = sorted(findings, key=lambda f: (f.id, f.record))
    return PulledDecisions(taken, tuple(order))


def _decision(
    task: Mapping[str, Any],
    current: Mapping[str, Dispute],
    schema: Schema,
    *,
    users: Mapping[int, str],
    adjudicator: str,
    version: str,
) -> Adjudication | tuple[str, str, str] | None:
    """Return a task's third reading, what is wrong with it, or nothing when it is undecided."""
    again = f"claimtypes adjudicate push --adjudicator {adjudicator}"
    annotations = [a for a in task.get("annotations") or [] if not a.get("was_cancelled")]
    if not annotations:
        return None
    dispute = current.get(str((task.get("data") or {}).get("key", "")))
    if dispute is None:
        return "votes-changed", "the votes have changed since this decision", again
    if len(annotations) > 1:
        return "second-annotation", f"decided {len(annotations)} times", "delete all but one"
    (one,) = annotations
    by = one.get("completed_by")
    by = int((by.get("id") if isinstance(by, dict) else by) or 0)
    if users.get(by) != adjudicator:
        message = f"decided by {users.get(by, f'user {by}')}"
        return "other-annotator", message, "delete the annotation in Label Studio"
    if one.get("updated_by") not in {None, by}:
        return "edited-by-another", "somebody else changed the decision", "delete it and redo it"
    try:
        labels, reason, note = _read(one.get("result") or [], schema)
    except BadInput as error:
        return "decision-unreadable", str(error), "correct it in Label Studio, then pull again"
    return Adjudication(
        sentence=dispute.sentence,
        labels=labels,
        adjudicator=adjudicator,
        at=moment(one),
        reason=reason,
        schema_version=schema.version,
        guideline_version=version,
        votes_digest=dispute.votes_digest,
        note=note,
    )


def _read(results: Sequence[Mapping[str, Any]], schema: Schema) -> tuple[tuple[str, ...], str, str]:
    values = {str(r.get("from_name")): r.get("value") or {} for r in results}
    chosen = set(values.get("claim", {}).get("choices") or [])
    if not chosen or (schema.none.name in chosen and len(chosen) > 1):
        raise BadInput("neither labels nor none alone was chosen")
    reasons = values.get("reason", {}).get("choices") or []
    codes = {reason.code for reason in schema.reasons}
    if len(reasons) != 1 or reasons[0] not in codes:
        raise BadInput("no reason that the schema has was chosen")
    texts = values.get("note", {}).get("text") or []
    note = " ".join(texts if isinstance(texts, list) else [str(texts)])
    return schema.ordered(chosen - {schema.none.name}), reasons[0], note
