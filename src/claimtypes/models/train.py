"""Training: fit a recipe, tune it on sentences it has not learnt from, and keep the proof."""

from __future__ import annotations

import platform
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models import metrics
from claimtypes.models.calibration import (
    Labels,
    fit_calibration,
    steady_thresholds,
)
from claimtypes.models.context import document_starts, fit_context
from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.folds import group_folds
from claimtypes.models.linear import Linear
from claimtypes.models.masking import common_words
from claimtypes.models.model import LabelStyle, Model, Origin
from claimtypes.models.protocol import Scorer, scorer_class
from claimtypes.models.recipe import Recipe, Tuning
from claimtypes.models.sparse import Floats
from claimtypes.progress import track

PROBES = 50
_PROBED = 10_000  # texts are enough to take the words of probes from
# Colours for labels that no schema gives one, told apart by most eyes (Okabe and Ito, 2008).
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#e69f00")
_TOOLS_OF = {"textcat": {"spacy"}, "encoder": {"sentence-transformers"}}


def train(
    recipe: Recipe,
    examples: Examples,
    validation: Examples | None = None,
    *,
    styles: Sequence[LabelStyle] = (),
    origin: Origin | None = None,
    exclusive: bool | None = None,
) -> Model:
    """Fit a recipe to labelled examples and return the tuned model.

    ``exclusive`` is whether each sentence has exactly one label; None looks at the labels.
    ``validation`` is used only where the recipe tunes on it.

    Raises:
        BadInput: when there is nothing to learn from, or nothing to tune on.
        MissingExtra: when the recipe's kind needs a package that is not installed.
    """
    if not len(examples):
        raise BadInput("no labelled sentences to train on", hint="claimtypes gold")
    if exclusive is None:
        exclusive = len(examples.names) > 1 and bool((examples.gold.sum(axis=1) == 1).all())
    scorer = scorer_class(recipe.kind).fit(recipe, examples, exclusive=exclusive)
    context, unseen = None, None
    # Where each sentence is a document of its own, there is nothing to read it among, and where
    # there are fewer documents than folds, nothing to learn that from.
    reads = (
        recipe.context > 0
        and len(document_starts(examples)) < len(examples)
        and len(set(_groups(examples))) >= recipe.tuning.folds
    )
    if reads or (recipe.tuning.on == "folds" and _tunes(recipe)):
        unseen = _unseen(recipe, examples, scorer, exclusive=exclusive)
    if reads and unseen is not None:
        context, unseen = fit_context(recipe, unseen, examples, training_folds(recipe, examples))
    model = Model(
        recipe=recipe,
        labels=tuple(styles) or default_styles(examples.names),
        exclusive=exclusive,
        scorer=scorer,
        context=context,
        calibration=None,
        thresholds=np.full(len(examples.names), 0.5),
        origin=_complete(origin or Origin("unnamed"), examples, recipe.kind),
        probes=make_probes(examples, recipe),
    )
    if not _tunes(recipe):
        return model
    if unseen is None or recipe.tuning.on == "validation":
        if validation is None or not len(validation):
            raise BadInput(
                f"recipe {recipe.name} is tuned on validation sentences, and there are none",
                hint='give --validation, or set tuning.on = "folds"',
            )
        return _tune(model, model.score(validation), validation.gold)
    return _tune(model, unseen, examples.gold)


def _tunes(recipe: Recipe) -> bool:
    tuning = recipe.tuning
    return tuning.on != "none" and (tuning.calibrate or tuning.thresholds != "half")


def training_folds(recipe: Recipe, examples: Examples) -> NDArray[np.int64]:
    """Return the fold of each example; what belongs together is in one."""
    return group_folds(_groups(examples), examples.gold, recipe.tuning.folds, recipe.seed)


def _groups(examples: Examples) -> Sequence[str]:
    return examples.metadata.get("group", examples.documents)


def held_out_scores(
    recipe: Recipe, examples: Examples, *, exclusive: bool, scorer: Scorer | None = None
) -> Floats:
    """Return each sentence's scores [n, k] by a scorer that learnt from no sentence of its group.

    ``scorer``, fitted on all, may spare counting the same texts again for every fold.
    """
    folds = training_folds(recipe, examples)
    # NB-SVM's ratios and mean weight are over all terms, those that weigh nothing included.
    if isinstance(scorer, Linear) and recipe.option("algorithm", "svm") != "nb-svm":
        return scorer.held_out(recipe, examples, folds, exclusive=exclusive)
    scores = np.zeros(examples.gold.shape)
    for fold in track(range(recipe.tuning.folds), "training folds"):
        away = np.flatnonzero(folds == fold)
        fitted = scorer_class(recipe.kind).fit(
            recipe, examples.take(np.flatnonzero(folds != fold)), exclusive=exclusive
        )
        scores[away] = fitted.scores(examples.take(away))
    return scores


def _unseen(recipe: Recipe, examples: Examples, scorer: Scorer, *, exclusive: bool) -> Floats:
    if recipe.kind in ("constant", "keywords", "external", "entailment"):
        # Nothing is learnt from labels, so every sentence is unseen.
        return scorer.scores(examples)
    return held_out_scores(recipe, examples, exclusive=exclusive, scorer=scorer)


def _tune(model: Model, scores: Floats, labels: Labels) -> Model:
    """Calibrate and choose thresholds on scores [n, k] of sentences that were not learnt from."""
    tuning = model.recipe.tuning
    if tuning.calibrate:
        model = replace(model, calibration=fit_calibration(scores, labels))
    found = model.calibrate(scores)
    if tuning.thresholds == "f1":
        thresholds = steady_thresholds(
            found, labels, exclusive=model.exclusive, seed=model.recipe.seed
        )
        model = replace(model, thresholds=thresholds)
    return replace(model, metrics=_metrics(tuning, labels, model.decide(found)))


def _metrics(tuning: Tuning, labels: Labels, decided: Labels) -> dict[str, float]:
    """Return F1 on the sentences tuned on: never seen in fitting, but seen in tuning."""
    counts = metrics.count(labels, decided)
    on = "validation" if tuning.on == "validation" else "held-out training"
    figures = {"macro-F1": metrics.macro_f1(counts), "micro-F1": metrics.micro_f1(counts)}
    named = {f"{name}, {on} sentences": float(value) for name, value in figures.items()}
    return {name: round(value, 6) for name, value in named.items() if np.isfinite(value)}


def default_styles(names: Sequence[str]) -> tuple[LabelStyle, ...]:
    """Return titles and colours for labels that no schema describes."""
    return tuple(
        LabelStyle(name, name.replace("_", " ").capitalize(), _COLORS[i % len(_COLORS)])
        for i, name in enumerate(names)
    )


def _complete(origin: Origin, examples: Examples, kind: str) -> Origin:
    tools = {"python": ".".join(platform.python_version_tuple()[:2])}
    wanted = {"claimtypes", "numpy", "safetensors", *_TOOLS_OF.get(kind, {"scikit-learn"})}
    for name in sorted(wanted):
        try:
            tools[name] = version(name)
        except PackageNotFoundError:
            continue
    return replace(
        origin,
        sentences=len(examples),
        documents=len(set(examples.documents)),
        tools=tools,
    )


def make_probes(examples: Examples, recipe: Recipe) -> Examples:
    """Return made-up examples of words from the training texts, in no text's order.

    Word salad from words that at least two sentences use, so that no sentence of a source is
    told again.
    """
    if recipe.kind == "external":
        ids = sorted(examples.ids)[:PROBES]
        return examples_of([""] * len(ids), ids=ids)
    read = examples.texts[:_PROBED]
    seen = Counter(word for text in read for word in set(text.split()))
    words = sorted(common_words(read)) + sorted(
        word for word, count in seen.items() if count > 1 and not word.islower()
    )
    words = words or ["word"]
    # Not for secrets: the same seed gives the same probes anywhere.
    chance = random.Random(recipe.seed)  # noqa: S311

    def salad() -> str:
        return " ".join(chance.choices(words, k=chance.randint(3, 30))) + "."

    texts = [salad() for _ in range(PROBES)]
    return examples_of(
        texts,
        documents=[str(number // 5) for number in range(PROBES)],
        previous=[salad() for _ in texts],
        following=[salad() for _ in texts],
        heading=[salad() for _ in texts],
        title=[salad() for _ in texts],
        position=np.arange(PROBES) / PROBES,
    )
