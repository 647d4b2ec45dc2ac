"""Train, validation and test without leaks: groups stay whole, and old articles never move."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from claimtypes.corpus.balance import Task, divide
from claimtypes.corpus.duplicates import Link, cluster
from claimtypes.corpus.split_rows import TEST, TEST_PUBLISHERS, TRAIN, VALIDATION, SplitRow

FEW_POSITIVES = 50
"""A label with fewer positives than this cannot be shared out exactly."""

# Of each kind of text at least half must stay outside the held-out publishers.
_MOST_HELD = 0.5


@dataclass(frozen=True, slots=True)
class Dividable:
    """What the division needs to know of an article; ``labels`` counts its positives."""

    id: str
    publisher: str
    written: bool
    event: str = ""
    sentences: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The shares that are wanted of what is not held out, and the publishers that are.

    Without ``publishers`` some are chosen that hold about ``held_out`` of each kind of text.
    """

    seed: int = 0
    validation: float = 0.1
    test: float = 0.2
    held_out: float = 0.1
    publishers: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """The planned share of each split but the held-out publishers."""
        rest = 1.0 - self.validation - self.test
        return {TRAIN: rest, VALIDATION: self.validation, TEST: self.test}


@dataclass(frozen=True, slots=True)
class Division:
    """The rows of ``splits.csv``, and the articles that can be nowhere, each with the reason."""

    rows: tuple[SplitRow, ...]
    held: dict[str, str]


def group_articles(
    articles: Sequence[Dividable], links: Iterable[Link], frozen: Iterable[SplitRow] = ()
) -> list[list[str]]:
    """Return the sets of articles that may not be parted: by event, likeness or earlier group."""
    ids = sorted(article.id for article in articles)
    known = set(ids)
    bonds = [(f"event {a.event}", a.id) for a in articles if a.event]
    bonds += [(f"group {row.group}", row.article) for row in frozen if row.article in known]
    names = sorted({name for name, _ in bonds})
    pairs = [*bonds, *((k.first, k.second) for k in links if {k.first, k.second} <= known)]
    groups = cluster([*ids, *names], pairs)
    return sorted(sorted(member for member in group if member in known) for group in groups)


def split(
    articles: Sequence[Dividable],
    links: Sequence[Link] = (),
    frozen: Sequence[SplitRow] = (),
    plan: Plan | None = None,
) -> Division:
    """Divide articles among the splits.

    Articles in ``frozen`` stay where they are. A new one joins its group; one whose group or
    publisher stands on both sides of a border can be nowhere without a leak, and is held back.
    """
    plan = plan or Plan()
    by_id = {article.id: article for article in articles}
    rows = {row.article: row for row in frozen if row.article in by_id}
    groups = group_articles(articles, links, list(rows.values()))
    out, elsewhere = _publishers(by_id, rows, groups, plan)
    held: dict[str, str] = {}
    free: list[list[str]] = []
    for group in groups:
        here = sorted({rows[a].split for a in group if a in rows})
        fresh = [a for a in group if a not in rows]
        sides = {by_id[a].publisher in out for a in fresh}
        if not fresh:
            continue
        if len(here) > 1:
            held |= dict.fromkeys(fresh, f"its group is in {' and '.join(here)}")
        elif here:
            name = min(rows[a].group for a in group if a in rows)
            for a in fresh:
                publisher = by_id[a].publisher
                if (here[0] == TEST_PUBLISHERS) != (publisher in out) and (
                    publisher in out or publisher in elsewhere
                ):
                    held[a] = f"its group is in {here[0]}, its publisher is not"
                else:
                    rows[a] = SplitRow(a, here[0], name, "joined")
        elif len(sides) > 1:
            held |= dict.fromkeys(fresh, "its group has held-out and other publishers")
        elif sides == {True}:
            rows |= {a: SplitRow(a, TEST_PUBLISHERS, fresh[0], "publisher") for a in fresh}
        else:
            free.append(fresh)
    for group, name in zip(free, _draw(by_id, rows, free, plan), strict=True):
        rows |= {a: SplitRow(a, name, group[0], "drawn") for a in group}
    return Division(tuple(rows[a] for a in sorted(rows)), dict(sorted(held.items())))


def _publishers(
    by_id: Mapping[str, Dividable],
    rows: Mapping[str, SplitRow],
    groups: Sequence[Sequence[str]],
    plan: Plan,
) -> tuple[set[str], set[str]]:
    """Return the publishers held out, and those that may not be."""
    out = {by_id[a].publisher for a, row in rows.items() if row.split == TEST_PUBLISHERS}
    elsewhere = {by_id[a].publisher for a, row in rows.items() if row.split != TEST_PUBLISHERS}
    out |= set(plan.publishers) - elsewhere
    if not rows and not plan.publishers:
        out = _choose_publishers(by_id, groups, plan)
    return out, elsewhere


def _choose_publishers(
    by_id: Mapping[str, Dividable], groups: Sequence[Sequence[str]], plan: Plan
) -> set[str]:
    """Choose publishers that hold about the planned share of each kind of text, and its labels.

    Publishers that share a group go together. Never all of a kind of text is held out, and some
    of each is, where it has more than one publisher.
    """
    bonds = [(by_id[g[0]].publisher, by_id[a].publisher) for g in groups for a in g[1:]]
    sets = cluster(sorted({a.publisher for a in by_id.values()}), bonds)
    labels = sorted({label for a in by_id.values() for label in a.labels})
    counts = np.array([_kind_counts(by_id.values(), names, labels) for names in sets])
    shares = counts / np.maximum(counts.sum(axis=0), 1.0)
    width = len(labels) + 1
    # The sentences' share of each kind of text that there is.
    kinds = [k for k in (0, width) if counts[:, k].sum()]
    left, total = list(range(len(sets))), np.zeros(2 * width)
    chosen: set[str] = set()
    while True:
        lacking = [k for k in kinds if total[k] < plan.held_out / 2]
        open_sets = [n for n in left if all((total + shares[n])[k] <= _MOST_HELD for k in kinds)]
        helpful = [n for n in open_sets if any(shares[n, k] for k in lacking)]
        cost = {n: float(((total + shares[n] - plan.held_out) ** 2).sum()) for n in open_sets}
        best = min(open_sets, key=cost.__getitem__, default=None)
        if best is None or cost[best] >= float(((total - plan.held_out) ** 2).sum()):
            best = min(helpful, key=cost.__getitem__, default=None)
        if best is None:
            return chosen
        chosen.update(sets[best])
        total = total + shares[best]
        left.remove(best)


def _kind_counts(
    articles: Iterable[Dividable], publishers: Iterable[str], labels: Sequence[str]
) -> list[float]:
    """Count sentences and labels of some publishers, of written texts and then of the others."""
    names = set(publishers)
    counts = [0.0] * (2 * (len(labels) + 1))
    for article in articles:
        if article.publisher in names:
            start = 0 if article.written else len(labels) + 1
            counts[start] += article.sentences or 1
            for place, label in enumerate(labels, start + 1):
                counts[place] += article.labels.get(label, 0)
    return counts


def _row_counts(article: Dividable, labels: Sequence[str]) -> list[float]:
    positives = [article.labels.get(label, 0) for label in labels]
    basics = [article.sentences, 1, article.sentences * article.written, article.written]
    return [float(n) for n in (*positives, *basics, *(n * article.written for n in positives))]


def _draw(
    by_id: Mapping[str, Dividable],
    rows: Mapping[str, SplitRow],
    free: Sequence[Sequence[str]],
    plan: Plan,
) -> list[str]:
    """Return a split for each free group, so that all end near the planned shares."""
    if not free:
        return []
    labels = sorted({label for article in by_id.values() for label in article.labels})
    names = list(plan.shares)
    groups = np.array(
        [np.sum([_row_counts(by_id[a], labels) for a in group], axis=0) for group in free]
    )
    begun = np.zeros((len(names), groups.shape[1]))
    for article, row in rows.items():
        if row.split in names:
            begun[names.index(row.split)] += _row_counts(by_id[article], labels)
    total = groups.sum(axis=0) + begun.sum(axis=0)
    scale = np.maximum(total, 1.0)
    weights = np.array([1.0] * len(labels) + [1.0, 0.2, 0.5, 0.1] + [0.3] * len(labels))
    weights = weights * np.minimum(total / FEW_POSITIVES, 1.0)
    must = np.zeros(len(total), bool)
    must[: len(labels) + 1] = total[: len(labels) + 1] >= FEW_POSITIVES
    task = Task(groups / scale, begun / scale, np.array([plan.shares[n] for n in names]), weights)
    return [names[part] for part in divide(task, must, plan.seed).part]


def share_errors(
    articles: Iterable[Dividable], rows: Iterable[SplitRow], plan: Plan
) -> dict[str, dict[str, float]]:
    """Return for each planned split how far its share of each label is from the plan.

    A share is of the label's positives outside the held-out publishers; ``sentences`` is the
    share of all sentences there. Labels with fewer than `FEW_POSITIVES` positives are left out.
    """
    where = {row.article: row.split for row in rows}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        if where.get(article.id) in plan.shares:
            counts[where[article.id]].update({"sentences": article.sentences, **article.labels})
    total: Counter[str] = sum(counts.values(), Counter())
    return {
        name: {
            column: counts[name][column] / n - share
            for column, n in sorted(total.items())
            if n >= FEW_POSITIVES
        }
        for name, share in plan.shares.items()
    }
