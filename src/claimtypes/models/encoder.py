"""Sentence encoders with a linear head: frozen, beside TF-IDF, or tuned on pairs.

The encoder of a frozen model is named, never copied: a hub id, a folder, or ``module:NAME`` for
a Python package that carries one in its folder ``model``. A digest of its parameters is kept,
and another encoder is refused.
"""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, Refused, require
from claimtypes.models.examples import FIELDS, Examples
from claimtypes.models.features import Features
from claimtypes.models.linear import features_state, fit_weights, restore_features
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.protocol import State
from claimtypes.models.recipe import Recipe
from claimtypes.models.sparse import Floats, Sparse
from claimtypes.models.vocabulary import fit_features
from claimtypes.progress import track

_HEAD = ("algorithm", "C", "balanced")
_OPTIONS = ("model", "revision", "weight", "batch", "fields", "mask", *_HEAD)
_PAIRS = ("model", "revision", "batch", "pairs", "epochs", "rate", *_HEAD)


def locate_encoder(name: str) -> str:
    """Return what sentence-transformers loads: a folder for ``module:NAME``, else the name.

    Raises:
        BadInput: when no encoder is named, or no such package is installed.
    """
    if not name:
        raise BadInput("the recipe names no encoder", hint='model = "FOLDER or hub id"')
    if not name.startswith("module:"):
        return name
    package = name.removeprefix("module:")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise BadInput(f"no Python package {package}", hint=f"pip install {package}")
    return str(Path(found.submodule_search_locations[0]) / "model")


class Sentences:
    """A loaded sentence encoder that remembers what it has encoded."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def digest(self) -> str:
        """SHA-256 of all parameters, by name."""
        digest = hashlib.sha256()
        for name, values in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values.cpu().numpy()).tobytes())
        return digest.hexdigest()

    def encode(self, texts: list[str], batch: int) -> Floats:
        """Return one unit vector a text, float64 [n, d]."""
        fresh = sorted(
            {text for text in texts if text not in self._known}, key=lambda t: (len(t), t)
        )
        size = max(batch * 8, 1)
        for start in track(range(0, len(fresh), size), "encoding"):
            part = fresh[start : start + size]
            vectors = self.encoder.encode(
                part, batch_size=batch, normalize_embeddings=True, show_progress_bar=False
            )
            self._known.update(zip(part, np.asarray(vectors, dtype=np.float32), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float64)


@lru_cache(maxsize=2)
def _load(name: str, revision: str) -> Sentences:
    library = require("sentence_transformers", "encoder")
    try:
        encoder = library.SentenceTransformer(
            locate_encoder(name), revision=revision or None, device="cpu"
        )
    except (OSError, ValueError) as error:
        first = str(error).split("\n", maxsplit=1)[0]
        raise BadInput(
            f"no encoder {name}: {first}", hint="give a folder that holds one"
        ) from error
    encoder.eval()
    return Sentences(encoder)


def beside(matrix: Sparse | None, vectors: Floats) -> Sparse:
    """Return sparse rows followed by dense ones."""
    count, width = vectors.shape
    left = matrix.width if matrix else 0
    lengths = np.diff(matrix.starts) if matrix else np.zeros(count, dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths + width)))
    indices = np.empty(starts[-1], dtype=np.int64)
    values = np.empty(starts[-1])
    right = (starts[1:, None] - width + np.arange(width)).ravel()
    indices[right], values[right] = np.tile(np.arange(width) + left, count), vectors.ravel()
    if matrix:
        mine = np.ones(starts[-1], dtype=bool)
        mine[right] = False
        indices[mine], values[mine] = matrix.indices, matrix.values
    return Sparse(starts, indices, values, left + width)


class Encoder:
    """A frozen encoder and a linear head; with features in the recipe, the hybrid of both."""

    def __init__(
        self,
        recipe: Recipe,
        features: Features | None,
        head: tuple[NDArray[np.float32], NDArray[np.float32], str],
        common: frozenset[str],
    ) -> None:
        self.recipe, self.features = recipe, features
        self.weights, self.bias, self.link = head
        self._common, self._mask = common, Mask(common)
        self._sentences = _load(recipe.option("model", ""), recipe.option("revision", ""))

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Encode the examples and fit the head."""
        recipe.allow(_OPTIONS)
        unknown = set(recipe.option("fields", ["text"])) - set(FIELDS)
        if unknown:
            raise BadInput(f"no field {', '.join(sorted(unknown))}", hint=", ".join(FIELDS))
        common = common_words(examples.texts) if recipe.option("mask", False) else frozenset()
        features = (
            fit_features(recipe.features, recipe.numbers, examples) if recipe.features else None
        )
        empty = (np.zeros((0, 0), np.float32), np.zeros(0, np.float32), "sigmoid")
        made = cls(recipe, features, empty, common)
        matrix = made._matrix(examples)
        made.weights, made.bias, made.link = fit_weights(
            recipe, matrix, examples.gold, exclusive=exclusive
        )
        return made

    def _matrix(self, examples: Examples) -> Sparse:
        columns = [examples.column(name) for name in self.recipe.option("fields", ["text"])]
        texts = [" ".join(filter(None, row)) for row in zip(*columns, strict=True)]
        if self.recipe.option("mask", False):
            texts = self._mask(texts)
        vectors = self._sentences.encode(texts, self.recipe.option("batch", 32))
        matrix = self.features.transform(examples) if self.features else None
        return beside(matrix, vectors * self.recipe.option("weight", 1.0))

    def scores(self, examples: Examples) -> Floats:
        """Return decision values, [n, k]."""
        return self._matrix(examples).times(np.asfortranarray(self.weights)) + self.bias

    def state(self) -> State:
        """Return the head, the vocabulary, and the digest of the encoder."""
        config, tensors, files = features_state(self.features) if self.features else ({}, {}, {})
        tensors |= {"weights": self.weights, "bias": self.bias}
        if self._common:
            files["common.txt"] = "\n".join(sorted(self._common)).encode()
        held = {"link": self.link, "encoder_digest": self._sentences.digest}
        return State(config | held, tensors, files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Load the encoder by its name and refuse another one than was trained with."""
        features = restore_features(recipe, state) if recipe.features else None
        head = (state.tensors["weights"], state.tensors["bias"], str(state.config["link"]))
        common = frozenset(state.files.get("common.txt", b"").decode().split())
        made = cls(recipe, features, head, common)
        if made._sentences.digest != state.config["encoder_digest"]:
            raise Refused(
                f"{recipe.option('model', '')} is not the encoder this model was trained with",
                hint="get the revision that the recipe names, or train again",
            )
        return made


class FewShot:
    """An encoder tuned on pairs of sentences, then a linear head; for a few dozen labels.

    Tunstall et al. (2022), "Efficient few-shot learning without prompts": pairs with the same
    labels are drawn together and others apart (cosine against 1 and 0), then a head is fitted.
    The tuned encoder is stored with the model.
    """

    def __init__(
        self,
        recipe: Recipe,
        sentences: Sentences,
        head: tuple[NDArray[np.float32], NDArray[np.float32], str],
    ) -> None:
        self.recipe, self._sentences = recipe, sentences
        self.weights, self.bias, self.link = head

    @classmethod
    def fit(cls, recipe: Recipe, examples: Examples, *, exclusive: bool) -> Self:
        """Tune the encoder and fit the head; seeded, on one thread."""
        recipe.allow(_PAIRS)
        library = require("sentence_transformers", "encoder")
        encoder = library.SentenceTransformer(
            locate_encoder(recipe.option("model", "")),
            revision=recipe.option("revision", "") or None,
            device="cpu",
        )
        _tune_on_pairs(recipe, encoder, examples)
        sentences = Sentences(encoder)
        vectors = sentences.encode(list(examples.texts), recipe.option("batch", 16))
        head = fit_weights(recipe, beside(None, vectors), examples.gold, exclusive=exclusive)
        return cls(recipe, sentences, head)

    def scores(self, examples: Examples) -> Floats:
        """Return decision values, [n, k]."""
        vectors = self._sentences.encode(list(examples.texts), self.recipe.option("batch", 16))
        return vectors @ self.weights.astype(np.float64) + self.bias

    def state(self) -> State:
        """Return the tuned encoder's files and the head."""
        with tempfile.TemporaryDirectory() as scratch:
            self._sentences.encoder.save(scratch, create_model_card=False)
            files = {
                f"encoder/{path.relative_to(scratch).as_posix()}": path.read_bytes()
                for path in sorted(Path(scratch).rglob("*"))
                if path.is_file()
            }
        return State({"link": self.link}, {"weights": self.weights, "bias": self.bias}, files)

    @classmethod
    def restore(cls, recipe: Recipe, state: State) -> Self:
        """Load the tuned encoder; only safetensors, and no code from its folder."""
        library = require("sentence_transformers", "encoder")
        with tempfile.TemporaryDirectory() as scratch:
            for name, data in state.files.items():
                path = Path(scratch) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            encoder = library.SentenceTransformer(
                str(Path(scratch) / "encoder"),
                device="cpu",
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        encoder.eval()
        head = (state.tensors["weights"], state.tensors["bias"], str(state.config["link"]))
        return cls(recipe, Sentences(encoder), head)


def _tune_on_pairs(recipe: Recipe, encoder: Any, examples: Examples) -> None:
    torch = require("torch", "encoder")
    torch.manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    size = recipe.option("batch", 16)
    steps = recipe.option("epochs", 1) * -(-recipe.option("pairs", 1600) // size)
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=recipe.option("rate", 2e-5))
    same = _by_labels(examples)
    encoder.train()
    for _ in track(range(steps), "tuning the encoder"):
        rows = [_pair(same, chance) for _ in range(size)]
        left, right = (
            encoder(encoder.tokenize([examples.texts[row[side]] for row in rows]))[
                "sentence_embedding"
            ]
            for side in (0, 1)
        )
        wanted = torch.tensor([float(row[2]) for row in rows])
        loss = torch.nn.functional.mse_loss(torch.cosine_similarity(left, right), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    encoder.eval()


def _by_labels(examples: Examples) -> list[NDArray[np.int64]]:
    """Return the rows of each label set that there is."""
    sets: dict[bytes, list[int]] = {}
    for number, row in enumerate(examples.gold):
        sets.setdefault(row.tobytes(), []).append(number)
    if len(sets) < 2:
        raise BadInput("all sentences have the same labels", hint="train on more sentences")
    return [np.array(sets[key]) for key in sorted(sets)]


def _pair(same: list[NDArray[np.int64]], chance: np.random.Generator) -> tuple[int, int, bool]:
    """Draw two rows, by turns of one label set and of two."""
    alike = bool(chance.integers(2))
    first = int(chance.integers(len(same)))
    second = first if alike else (first + int(chance.integers(1, len(same)))) % len(same)
    return int(chance.choice(same[first])), int(chance.choice(same[second])), alike
