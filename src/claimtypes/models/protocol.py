"""What every kind of model is to the rest: it learns from examples and scores examples."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples
from claimtypes.models.recipe import Recipe

KINDS = {
    "constant": "claimtypes.models.constant:Constant",
    "keywords": "claimtypes.models.keywords:Keywords",
    "linear": "claimtypes.models.linear:Linear",
    "kernel": "claimtypes.models.kernel:Kernel",
    "external": "claimtypes.models.external:External",
    "textcat": "claimtypes.models.textcat:TextCategorizer",
    "encoder": "claimtypes.models.encoder:Encoder",
    "setfit": "claimtypes.models.encoder:FewShot",
    "entailment": "claimtypes.models.entailment:Entailment",
}
"""Where each kind of model lives; a module is loaded when its kind is asked for."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything a scorer learnt, as plain values, arrays and further files: no code."""

    config: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class Scorer(Protocol):
    """One kind of model.

    ``link`` says how its scores become probabilities where they are not calibrated: ``sigmoid``,
    ``softmax`` or ``none`` (they are probabilities already).
    """

    link: str

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Learn from labelled examples; ``exclusive`` says that each has exactly one label."""
        ...

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return one score a label, [n, k]; more is likelier."""
        ...

    def state(self) -> State:
        """Return what `restore` needs to give the same scores again."""
        ...

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Return the scorer that gave the state.

        Raises:
            BadInput: when the state is not one of this kind.
        """
        ...


def scorer_class(kind: str) -> type[Scorer]:
    """Return the class of a kind of model.

    Raises:
        BadInput: when there is no such kind.
    """
    if kind not in KINDS:
        raise BadInput(f"no kind of model {kind!r}", hint=f"there are {', '.join(KINDS)}")
    module, _, name = KINDS[kind].partition(":")
    found: type[Scorer] = getattr(importlib.import_module(module), name)
    return found
