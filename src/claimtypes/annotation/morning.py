"""What the morning page shows, gathered from a project and its audit."""

from __future__ import annotations

from claimtypes.annotation.agreement import DRAWS, SEED, AgreementReport, measure_agreement
from claimtypes.annotation.audit import Audited
from claimtypes.annotation.disputes import find_disputes
from claimtypes.annotation.gold import load_adjudications
from claimtypes.annotation.morning_page import Morning
from claimtypes.annotation.rounds import build_votes, load_annotators
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.annotation.standing import standings
from claimtypes.corpus.articles import load_articles
from claimtypes.project import Project


def gather_morning(
    project: Project, audited: Audited, agreement: AgreementReport | None = None
) -> Morning:
    """Return what the page shows; agreement is measured on the sound judgements unless given."""
    schema = load_schema(project.schema)
    readings = load_adjudications(project, schema)
    return Morning(
        schema=schema,
        agreement=agreement or _measure(project, audited, schema),
        audited=audited,
        queue=[d for d in find_disputes(audited.judgements, readings, schema) if d.why],
        articles={article.id: article for article in load_articles(project)},
        standings=standings(project, audited.report.round or None),
    )


def _measure(project: Project, audited: Audited, schema: Schema) -> AgreementReport | None:
    if not audited.judgements:
        return None
    votes = build_votes(audited.judgements, schema)
    every, unaided = measure_agreement(votes, load_annotators(project))
    return AgreementReport(
        round=audited.report.round,
        schema_version=schema.version,
        labels=schema.names,
        draws=DRAWS,
        seed=SEED,
        n_prefilled=int(votes.prefilled.sum()),
        every=every,
        unaided=unaided,
    )
