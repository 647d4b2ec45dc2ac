"""spaCy's text categoriser as a model, and as an installable pipeline package.

What is stored is the component's weights alone. Loading builds the pipeline from the recipe and
reads the weights into it, so that no configuration from outside is ever run.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.progress import track

_OPTIONS = ("architecture", "epochs", "batch", "dropout", "ngrams", "mask")
_WEIGHTS, _COMMON = "textcat.msgpack", "common.txt"


def _configuration(recipe: Recipe, *, exclusive: bool) -> dict[str, Any]:
    bag: dict[str, Any] = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": exclusive,
        "ngram_size": recipe.option("ngrams", 2),
        "no_output_layer": False,
        "length": 262_144,
    }
    architecture = recipe.option("architecture", "bow")
    if architecture == "bow":
        return bag
    if architecture != "ensemble":
        raise BadInput(f"architecture = {architecture!r}", hint="it is bow or ensemble")
    return {
        "@architectures": "spacy.TextCatEnsemble.v2",
        "linear_model": bag,
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 64,
                "rows": [2000, 2000, 500, 1000, 500],
                "attrs": ["NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE"],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 64,
                "window_size": 1,
                "maxout_pieces": 3,
                "depth": 2,
            },
        },
    }


def _pipeline(recipe: Recipe, *, exclusive: bool) -> tuple[Any, Any]:
    """Return an empty pipeline and its component."""
    spacy = require("spacy", "spacy")
    nlp = spacy.blank("en")
    name = "textcat" if exclusive else "textcat_multilabel"
    model = _configuration(recipe, exclusive=exclusive)
    return nlp, nlp.add_pipe(name, config={"model": model, "threshold": 0.5})


class TextCategorizer:
    """A trained ``textcat_multilabel`` (or ``textcat``); probabilities are its ``doc.cats``."""

    link = "none"

    def __init__(
        self, nlp: Any, component: Any, names: Sequence[str], common: frozenset[str] | None
    ) -> None:
        self.nlp, self._component, self.names = nlp, component, tuple(names)
        self._common = common
        self._mask = Mask(common) if common is not None else None

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Train from scratch; the same seed gives the same weights on the same machine."""
        recipe.allow(_OPTIONS)
        spacy = require("spacy", "spacy")
        spacy.util.fix_random_seed(recipe.seed)
        nlp, component = _pipeline(recipe, exclusive=exclusive)
        common = common_words(examples.texts) if recipe.option("mask", False) else None
        made = cls(nlp, component, examples.names, common)
        from spacy.training import Example

        held = [
            Example.from_dict(
                nlp.make_doc(text),
                {"cats": dict(zip(examples.names, map(float, row), strict=True))},
            )
            for text, row in zip(made._texts(examples), examples.gold.tolist(), strict=True)
        ]
        for name in examples.names:
            component.add_label(name)
        optimizer = nlp.initialize(lambda: held[:100])
        chance = random.Random(recipe.seed)  # noqa: S311 - an order of training, not a secret
        size = recipe.option("batch", 64)
        for _ in track(range(recipe.option("epochs", 5)), "training spaCy"):
            chance.shuffle(held)
            for start in range(0, len(held), size):
                batch = held[start : start + size]
                nlp.update(batch, sgd=optimizer, drop=recipe.option("dropout", 0.2))
        return made

    def _texts(self, examples: Examples) -> list[str]:
        # spaCy's bag of words fails on a document without a single token.
        texts = [text or " " for text in examples.texts]
        return self._mask(texts) if self._mask else texts

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return ``doc.cats`` in the order of the labels, [n, k]."""
        docs = self.nlp.pipe(self._texts(examples), batch_size=256)
        rows = [[doc.cats[name] for name in self.names] for doc in docs]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.names))

    def state(self) -> State:
        """Return the component's weights."""
        files = {_WEIGHTS: self._component.to_bytes(exclude=["vocab"])}
        if self._common is not None:
            files[_COMMON] = "\n".join(sorted(self._common)).encode()
        exclusive = self._component.name == "textcat"
        return State({"names": list(self.names), "exclusive": exclusive}, {}, files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Build the pipeline from the recipe and read the weights into it."""
        names = state.config["names"]
        nlp, component = _pipeline(recipe, exclusive=bool(state.config["exclusive"]))
        for name in names:
            component.add_label(name)
        nlp.initialize()
        component.from_bytes(state.files[_WEIGHTS], exclude=["vocab"])
        if list(component.labels) != names:
            raise BadInput("the weights are for other labels")
        common = state.files.get(_COMMON)
        return cls(nlp, component, names, frozenset(common.decode().split()) if common else None)
