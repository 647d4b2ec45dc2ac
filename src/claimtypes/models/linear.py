"""Linear models over sparse features: support vectors, logistic regression, NB-SVM.

Training needs scikit-learn; scoring needs numpy alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples
from claimtypes.models.features import Features, Terms
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.models.sparse import Floats, Sparse
from claimtypes.models.vocabulary import fit_features
from claimtypes.progress import track

_OPTIONS = ("algorithm", "C", "tolerance", "balanced", "beta", "alpha")
_TOLERANCE = 1e-4  # liblinear's own in scikit-learn


class Linear:
    """One weight a feature and label, and a bias; ``weights`` is float32 [features, k]."""

    def __init__(
        self,
        features: Features,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        link: str = "sigmoid",
    ) -> None:
        self.features, self.link = features, link
        self.weights, self.bias = np.ascontiguousarray(weights), np.ascontiguousarray(bias)
        # Columns of half the size: what a sentence needs of them stays in the processor's cache.
        self._columns = np.asfortranarray(self.weights)

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Learn vocabulary and weights; the same bytes whatever the number of threads."""
        recipe.allow(_OPTIONS)
        features = fit_features(recipe.features, recipe.numbers, examples)
        matrix = features.transform(examples)
        return cls(features, *fit_weights(recipe, matrix, examples.gold, exclusive=exclusive))

    def scores(self, examples: Examples) -> Floats:
        """Return decision values, [n, k]."""
        parts = [m.times(self._columns) for m in self.features.batches(examples)]
        found = np.concatenate(parts) if parts else np.zeros((0, len(self.bias)))
        return found + self.bias

    def held_out(
        self, recipe: Recipe, examples: Examples, folds: NDArray[np.int64], *, exclusive: bool
    ) -> Floats:
        """Return each example's scores [n, k] by weights learnt on the other folds alone.

        The texts are counted once, for the vocabulary of all; a term that the other folds would
        not have kept weighs nothing, and all weights are theirs. Only which words are masked is
        known from all. Weights are learnt to a tenth of the accuracy of the model's own, which
        thresholds and calibration cannot tell and which takes three quarters of the time.
        """
        rough = 10.0 * recipe.option("tolerance", _TOLERANCE)
        recipe = replace(recipe, learner=recipe.learner | {"tolerance": rough})
        counts = self.features.count(examples)
        scores = np.zeros(examples.gold.shape)
        for fold in track(sorted(set(folds.tolist())), "training folds"):
            away, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            matrix = self.features.weigh(counts, self.features.reweighted(counts, rest))
            weights, bias, _ = fit_weights(
                recipe, matrix.take(rest), examples.gold[rest], exclusive=exclusive
            )
            scores[away] = matrix.take(away).times(np.asfortranarray(weights)) + bias
        return scores

    def explain(
        self, examples: Examples, row: int, label: int, count: int = 10
    ) -> list[tuple[str, float]]:
        """Return the features that decided one score, strongest first, with what each added."""
        matrix = self.features.transform(examples.take([row]))
        added = matrix.values * self._columns[matrix.indices, label]
        names = self.features.names()
        order = np.lexsort((matrix.indices, -np.abs(added)))[:count]
        return [(names[matrix.indices[i]], float(added[i])) for i in order]

    def state(self) -> State:
        """Return vocabulary, weights and what else `restore` needs."""
        config, tensors, files = features_state(self.features)
        tensors |= {"weights": self.weights, "bias": self.bias}
        return State(config | {"link": self.link}, tensors, files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Rebuild from a state."""
        features = restore_features(recipe, state)
        weights, bias = state.tensors["weights"], state.tensors["bias"]
        if weights.shape != (features.width, len(bias)):
            raise BadInput(f"weights of shape {weights.shape} for {features.width} features")
        return cls(features, weights, bias, str(state.config["link"]))


def features_state(
    features: Features,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]], dict[str, bytes]]:
    """Return a vocabulary as config, tensors and files."""
    words = [word for terms in features.terms for word in terms.words]
    files = {"vocabulary.txt": "\n".join(words).encode("utf-8", "surrogatepass")}
    if features.common:
        files["common.txt"] = "\n".join(sorted(features.common)).encode()
    weights = np.concatenate([np.zeros(0, dtype=np.float32), *(t.weights for t in features.terms)])
    config = {"terms": [len(terms.words) for terms in features.terms]}
    return config, {"term_weights": weights.astype(np.float32)}, files


def restore_features(recipe: Recipe, state: State) -> Features:
    """Rebuild a vocabulary from `features_state`.

    Raises:
        BadInput: when the parts do not fit each other.
    """
    words = state.files["vocabulary.txt"].decode("utf-8", "surrogatepass").split("\n")
    weights, counts = state.tensors["term_weights"], state.config["terms"]
    if sum(counts) != len(words) or len(weights) != len(words):
        raise BadInput(f"{len(words)} words with {len(weights)} weights in blocks of {counts}")
    if len(counts) != len(recipe.features):
        raise BadInput(f"{len(counts)} vocabularies for {len(recipe.features)} blocks")
    common = state.files.get("common.txt", b"").decode().split()
    terms, start = [], 0
    for block, count in zip(recipe.features, counts, strict=True):
        stop = start + count
        terms.append(Terms(block, tuple(words[start:stop]), weights[start:stop]))
        start = stop
    return Features(terms, recipe.numbers, frozenset(common))


def fit_weights(
    recipe: Recipe, matrix: Sparse, labels: NDArray[np.uint8], *, exclusive: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32], str]:
    """Return weights [features, k], bias [k] and the link of their scores."""
    require("sklearn", "models")
    threadpool_limits = require("threadpoolctl", "models").threadpool_limits

    algorithm = recipe.option("algorithm", "svm")
    if algorithm not in ("svm", "logistic", "nb-svm"):
        raise BadInput(f"algorithm = {algorithm!r}", hint="it is svm, logistic or nb-svm")
    # Sums over threads are added in another order; one thread gives the same bytes anywhere.
    with threadpool_limits(limits=1):
        if algorithm == "logistic" and exclusive and labels.shape[1] > 2:
            weights, bias = _multinomial(recipe, matrix, labels)
            return weights, bias, "softmax"
        if exclusive and labels.shape[1] == 2:
            weight, offset = _binary(recipe, matrix, matrix.to_scipy(), labels[:, 1], algorithm)
            weights, bias = np.stack([-weight, weight], axis=1), np.array([-offset, offset])
        else:
            csr = matrix.to_scipy()
            columns = track(range(labels.shape[1]), "fitting labels")
            pairs = [_binary(recipe, matrix, csr, labels[:, k], algorithm) for k in columns]
            weights = np.stack([pair[0] for pair in pairs], axis=1)
            bias = np.array([pair[1] for pair in pairs])
    return weights.astype(np.float32), bias.astype(np.float32), "sigmoid"


def _weighting(recipe: Recipe) -> str | None:
    return "balanced" if recipe.option("balanced", False) else None


def _binary(
    recipe: Recipe, matrix: Sparse, csr: Any, labels: NDArray[np.uint8], algorithm: str
) -> tuple[Floats, float]:
    if labels.min() == labels.max():
        # Nothing to tell apart: always yes or always no.
        return np.zeros(matrix.width), 1.0 if labels.all() else -1.0
    if algorithm == "nb-svm":
        return _naive_bayes_svm(recipe, matrix, labels)
    if algorithm == "logistic":
        model = _logistic(recipe)
    else:
        model = _support_vectors(recipe, recipe.option("C", 0.5))
    model.fit(csr, labels)
    return model.coef_[0], float(model.intercept_[0])


def _support_vectors(recipe: Recipe, cost: float) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(
        C=cost,
        dual=True,
        random_state=recipe.seed,
        class_weight=_weighting(recipe),
        tol=recipe.option("tolerance", _TOLERANCE),
        max_iter=10_000,
    )


def _logistic(recipe: Recipe) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=recipe.option("C", 1.0), class_weight=_weighting(recipe), max_iter=1000
    )


def _multinomial(
    recipe: Recipe, matrix: Sparse, labels: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model = _logistic(recipe).fit(matrix.to_scipy(), labels.argmax(axis=1))
    weights = np.zeros((matrix.width, labels.shape[1]))
    # A label that no example has can never be the likeliest.
    bias = np.full(labels.shape[1], -1e3)
    present = model.classes_
    if len(present) == 2:
        weights[:, present] = np.stack([-model.coef_[0], model.coef_[0]], axis=1) / 2.0
        bias[present] = np.array([-0.5, 0.5]) * model.intercept_[0]
    else:
        weights[:, present], bias[present] = model.coef_.T, model.intercept_
    return weights.astype(np.float32), bias.astype(np.float32)


def _naive_bayes_svm(
    recipe: Recipe, matrix: Sparse, labels: NDArray[np.uint8]
) -> tuple[Floats, float]:
    """Fit an SVM on features scaled by naive Bayes log-count ratios, and blend it with them.

    Wang and Manning (2012), section 2.3: weights (1 - beta) * mean |w| + beta * w on scaled
    features; the naive Bayes prior is part of the blended bias.
    """
    alpha, beta = recipe.option("alpha", 1.0), recipe.option("beta", 0.25)
    positive = labels[matrix.rows] == 1
    counts = [
        np.bincount(matrix.indices[mine], matrix.values[mine], minlength=matrix.width) + alpha
        for mine in (positive, ~positive)
    ]
    ratios = np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())
    scaled = Sparse(
        matrix.starts, matrix.indices, matrix.values * ratios[matrix.indices], matrix.width
    )
    model = _support_vectors(recipe, recipe.option("C", 1.0)).fit(scaled.to_scipy(), labels)
    weight = model.coef_[0]
    mean = float(np.abs(weight).mean())
    prior = float(np.log(labels.sum()) - np.log((1 - labels.astype(np.int64)).sum()))
    blended = ratios * ((1.0 - beta) * mean + beta * weight)
    return blended, (1.0 - beta) * mean * prior + beta * float(model.intercept_[0])
