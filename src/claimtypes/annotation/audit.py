"""What is wrong with a project's judgements: findings with evidence and effect on alpha.

Faults of records are facts. What only statistics can tell is held against chance over all tests
and annotators together, so that a faultless project is suspected of nothing 99 times in 100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from claimtypes.annotation.adjudication import derive_gold
from claimtypes.annotation.audit_annotators import (
    suspect_everybody,
    suspect_guessing,
    suspect_habits,
    suspect_waving_through,
)
from claimtypes.annotation.audit_records import (
    find_article_faults,
    find_own_adjudications,
    find_record_faults,
)
from claimtypes.annotation.audit_rules import make_finding
from claimtypes.annotation.audit_sequences import suspect_blocks, suspect_runs, suspect_shifts
from claimtypes.annotation.audit_texts import (
    find_misplaced_highlights,
    find_unequal_twins,
    suspect_unreasoned,
)
from claimtypes.annotation.audit_time import suspect_drift, suspect_haste
from claimtypes.annotation.evidence import (
    Evidence,
    Suspicion,
    gather_evidence,
    hold_against_chance,
)
from claimtypes.annotation.gold import load_adjudications
from claimtypes.annotation.label_errors import Suspect, rank_suspects
from claimtypes.annotation.posteriors import Diagnosis, diagnose
from claimtypes.annotation.rounds import build_votes, load_annotators, round_paths
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Finding, Gold, Judgement, Record, Sentence
from claimtypes.store import numbered_lines

SEVERITIES = ("error", "warning", "note")

MOST_SUSPECTS = 100
"""As many likely label errors as anybody reads in a sitting."""

_TESTS: tuple[Callable[[Evidence], Iterator[Suspicion]], ...] = (
    suspect_guessing,
    suspect_everybody,
    suspect_blocks,
    suspect_shifts,
    suspect_runs,
    suspect_unreasoned,
    suspect_habits,
    suspect_drift,
    suspect_haste,
    suspect_waving_through,
)


_GRAVE = frozenset({"annotator-at-chance", "block-shuffled", "block-shifted"})

_CAUSES = {
    "block-shuffled": {"annotator-at-chance", "block-shifted"},
    "one-answer-run": {"annotator-at-chance", "always-none", "block-shifted"},
    "label-never-given": {"annotator-at-chance"},
}
"""What follows from something graver of the same annotator: who is at chance throughout has no
worse block, and who never gives any label gives one answer on end."""


def find_suspicious(evidence: Evidence) -> list[Finding]:
    """Return what statistics say against annotators, held against chance all together."""
    standing = _without_echoes(_suspect(evidence))
    return [_finding(evidence, suspicion) for suspicion in standing]


def _suspect(evidence: Evidence) -> list[Suspicion]:
    """Return the suspicions that stand, and of several grave ones no mere victims of the worst.

    Where few judged the same sentences, one annotator's fault looks like the others' too; so they
    are tested again without the judgements that the worst suspicion is about.
    """
    suspicions = [s for test in track(_TESTS, "auditing") for s in test(evidence)]
    standing = hold_against_chance(suspicions)
    grave = [s for s in standing if s.id in _GRAVE]
    if len({s.annotator for s in grave}) < 2:
        return standing
    worst = min(grave, key=lambda s: s.chance)
    again = _suspect(evidence.without(worst.about))
    return [s for s in standing if s.annotator == worst.annotator] + [
        s for s in again if s.annotator != worst.annotator
    ]


def _without_echoes(standing: Sequence[Suspicion]) -> list[Suspicion]:
    found = {(s.annotator, s.id) for s in standing}
    somebody = any(s.id == "annotator-at-chance" for s in standing)
    return [
        s
        for s in standing
        if not any((s.annotator, cause) in found for cause in _CAUSES.get(s.id, ()))
        and not (s.id == "agreement-at-chance" and somebody)
    ]


def _finding(evidence: Evidence, suspicion: Suspicion) -> Finding:
    whole, without = evidence.alpha(), evidence.alpha(suspicion.about)
    chance = max(suspicion.chance, 1e-99)
    evidence_of_it = suspicion.evidence | {
        "chance": f"{chance:.0e}",
        "judgements": str(int(suspicion.about.sum())),
        "alpha": _render(whole),
        "alpha_without": _render(without),
    }
    return make_finding(suspicion.id, suspicion.annotator, suspicion.message, evidence_of_it)


def _render(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}"


def audit_judgements(
    judgements: Sequence[Judgement],
    sentences: Sequence[Sentence],
    schema: Schema,
    *,
    annotators: Iterable[str] = (),
    machines: Iterable[str] = (),
) -> tuple[list[Finding], list[Judgement]]:
    """Return what is wrong with judgements on these sentences, gravest first, and the sound ones.

    Highlights are looked at where sentences have their text. ``annotators`` are the known ones;
    the pace of those in ``machines`` says nothing. Only sound judgements are tested further.
    """
    known = {sentence.id: sentence for sentence in sentences}
    findings, sound = find_record_faults(judgements, known, schema, annotators)
    texts = {s.id: s.text for s in sentences if s.text is not None and s.annotated}
    findings += find_misplaced_highlights(sound, texts)
    if sound:
        findings += find_suspicious(gather_evidence(sound, sentences, schema, machines))
    misaligned = {f.record for f in findings if f.id == "highlights-misaligned"}
    kept = [f for f in findings if f.id != "labels-without-reasons" or f.record not in misaligned]
    return by_severity(kept), sound


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in their fixed order, gravest first."""
    return sorted(
        findings, key=lambda f: (SEVERITIES.index(f.severity), f.id, f.record, f.path, f.message)
    )


@dataclass(frozen=True, slots=True)
class AuditReport(Record):
    """What `audit` found, and what is worth reading again.

    ``suspects`` are sentences whose gold a model of the texts doubts, the most doubted first;
    ``diagnosis`` is what models of the votes say of annotators and gold. Both are advisory.
    """

    round: str
    n_judgements: int
    n_sound: int
    findings: tuple[Finding, ...]
    suspects: tuple[Suspect, ...]
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """An audit's report, and the sound judgements, sentences and gold it was made from."""

    report: AuditReport
    judgements: list[Judgement]
    sentences: list[Sentence]
    gold: list[Gold]


def audit(
    project: Project,
    round: str | None = None,  # noqa: A002 - the record's name for it
    *,
    with_cleanlab: bool = False,
) -> Audited:
    """Return what is wrong with a project's judgements, in the rounds that count or one.

    Raises:
        ClaimtypesError: when there is no such round, or nothing was judged yet.
        MissingExtra: when cleanlab is asked for and not installed.
    """
    schema = load_schema(project.schema)
    findings, judgements = _readable(round_paths(project, round))
    sentences = list(load_sentences(project))
    people = load_annotators(project)
    machines = {a.id for a in people.values() if a.kind == "language-model"}
    found, sound = audit_judgements(
        judgements, sentences, schema, annotators=people, machines=machines
    )
    judged = {j.sentence.rpartition(":")[0] for j in judgements}
    findings += found + find_article_faults(load_articles(project), judged)
    readings = load_adjudications(project, schema)
    findings += find_own_adjudications(readings, judgements)
    gold = derive_gold(sound, readings, schema)
    texts = {s.id: s.text for s in sentences if s.text is not None}
    findings += find_unequal_twins(gold, texts)
    report = AuditReport(
        round=round or "",
        n_judgements=len(judgements),
        n_sound=len(sound),
        findings=tuple(by_severity(findings)),
        suspects=_suspects(gold, texts, schema, with_cleanlab=with_cleanlab),
        diagnosis=diagnose(build_votes(sound, schema), gold),
    )
    return Audited(report, sound, sentences, gold)


def _suspects(
    gold: Iterable[Gold], texts: Mapping[str, str], schema: Schema, *, with_cleanlab: bool
) -> tuple[Suspect, ...]:
    """Return the most doubted label of each sentence where it is likely to be wrong."""
    rows = [row for row in gold if row.labels is not None and row.sentence in texts]
    wanted = np.array([[name in (r.labels or ()) for name in schema.names] for r in rows])
    ranked = rank_suspects(
        [row.sentence for row in rows],
        [texts[row.sentence] for row in rows],
        wanted.reshape(len(rows), len(schema.names)),
        schema.names,
        with_cleanlab=with_cleanlab,
    )
    first: dict[str, Suspect] = {}
    for suspect in ranked:
        if suspect.likely:
            first.setdefault(suspect.sentence, suspect)
    return tuple(first.values())[:MOST_SUSPECTS]


def _readable(paths: Iterable[Path]) -> tuple[list[Finding], list[Judgement]]:
    findings, judgements = [], []
    for path in track(list(paths), "reading rounds"):
        for number, line in numbered_lines(path):
            try:
                judgements.append(Judgement.parse(line))
            except BadInput as error:
                where = f"annotation/rounds/{path.name}"
                finding = make_finding("judgement-unreadable", "", str(error), {}, path=where)
                findings.append(replace(finding, line=number))
    return findings, judgements
