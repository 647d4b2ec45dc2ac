"""A project of forty made-up articles with everything a release, a model and a report need."""

from __future__ import annotations

import random
from pathlib import Path

from claimtypes.annotation.adjudication import derive_gold, votes_digest
from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.articles import dump_article, join_blocks
from claimtypes.corpus.segment import load_sentences, segment_project
from claimtypes.project import Project
from claimtypes.records import Adjudication, Article, ContrastItem, Hydrated, Judgement
from claimtypes.release.build import build
from claimtypes.store import dump_jsonl, sha256_bytes, write_text

ACTS = {
    0: ["agents threatened {who} over a video call", "officers took the passport of {who}",
        "police visited the parents of {who} at night", "{who} was pressed to return home"],
    1: ["the embassy denied any link to {who}", "the ministry called the report on {who} a smear",
        "the consulate said the story of {who} was invented"],
    2: ["the court ordered an inquiry into the case of {who}",
        "parliament expelled two diplomats over {who}", "prosecutors charged a man over {who}"],
}  # fmt: skip
NOTHING = [
    "the league moved the match of {who}", "{who} opened a bakery by the harbour",
    "the council painted the bridge that {who} likes", "the ferry of {who} ran late again",
]  # fmt: skip
WHO = "Mara Lind,Joren Abe,Tiva Okun,Selim Dar,Ada Voss,Pell Korin,Nia Strand,Oto Belm".split(",")
WHEN = "on Monday,in the spring,last year,before noon,after the vote,at the port".split(",")


def _sentence(labels: list[int], chance: random.Random) -> str:
    parts = [chance.choice(ACTS[label]) for label in labels] or [chance.choice(NOTHING)]
    text = ", and ".join(part.format(who=chance.choice(WHO)) for part in parts)
    text = f"{text} {chance.choice(WHEN)}, {chance.choice(WHO)} said"
    return text[0].upper() + text[1:] + "."


def _article(number: int, chance: random.Random) -> tuple[Article, list[list[int]]]:
    labels = [[x for x in range(3) if chance.random() < (0.3, 0.15, 0.25)[x]] for _ in range(9)]
    sentences = [_sentence(chosen, chance) for chosen in labels]
    blocks = [("title", f"Report {number}")] + [
        ("paragraph", " ".join(sentences[i : i + 3])) for i in (0, 3, 6)
    ]
    text, found = join_blocks(blocks)
    real = number % 4 == 0
    publisher = ("Harbour Post", "Valley Wire", "Ministry of Bridges")[number % 3]
    article = Article(
        id=f"report-{number:02}",
        title=f"Report {number}",
        publisher="The Lantern" if _split(number) == "test-publishers" else publisher,
        url="",
        published=f"20{20 + number % 3}-03-0{1 + number % 9}",
        retrieved="",
        language="en",
        licence="LicenseRef-withheld" if real else "CC-BY-4.0",
        origin="reported" if real else "written-for-this-corpus",
        sha256=sha256_bytes(text.encode()),
        text=text,
        genre=("wire-brief", "explainer")[number % 2],
        event=f"event-{number:02}",
        countries=("Osterland",),
        blocks=found,
    )
    return article, labels


def _split(number: int) -> str:
    if number % 3 == 2 and number >= 30:
        return "test-publishers"
    return ("train", "train", "train", "validation", "test")[number % 5]


def make_newsroom(tiny: Project, articles: int = 40) -> Project:
    """Turn a copy of the tiny project into one of many articles, judged, decided and split."""
    for path in tiny.articles.iterdir():
        path.unlink()
    tiny.sentences.unlink()
    (tiny.rounds / "first.jsonl").unlink()
    chance, truth, lines = random.Random(5), {}, ["article,split,group,reason"]
    for number in range(articles):
        article, labels = _article(number, chance)
        dump_article(tiny, article)
        truth[article.id] = labels
        lines.append(f"{article.id},{_split(number)},{article.event},drawn")
    segment_project(tiny)
    write_text(tiny.splits, "\n".join(lines) + "\n")
    _judge(tiny, truth, chance)
    dump_jsonl(tiny.root / "corpus" / "contrast.jsonl", _contrast(tiny))
    return tiny


def _judge(project: Project, truth: dict[str, list[list[int]]], chance: random.Random) -> None:
    schema = load_schema(project.schema)
    judgements, hydrated, seen = [], [], dict.fromkeys(truth, 0)
    for sentence in load_sentences(project):
        if not sentence.annotated:
            continue
        labels = truth[sentence.article][seen[sentence.article]]
        seen[sentence.article] += 1
        hydrated.append(Hydrated(sentence.id, sentence.text or ""))
        for reader in ("reader-a", "reader-b"):
            chosen = {x for x in range(3) if (x in labels) != (chance.random() < 0.05)}
            judgements.append(
                Judgement(
                    sentence=sentence.id,
                    annotator=reader,
                    labels=tuple(n for x, n in enumerate(schema.names) if x in chosen),
                    round="first",
                    schema_version=schema.version,
                    guideline_version="1.0.0",
                    text_fingerprint=sentence.fingerprint,
                    at="2026-01-05T09:00:00Z",
                )
            )
    dump_jsonl(project.rounds / "first.jsonl", judgements)
    decisions = []
    for row in derive_gold(judgements, [], schema):
        if row.labels is None:
            decisions.append(
                Adjudication(
                    sentence=row.sentence,
                    labels=row.votes["reader-a"],
                    adjudicator="reader-c",
                    at="2026-01-06T09:00:00Z",
                    reason="first-right",
                    schema_version=schema.version,
                    guideline_version="1.0.0",
                    votes_digest=votes_digest(row.votes),
                )
            )
    dump_jsonl(project.adjudications, decisions)
    dump_jsonl(project.gold, derive_gold(judgements, decisions, schema))
    dump_jsonl(project.hydrated, hydrated)


def _contrast(project: Project) -> list[ContrastItem]:
    names = load_schema(project.schema).names
    pairs = [
        (
            "side",
            "The embassy denied any link to it.",
            "The baker denied any link to it.",
            (1,),
            (),
        ),
        ("act", "Officers took his passport.", "Officers found his passport.", (0,), ()),
    ]
    items = [
        ContrastItem(f"c{n}{side}", f"c{n}", "contrast", edit if side else "", text,
                     tuple(names[x] for x in labels))
        for n, (edit, one, other, first, second) in enumerate(pairs)
        for side, (text, labels) in enumerate(((one, first), (other, second)))
    ]  # fmt: skip
    return items + [
        ContrastItem(f"i0{n}", "i0", "invariance", "name" if n else "",
                     f"Agents threatened {who} over a video call.", (names[0],))
        for n, who in enumerate(("Mara Lind", "Zo Quist"))
    ]  # fmt: skip


def release_newsroom(project: Project) -> Path:
    """Build the release of a newsroom."""
    return build(project, "1.0.0").folder
