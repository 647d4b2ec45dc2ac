"""Somebody else's probabilities, such as a prompted language model's, as a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.records import Prediction
from claimtypes.store import load_jsonl


class External:
    """Looks a sentence up by its address; refuses one that nobody predicted."""

    link = "none"

    def __init__(self, ids: Sequence[str], probabilities: NDArray[np.float64]) -> None:
        self.ids, self.probabilities = tuple(ids), np.ascontiguousarray(probabilities)
        self._rows = {sentence: row for row, sentence in enumerate(self.ids)}

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:  # noqa: ARG003
        """Read the predictions that the recipe names; there is nothing to learn.

        Raises:
            BadInput: for a score outside 0 to 1, a label missing or unknown, a sentence twice.
        """
        recipe.allow(["predictions"])
        path = recipe.option("predictions", "")
        if not path:
            raise BadInput(
                f"recipe {recipe.name} names no predictions",
                hint='a JSON lines file of {"sentence": address, "scores": {label: probability}}',
            )
        return cls.of(Path(path), examples.names)

    @classmethod
    def of(cls, path: Path, names: Sequence[str]) -> Self:
        """Read a JSON lines file of `Prediction`."""
        rows: dict[str, list[float]] = {}
        for prediction in load_jsonl(path, Prediction):
            where = f"{path}: {prediction.sentence}"
            if prediction.sentence in rows:
                raise BadInput(f"{where} is predicted twice")
            if set(prediction.scores) != set(names):
                raise BadInput(
                    f"{where} has scores for {', '.join(sorted(prediction.scores)) or 'no label'}",
                    hint=f"each line needs all of {', '.join(names)}",
                )
            scores = [prediction.scores[name] for name in names]
            if not all(0.0 <= score <= 1.0 for score in scores):
                raise BadInput(f"{where} has a score outside 0 to 1")
            rows[prediction.sentence] = scores
        ids = sorted(rows)
        return cls(ids, np.array([rows[i] for i in ids], dtype=np.float64).reshape(-1, len(names)))

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return the given probabilities.

        Raises:
            BadInput: naming the first sentence that has none.
        """
        missing = [sentence for sentence in examples.ids if sentence not in self._rows]
        if missing:
            raise BadInput(
                f"no prediction for {len(missing)} of {len(examples)} sentences, "
                f"first {missing[0]}",
                hint="predict every sentence, and give each by its address",
            )
        return self.probabilities[[self._rows[sentence] for sentence in examples.ids]]

    def state(self) -> State:
        """Return addresses and probabilities."""
        files = {"sentences.txt": "\n".join(self.ids).encode()}
        return State(tensors={"probabilities": self.probabilities}, files=files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:  # noqa: ARG003 - the protocol's
        """Read addresses and probabilities back."""
        ids = state.files["sentences.txt"].decode().split("\n")
        if len(ids) != len(state.tensors["probabilities"]):
            raise BadInput(f"{len(ids)} sentences with other probabilities")
        return cls(ids, state.tensors["probabilities"])
