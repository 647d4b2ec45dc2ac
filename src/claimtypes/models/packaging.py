"""Trained models made ready to publish: checked copies, archives, spaCy pipeline wheels."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import tempfile
import zipfile
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, require
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.model import Model
from claimtypes.models.textcat import TextCategorizer
from claimtypes.store import write_bytes, writing_folder

_VERSION = re.compile(r"\d+(\.\d+)*")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date a zip file can hold
_INIT = '''"""A spaCy pipeline: ``spacy.load("{package}")`` gives it."""

from pathlib import Path

from spacy.util import get_model_meta, load_model_from_init_py

__version__ = get_model_meta(Path(__file__).parent)["version"]


def load(**overrides):
    """Load the pipeline."""
    return load_model_from_init_py(__file__, **overrides)
'''


def package_folder(folder: Path, target: Path, *, replace: bool = False) -> Path:
    """Copy a model folder that loads and predicts its probes, and check the copy."""
    load_model(folder)
    with writing_folder(target, replace=replace) as staged:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            copy = staged / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        load_model(staged)
    return target


def add_scores(folder: Path, report: Path, target: Path) -> Path:
    """Write a copy of a model folder whose card and config hold the scores of its report.

    Raises:
        BadInput: when the report is none, or one of another model or release.
    """
    model = load_model(folder)
    try:
        held = json.loads(report.read_text(encoding="utf-8"))
        about, scores = held["about"], held["scores"]
        split, publishers = about["split"], held["publishers"] or {}
        found = {
            f"macro-F1, {split}": scores["macro_f1"],
            f"micro-F1, {split}": scores["micro_f1"],
            f"macro-F1, {split} on unseen publishers": publishers.get("macro_f1", {"value": None}),
        }
        found |= {f"F1 {label['name']}, {split}": label["f1"] for label in scores["labels"]}
        values = {name: score["value"] for name, score in found.items()}
        whole = (model.id, model.origin.digest) == (about["model"], about["digest"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{report} is no report: {error!r}", hint="claimtypes evaluate") from error
    if not whole:
        raise BadInput(f"{report} is of {about['model']}, or of another release than {model.id}")
    told = {name: value for name, value in values.items() if value is not None}
    return save_model(replace_fields(model, metrics=model.metrics | told), target)


def package_archive(folder: Path, target: Path) -> Path:
    """Write ``RECIPE-VERSION.tar.gz`` of a model folder into ``target``, byte-reproducibly."""
    model = load_model(folder)
    name = f"{model.recipe.name}-{model.origin.version or '0'}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            data = path.read_bytes()
            entry = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    write_bytes(target / f"{name}.tar.gz", gzip.compress(packed.getvalue(), 9, mtime=0))
    return target / f"{name}.tar.gz"


def package_wheel(folder: Path, target: Path) -> Path:
    """Write a spaCy text categoriser as an installable wheel, byte-reproducibly.

    The wheel holds the pipeline as ``spacy.load`` reads it; its ``doc.cats`` are the model's
    probabilities.

    Raises:
        BadInput: when the model is no spaCy pipeline, or one whose texts are masked first.
    """
    model = load_model(folder)
    plain = model.calibration is None and model.context is None
    if not isinstance(model.scorer, TextCategorizer) or not plain:
        raise BadInput(
            f"{model.id} is no plain spaCy pipeline",
            hint="train textcat-bow or textcat-ensemble; other models: --form archive",
        )
    if model.recipe.option("mask", False):
        raise BadInput("a pipeline cannot mask names before it reads", hint="--form archive")
    found = _VERSION.match(model.origin.version)
    version = found[0] if found else "0"
    package = "en_" + re.sub(r"\W+", "_", f"claimtypes_{model.recipe.name}").lower()
    files = _pipeline_files(model, package, version)
    path = target / f"{package}-{version}-py3-none-any.whl"
    write_bytes(path, _zip(_with_metadata(files, model, package, version)))
    return path


def _pipeline_files(model: Model, package: str, version: str) -> dict[str, bytes]:
    """Return the files of the package: the pipeline, its meta data and an ``__init__``."""
    spacy = require("spacy", "spacy")
    nlp: Any = model.scorer.nlp  # type: ignore[attr-defined]
    nlp.meta["name"] = package.removeprefix("en_")
    nlp.meta["version"] = version
    nlp.meta["description"] = f"{model.recipe.title}, trained on {model.origin.name}"
    nlp.meta["claimtypes"] = {
        "labels_digest": model.labels_digest,
        "release": model.origin.version,
        "digest": model.origin.digest,
        "thresholds": dict(zip(model.names, model.thresholds.tolist(), strict=True)),
    }
    inner = f"{package}/{package}-{version}"
    files = {f"{package}/__init__.py": _INIT.format(package=package).encode()}
    with tempfile.TemporaryDirectory() as scratch:
        nlp.to_disk(scratch)
        for path in sorted(p for p in Path(scratch).rglob("*") if p.is_file()):
            files[f"{inner}/{path.relative_to(scratch).as_posix()}"] = path.read_bytes()
    meta = json.loads(files[f"{inner}/meta.json"])
    meta["spacy_version"] = f">={spacy.__version__},<{_next_minor(spacy.__version__)}"
    files[f"{inner}/meta.json"] = (json.dumps(meta, indent=2, sort_keys=True) + "\n").encode()
    # `spacy.load` reads the meta data of a package beside its `__init__`.
    files[f"{package}/meta.json"] = files[f"{inner}/meta.json"]
    return files


def _next_minor(version: str) -> str:
    major, minor = version.split(".")[:2]
    return f"{major}.{int(minor) + 1}.0"


def _with_metadata(
    files: dict[str, bytes], model: Model, package: str, version: str
) -> dict[str, bytes]:
    meta = json.loads(files[f"{package}/meta.json"])
    info = f"{package}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {version}\n"
            f"Summary: {model.recipe.title}\nRequires-Dist: spacy{meta['spacy_version']}\n"
        ).encode(),
        f"{info}/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: claimtypes\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"{info}/entry_points.txt": f"[spacy_models]\n{package} = {package}\n".encode(),
    }
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in sorted(files.items())]
    record.append(f"{info}/RECORD,,")
    files[f"{info}/RECORD"] = ("\n".join(record) + "\n").encode()
    return files


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()
