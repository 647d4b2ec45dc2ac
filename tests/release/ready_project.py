"""What makes the tiny project ready to be released, and changes it between releases."""

from __future__ import annotations

from dataclasses import replace

from claimtypes.annotation.adjudication import derive_gold, votes_digest
from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.articles import dump_article, join_blocks
from claimtypes.corpus.segment import segment
from claimtypes.project import Project
from claimtypes.records import Adjudication, Article, ContrastItem, Judgement, Sentence
from claimtypes.store import dump_jsonl, load_jsonl, sha256_bytes, write_text

SPLITS = """article,split,group,reason
cup-final,test,cup-final,drawn
harbour-office,train,harbour-office,drawn
passport-desk,validation,passport-desk,drawn
withheld-wire,train,withheld-wire,drawn
"""
WITHHELD_TEXT = (
    "The consulate told relatives that the students had to return before the spring. "
    "Its spokesman said “nobody was ever threatened”. Ten officers were expelled on Tuesday."
)


def derive(project: Project) -> None:
    """Write a project's gold from its rounds and adjudications."""
    schema = load_schema(project.schema)
    judgements = [
        j for path in sorted(project.rounds.glob("*.jsonl")) for j in load_jsonl(path, Judgement)
    ]
    adjudications = list(load_jsonl(project.adjudications, Adjudication))
    dump_jsonl(project.gold, derive_gold(judgements, adjudications, schema))


def withheld_article() -> Article:
    """An article whose licence does not let its text be shipped, with its text."""
    text, blocks = join_blocks(
        [("title", "Consulate pressed students"), ("paragraph", WITHHELD_TEXT)]
    )
    return Article(
        id="withheld-wire",
        title="Consulate pressed students",
        publisher="Osmark Wire",
        url="https://example.org/consulate",
        published="2023-05-01",
        retrieved="2024-01-01",
        language="en",
        licence="LicenseRef-all-rights-reserved",
        origin="reported",
        sha256=sha256_bytes(text.encode()),
        text=text,
        blocks=blocks,
        obtained="https://example.org/consulate",
    )


def add_withheld(project: Project) -> None:
    """Give a project a withheld article, judged by three annotators."""
    article = withheld_article()
    sentences = list(load_jsonl(project.sentences, Sentence))
    new = [replace(s, text=None) for s in segment(article)]
    dump_jsonl(project.sentences, sentences + new, key=lambda s: (s.article, s.index))
    dump_article(project, replace(article, text=None, blocks=()))
    names = load_schema(project.schema).names
    chosen = [[names[0]], [names[1]], [names[2]]]
    judgements = [
        Judgement(
            sentence=sentence.id,
            annotator=f"reader-{reader}",
            labels=() if reader == "c" and number == 0 else tuple(chosen[number]),
            round="second",
            schema_version="1.0.0",
            guideline_version="1.0.0",
            text_fingerprint=sentence.fingerprint,
            at="2026-01-07T09:00:00+01:00",
        )
        for number, sentence in enumerate(s for s in new if s.annotated)
        for reader in "abc"
    ]
    dump_jsonl(project.rounds / "second.jsonl", judgements)


def make_ready(project: Project) -> Project:
    """Give a copy of the tiny project all that a release can hold."""
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
    items = [
        ContrastItem(
            "c1", "p1", "contrast", "speaker", "The embassy denied it.", schema.names[1:2]
        ),
        ContrastItem("c2", "p1", "contrast", "speaker", "The bank denied it.", ()),
    ]
    dump_jsonl(project.root / "corpus" / "contrast.jsonl", items)
    add_withheld(project)
    derive(project)
    return project


def relabel(project: Project, sentence: str, labels: list[str]) -> None:
    """Let every annotator of the first round have given a sentence other labels."""
    path = project.rounds / "first.jsonl"
    rows = [
        replace(row, labels=tuple(labels)) if row.sentence == sentence else row
        for row in load_jsonl(path, Judgement)
    ]
    dump_jsonl(path, rows)
    derive(project)
