"""Rounds pushed to Label Studio and pulled back: every judgement once, or named as a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.annotation.adjudication import address_key
from claimtypes.annotation.reading import guideline_version, require_reader, require_round
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.annotation.studio import connect, load_studio
from claimtypes.annotation.studio_accounts import user_numbers
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_config import (
    DESIGNS,
    config_aliases,
    definitions,
    lint_config,
    render_config,
    render_guidelines,
)
from claimtypes.annotation.studio_export import SEVERITIES, Irregularity, Normalised, normalise
from claimtypes.annotation.studio_tasks import (
    SEGMENTS,
    Plan,
    PlannedTask,
    dump_plan,
    load_plan,
    payload,
    plan_path,
    plan_tasks,
)
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Finding, Judgement
from claimtypes.store import dump_jsonl, load_jsonl, locked, writing

BATCH = 1000
"""Tasks a request carries: each is one transaction on the server."""

MARK = "claimtypes"
Suggest = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: tasks made, there already, and copies removed; each project's URL."""

    made: int
    known: int
    removed: int
    projects: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did to the round's file, and what it found."""

    added: int
    known: int
    changed: int
    withdrawn: int
    annotations: int
    irregularities: tuple[Irregularity, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is irregular, worst first."""
        order = ("error", "warning", "note")
        found = [i.finding for i in self.irregularities]
        return tuple(sorted(found, key=lambda f: (order.index(f.severity), f.id, f.record)))


def used_labels(project: Project) -> set[str]:
    """Return the names of the labels that some round stores."""
    return {
        label
        for path in sorted(project.rounds.glob("*.jsonl"))
        for judgement in load_jsonl(path, Judgement)
        for label in judgement.labels
    }


def push(
    project: Project,
    round_name: str,
    *,
    annotators: Sequence[str] = (),
    design: str = "",
    overlap: int = 0,
    articles: frozenset[str] | None = None,
    only: frozenset[str] | None = None,
    prefill: tuple[str, Suggest] | None = None,
) -> Pushed:
    """Make a round's tasks, once: a project for each annotator, a task for each key.

    What a round asked for before is asked for again; ``articles`` and ``only`` add to it.
    ``overlap`` is how many annotators get each task, all of them unless given. ``prefill`` names
    a model and gives its labels by sentence; they are shown, and recorded on each judgement.

    Raises:
        Refused: when the text, schema, design or guidelines of a pushed round have changed.
        StudioError: when the server does not take it; a second push then completes the first.
    """
    require_round(round_name)
    schema = load_schema(project.schema)
    with locked(project.state):
        plan, data = _plan(
            project, schema, round_name, annotators, design, overlap, articles, only, prefill
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
        made = known = removed = 0
        where = []
        for name in plan.annotators:
            number = _ensure_project(client, project, schema, plan, name, configs[plan.design])
            where.append((name, f"{client.url}/projects/{number}"))
            wanted = plan.of(name)
            there, doubled = read_back(client, number)
            removed += remove_tasks(client, doubled)
            missing = [task for key, task in wanted.items() if key not in there]
            known += len(wanted) - len(missing)
            made += _import(client, number, plan, missing, data, schema, prefill)
            if missing:
                there, doubled = read_back(client, number)
                removed += remove_tasks(client, doubled)
            if lacking := wanted.keys() - there.keys():
                raise StudioError(
                    f"the server lacks {len(lacking)} tasks of {round_name} after the push",
                    hint=f"claimtypes push {round_name}",
                )
        return Pushed(made, known, removed, tuple(where))


def write_configs(project: Project, schema: Schema) -> dict[str, str]:
    """Write the interface of each design to ``annotation/studio`` and return them.

    Raises:
        Refused: when one would do harm, naming the first finding.
    """
    used = used_labels(project)
    configs = {design: render_config(design, schema) for design in sorted(DESIGNS)}
    for design, xml in configs.items():
        path = project.studio / f"{design}.xml"
        found = lint_config(xml, schema, data_keys=DESIGNS[design], used=used, path=str(path))
        if found:
            raise Refused(f"{path}: {found[0].message}", hint=found[0].hint)
        if not path.exists() or path.read_text(encoding="utf-8") != xml:
            with writing(path) as staged:
                staged.write_text(xml, encoding="utf-8")
    return configs


def _plan(
    project: Project,
    schema: Schema,
    round_name: str,
    annotators: Sequence[str],
    design: str,
    overlap: int,
    wanted: frozenset[str] | None,
    only: frozenset[str] | None,
    prefill: tuple[str, Suggest] | None,
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    old = load_plan(project, round_name) if plan_path(project, round_name).exists() else None
    if old is None and not annotators:
        raise BadInput("say who annotates", hint=f"claimtypes push {round_name} --annotator ID")
    version = guideline_version(project)
    model = prefill[0] if prefill else old.prefill if old else ""
    design = design or (old.design if old else "document")
    if old:
        _require_same(old, schema, version, design, model)
        before = {p.sentence.rpartition(":")[0] for t in old.tasks for p in t.parts}
        wanted = wanted | before if wanted is not None else (before if not annotators and only is None else None)  # fmt: skip
        if old.design == "sentence" and only is not None:
            only |= {p.sentence for t in old.tasks for p in t.parts}
    everything = {article.id: article for article in load_articles(project)}
    if wanted is not None and (unknown := sorted(wanted - everything.keys())):
        raise BadInput(f"no article {', '.join(unknown[:5])}")
    names = tuple(sorted({*annotators, *(old.annotators if old else ())}))
    sentences = (s for s in load_sentences(project) if wanted is None or s.article in wanted)
    tasks, data = plan_tasks(
        sentences,
        everything,
        design=design,
        annotators=names,
        overlap=overlap or len(names),
        only=only,
    )
    if old:
        tasks = _keep(old, tasks, names)
    if not tasks:
        raise BadInput("nothing to annotate", hint="claimtypes segment")
    plan = Plan(
        round=round_name,
        design=design,
        schema_version=schema.version,
        guideline_version=version,
        labels=schema.names,
        prefill=model,
        annotators=names,
        tasks=tasks,
    )
    return plan, data


def _require_same(old: Plan, schema: Schema, version: str, design: str, prefill: str) -> None:
    for what, was, now in (
        ("the schema's labels", " ".join(old.labels), " ".join(schema.names)),
        ("the schema's version", old.schema_version, schema.version),
        ("the guidelines' version", old.guideline_version, version),
        ("the design", old.design, design),
        ("the model that prefills", old.prefill, prefill),
    ):
        if was != now:
            raise Refused(
                f"{what} changed under the round {old.round}: {was or 'none'}, now {now or 'none'}",
                hint="finish the round as it was, or push a new round under another name",
            )


def _keep(old: Plan, tasks: Sequence[PlannedTask], names: Sequence[str]) -> tuple[PlannedTask, ...]:
    """Return new tasks and old ones as they were, refusing any whose text has changed."""
    fresh = {task.key: task for task in tasks}
    for task in old.tasks:
        now = fresh.get(task.key)
        if now is None:
            fresh[task.key] = task
        elif (now.text_sha256, now.parts) != (task.text_sha256, task.parts):
            raise Refused(
                f"the text or the sentences of {task.key} changed under the round {old.round}",
                hint="restore them, or push a new round under another name",
            )
        elif set(names) == set(old.annotators):
            fresh[task.key] = task
    return tuple(sorted(fresh.values(), key=lambda t: _task_key(t.key)))


def _task_key(key: str) -> tuple[str, int, int]:
    return address_key(key) if ":" in key else (key, 0, 0)


def mark(round_name: str, who: str) -> str:
    """Return the line by which a project on the server is known as ours."""
    return f"[{MARK} {round_name} {who}]"


def find_project(client: StudioClient, line: str) -> dict[str, Any] | None:
    """Return the project whose description holds a mark.

    Raises:
        StudioError: when two do.
    """
    found = [p for p in client.pages("/api/projects/") if line in (p.get("description") or "")]
    if len(found) > 1:
        numbers = ", ".join(str(p["id"]) for p in found)
        raise StudioError(
            f"projects {numbers} on {client.url} all say they are {line}",
            hint="delete all but one of them in Label Studio",
        )
    return found[0] if found else None


def _ensure_project(
    client: StudioClient, project: Project, schema: Schema, plan: Plan, name: str, config: str
) -> int:
    line = mark(plan.round, name)
    there = find_project(client, line)
    if there:
        if config_aliases(there["label_config"]) != config_aliases(config):
            raise Refused(
                f"the labels of {client.url}/projects/{there['id']} were changed in Label Studio",
                hint="put them back: Settings, Labeling Interface; the interface is in "
                "annotation/studio",
            )
        return int(there["id"])
    guidelines = render_guidelines(project.guidelines.read_text(encoding="utf-8"))
    shown = plan.design == "document" or bool(plan.prefill)
    values = {
        "title": f"{plan.round} \u2013 {name}"[:50],
        "description": f"{schema.question}\n{line}",
        "label_config": config,
        "expert_instruction": definitions((*schema.labels, schema.none)) + guidelines,
        "show_instruction": True,
        "maximum_annotations": 1,
        "sampling": "Sequential sampling",
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "show_collab_predictions": shown,
        "reveal_preannotations_interactively": False,
    }
    number = int(client.send("POST", "/api/projects/", values)["id"])
    if shown:
        # A version can be named only once predictions of it exist; the newest is shown until.
        client.send("PATCH", f"/api/projects/{number}/", {"show_collab_predictions": True})
    return number


def read_back(client: StudioClient, number: int) -> tuple[dict[str, dict[str, Any]], list[int]]:
    """Return the tasks on the server by their keys, and the numbers of surplus copies."""
    keys: dict[str, list[dict[str, Any]]] = {}
    wanted = {"project": number, "fields": "task_only", "include": "id,meta,total_annotations"}
    for task in client.pages("/api/tasks", **wanted):
        key = (task.get("meta") or {}).get("key")
        if isinstance(key, str):
            keys.setdefault(key, []).append(task)
    doubled: list[int] = []
    for copies in keys.values():
        if len(copies) > 1:
            # The annotated one stays; two annotated ones both do, and pull names them.
            copies.sort(key=lambda t: (not t.get("total_annotations"), t["id"]))
            doubled += [t["id"] for t in copies[1:] if not t.get("total_annotations")]
    return {key: copies[0] for key, copies in keys.items()}, doubled


def remove_tasks(client: StudioClient, numbers: Sequence[int]) -> int:
    """Delete tasks and return how many."""
    for number in numbers:
        client.send("DELETE", f"/api/tasks/{number}/")
    return len(numbers)


def _import(
    client: StudioClient,
    number: int,
    plan: Plan,
    missing: Sequence[PlannedTask],
    data: Mapping[str, dict[str, Any]],
    schema: Schema,
    prefill: tuple[str, Suggest] | None,
) -> int:
    if plan.prefill and missing and not prefill:
        raise Refused(
            f"{len(missing)} tasks of {plan.round} lack the suggestions of {plan.prefill}",
            hint=f"claimtypes push {plan.round} --prefill MODEL",
        )
    size = BATCH if plan.design == "sentence" else 20
    batches = [missing[place : place + size] for place in range(0, len(missing), size)]
    for batch in track(batches, "pushing"):
        if absent := [task.key for task in batch if task.key not in data]:
            raise BadInput(f"{absent[0]} is no longer in the corpus", hint="restore the article")
        rows = [
            payload(
                task,
                data[task.key],
                plan.design,
                suggested=prefill[1] if prefill else None,
                model=plan.prefill,
                none=schema.none.name,
            )
            for task in batch
        ]
        client.send("POST", f"/api/projects/{number}/import", rows, return_task_ids="true")
    version = plan.prefill or (SEGMENTS if plan.design == "document" else "")
    if version and missing:
        client.send("PATCH", f"/api/projects/{number}/", {"model_version": version})
    return len(missing)


def pull(project: Project, round_name: str) -> Pulled:
    """Take a round's annotations into its file; the same annotations give the same bytes.

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
        _read_project(client, plan, schema, name, users)
        for name in track(plan.annotators, "pulling")
    ]
    with locked(project.state):
        pulled = _take(project, plan, found)
        dump_jsonl(findings_path(project, round_name), pulled.findings)
    return pulled


def findings_path(project: Project, round_name: str) -> Path:
    """Return where the findings of a round's last pull are kept, for ``status``."""
    return project.state / "pulled" / f"{round_name}.jsonl"


def user_names(project: Project, client: StudioClient) -> dict[int, str]:
    """Return the annotator behind each user number: by account, else by an email of the id."""
    emails = {a.email: a.annotator for a in load_studio(project).annotators}
    return {
        number: emails.get(email) or email.partition("@")[0]
        for email, number in user_numbers(client).items()
    }


def _read_project(
    client: StudioClient, plan: Plan, schema: Schema, name: str, users: Mapping[int, str]
) -> tuple[str, Normalised, list[Irregularity]]:
    there = find_project(client, mark(plan.round, name))
    if there is None:
        raise StudioError(
            f"{client.url} has no project for {name} in the round {plan.round}; "
            "what was pulled before is untouched",
            hint=f"claimtypes push {plan.round} makes it again, without its annotations",
        )
    number = int(there["id"])
    tasks = list(export_whole(client, number))
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


def export_whole(client: StudioClient, number: int) -> Iterator[dict[str, Any]]:
    """Yield a project's tasks, as many as the server counts."""
    count = 0
    for task in client.export(number):
        count += 1
        yield task
    total = client.get("/api/tasks", project=number, page_size=1, fields="task_only", include="id")
    if total["total"] != count:
        raise StudioError(
            f"{client.url} exported {count} of {total['total']} tasks of the project {number}",
            hint="run the same command again; nothing was written",
        )


def _take(
    project: Project, plan: Plan, found: Iterable[tuple[str, Normalised, list[Irregularity]]]
) -> Pulled:
    path = project.rounds / f"{plan.round}.jsonl"
    rows = (
        {(j.annotator, j.sentence): j for j in load_jsonl(path, Judgement)} if path.exists() else {}
    )
    aside: list[Judgement] = []
    irregular: list[Irregularity] = []
    added = known = changed = annotations = 0
    for name, result, more in found:
        irregular += [*result.irregularities, *more]
        annotations += result.annotations
        sound = {(name, j.sentence): j for j in result.judgements}
        for key, judgement in sorted(sound.items(), key=lambda item: address_key(item[0][1])):
            if key not in rows:
                added += 1
            elif rows[key] == judgement:
                known += 1
            else:
                changed += 1
            rows[key] = judgement
        named = {s for i in result.irregularities for s in i.sentences}
        for task in plan.of(name).values():
            # A task the server lost says nothing about what was judged in it.
            gone = [
                p.sentence
                for p in task.parts
                if (name, p.sentence) in rows and (name, p.sentence) not in sound
            ]
            if task.key not in result.seen or not gone:
                continue
            aside += [rows.pop((name, sentence)) for sentence in gone]
            if deleted := [s for s in gone if s not in named]:
                irregular.append(_deleted(plan, name, task, deleted))
    if aside:
        _set_aside(project, plan.round, aside)
    if added or changed or aside:
        with writing(path) as staged:
            staged.write_text("".join(j.render() + "\n" for j in rows.values()), encoding="utf-8")
    return Pulled(added, known, changed, len(aside), annotations, tuple(irregular))


def _deleted(plan: Plan, name: str, task: PlannedTask, sentences: Sequence[str]) -> Irregularity:
    finding = Finding(
        id="annotation-deleted",
        severity=SEVERITIES["annotation-deleted"],
        message=f"{name}'s annotation is no longer on the server; "
        f"{len(sentences)} judgements are set aside",
        record=task.key,
        hint=f"ask {name}; the judgements are in annotation/studio/{plan.round}-aside.jsonl",
    )
    return Irregularity(finding, task.key, sentences=tuple(sentences))


def _set_aside(project: Project, round_name: str, judgements: Sequence[Judgement]) -> None:
    path = project.studio / f"{round_name}-aside.jsonl"
    rows = list(load_jsonl(path, Judgement)) if path.exists() else []
    rows += [j for j in judgements if j not in rows]
    with writing(path) as staged:
        staged.write_text("".join(j.render() + "\n" for j in rows), encoding="utf-8")
