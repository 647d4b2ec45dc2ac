"""Make a project of invented articles and simulated annotators, clean or with planted faults.

The faults are those that a published corpus carried unnoticed: an annotator whose labels were
shuffled, another whose highlights belong to other sentences, a label that is not in the schema,
articles without a link, judgements on texts that are not in the corpus. Words are made of
syllables, so that nothing here was written, or is owned, by anybody.

    python scripts/make_faulty_rounds.py FOLDER [--seed N] [--clean]
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from claimtypes.annotation.schema import Schema, parse_schema
from claimtypes.corpus.articles import dump_article, join_blocks
from claimtypes.corpus.segment import segment
from claimtypes.project import Project
from claimtypes.records import Article, Judgement, Sentence
from claimtypes.store import dump_jsonl, sha256_bytes, write_text

ROUND = "simulated"
STRAY = "Biased, unfair"
SHUFFLED, MISALIGNED = 0, 1
"""Which annotators of a faulty project carry the faults."""

SCHEMA = """version = "1.0.0"
guideline = "GUIDELINES.md"
question = "Which are there?"
none = { title = "None", hotkey = "9", color = "#5f6368" }
""" + "".join(
    f"""[[labels]]
name = "{name}"
title = "{name.title()}"
hotkey = "{number}"
color = "#{number}{number}4444"
definition = "Simulated."
"""
    for number, name in enumerate(("threat", "denial", "answer"), 1)
)


@dataclass(frozen=True)
class Simulated:
    """A project in memory; ``truth`` is what the sentences were made to say."""

    schema: Schema
    articles: list[Article]
    sentences: list[Sentence]
    truth: dict[str, tuple[str, ...]]
    judgements: list[Judgement]


def _word(chance: random.Random) -> str:
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    return "".join(chance.choices(syllables, k=chance.randint(2, 3)))


@dataclass
class _Writer:
    """Makes sentences: filler words, and cue words for what a sentence is to say."""

    chance: random.Random
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        self.filler = sorted({_word(self.chance) for _ in range(500)})
        self.weights = [1 / (rank + 3) for rank in range(len(self.filler))]
        self.cues = {label: [_word(self.chance) for _ in range(10)] for label in self.labels}

    def sentence(self, said: tuple[str, ...]) -> tuple[str, list[str]]:
        words = self.chance.choices(self.filler, self.weights, k=self.chance.randint(7, 16))
        cues = [word for label in said for word in self.chance.sample(self.cues[label], k=2)]
        if self.chance.random() < 0.06:
            words.append(self.chance.choice(self.cues[self.chance.choice(self.labels)]))
        everything = words + cues
        self.chance.shuffle(everything)
        return (" ".join(everything)).capitalize() + ".", cues


def _article(number: int, sentences: list[str], chance: random.Random) -> Article:
    text, blocks = join_blocks(
        [("title", f"Report {number}")]
        + [("paragraph", " ".join(sentences[at : at + 3])) for at in range(0, len(sentences), 3)]
    )
    return Article(
        id=f"report-{number:03}",
        title=f"Report {number}",
        publisher=f"Paper {chance.randint(1, 6)}",
        url=f"https://example.org/{number}",
        published="2026-01-01",
        retrieved="2026-01-02",
        language="en",
        licence="CC0-1.0",
        origin="reported",
        sha256=sha256_bytes(text.encode()),
        text=text,
        blocks=blocks,
    )


@dataclass
class _Annotator:
    """Misses and invents labels at rates of their own, more of both in hard documents."""

    name: str
    chance: random.Random
    labels: tuple[str, ...]
    noise: float

    def __post_init__(self) -> None:
        self.misses = {x: self.chance.uniform(0.04, 0.3) * self.noise for x in self.labels}
        self.invents = {x: self.chance.uniform(0.003, 0.04) * self.noise for x in self.labels}
        self.accepts = self.chance.uniform(0.6, 0.9)
        self.pace = self.chance.uniform(8, 20)

    def judge(self, truth: tuple[str, ...], hardness: float) -> tuple[str, ...]:
        return tuple(
            label
            for label in self.labels
            if self.chance.random()
            < (
                1 - min(self.misses[label] * hardness, 0.8)
                if label in truth
                else min(self.invents[label] * hardness, 0.3)
            )
        )


def simulate(
    seed: int,
    *,
    annotators: int = 5,
    documents: int = 40,
    per_document: int = 25,
    prevalence: float = 0.25,
    noise: float = 1.0,
    prefilled: bool = False,
) -> Simulated:
    """Return a clean project: annotators of ordinary, differing quality and no fault."""
    chance = random.Random(seed)
    schema = parse_schema(SCHEMA)
    writer = _Writer(chance, schema.names)
    articles, sentences, truth, cues = [], [], {}, {}
    for number in range(documents):
        # Many documents are about something else; where the subject comes up, it stays.
        rate = prevalence * chance.choice((0.1, 0.6, 1.3, 2.0))
        said = [
            tuple(x for x in schema.names if chance.random() < rate / len(schema.names) * 1.2)
            for _ in range(per_document)
        ]
        made = [writer.sentence(labels) for labels in said]
        article = _article(number, [text for text, _ in made], chance)
        cut = [s for s in segment(article) if s.annotated]
        articles.append(article)
        sentences += cut
        truth |= {s.id: labels for s, labels in zip(cut, said, strict=True)}
        cues |= {s.id: words for s, (_, words) in zip(cut, made, strict=True)}
    people = [_Annotator(f"reader-{i + 1}", chance, schema.names, noise) for i in range(annotators)]
    judgements = [
        judgement
        for person in people
        for judgement in _judge_all(person, sentences, truth, cues, chance, prefilled=prefilled)
    ]
    return Simulated(schema, articles, sentences, truth, judgements)


def _judge_all(
    person: _Annotator,
    sentences: list[Sentence],
    truth: dict[str, tuple[str, ...]],
    cues: dict[str, list[str]],
    chance: random.Random,
    *,
    prefilled: bool,
) -> list[Judgement]:
    order = sorted({s.article for s in sentences})
    chance.shuffle(order)
    place = {article: index for index, article in enumerate(order)}
    hardness = {article: random.Random(article).uniform(0.5, 1.8) for article in order}
    own = {article: chance.uniform(0.7, 1.4) for article in order}
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    judged = []
    for sentence in sorted(sentences, key=lambda s: (place[s.article], s.index)):
        hard = hardness[sentence.article] * own[sentence.article]
        labels = person.judge(truth[sentence.id], hard)
        seconds = round(0.6 + sentence.letters / person.pace * chance.lognormvariate(0, 0.4), 1)
        moment += timedelta(seconds=seconds)
        origin = "manual"
        if prefilled and chance.random() < 0.5:
            origin = "prefilled" if chance.random() < person.accepts else "prefilled-changed"
        words = (sentence.text or "").rstrip(".").split()
        marked: tuple[str, ...] = ()
        if chance.random() < (0.92 if labels else 0.06):
            known = [w for w in words if w.lower() in cues[sentence.id]] if labels else []
            marked = (chance.choice(known or words),)
        judged.append(
            Judgement(
                sentence=sentence.id,
                annotator=person.name,
                labels=labels,
                round=ROUND,
                schema_version="1.0.0",
                guideline_version="1.0.0",
                text_fingerprint=sentence.fingerprint,
                at=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                seconds=seconds,
                origin=origin,
                model="simulated" if origin != "manual" else "",
                note="unsure" if chance.random() < 0.05 else "",
                highlights=marked,
            )
        )
    return sorted(judged, key=lambda j: (j.sentence.rpartition(":")[0], _start(j.sentence)))


def _start(sentence: str) -> int:
    return int(sentence.rpartition(":")[2].partition("-")[0])


def shuffle_labels(rows: list[Judgement], chance: random.Random) -> list[Judgement]:
    """Return the judgements with their label sets dealt out at random."""
    labels = [row.labels for row in rows]
    chance.shuffle(labels)
    return [replace(row, labels=dealt) for row, dealt in zip(rows, labels, strict=True)]


def plant_faults(clean: Simulated, seed: int) -> Simulated:
    """Return the project with the published corpus's faults in it."""
    chance = random.Random(seed)
    by_annotator: dict[str, list[Judgement]] = {}
    for judgement in clean.judgements:
        by_annotator.setdefault(judgement.annotator, []).append(judgement)
    names = sorted(by_annotator)
    by_annotator[names[SHUFFLED]] = shuffle_labels(by_annotator[names[SHUFFLED]], chance)
    rows = by_annotator[names[MISALIGNED]]
    marks = [row.highlights for row in rows]
    by_annotator[names[MISALIGNED]] = [
        replace(row, highlights=mark)
        for row, mark in zip(rows, marks[-1:] + marks[:-1], strict=True)
    ]
    rows = by_annotator[names[-1]]
    rows[7] = replace(rows[7], labels=(STRAY,))
    lost = [
        replace(row, sentence=f"lost-{index:02}:0-40", text_fingerprint="0" * 24)
        for index, row in enumerate(rows[:26])
    ]
    articles = [
        replace(article, url="") if index % 3 == 0 else article
        for index, article in enumerate(clean.articles)
    ]
    judgements = [row for name in names for row in by_annotator[name]]
    return replace(clean, articles=articles, judgements=judgements + lost)


def write_project(simulated: Simulated, folder: Path) -> Project:
    """Write a simulated project as a folder."""
    project = Project(folder)
    write_text(project.schema, SCHEMA)
    write_text(project.guidelines, "# Annotation guidelines, version 1.0.0\n\nSimulated.\n")
    names = sorted({j.annotator for j in simulated.judgements})
    entries = [f'[[annotators]]\nid = "{name}"\nkind = "human"\n' for name in names]
    write_text(project.annotators, "\n".join(entries))
    for article in simulated.articles:
        dump_article(project, article)
    rows = [replace(s, text=None) for a in simulated.articles for s in segment(a)]
    dump_jsonl(project.sentences, rows)
    dump_jsonl(project.rounds / f"{ROUND}.jsonl", simulated.judgements)
    return project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="plant no faults")
    arguments = parser.parse_args()
    simulated = simulate(arguments.seed)
    if not arguments.clean:
        simulated = plant_faults(simulated, arguments.seed)
    write_project(simulated, arguments.folder)


if __name__ == "__main__":
    main()
