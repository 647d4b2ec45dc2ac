"""Reading in context: a sentence's scores again, beside those of its neighbours and its document.

A second linear model a label learns from the scores that the first gave to documents it had not
learnt from (stacked generalisation, Wolpert 1992). A document is a run of examples of one name.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import require
from claimtypes.models.calibration import Calibration, Labels, fit_calibration
from claimtypes.models.examples import Examples
from claimtypes.models.recipe import Recipe
from claimtypes.models.sparse import Floats
from claimtypes.progress import track


@dataclass(frozen=True, slots=True)
class Context:
    """What reads scores in context: ``weights`` [d, k] over `context_columns`, ``bias`` [k].

    ``calibration`` is that of the scores which are read.
    """

    calibration: Calibration
    weights: Floats
    bias: Floats

    def read(self, recipe: Recipe, scores: Floats, examples: Examples) -> Floats:
        """Return scores [n, k] in the light of all of them; the examples are whole documents."""
        columns = context_columns(recipe, self.calibration.apply(scores), scores, examples)
        # Unlike a product of matrices, the same for a row whatever stands beside it.
        read: Floats = np.einsum("nd,dk->nk", columns, self.weights) + self.bias
        return read


def context_columns(
    recipe: Recipe, probabilities: Floats, scores: Floats, examples: Examples
) -> Floats:
    """Return what a sentence is judged by, [n, d].

    Its scores and probabilities [n, k], the probabilities of ``recipe.context`` neighbours on
    each side (0 beyond the document), their mean and maximum in the document, the recipe's
    numbers, and log(1 + words), as a score of few words says less.
    """
    starts = document_starts(examples)
    sizes = np.diff(np.append(starts, len(examples)))
    document = np.repeat(np.arange(len(starts)), sizes)
    columns = [scores, probabilities]
    for step in range(1, recipe.context + 1):
        same = (document[step:] == document[:-step])[:, None]
        before, after = np.zeros_like(probabilities), np.zeros_like(probabilities)
        before[step:] = probabilities[:-step] * same
        after[:-step] = probabilities[step:] * same
        columns += [before, after]
    if len(starts):
        mean = np.add.reduceat(probabilities, starts) / sizes[:, None]
        most = np.maximum.reduceat(probabilities, starts)
        columns += [mean[document], most[document]]
    numbers = [examples.number(name, slice(None)) for name in recipe.numbers]
    numbers.append(np.log([2.0 + text.count(" ") for text in examples.texts]))
    return np.concatenate(columns + [held[:, None] for held in numbers], axis=1)


def document_starts(examples: Examples) -> NDArray[np.int64]:
    """Return the row at which each document begins."""
    documents = examples.documents
    if not documents:
        return np.zeros(0, dtype=np.int64)
    new = np.fromiter(map(operator.ne, documents[1:], documents), dtype=bool)
    return np.flatnonzero(np.concatenate(([True], new)))


def fit_context(
    recipe: Recipe, scores: Floats, examples: Examples, folds: NDArray[np.int64]
) -> tuple[Context, Floats]:
    """Learn from scores [n, k] that were held out, and return the new scores held out likewise.

    Documents are learnt from whole and again in pieces: a sentence that comes alone would else
    be judged as one whose neighbours claim nothing.
    """
    calibration = fit_calibration(scores, examples.gold)
    probabilities = calibration.apply(scores)
    views = (examples, in_pieces(examples))
    columns = [context_columns(recipe, probabilities, scores, view) for view in views]

    def fit(rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        seen = np.concatenate([view[rows] for view in columns])
        return _fit(seen, np.tile(examples.gold[rows], (len(views), 1)))

    held = np.zeros_like(scores)
    for fold in track(sorted(set(folds.tolist())), "reading in context"):
        away = folds == fold
        weights, bias = fit(~away)
        held[away] = columns[0][away] @ weights + bias
    return Context(calibration, *fit(np.ones(len(examples), dtype=bool))), held


def in_pieces(examples: Examples) -> Examples:
    """Return the examples with every document cut into pieces of one and three by turns."""
    starts = document_starts(examples)
    lengths = np.diff(np.append(starts, len(examples)))
    places = np.arange(len(examples)) - np.repeat(starts, lengths)
    numbers = places // 4 * 2 + (places % 4 > 0)
    pieces = zip(examples.documents, numbers.tolist(), strict=True)
    return replace(examples, documents=tuple(f"{name}/{number}" for name, number in pieces))


def _fit(columns: Floats, labels: Labels) -> tuple[Floats, Floats]:
    threadpool_limits = require("threadpoolctl", "models").threadpool_limits
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((columns.shape[1], labels.shape[1]))
    bias = np.zeros(labels.shape[1])
    # Sums over threads are added in another order; one thread gives the same bytes anywhere.
    with threadpool_limits(limits=1):
        for label in range(labels.shape[1]):
            given = labels[:, label]
            if given.min() == given.max():
                bias[label] = 1.0 if given.all() else -1.0
                continue
            model = LogisticRegression(solver="newton-cholesky").fit(columns, given)
            weights[:, label], bias[label] = model.coef_[0], model.intercept_[0]
    return weights, bias
