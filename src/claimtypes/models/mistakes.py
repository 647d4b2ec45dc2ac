"""Errors to read: the surest mistakes, what decided them, and what training had to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.models.examples import Examples
from claimtypes.models.features import Block, Features
from claimtypes.models.figures import PLACES
from claimtypes.models.metrics import Floats
from claimtypes.models.model import Model
from claimtypes.models.scores import Scored
from claimtypes.models.vocabulary import fit_features
from claimtypes.progress import track
from claimtypes.records import Record

ARTICLES = 3
MISTAKES = 5
"""How many of either kind are shown for each label."""

_NEIGHBOURS, _WORDS = 3, 6


@dataclass(frozen=True, slots=True)
class Neighbour(Record):
    """A training sentence near a mistake: ``similarity`` is the cosine of feature vectors."""

    sentence: str
    document: str
    labels: tuple[str, ...]
    similarity: float
    text: str


@dataclass(frozen=True, slots=True)
class DecidingWord(Record):
    """A word, and how much the label's probability falls without it."""

    word: str
    change: float


@dataclass(frozen=True, slots=True)
class Mistake(Record):
    """One wrong decision on one label: ``kind`` is ``false-positive`` or ``false-negative``.

    ``votes`` is the share of readers who chose the label, null where nobody was asked.
    """

    sentence: str
    document: str
    label: str
    kind: str
    probability: float
    threshold: float
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    votes: float | None
    title: str
    before: str
    text: str
    after: str
    words: tuple[DecidingWord, ...]
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Confusion(Record):
    """How many sentences with one label set in gold were given another."""

    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    sentences: int


@dataclass(frozen=True, slots=True)
class ReadSentence(Record):
    """One sentence of an article to read, with the labels it has and was given."""

    text: str
    gold: tuple[str, ...]
    predicted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadArticle(Record):
    """The annotated sentences of one article, in order."""

    document: str
    title: str
    publisher: str
    sentences: tuple[ReadSentence, ...]


def count_confusions(scored: Scored) -> tuple[Confusion, ...]:
    """Return every pair of gold and predicted label set, right ones too, commonest first."""
    pairs = Counter(
        (_names(gold, scored.names), _names(predicted, scored.names))
        for gold, predicted in zip(scored.gold, scored.predicted, strict=True)
    )
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(gold, predicted, count) for (gold, predicted), count in ordered)


def find_mistakes(
    model: Model, scored: Scored, examples: Examples, training: Examples
) -> tuple[Mistake, ...]:
    """Return the surest mistakes, by label, wrongly given before wrongly missed.

    Neighbours are looked for in ``training``; words are tried by leaving each out in turn, which
    works for every model that reads text.
    """
    found = [
        (row, label, kind)
        for label in range(len(scored.names))
        for kind in ("false-positive", "false-negative")
        for row in _surest(scored, label, kind)
    ]
    if not found:
        return ()
    rows = [row for row, _, _ in found]
    near = _neighbours(model, examples.take(rows), training)
    words = _deciding_words(model, examples, found, scored.probability)
    return tuple(
        _mistake(scored, examples, at, near[number], words[number])
        for number, at in enumerate(found)
    )


def choose_articles(
    scored: Scored, examples: Examples, most: int = ARTICLES
) -> tuple[ReadArticle, ...]:
    """Return a few articles to read: of each origin in turn, those with most labels in gold."""
    rows: dict[str, list[int]] = {}
    for row, document in enumerate(examples.documents):
        rows.setdefault(document, []).append(row)
    origins = examples.metadata.get("origin", ("",) * len(examples))
    by_origin: dict[str, list[str]] = {}
    for document in sorted(rows, key=lambda d: (-int(scored.gold[rows[d]].sum()), d)):
        by_origin.setdefault(str(origins[rows[document][0]]), []).append(document)
    turns = [held[turn : turn + 1] for turn in range(most) for _, held in sorted(by_origin.items())]
    chosen = [document for turn in turns for document in turn][:most]
    publishers = examples.metadata.get("publisher", ("",) * len(examples))
    return tuple(
        ReadArticle(
            document=document,
            title=examples.title[rows[document][0]],
            publisher=str(publishers[rows[document][0]]),
            sentences=tuple(
                ReadSentence(
                    examples.texts[row],
                    _names(scored.gold[row], scored.names),
                    _names(scored.predicted[row], scored.names),
                )
                for row in rows[document]
            ),
        )
        for document in chosen
    )


def _names(chosen: NDArray[Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name, held in zip(names, chosen, strict=True) if held)


def _surest(scored: Scored, label: int, kind: str) -> list[int]:
    gold, predicted = np.asarray(scored.gold)[:, label], np.asarray(scored.predicted)[:, label]
    probability = scored.probability[:, label]
    wrong = np.flatnonzero((gold == 0) & (predicted == 1))
    order = -probability
    if kind == "false-negative":
        wrong, order = np.flatnonzero((gold == 1) & (predicted == 0)), probability
    return [int(row) for row in wrong[np.argsort(order[wrong], kind="stable")]][:MISTAKES]


def _mistake(
    scored: Scored,
    examples: Examples,
    at: tuple[int, int, str],
    near: tuple[Neighbour, ...],
    words: tuple[DecidingWord, ...],
) -> Mistake:
    row, label, kind = at
    share = float("nan") if scored.votes is None else float(scored.votes[row, label])
    return Mistake(
        sentence=examples.ids[row],
        document=examples.documents[row],
        label=scored.names[label],
        kind=kind,
        probability=round(float(scored.probability[row, label]), PLACES),
        threshold=round(float(scored.thresholds[label]), PLACES),
        gold=_names(scored.gold[row], scored.names),
        predicted=_names(scored.predicted[row], scored.names),
        votes=None if np.isnan(share) else round(share, PLACES),
        title=examples.title[row],
        before=examples.previous[row],
        text=examples.texts[row],
        after=examples.following[row],
        words=words,
        neighbours=near,
    )


def _neighbours(
    model: Model, examples: Examples, training: Examples
) -> list[tuple[Neighbour, ...]]:
    if not len(training):
        return [()] * len(examples)
    features = getattr(model.scorer, "features", None)
    if not isinstance(features, Features):
        features = fit_features([Block()], [], training)
    ours, theirs = (_unit_rows(features, held) for held in (examples, training))
    similarity = np.asarray((ours @ theirs.T).todense())
    found = []
    for row in similarity:
        nearest = np.argsort(-row, kind="stable")[:_NEIGHBOURS]
        found.append(tuple(_neighbour(training, int(i), float(row[i])) for i in nearest))
    return found


def _unit_rows(features: Features, examples: Examples) -> Any:
    matrix = features.transform(examples)
    squares = np.zeros(len(matrix))
    np.add.at(squares, matrix.rows, matrix.values**2)
    lengths = np.sqrt(np.where(squares > 0, squares, 1.0))
    return replace(matrix, values=matrix.values / lengths[matrix.rows]).to_scipy()


def _neighbour(training: Examples, row: int, similarity: float) -> Neighbour:
    return Neighbour(
        sentence=training.ids[row],
        document=training.documents[row],
        labels=_names(training.gold[row], training.names),
        similarity=round(similarity, PLACES),
        text=training.texts[row],
    )


def _deciding_words(
    model: Model, examples: Examples, found: list[tuple[int, int, str]], probability: Floats
) -> list[tuple[DecidingWord, ...]]:
    if model.recipe.kind == "external":
        return [()] * len(found)
    decided = []
    for row, label, _ in track(found, "trying words"):
        words = examples.texts[row].split()
        texts = tuple(" ".join(words[:i] + words[i + 1 :]) for i in range(len(words)))
        without = model.predict_retold(examples, row, texts)[:, label]
        change = np.round(probability[row, label] - without, PLACES)
        order = np.argsort(-np.abs(change), kind="stable")[:_WORDS]
        decided.append(
            tuple(DecidingWord(words[i], float(change[i]) + 0.0) for i in order if change[i])
        )
    return decided
