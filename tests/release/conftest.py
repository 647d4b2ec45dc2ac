"""Projects that are ready to be released, and releases built from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimtypes.annotation.adjudication import derive_gold, votes_digest
from claimtypes.annotation.schema import load_schema
from claimtypes.project import Project
from claimtypes.records import Adjudication, Judgement
from claimtypes.store import dump_jsonl, load_jsonl, write_text

SPLITS = """article,split,group,reason
cup-final,test,cup-final,drawn
harbour-office,train,harbour-office,drawn
passport-desk,validation,passport-desk,drawn
"""


def derive(project: Project) -> None:
    """Write a project's gold from its rounds and adjudications."""
    schema = load_schema(project.schema)
    judgements = [
        j for p in sorted(project.rounds.glob("*.jsonl")) for j in load_jsonl(p, Judgement)
    ]
    adjudications = (
        list(load_jsonl(project.adjudications, Adjudication))
        if project.adjudications.exists()
        else []
    )
    dump_jsonl(project.gold, derive_gold(judgements, adjudications, schema))


def make_ready(project: Project) -> Project:
    """Give a copy of the tiny project splits, one adjudication, and gold."""
    schema = load_schema(project.schema)
    judgements = list(load_jsonl(project.rounds / "first.jsonl", Judgement))
    sentence = "passport-desk:33-131"
    votes = {j.annotator: j.labels for j in judgements if j.sentence == sentence}
    decision = Adjudication(
        sentence=sentence,
        labels=schema.names[:2],
        adjudicator="reader-c",
        at="2026-01-06T10:00:00Z",
        reason="first-right",
        schema_version=schema.version,
        guideline_version="1.0.0",
        votes_digest=votes_digest(votes),
    )
    dump_jsonl(project.adjudications, [decision])
    write_text(project.splits, SPLITS)
    derive(project)
    return project


@pytest.fixture
def ready(tiny: Project) -> Project:
    """The tiny project with everything a release needs."""
    return make_ready(tiny)


@pytest.fixture
def release(ready: Project) -> Path:
    """A release of the tiny project."""
    from claimtypes.release.build import build

    return build(ready, "1.0.0").folder
