"""A support vector machine with a Gaussian kernel, for published baselines that used one."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples
from claimtypes.models.features import Features
from claimtypes.models.linear import features_state, restore_features
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.models.sparse import Floats, Sparse
from claimtypes.models.vocabulary import fit_features
from claimtypes.progress import track

_ROWS = 256


def _dense(matrix: Sparse) -> Floats:
    held = np.zeros((len(matrix), matrix.width))
    held[matrix.rows, matrix.indices] = matrix.values
    return held


class Kernel:
    """Scores are sums of exp(-gamma * distance**2) to training sentences, weighted [s, k]."""

    link = "sigmoid"

    def __init__(
        self,
        features: Features,
        supports: Sparse,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        gamma: float,
    ) -> None:
        self.features, self.supports, self.gamma = features, supports, gamma
        self.weights, self.bias = np.ascontiguousarray(weights), np.ascontiguousarray(bias)

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Fit one machine a label, or one for both where exactly one of two applies."""
        recipe.allow(["C", "balanced"])
        require("sklearn", "models")
        from sklearn.svm import SVC

        features = fit_features(recipe.features, recipe.numbers, examples)
        matrix = features.transform(examples)
        cells = len(matrix) * matrix.width
        variance = float(np.sum(matrix.values**2) / cells - (np.sum(matrix.values) / cells) ** 2)
        gamma = 1.0 / (matrix.width * variance)
        weighting = "balanced" if recipe.option("balanced", False) else None
        pair = exclusive and examples.gold.shape[1] == 2
        weights = np.zeros(examples.gold.shape)
        bias = np.zeros(examples.gold.shape[1])
        for label in track([1] if pair else range(len(bias)), "fitting labels"):
            column = examples.gold[:, label]
            if column.min() == column.max():
                bias[label] = 1.0 if column.all() else -1.0
                continue
            machine = SVC(C=recipe.option("C", 1.0), gamma=gamma, class_weight=weighting)
            machine.fit(matrix.to_scipy(), column)
            weights[machine.support_, label] = machine.dual_coef_.toarray()[0]
            bias[label] = machine.intercept_[0]
        if pair:
            weights[:, 0], bias[0] = -weights[:, 1], -bias[1]
        used = np.flatnonzero(np.abs(weights).sum(axis=1))
        return cls(
            features,
            matrix.take(used),
            weights[used].astype(np.float32),
            bias.astype(np.float32),
            gamma,
        )

    def scores(self, examples: Examples) -> Floats:
        """Return decision values, [n, k]."""
        supports = _dense(self.supports)
        squares = np.sum(supports**2, axis=1)
        found = np.zeros((len(examples), len(self.bias)))
        for start in range(0, len(examples), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(examples)))
            texts = _dense(self.features.transform(examples.take(rows)))
            near = np.sum(texts**2, axis=1)[:, None] + squares - 2.0 * texts @ supports.T
            found[rows] = np.exp(-self.gamma * near) @ self.weights.astype(np.float64)
        return found + self.bias

    def state(self) -> State:
        """Return vocabulary, support vectors and weights."""
        config, tensors, files = features_state(self.features)
        tensors |= {
            "weights": self.weights,
            "bias": self.bias,
            "support_starts": self.supports.starts.astype(np.int64),
            "support_indices": self.supports.indices.astype(np.int32),
            "support_values": self.supports.values,
        }
        return State(config | {"gamma": self.gamma}, tensors, files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Rebuild from a state."""
        features, held = restore_features(recipe, state), state.tensors
        supports = Sparse(
            held["support_starts"],
            held["support_indices"].astype(np.int64),
            held["support_values"],
            features.width,
        )
        if len(supports) != len(held["weights"]):
            raise BadInput(f"{len(supports)} support vectors with {len(held['weights'])} weights")
        return cls(features, supports, held["weights"], held["bias"], float(state.config["gamma"]))
