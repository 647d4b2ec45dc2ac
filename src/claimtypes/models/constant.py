"""Models that never look: the floor below every score."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe


class Constant:
    """The same probabilities for every sentence.

    ``answer`` is ``majority`` (each label's commoner value, or the commonest label where
    exactly one applies), ``positive`` (every label) or ``prior`` (each label's share).
    """

    link = "none"

    def __init__(self, probabilities: NDArray[np.float64]) -> None:
        self.probabilities = probabilities

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Count labels."""
        recipe.allow(["answer"])
        answer, shares = recipe.option("answer", "majority"), examples.gold.mean(axis=0)
        if answer == "prior":
            return cls(shares)
        if answer == "positive":
            return cls(np.ones(len(shares)))
        if answer != "majority":
            raise BadInput(f"answer = {answer!r}", hint="it is majority, positive or prior")
        chosen = np.arange(len(shares)) == shares.argmax() if exclusive else shares > 0.5
        return cls(chosen.astype(np.float64))

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return the same row n times."""
        return np.tile(self.probabilities, (len(examples), 1))

    def state(self) -> State:
        """Return the probabilities."""
        return State(tensors={"probabilities": self.probabilities})

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:  # noqa: ARG003 - the protocol's
        """Read the probabilities back."""
        return cls(state.tensors["probabilities"])
