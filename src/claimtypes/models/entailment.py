"""Zero-shot labels by natural language inference: a sentence either entails a hypothesis or not."""

from __future__ import annotations

import hashlib
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, Refused, require
from claimtypes.models.encoder import locate_encoder
from claimtypes.models.examples import Examples
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.progress import track

_OPTIONS = ("model", "revision", "hypotheses", "batch")


class Entailment:
    """Probability that a sentence entails each label's hypothesis, against contradicting it.

    Yin, Hay and Roth (2019), "Benchmarking zero-shot text classification". The hypotheses are
    the recipe's, one a label.
    """

    link = "none"

    def __init__(self, recipe: Recipe, names: tuple[str, ...]) -> None:
        recipe.allow(_OPTIONS)
        library = require("transformers", "encoder")
        hypotheses = recipe.option("hypotheses", {})
        if set(hypotheses) != set(names):
            given = ", ".join(sorted(hypotheses)) or "none"
            raise BadInput(
                f"recipe {recipe.name} has hypotheses for {given}",
                hint=f"it needs one for each of {', '.join(names)}",
            )
        self.names, self._hypotheses = names, [str(hypotheses[name]) for name in names]
        self._batch = recipe.option("batch", 16)
        where = locate_encoder(recipe.option("model", ""))
        revision = recipe.option("revision", "") or None
        try:
            self._tokenizer = library.AutoTokenizer.from_pretrained(where, revision=revision)
            self._model = library.AutoModelForSequenceClassification.from_pretrained(
                where, revision=revision, use_safetensors=True
            )
        except (OSError, ValueError) as error:
            first = str(error).split("\n", maxsplit=1)[0]
            raise BadInput(f"no model {where}: {first}", hint="give a folder with one") from error
        self._model.eval()
        known = {str(k).lower(): int(v) for k, v in self._model.config.label2id.items()}
        self._entails = next((v for k, v in known.items() if k.startswith("entail")), None)
        self._against = next((v for k, v in known.items() if k.startswith("contra")), None)
        if self._against is None:
            self._against = next((v for k, v in known.items() if k.startswith("not_entail")), None)
        if self._entails is None or self._against is None:
            raise BadInput(f"{where} has the outputs {', '.join(sorted(known))}, not entailment")

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:  # noqa: ARG003
        """Load the model; there is nothing to learn."""
        return cls(recipe, examples.names)

    def scores(self, examples: Examples) -> NDArray[np.float64]:
        """Return probabilities, [n, k]."""
        torch = require("torch", "encoder")
        found = np.zeros((len(examples), len(self.names)))
        pairs = [(n, k) for n in range(len(examples)) for k in range(len(self.names))]
        for start in track(range(0, len(pairs), self._batch), "asking for entailment"):
            part = pairs[start : start + self._batch]
            inputs = self._tokenizer(
                [examples.texts[n] for n, _ in part],
                [self._hypotheses[k] for _, k in part],
                padding=True,
                truncation=True,
                return_tensors="pt",
            )
            with torch.inference_mode():
                logits = self._model(**inputs).logits[:, [self._against, self._entails]]
            chances = torch.softmax(logits.double(), dim=1)[:, 1].numpy()
            for (n, k), chance in zip(part, chances, strict=True):
                found[n, k] = chance
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of all parameters, by name."""
        digest = hashlib.sha256()
        parameters: Any = self._model.state_dict()
        for name, values in sorted(parameters.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values.cpu().float().numpy()).tobytes())
        return digest.hexdigest()

    def state(self) -> State:
        """Return the labels and the digest of the model asked."""
        return State({"names": list(self.names), "model_digest": self.digest})

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Load the model by its name and refuse another one."""
        made = cls(recipe, tuple(state.config["names"]))
        if made.digest != state.config["model_digest"]:
            raise Refused(
                f"{recipe.option('model', '')} is not the model this was made with",
                hint="get the revision that the recipe names",
            )
        return made
