"""A trained model: a scorer with its calibration, thresholds, labels and origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from claimtypes.errors import BadInput, Refused
from claimtypes.models.calibration import Calibration, Labels, decide, sigmoid, softmax
from claimtypes.models.context import Context
from claimtypes.models.examples import Examples, digest_names, examples_of
from claimtypes.models.protocol import Scorer
from claimtypes.models.recipe import Recipe
from claimtypes.models.sparse import Floats


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a label is shown."""

    name: str
    title: str
    color: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was made from: data set, splits and tools, each by name and digest."""

    name: str
    version: str = ""
    digest: str = ""
    splits_digest: str = ""
    sentences: int = 0
    documents: int = 0
    tools: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """Sentences in, probabilities and decisions out, for labels in a fixed order.

    ``exclusive`` says that each sentence has exactly one label; ``thresholds`` is float64 [k].
    ``probes`` are made-up examples whose probabilities are stored with the model and checked
    whenever it is loaded.
    """

    recipe: Recipe
    labels: tuple[LabelStyle, ...]
    exclusive: bool
    scorer: Scorer
    context: Context | None
    calibration: Calibration | None
    thresholds: Floats
    origin: Origin
    probes: Examples
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Label names, in the order of every column."""
        return tuple(label.name for label in self.labels)

    @property
    def labels_digest(self) -> str:
        """SHA-256 of the ordered label names."""
        return digest_names(self.names)

    @property
    def link(self) -> str:
        """How scores become probabilities where they are not calibrated."""
        return "sigmoid" if self.context else self.scorer.link

    @property
    def id(self) -> str:
        """The recipe and the data it learnt from, such as ``tfidf-svm@1.0.0``."""
        return f"{self.recipe.name}@{self.origin.version}".rstrip("@")

    def predict_proba(self, examples: Examples | Sequence[str]) -> Floats:
        """Return probabilities, float64 [n, k], of examples or of bare texts."""
        if not isinstance(examples, Examples):
            if isinstance(examples, str):
                raise BadInput("give a list of texts, not one text")
            examples = examples_of(examples)
        return self.calibrate(self.score(examples))

    def score(self, examples: Examples) -> Floats:
        """Return scores, float64 [n, k]; a sentence is read among those of its document."""
        if not len(examples):
            return np.zeros((0, len(self.labels)))
        return self._in_context(self.scorer.scores(examples), examples)

    def _in_context(self, scores: Floats, examples: Examples) -> Floats:
        return self.context.read(self.recipe, scores, examples) if self.context else scores

    def predict_retold(self, examples: Examples, row: int, texts: Sequence[str]) -> Floats:
        """Return the probabilities of one example if its text were each of others, [m, k]."""
        name = examples.documents[row]
        rows = [place for place, other in enumerate(examples.documents) if other == name]
        document, place = examples.take(rows), rows.index(row)
        own = self.scorer.scores(document)
        retold = replace(document.take([place] * len(texts)), texts=tuple(texts))
        found = np.empty((len(texts), len(self.labels)))
        for number, (text, scores) in enumerate(
            zip(texts, self.scorer.scores(retold), strict=True)
        ):
            own[place] = scores
            told = (*document.texts[:place], text, *document.texts[place + 1 :])
            found[number] = self._in_context(own, replace(document, texts=told))[place]
        return self.calibrate(found)

    def calibrate(self, scores: Floats) -> Floats:
        """Return the probabilities that scores stand for, [n, k]."""
        return probabilities(scores, self.calibration, link=self.link, exclusive=self.exclusive)

    def decide_untuned(self, scores: Floats) -> Labels:
        """Return the label matrix that scores lead to without calibration and thresholds."""
        plain = probabilities(scores, None, link=self.link, exclusive=self.exclusive)
        return decide(plain, np.full(len(self.labels), 0.5), exclusive=self.exclusive)

    def decide(self, probabilities: Floats) -> Labels:
        """Return the label matrix, uint8 [n, k], that probabilities lead to."""
        return decide(probabilities, self.thresholds, exclusive=self.exclusive)

    def require_labels(self, names: Sequence[str]) -> None:
        """Refuse data with other labels, or the same in another order.

        Raises:
            Refused: saying which the model has.
        """
        if tuple(names) != self.names:
            raise Refused(
                f"the model {self.id} was trained for the labels {', '.join(self.names)}, "
                f"not {', '.join(names)}",
                hint="train it again on this data: claimtypes train",
            )

    def require_release(self, digest: str) -> None:
        """Refuse a release that is not the one the model was trained on.

        Raises:
            Refused: naming both.
        """
        if self.origin.digest != digest:
            raise Refused(
                f"the model {self.id} was trained on the data {self.origin.digest[:12] or '?'}, "
                f"not {digest[:12]}",
                hint="train it again on this release: claimtypes train",
            )


def probabilities(
    scores: Floats, calibration: Calibration | None, *, link: str, exclusive: bool
) -> Floats:
    """Turn scores [n, k] into probabilities; rows add up to 1 where labels are exclusive."""
    if calibration is not None:
        found = calibration.apply(scores)
    elif link == "none":
        found = scores
    else:
        found = softmax(scores) if link == "softmax" else sigmoid(scores)
    if exclusive:
        found = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)
    return found
