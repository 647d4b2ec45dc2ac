from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def table(tmp_path: Path) -> Path:
    words = {"yes": "they denied it again", "no": "the market was open"}
    rows = [f"{words[label]} {n} times,{label},{n // 4}" for n in range(60) for label in words]
    path = tmp_path / "data.csv"
    path.write_text("sentence,label,article\n" + "\n".join(rows) + "\n")
    return path


def test_a_table_becomes_a_model_that_predicts_and_is_packaged(table: Path) -> None:
    folder = table.parent
    columns = ("--text-column", "sentence", "--labels-column", "label")
    done = run(
        "train", "tfidf-svm", "--data", "data.csv", *columns, "--group-column", "article",
        "--set", "C=1.0", "--output", "mine", "--json", cwd=folder,
    )  # fmt: skip
    assert json.loads(done.stdout)["labels"] == ["no", "yes"]
    config = json.loads((folder / "mine" / "config.json").read_text())
    assert config["recipe"]["learner"]["C"] == 1.0
    assert config["exclusive"]
    rows = run("predict", "--model", "mine", "they denied it", cwd=folder).stdout.splitlines()
    assert json.loads(rows[0])["labels"] == ["yes"]
    packed = run("package", "mine", "--json", cwd=folder)
    assert (folder / json.loads(packed.stdout)["packaged"]).is_file()
    assert "--form archive" in run("package", "mine", "--form", "wheel", cwd=folder, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train",), "a project"),
        (("train", "nothing"), "no recipe nothing"),
        (("train", "--data", "data.csv", "--text-column", "text"), "no column 'text'"),
        (("train", "--data", "data.csv", "--labels-column", "x"), "no column 'x'"),
        (("train", "--data", "data.csv"), "no project to keep the model in"),
        (("train", "--set", "C"), "no OPTION=VALUE"),
        (("package", "nowhere"), "no model folder"),
        (("predict", "--model", "data.csv", "a b"), "no model"),
    ],
)
def test_what_cannot_be_done_is_said(table: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments, cwd=table.parent, code=2)
    assert message in " ".join(done.stderr.split())


def test_the_packaged_default_labels_right_after_install(tmp_path: Path) -> None:
    row = json.loads(run("predict", "The embassy denied the allegation.", cwd=tmp_path).stdout)
    assert len(row["scores"]) == 3
    assert row["model"].startswith("tfidf-svm@")


def test_the_packaged_default_is_small_and_is_the_recipe(repository: Path) -> None:
    from claimtypes.models.predict import DEFAULT_MODEL
    from claimtypes.models.recipe import find_recipe, load_recipe

    assert sum(path.stat().st_size for path in DEFAULT_MODEL.iterdir()) < 3_000_000
    config = json.loads((DEFAULT_MODEL / "config.json").read_text())
    expected = load_recipe(find_recipe("tfidf-svm", repository / "models")).to_dict()
    assert config["recipe"] == json.loads(json.dumps(expected))


def test_every_recipe_is_in_the_wheel(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    packed = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    recipes = {f"models/{path.name}" for path in (repository / "models").glob("*.toml")}
    assert recipes <= set(packed)
