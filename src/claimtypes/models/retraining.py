"""What only training again can tell: chance, leaks between splits, and what more data buys.

Seeds are scored where the model is; everything else is cross-validated on training and
validation sentences, so that the test is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models import metrics
from claimtypes.models.benchmark import Benchmark
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.examples import Examples
from claimtypes.models.figures import PLACES, Score
from claimtypes.models.folds import group_folds
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe
from claimtypes.models.scores import Scored, score, score_sheet
from claimtypes.models.train import train
from claimtypes.progress import track
from claimtypes.records import Record

FOLDS = 5
SEEDS = 5
WRITTEN = "written-for-this-corpus"
"""The origin of texts that are no reporting; every other origin is real text."""

_WITHOUT_CHANCE = ("constant", "keywords", "external", "entailment")
_FEWEST_ARTICLES = 10


@dataclass(frozen=True, slots=True)
class SeedScores(Record):
    """F1 of the same recipe trained from several seeds: one value a seed, mean and deviation."""

    name: str
    values: tuple[float, ...]
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class SplitScores(Record):
    """Cross-validated scores where folds keep ``by`` together: sentences, articles, publishers."""

    by: str
    folds: int
    n_sentences: int
    macro_f1: Score
    micro_f1: Score
    labels: dict[str, Score]


@dataclass(frozen=True, slots=True)
class LearningPoint(Record):
    """Cross-validated scores after training on some articles of one pool, tested on ``on``."""

    pool: str
    on: str
    articles: int
    sentences: int
    macro_f1: Score
    labels: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Retraining(Record):
    """Everything measured by training again."""

    seeds: tuple[SeedScores, ...]
    splits: tuple[SplitScores, ...]
    learning: tuple[LearningPoint, ...]


def retrain(
    model: Model, benchmark: Benchmark, split: str, *, draws: int = REPLICATES, seed: int = SEED
) -> Retraining:
    """Train the model's recipe again from other seeds, on other splits and on less.

    Raises:
        BadInput: for a model whose recipe cannot be trained here.
    """
    if model.recipe.kind == "external":
        raise BadInput("predictions of others cannot be trained again", hint="evaluate a recipe")
    pool = benchmark.split("train", "validation")
    return Retraining(
        seeds=_measure_seeds(model, benchmark, split),
        splits=_compare_splits(model, pool, draws, seed),
        learning=_measure_learning(model, pool, draws, seed),
    )


def _measure_seeds(model: Model, benchmark: Benchmark, split: str) -> tuple[SeedScores, ...]:
    if model.recipe.kind in _WITHOUT_CHANCE:
        return ()
    examples, rows = benchmark.split(split), []
    for number in track(range(SEEDS), "training from other seeds"):
        recipe = replace(model.recipe, seed=model.recipe.seed + number)
        again = train(
            recipe,
            benchmark.split("train"),
            benchmark.split("validation"),
            exclusive=model.exclusive,
        )
        sheet = score_sheet(again, examples)
        counts = metrics.count(sheet.gold, sheet.predicted)
        rows.append(
            [
                float(metrics.macro_f1(counts)),
                float(np.nan_to_num(metrics.micro_f1(counts))),
                *np.nan_to_num(metrics.f1(counts)),
            ]
        )
    names = ("macro_f1", "micro_f1", *model.names)
    return tuple(
        SeedScores(
            name,
            tuple(round(float(value), PLACES) for value in values),
            round(float(values.mean()), PLACES),
            round(float(values.std(ddof=1)), PLACES),
        )
        for name, values in zip(names, np.array(rows).T, strict=True)
    )


def _held_out(
    model: Model, examples: Examples, folds: NDArray[np.int64], recipe: Recipe
) -> Iterator[tuple[NDArray[np.int64], Scored]]:
    """Yield the rows of each fold and their scores by a model that did not see them."""
    for fold in range(int(folds.max()) + 1):
        rows, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        learnt = _train(recipe, examples.take(rest), exclusive=model.exclusive)
        yield rows, score_sheet(learnt, examples.take(rows))


def _train(recipe: Recipe, examples: Examples, *, exclusive: bool) -> Model:
    # Nothing is left to validate on: what a recipe tunes there it tunes on folds here.
    tuning = recipe.tuning
    if tuning.on == "validation":
        recipe = replace(recipe, tuning=replace(tuning, on="folds"))
    return train(recipe, examples, exclusive=exclusive)


def _joined(parts: list[Scored]) -> Scored:
    first = parts[0]
    return Scored(
        first.names,
        tuple(document for part in parts for document in part.documents),
        np.concatenate([np.asarray(part.gold) for part in parts]),
        np.concatenate([np.asarray(part.predicted) for part in parts]),
        np.concatenate([part.probability for part in parts]),
        first.thresholds,
        np.concatenate([np.asarray(part.untuned) for part in parts]),
    )


def _compare_splits(model: Model, pool: Examples, draws: int, seed: int) -> tuple[SplitScores, ...]:
    groups = pool.metadata.get("group", pool.documents)
    kinds = {"sentences": pool.ids, "articles": groups}
    if "publisher" in pool.metadata:
        kinds["publishers"] = pool.metadata["publisher"]
    found = []
    for by, keys in track(list(kinds.items()), "comparing splits"):
        count = min(FOLDS, len(set(keys)))
        if count < 2:
            continue
        # Where sentences are dealt out one by one, they are dealt out so in tuning as well.
        examples = _regrouped(pool, keys) if by == "sentences" else pool
        folds = group_folds(keys, pool.gold, count, model.recipe.seed)
        parts = [sheet for _, sheet in _held_out(model, examples, folds, model.recipe)]
        sheet = _joined(parts)
        if by == "sentences":
            order = np.concatenate([np.flatnonzero(folds == fold) for fold in range(count)])
            sheet = replace(sheet, documents=tuple(pool.documents[row] for row in order))
        scores = score(sheet, draws=draws, seed=seed, ranking=False)
        found.append(
            SplitScores(
                by=by,
                folds=count,
                n_sentences=scores.n_sentences,
                macro_f1=scores.macro_f1,
                micro_f1=scores.micro_f1,
                labels={label.name: label.f1 for label in scores.labels},
            )
        )
    return tuple(found)


def _regrouped(examples: Examples, keys: tuple[str, ...]) -> Examples:
    return replace(examples, documents=keys, metadata=examples.metadata | {"group": keys})


def _pools(examples: Examples) -> dict[str, NDArray[np.bool_]]:
    """Return the pools of training sentences: by written and real origin where both are there."""
    origins = np.array(examples.metadata.get("origin", [""] * len(examples)))
    written = origins == WRITTEN
    everything: dict[str, NDArray[np.bool_]] = {"all": np.ones(len(examples), dtype=bool)}
    if written.all() or not written.any():
        return everything
    return {"written": written, "real": ~written, "written and real": everything["all"]}


def _sizes(articles: int) -> list[int]:
    sizes = []
    size = _FEWEST_ARTICLES
    while size < articles * 0.8:
        sizes.append(size)
        size *= 2
    return [*sizes, articles] if articles >= _FEWEST_ARTICLES else []


def _measure_learning(
    model: Model, examples: Examples, draws: int, seed: int
) -> tuple[LearningPoint, ...]:
    if model.recipe.kind in _WITHOUT_CHANCE:
        return ()
    pools = _pools(examples)
    tested = pools.get("real", pools.get("all"))
    on = "real" if "real" in pools else "all"
    groups = np.array(examples.metadata.get("group", examples.documents))
    folds = group_folds(list(groups), examples.gold, FOLDS, model.recipe.seed)
    plan = [
        (pool, size)
        for pool, member in pools.items()
        for size in _sizes(_fewest_articles(examples, member, folds))
    ]
    found = []
    for pool, size in track(plan, "learning curve"):
        parts, sentences = [], []
        for fold in range(FOLDS):
            rows = np.flatnonzero((folds == fold) & tested)
            rest = _first_articles(examples, pools[pool] & (folds != fold), size)
            learnt = _train(model.recipe, examples.take(rest), exclusive=model.exclusive)
            parts.append(score_sheet(learnt, examples.take(rows)))
            sentences.append(len(rest))
        scores = score(_joined(parts), draws=draws, seed=seed, ranking=False)
        labels = {label.name: label.f1 for label in scores.labels}
        mean = round(float(np.mean(sentences)))
        found.append(LearningPoint(pool, on, size, mean, scores.macro_f1, labels))
    return tuple(found)


def _fewest_articles(
    examples: Examples, member: NDArray[np.bool_], folds: NDArray[np.int64]
) -> int:
    documents = np.array(examples.documents)
    return min(len(set(documents[member & (folds != fold)])) for fold in range(FOLDS))


def _first_articles(examples: Examples, member: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """Return the rows of some articles; a larger size has all those of a smaller one."""
    documents = np.array(examples.documents)
    named = sorted(set(documents[member]), key=lambda d: hashlib.sha256(d.encode()).hexdigest())
    return np.flatnonzero(member & np.isin(documents, named[:size]))
