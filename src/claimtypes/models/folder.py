"""Model folders: config, vocabulary, safetensors weights, probes, checksums; no code, no pickle.

What is written is read again and must predict the probes before it counts as written; what is
loaded must have its checksums, its label order and its probes right before it is used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.models.calibration import Calibration
from claimtypes.models.card import render_card
from claimtypes.models.context import Context
from claimtypes.models.examples import FIELDS, Examples, digest_names, examples_of
from claimtypes.models.model import LabelStyle, Model, Origin
from claimtypes.models.protocol import State, scorer_class
from claimtypes.models.recipe import read_recipe
from claimtypes.store import sha256_bytes, writing_folder

FORMAT = 1
TOLERANCE = 1e-6
# Networks add up in another order on another processor.
_TOLERANCES = {"textcat": 1e-5, "encoder": 1e-4, "setfit": 1e-4, "entailment": 1e-4}
_SUMS, _CONFIG, _WEIGHTS, _PROBES, _CARD = (
    "SHA256SUMS",
    "config.json",
    "model.safetensors",
    "probes.jsonl",
    "README.md",
)
_CONTEXT = ("context.weights", "context.bias")
_OWN = frozenset({_SUMS, _CONFIG, _WEIGHTS, _PROBES, _CARD})
_AGAIN = "get the model again, or train it again: claimtypes train"


def save_model(model: Model, folder: Path, *, replace: bool = False) -> Path:
    """Write a model folder and return it.

    Raises:
        Refused: when the folder exists, or when what was written does not predict the same.
    """
    state = model.scorer.state()
    tensors, files = dict(state.tensors), dict(state.files)
    if model.context:
        tensors |= {_CONTEXT[0]: model.context.weights, _CONTEXT[1]: model.context.bias}
    files[_CONFIG] = _json(_config(model, state, tensors))
    files[_WEIGHTS] = _pack(tensors)
    files[_PROBES] = _render_probes(model)
    files[_CARD] = render_card(model).encode()
    sums = [f"{sha256_bytes(data)}  {name}\n" for name, data in sorted(files.items())]
    files[_SUMS] = "".join(sums).encode()
    with writing_folder(folder, replace=replace) as staged:
        for name, data in files.items():
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        load_model(staged)
    return folder


def load_model(folder: Path) -> Model:
    """Read a model folder, checked through and through.

    Raises:
        BadInput: when there is no model.
        Refused: when a checksum, the label order, a shape or a probe is not as it should be.
    """
    folder = Path(folder)
    if not (folder / _CONFIG).is_file():
        raise BadInput(f"{folder} is no model folder: it has no {_CONFIG}", hint="claimtypes train")
    try:
        return _load(_read_files(folder), folder)
    except Refused:
        raise
    except ClaimtypesError as error:
        raise Refused(f"{folder}: {error}", hint=error.hint or _AGAIN) from error
    except Exception as error:
        # Damage can break anything; whatever it breaks, the model is refused, not half-read.
        raise Refused(f"{folder}: damaged: {type(error).__name__}: {error}", hint=_AGAIN) from error


def _json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _config(model: Model, state: State, tensors: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": model.recipe.name,
        "labels": [asdict(label) for label in model.labels],
        "labels_digest": model.labels_digest,
        "exclusive": model.exclusive,
        "thresholds": model.thresholds.tolist(),
        "calibration": _sigmoids(model.calibration),
        "context": _sigmoids(model.context.calibration if model.context else None),
        "recipe": model.recipe.to_dict(),
        "origin": asdict(model.origin),
        "metrics": model.metrics,
        "scorer": state.config,
        "tensors": {
            name: {"shape": list(held.shape), "type": held.dtype.name}
            for name, held in sorted(tensors.items())
        },
    }


def _sigmoids(fitted: Calibration | None) -> dict[str, list[float]] | None:
    if fitted is None:
        return None
    return {"slopes": fitted.slopes.tolist(), "intercepts": fitted.intercepts.tolist()}


def _pack(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    from safetensors.numpy import save

    # safetensors writes the buffer of a Fortran-order array as if it were in C order.
    return save({name: np.ascontiguousarray(held) for name, held in sorted(tensors.items())})


def _render_probes(model: Model) -> bytes:
    expected = model.predict_proba(model.probes)
    lines = []
    for row, address in enumerate(model.probes.ids):
        fields = {name: model.probes.column(name)[row] for name in FIELDS}
        scores = {
            name: float(value) for name, value in zip(model.names, expected[row], strict=True)
        }
        values = {
            "id": address,
            "document": model.probes.documents[row],
            **fields,
            "position": float(model.probes.position[row]),
        }
        lines.append(json.dumps(values | {"scores": scores}, ensure_ascii=False, allow_nan=False))
    return ("\n".join(lines) + "\n").encode()


def _read_files(folder: Path) -> dict[str, bytes]:
    """Return every file, each with its right checksum."""
    try:
        lines = (folder / _SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise Refused(f"{folder} has no {_SUMS}", hint=_AGAIN) from error
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    if odd := sorted((present - {_SUMS}) ^ set(sums)):
        raise Refused(f"{folder}: {odd[0]} is missing or does not belong here", hint=_AGAIN)
    files = {}
    for name in sorted(sums):
        data = (folder / name).read_bytes()
        if sha256_bytes(data) != sums[name]:
            raise Refused(f"{folder / name} is not the file its checksum names", hint=_AGAIN)
        files[name] = data
    return files


def _load(files: dict[str, bytes], folder: Path) -> Model:
    config = json.loads(files[_CONFIG])
    if config["format"] != FORMAT:
        raise Refused(
            f"{folder} has the model format {config['format']}, not {FORMAT}",
            hint="install the version of claimtypes that its README.md names",
        )
    labels = tuple(LabelStyle(**label) for label in config["labels"])
    names = tuple(label.name for label in labels)
    if digest_names(names) != config["labels_digest"]:
        raise Refused(f"{folder}: the labels are not in the order trained with", hint=_AGAIN)
    recipe = read_recipe(
        {key: value for key, value in config["recipe"].items() if key != "name"}, config["name"]
    )
    tensors = _unpack(files[_WEIGHTS], config["tensors"])
    read = _calibration(config["context"], len(names))
    context = Context(read, *(tensors.pop(name) for name in _CONTEXT)) if read else None
    state = State(
        config["scorer"],
        tensors,
        {name: data for name, data in files.items() if name not in _OWN},
    )
    probes, expected = _parse_probes(files[_PROBES], names)
    model = Model(
        recipe=recipe,
        labels=labels,
        exclusive=bool(config["exclusive"]),
        scorer=scorer_class(recipe.kind).restore(recipe, state),
        context=context,
        calibration=_calibration(config["calibration"], len(names)),
        thresholds=_floats(config["thresholds"], len(names)),
        origin=Origin(**config["origin"]),
        probes=probes,
        metrics=config["metrics"],
    )
    _check_probes(model, expected, folder)
    return model


def _calibration(values: dict[str, list[float]] | None, count: int) -> Calibration | None:
    if values is None:
        return None
    return Calibration(_floats(values["slopes"], count), _floats(values["intercepts"], count))


def _floats(values: list[float], count: int) -> NDArray[np.float64]:
    held = np.array(values, dtype=np.float64)
    if held.shape != (count,) or not np.isfinite(held).all():
        raise BadInput(f"{count} finite numbers expected")
    return held


def _unpack(data: bytes, expected: dict[str, Any]) -> dict[str, NDArray[Any]]:
    from safetensors.numpy import load

    tensors: dict[str, NDArray[Any]] = load(data)
    found = {
        name: {"shape": list(held.shape), "type": held.dtype.name} for name, held in tensors.items()
    }
    if found != expected:
        raise BadInput("the weights are not of the shapes and types that the config gives")
    for name, held in tensors.items():
        if held.dtype.kind == "f" and not np.isfinite(held).all():
            raise BadInput(f"the weights {name} are not all finite")
    return tensors


def _parse_probes(data: bytes, names: tuple[str, ...]) -> tuple[Examples, NDArray[np.float64]]:
    rows = [json.loads(line) for line in data.decode().splitlines()]
    if not rows:
        raise BadInput("no probes")
    columns: dict[str, Any] = {name: tuple(row[name] for row in rows) for name in FIELDS}
    texts = columns.pop("text")
    probes = examples_of(
        texts,
        ids=[row["id"] for row in rows],
        documents=[row["document"] for row in rows],
        position=np.array([row["position"] for row in rows], dtype=np.float64),
        **columns,
    )
    return probes, np.array([[row["scores"][name] for name in names] for row in rows])


def _check_probes(model: Model, expected: NDArray[np.float64], folder: Path) -> None:
    found = model.predict_proba(model.probes)
    gap = float(np.abs(found - expected).max())
    if not math.isfinite(gap) or gap > _TOLERANCES.get(model.recipe.kind, TOLERANCE):
        raise Refused(
            f"{folder} predicts its own probes wrongly, by up to {gap:.2g}",
            hint=_AGAIN,
        )
