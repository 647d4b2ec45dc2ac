from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_examples import make_examples

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.packaging import (
    add_scores,
    package_archive,
    package_folder,
    package_wheel,
)
from claimtypes.models.recipe import Recipe, Tuning
from claimtypes.models.train import train

SENTENCES = ["They denied it.", "The market was followed.", "A “quote”: nothing, 5.", " "]


@pytest.fixture
def folder(recipe: Recipe, examples: Examples, tmp_path: Path) -> Path:
    return save_model(train(recipe, examples), tmp_path / "model")


def test_an_archive_is_the_same_bytes_and_holds_the_model(folder: Path, tmp_path: Path) -> None:
    one, other = package_archive(folder, tmp_path / "a"), package_archive(folder, tmp_path / "b")
    assert one.read_bytes() == other.read_bytes()
    shutil.unpack_archive(one, tmp_path / "out")
    load_model(tmp_path / "out" / one.name.removesuffix(".tar.gz"))


def test_a_copy_is_checked(folder: Path, tmp_path: Path) -> None:
    copy = package_folder(folder, tmp_path / "copy")
    assert (copy / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()


def test_only_a_spacy_pipeline_becomes_a_wheel(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    with pytest.raises(BadInput, match="no plain spaCy pipeline"):
        package_wheel(folder, tmp_path)


@pytest.mark.parametrize("architecture", ["bow", "ensemble"])
def test_an_installed_pipelines_cats_are_the_models_probabilities(
    architecture: str, examples: Examples, tmp_path: Path
) -> None:
    pytest.importorskip("spacy")
    recipe = Recipe(
        f"textcat-{architecture}",
        "textcat",
        title="A categoriser",
        learner={"architecture": architecture, "epochs": 5, "batch": 4},
        tuning=Tuning(on="validation", calibrate=False),
    )
    model = train(recipe, examples, make_examples(seed=1))
    folder = save_model(model, tmp_path / "model")
    again = load_model(folder)
    np.testing.assert_allclose(
        again.predict_proba(SENTENCES), model.predict_proba(SENTENCES), atol=1e-7
    )
    wheel = package_wheel(folder, tmp_path / "one")
    assert wheel.read_bytes() == package_wheel(folder, tmp_path / "two").read_bytes()
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target",
         str(site), str(wheel)],
        check=True,
    )  # fmt: skip
    script = (
        "import sys, json, spacy; nlp = spacy.load(sys.argv[1]);"
        "print(json.dumps([nlp(t).cats for t in json.loads(sys.argv[2])]))"
    )
    import os

    done = subprocess.run(
        [sys.executable, "-c", script, wheel.name.partition("-")[0], json.dumps(SENTENCES)],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(site)},
    )
    cats = json.loads(done.stdout)
    expected = model.predict_proba(SENTENCES)
    found = np.array([[row[name] for name in model.names] for row in cats])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.ptp(found) > 0.1


def test_spacy_training_is_the_same_twice(examples: Examples) -> None:
    pytest.importorskip("spacy")
    recipe = Recipe("t", "textcat", tuning=Tuning(on="none"), learner={"epochs": 2, "mask": True})
    one, other = (train(recipe, examples).scorer.state().files for _ in range(2))
    assert one == other
    changed = train(replace(recipe, seed=1), examples).scorer.state().files
    assert changed != one


def test_the_scores_of_its_report_go_into_the_card(folder: Path, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    model = load_model(folder)
    assert 0.5 < model.metrics["macro-F1, held-out training sentences"] <= 1.0
    part = {
        "macro_f1": {"value": 0.5},
        "micro_f1": {"value": 0.6},
        "labels": [{"name": name, "f1": {"value": 0.25}} for name in model.names],
    }
    about = {"model": model.id, "digest": model.origin.digest, "split": "test"}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"about": about, "scores": part, "publishers": None}))
    made = load_model(add_scores(folder, report, tmp_path / "scored"))
    assert made.metrics["macro-F1, test"] == 0.5
    card = (tmp_path / "scored" / "README.md").read_text()
    header = yaml.safe_load(card.split("---")[1])
    told = header["model-index"][0]["results"][0]["metrics"]
    assert {"type": "f1", "name": "macro-F1, test", "value": 0.5} in told
    report.write_text(json.dumps({"about": about | {"digest": "other"}, "scores": part}))
    with pytest.raises(BadInput, match="no report"):
        add_scores(folder, report, tmp_path / "again")
    report.write_text(
        json.dumps({"about": about | {"digest": "x"}, "scores": part, "publishers": None})
    )
    with pytest.raises(BadInput, match="another release"):
        add_scores(folder, report, tmp_path / "again")
