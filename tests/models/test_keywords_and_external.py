from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_examples import NAMES

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.recipe import load_recipe
from claimtypes.models.train import train

RULES = {"first_kind": ["threat\\w*", "followed"], "second_kind": ["den(y|ied)"]}


def recipe_file(folder: Path, kind: str, **learner: str) -> Path:
    lines = [f'kind = "{kind}"', "[learner]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in learner.items()]
    path = folder / "mine.toml"
    path.write_text("\n".join([*lines, "[tuning]", 'on = "none"']))
    return path


@pytest.mark.parametrize("suffix", [".toml", ".yaml"])
def test_a_users_rules_are_a_model(suffix: str, examples: Examples, tmp_path: Path) -> None:
    if suffix == ".yaml":
        pytest.importorskip("yaml")
        text = json.dumps(RULES)
    else:
        text = "\n".join(f"{name} = {json.dumps(held)}" for name, held in RULES.items())
    (tmp_path / f"rules{suffix}").write_text(text)
    recipe = load_recipe(recipe_file(tmp_path, "keywords", rules=f"rules{suffix}"))
    model = load_model(save_model(train(recipe, examples), tmp_path / "model"))
    texts = ["They DENIED it.", "Threatened, then followed.", "Deniedly nothing."]
    assert model.decide(model.predict_proba(texts)).tolist() == [[0, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [("other = ['x']", "unknown label other"), ("first_kind = ['(']", "not a pattern"),
     ("first_kind = 'x'", "not lists"), ("= 3", "rules.toml")],
)  # fmt: skip
def test_wrong_rules_are_named(text: str, message: str, examples: Examples, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(text)
    recipe = load_recipe(recipe_file(tmp_path, "keywords", rules="rules.toml"))
    with pytest.raises(BadInput, match=message):
        train(recipe, examples)


def predictions(path: Path, rows: list[tuple[str, dict[str, float]]]) -> None:
    lines = [json.dumps({"sentence": s, "scores": v, "model": "prompted"}) for s, v in rows]
    path.write_text("\n".join(lines))


def test_somebody_elses_probabilities_are_a_model(examples: Examples, tmp_path: Path) -> None:
    given = np.round(np.random.default_rng(0).random((len(examples), 2)), 3)
    rows = [
        (sentence, dict(zip(NAMES, map(float, row), strict=True)))
        for sentence, row in zip(examples.ids, given, strict=True)
    ]
    predictions(tmp_path / "p.jsonl", rows[::-1])
    recipe = load_recipe(recipe_file(tmp_path, "external", predictions="p.jsonl"))
    model = load_model(save_model(train(recipe, examples), tmp_path / "model"))
    np.testing.assert_array_equal(model.predict_proba(examples), given)
    with pytest.raises(BadInput, match="no prediction for 1 of 1"):
        model.predict_proba(examples_of(["new"], ids=["new:0-3"]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", {"first_kind": 0.5})], "has scores for first_kind"),
        ([("a", dict.fromkeys(NAMES, 1.5))], "outside 0 to 1"),
        ([("a", dict.fromkeys(NAMES, 0.5))] * 2, "twice"),
        ([("a", dict.fromkeys(NAMES, float("nan")))], "outside 0 to 1"),
    ],
)
def test_wrong_predictions_are_named(
    rows: list, message: str, examples: Examples, tmp_path: Path
) -> None:
    predictions(tmp_path / "p.jsonl", rows)
    recipe = load_recipe(recipe_file(tmp_path, "external", predictions="p.jsonl"))
    with pytest.raises(BadInput, match=message):
        train(recipe, examples)
