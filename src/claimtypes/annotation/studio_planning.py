"""What a round asks for: planned from the corpus, and never otherwise than it was before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from claimtypes.annotation.adjudication import address_key
from claimtypes.annotation.reading import guideline_version
from claimtypes.annotation.schema import Schema
from claimtypes.annotation.studio_config import DESIGNS, lint_config, render_config
from claimtypes.annotation.studio_tasks import Plan, PlannedTask, load_plan, plan_path, plan_tasks
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput, Refused
from claimtypes.project import Project
from claimtypes.records import Judgement
from claimtypes.store import load_jsonl, write_text


def used_labels(project: Project) -> set[str]:
    """Return the names of the labels that some round stores."""
    return {
        label
        for path in sorted(project.rounds.glob("*.jsonl"))
        for judgement in load_jsonl(path, Judgement)
        for label in judgement.labels
    }


def render_configs(schema: Schema) -> dict[str, str]:
    """Return the interface of each design."""
    return {design: render_config(design, schema) for design in sorted(DESIGNS)}


def stale_configs(project: Project, schema: Schema) -> list[Path]:
    """Return the files in ``annotation/studio`` that are not what the schema gives."""
    paths = {project.studio / f"{name}.xml": xml for name, xml in render_configs(schema).items()}
    return [p for p, xml in paths.items() if not p.exists() or p.read_bytes() != xml.encode()]


def write_configs(project: Project, schema: Schema) -> dict[str, str]:
    """Write the interface of each design to ``annotation/studio`` and return them.

    Raises:
        Refused: when one would do harm, naming the first finding.
    """
    used = used_labels(project)
    configs = render_configs(schema)
    for design, xml in configs.items():
        path = project.studio / f"{design}.xml"
        found = lint_config(xml, schema, data_keys=DESIGNS[design], used=used, path=str(path))
        if found:
            raise Refused(f"{path}: {found[0].message}", hint=found[0].hint)
        write_text(path, xml)
    return configs


def plan_round(
    project: Project,
    schema: Schema,
    round_name: str,
    *,
    annotators: Sequence[str] = (),
    design: str = "",
    overlap: int = 0,
    wanted: frozenset[str] | None = None,
    only: frozenset[str] | None = None,
    prefill: str = "",
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    """Return a round's plan, what was asked for before included, and each task's data by key.

    ``wanted`` are the articles and ``only`` the sentences to ask for beside what the round has;
    ``prefill`` names the model whose suggestions are shown.

    Raises:
        Refused: when the text, schema, design or guidelines of a pushed round have changed.
        BadInput: when there is nobody or nothing to ask.
    """
    old = load_plan(project, round_name) if plan_path(project, round_name).exists() else None
    if old is None and not annotators:
        raise BadInput("say who annotates", hint=f"claimtypes push {round_name} --annotator ID")
    version = guideline_version(project)
    model = prefill or (old.prefill if old else "")
    design = design or (old.design if old else "document")
    if old:
        _require_same(
            old,
            (
                ("the schema's labels", " ".join(old.labels), " ".join(schema.names)),
                ("the schema's version", old.schema_version, schema.version),
                ("the guidelines' version", old.guideline_version, version),
                ("the design", old.design, design),
                ("the model that prefills", old.prefill, model),
            ),
        )
        before = frozenset(p.sentence.rpartition(":")[0] for t in old.tasks for p in t.parts)
        if wanted is not None:
            wanted |= before
        elif not annotators and only is None:
            wanted = before
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


def _require_same(old: Plan, changes: Iterable[tuple[str, str, str]]) -> None:
    for what, was, now in changes:
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
