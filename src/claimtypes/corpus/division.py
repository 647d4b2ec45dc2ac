"""A project's articles divided: what is read for it, and ``corpus/splits.csv`` written."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, fields

from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.duplicates import link_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.corpus.split_rows import SplitRow, load_split_rows, render_splits
from claimtypes.corpus.splits import Dividable, Plan, share_errors, split
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import Gold
from claimtypes.store import load_jsonl, write_text

WRITTEN = "written-for-this-corpus"
_MEND = "edit corpus/dataset.toml"


@dataclass(frozen=True, slots=True)
class ProjectDivision:
    """What `split_project` did.

    ``held`` are the articles that can be nowhere, with the reason; ``unread`` those whose text is
    not at hand, so that only their event and earlier group could be heeded; ``errors`` are the
    share errors by split and label, ``sentences`` and ``articles`` counts by split.
    """

    rows: tuple[SplitRow, ...]
    new: int
    held: dict[str, str]
    unread: tuple[str, ...]
    errors: dict[str, dict[str, float]]
    articles: dict[str, int]
    sentences: dict[str, int]

    @property
    def worst_error(self) -> float:
        """The largest share error of any label that has enough positives."""
        return max((abs(e) for part in self.errors.values() for e in part.values()), default=0.0)


def load_splits(project: Project) -> list[SplitRow]:
    """Return the rows of ``corpus/splits.csv``, none when it is not there yet."""
    if not project.splits.exists():
        return []
    return load_split_rows(project.splits)


def load_plan(project: Project) -> Plan:
    """Read the table ``[split]`` of ``corpus/dataset.toml``; without one the plan is `Plan()`.

    Raises:
        BadInput: for a key that a plan does not have, or a share that is not between 0 and 1.
    """
    values = dict(project.dataset().get("split", {}))
    known = {f.name for f in fields(Plan)}
    if unknown := sorted(values.keys() - known):
        raise BadInput(
            f"dataset.toml: [split] has no key {', '.join(unknown)}",
            hint=f"it may have {', '.join(sorted(known))}",
        )
    publishers = values.pop("publishers", [])
    if not isinstance(publishers, list) or not all(isinstance(p, str) for p in publishers):
        raise BadInput("dataset.toml: [split] publishers must be a list of names", hint=_MEND)
    seed = values.pop("seed", 0)
    bad = [k for k, v in values.items() if not isinstance(v, int | float) or not 0 <= v < 1]
    if bad or not isinstance(seed, int) or sum(values.values()) >= 1:
        raise BadInput(
            "dataset.toml: [split] shares must be between 0 and 1, and the seed whole", hint=_MEND
        )
    return Plan(seed=seed, publishers=tuple(publishers), **values)


def load_dividables(project: Project) -> tuple[list[Dividable], dict[str, list[str]]]:
    """Return what the division needs of each article, and the sentence texts that are at hand."""
    texts: dict[str, list[str]] = defaultdict(list)
    sentences: Counter[str] = Counter()
    for sentence in load_sentences(project):
        if sentence.annotated:
            sentences[sentence.article] += 1
            if sentence.text:
                texts[sentence.article].append(sentence.text)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    if project.gold.exists():
        for gold in load_jsonl(project.gold, Gold):
            labels[gold.sentence.rpartition(":")[0]].update(gold.labels or ())
    articles = [
        Dividable(
            id=article.id,
            publisher=article.publisher,
            written=article.origin == WRITTEN,
            event=article.event,
            sentences=sentences[article.id],
            labels=dict(labels[article.id]),
        )
        for article in load_articles(project)
    ]
    return articles, texts


def split_project(project: Project) -> ProjectDivision:
    """Give every article that has no split one, and write ``corpus/splits.csv``.

    Raises:
        BadInput: when there are no sentences yet, or the plan or the old file cannot be read.
    """
    plan, frozen = load_plan(project), load_splits(project)
    articles, texts = load_dividables(project)
    if not articles:
        raise BadInput("there are no articles to split", hint="claimtypes ingest PATH")
    links = link_articles(texts)
    division = split(articles, links, frozen, plan)
    write_text(project.splits, render_splits(division.rows))
    where = {row.article: row.split for row in division.rows}
    sentences: Counter[str] = Counter()
    for article in articles:
        if article.id in where:
            sentences[where[article.id]] += article.sentences
    old = {row.article for row in frozen}
    return ProjectDivision(
        rows=division.rows,
        new=sum(row.article not in old for row in division.rows),
        held=division.held,
        unread=tuple(a.id for a in articles if a.sentences and not texts.get(a.id)),
        errors=share_errors(articles, division.rows, plan),
        articles=dict(sorted(Counter(where.values()).items())),
        sentences=dict(sorted(sentences.items())),
    )
