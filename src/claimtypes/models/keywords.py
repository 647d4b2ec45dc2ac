"""Keyword rules: a user's own patterns as a model, so that they meet the same referee."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe

_HINT = "a rules file maps each label to a list of patterns, in TOML or YAML"


def load_rules(path: Path) -> dict[str, list[str]]:
    """Read a rules file: a list of patterns for each label.

    Raises:
        BadInput: when it is missing, not TOML or YAML, or not such a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".yaml", ".yml"):
            values = require("yaml", "release").safe_load(text)
        else:
            values = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: {error}", hint=_HINT) from error
    if not isinstance(values, dict) or not all(
        isinstance(patterns, list) and all(isinstance(p, str) for p in patterns)
        for patterns in values.values()
    ):
        raise BadInput(f"{path}: not lists of patterns by label", hint=_HINT)
    return {str(name): patterns for name, patterns in values.items()}


class Keywords:
    """A label applies where one of its patterns matches whole words, in any case."""

    link = "none"

    def __init__(self, patterns: Sequence[Sequence[str]]) -> None:
        self.patterns = [tuple(held) for held in patterns]
        try:
            self._matchers = [
                re.compile(rf"\b(?:{'|'.join(f'(?:{p})' for p in held)})\b", re.IGNORECASE)
                if held
                else None
                for held in self.patterns
            ]
        except re.error as error:
            raise BadInput(f"not a pattern: {error}", hint="see Python's re syntax") from error

    @classmethod
    def of(cls, rules: Mapping[str, Sequence[str]], names: Sequence[str]) -> Self:
        """Build the model from rules, for labels in the order of ``names``."""
        if unknown := sorted(set(rules) - set(names)):
            raise BadInput(
                f"rules for unknown label {', '.join(unknown)}",
                hint=f"the labels are {', '.join(names)}",
            )
        return cls([rules.get(name, ()) for name in names])

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:  # noqa: ARG003
        """Read the rules; there is nothing to learn."""
        recipe.allow(["rules"])
        rules = recipe.option("rules", "")
        if not rules:
            raise BadInput(f"recipe {recipe.name} names no rules file", hint=_HINT)
        return cls.of(load_rules(Path(rules)), examples.names)

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return 1.0 where a label's pattern matches, else 0.0."""
        rows: list[list[float]] = [
            [float(bool(matcher and matcher.search(text))) for matcher in self._matchers]
            for text in examples.texts
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.patterns))

    def state(self) -> State:
        """Return the patterns."""
        return State(config={"patterns": [list(held) for held in self.patterns]})

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:  # noqa: ARG003 - the protocol's
        """Compile the patterns again."""
        patterns: Any = state.config["patterns"]
        return cls(patterns)
