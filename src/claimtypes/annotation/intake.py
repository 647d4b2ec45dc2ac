"""What a pull does to a round's file: judgements added, changed, or set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from claimtypes.annotation.adjudication import address_key
from claimtypes.annotation.studio_export import Normalised
from claimtypes.annotation.studio_irregularities import SEVERITIES, Irregularity
from claimtypes.annotation.studio_tasks import Plan, PlannedTask
from claimtypes.project import Project
from claimtypes.records import Finding, Judgement
from claimtypes.store import load_jsonl, writing


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


def findings_path(project: Project, round_name: str) -> Path:
    """Return where the findings of a round's last pull are kept, for ``status``."""
    return project.state / "pulled" / f"{round_name}.jsonl"


def take_in(
    project: Project, plan: Plan, found: Iterable[tuple[str, Normalised, list[Irregularity]]]
) -> Pulled:
    """Take each annotator's sound judgements into the round's file, once.

    Judgements that are no longer sound, or whose annotation is gone, are set aside in a file
    beside the plan. ``found`` is each annotator's export, with further findings on it.
    """
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
                irregular.append(_deleted(plan, name, task, deleted, result.seen[task.key]))
    if aside:
        _set_aside(project, plan.round, aside)
    if added or changed or aside:
        with writing(path) as staged:
            staged.write_text("".join(j.render() + "\n" for j in rows.values()), encoding="utf-8")
    return Pulled(added, known, changed, len(aside), annotations, tuple(irregular))


def _deleted(
    plan: Plan, name: str, task: PlannedTask, sentences: Sequence[str], where: str
) -> Irregularity:
    finding = Finding(
        id="annotation-deleted",
        severity=SEVERITIES["annotation-deleted"],
        message=f"{name}'s annotation is no longer on the server; "
        f"{len(sentences)} judgements are set aside",
        path=where,
        record=task.key,
        hint=f"ask {name}; the judgements are in annotation/studio/{plan.round}-aside.jsonl",
        evidence={"annotator": name, "sentences": str(len(sentences))},
    )
    return Irregularity(finding, task.key, sentences=tuple(sentences))


def _set_aside(project: Project, round_name: str, judgements: Sequence[Judgement]) -> None:
    path = project.studio / f"{round_name}-aside.jsonl"
    rows = list(load_jsonl(path, Judgement)) if path.exists() else []
    rows += [j for j in judgements if j not in rows]
    with writing(path) as staged:
        staged.write_text("".join(j.render() + "\n" for j in rows), encoding="utf-8")
