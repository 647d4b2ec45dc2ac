"""How far rounds have come: counted from judgements and plans, never from a server's counters."""

from __future__ import annotations

from dataclasses import dataclass

from claimtypes.annotation.intake import findings_path
from claimtypes.annotation.rounds import load_annotators
from claimtypes.annotation.studio_tasks import load_plan, plan_path
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project
from claimtypes.records import Finding, Judgement, Record
from claimtypes.store import load_jsonl


@dataclass(frozen=True, slots=True)
class Standing(Record):
    """One annotator's part of a round.

    ``asked`` counts the sentences of the plan, or is 0 where the round was read on sheets;
    ``seconds`` is the mean of those judgements that have a time, ``prefilled`` counts those made
    on a suggestion, ``kept`` those of them that left it as it was. ``findings`` are the errors
    and warnings of the last pull.
    """

    round: str
    annotator: str
    asked: int
    judged: int
    seconds: float | None
    prefilled: int
    kept: int
    set_aside: int
    findings: int
    last: str

    @property
    def share(self) -> float | None:
        """The share of the sentences asked for that are judged."""
        return self.judged / self.asked if self.asked else None

    @property
    def per_hour(self) -> float | None:
        """Sentences an hour, at the mean speed."""
        return 3600 / self.seconds if self.seconds else None


def standings(project: Project, round_name: str | None = None) -> list[Standing]:
    """Return how far each annotator is in every round, or in the one named.

    Raises:
        ClaimtypesError: when there is no such round, or none at all.
    """
    planned = {p.stem for p in project.studio.glob("*.json")}
    names = sorted({p.stem for p in project.rounds.glob("*.jsonl")} | planned)
    if round_name is not None:
        if round_name not in names:
            hint = f"the rounds are: {', '.join(names) or 'none yet'}"
            raise ClaimtypesError(f"no such round: {round_name}", hint=hint)
        names = [round_name]
    if not names:
        hint = "claimtypes push ROUND, or claimtypes sheets make ROUND"
        raise ClaimtypesError("the project has no rounds yet", hint=hint)
    known = load_annotators(project)
    return [row for name in names for row in _round(project, name, set(known))]


def _round(project: Project, name: str, known: set[str]) -> list[Standing]:
    asked: dict[str, set[str]] = {}
    if plan_path(project, name).exists():
        plan = load_plan(project, name)
        for who in plan.annotators:
            asked[who] = {p.sentence for task in plan.of(who).values() for p in task.parts}
    path = project.rounds / f"{name}.jsonl"
    rows: dict[str, list[Judgement]] = {who: [] for who in asked}
    for judgement in load_jsonl(path, Judgement) if path.exists() else ():
        rows.setdefault(judgement.annotator, []).append(judgement)
    path = project.studio / f"{name}-aside.jsonl"
    aside = list(load_jsonl(path, Judgement)) if path.exists() else []
    path = findings_path(project, name)
    irregular = list(load_jsonl(path, Finding)) if path.exists() else []
    irregular = [f for f in irregular if f.severity != "note"]
    found = []
    for who, mine in sorted(rows.items()):
        timed = [j.seconds for j in mine if j.seconds is not None]
        judged = {j.sentence for j in mine}
        found.append(
            Standing(
                round=name,
                annotator=who if who in known else f"{who} (unknown)",
                asked=len(asked.get(who, ())),
                judged=len(judged & asked[who]) if who in asked else len(judged),
                seconds=round(sum(timed) / len(timed), 3) if timed else None,
                prefilled=sum(j.origin != "manual" for j in mine),
                kept=sum(j.origin == "prefilled" for j in mine),
                set_aside=len({j.sentence for j in aside if j.annotator == who} - judged),
                findings=sum(f.evidence.get("annotator") == who for f in irregular),
                last=max((j.at for j in mine), default=""),
            )
        )
    return found


COLUMNS = ("round", "annotator", "judged", "each", "an hour", "prefilled", "findings", "last")
"""What a row of the standings shows."""


def cells(row: Standing) -> list[str]:
    """Return a row of the standings as text."""
    share = f" of {row.asked} ({row.share:.0%})" if row.share is not None else ""
    return [
        row.round,
        row.annotator,
        f"{row.judged}{share}",
        f"{row.seconds:.1f} s" if row.seconds is not None else "",
        f"{row.per_hour:.0f}" if row.per_hour is not None else "",
        f"{row.kept} of {row.prefilled} kept" if row.prefilled else "none",
        str(row.findings),
        row.last[:10],
    ]
