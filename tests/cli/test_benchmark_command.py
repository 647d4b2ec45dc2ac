"""``benchmark``: any table of labelled texts, trained on and scored by one command."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

WORDS = {"first": ("threatened", "followed"), "second": ("denied", "rejected")}


def run(*arguments: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", "benchmark", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def rows(documents: int) -> list[dict[str, object]]:
    chance = random.Random(documents)
    found: list[dict[str, object]] = []
    for document in range(documents):
        for _ in range(4):
            held = {name: chance.random() < 0.4 for name in WORDS}
            words = [chance.choice(WORDS[name]) for name, yes in held.items() if yes]
            rest = chance.choices("the market a train of reporter in office".split(), k=6)
            found.append(
                {"sentence": " ".join([*rest, *words]), "doc": f"d{document}"}
                | {name: int(yes) for name, yes in held.items()}
            )
    return found


def write(path: Path, held: list[dict[str, object]]) -> str:
    path.write_text("\n".join(map(json.dumps, held)))
    return str(path)


def test_labels_by_column_and_document_are_held_out_and_compared(tmp_path: Path) -> None:
    data = write(tmp_path / "all.jsonl", rows(40))
    columns = ("--label-columns", "first,second", "--group-column", "doc")
    done = run("tfidf-svm-alone", "majority", "--data", data, *columns, cwd=tmp_path)
    assert "36 sentences of 9 documents" in done.stdout, done.stdout
    assert "untuned" in done.stdout
    made = {path.name for path in (tmp_path / "benchmark").iterdir()}
    assert {"comparison.html", "majority.json", "tfidf-svm-alone.html", "models"} <= made
    report = json.loads((tmp_path / "benchmark" / "tfidf-svm-alone.json").read_text())
    assert report["scores"]["macro_f1"]["value"] > 0.8
    assert any(mistake["neighbours"] for mistake in report["mistakes"]) or not report["mistakes"]


def test_votes_and_a_split_column_give_the_ceiling_and_leave_ties_out(tmp_path: Path) -> None:
    chance = random.Random(1)
    held = []
    for number, row in enumerate(rows(60)):
        truth = str(row["first"])
        votes = [truth if chance.random() < 0.9 else "01"["10".index(truth)] for _ in range(4)]
        where = ("train", "train", "dev", "test")[number % 4]
        who = "p,q,r,s"
        held.append(
            {"text": row["sentence"], "who": who, "annotations": ",".join(votes), "split": where}
        )
    data = write(tmp_path / "votes.jsonl", held)
    columns = ("--annotator-column", "who", "--split-column", "split")
    done = run("tfidf-svm-alone", "--data", data, *columns, cwd=tmp_path)
    assert "without a majority were left out" in done.stdout
    report = json.loads((tmp_path / "benchmark" / "tfidf-svm-alone.json").read_text())
    assert report["about"]["exclusive"]
    assert report["ceiling"]["macro_f1"]["value"] > 0.5
    assert report["scores"]["labels"][0]["jensen_shannon"]["value"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no table to learn from"),
        (("--data", "t.csv"), "which column is the text"),
        (("--data", "t.csv", "--text-column", "a"), "no labels column"),
        (("--data", "t.csv", "--text-column", "a", "--labels-column", "b"), "fewer than 5"),
        (
            (
                "--data",
                "t.csv",
                "--text-column",
                "a",
                "--labels-column",
                "b",
                "--split-column",
                "c",
            ),
            "the splits are elsewhere, test",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\none,x,test\ntwo,y,elsewhere\n")
    assert message in " ".join(run(*arguments, cwd=tmp_path, code=2).stderr.split())


@pytest.mark.slow
def test_goemotions_tuned_on_its_validation_part_beside_untuned(
    tmp_path: Path, shared: Path
) -> None:
    folder = shared / "datasets" / "goemotions"
    done = run(
        "tfidf-svm", "--data", str(folder / "train.tsv"), "--no-header", "--text-column", "1",
        "--labels-column", "2", "--label-names", str(folder / "labels.txt"), "--validation",
        str(folder / "dev.tsv"), "--test", str(folder / "test.tsv"), "--json", cwd=tmp_path,
    )  # fmt: skip
    scores = json.loads(done.stdout)["tfidf-svm"]["scores"]
    assert scores["macro_f1"]["value"] >= 0.45
    assert scores["untuned_macro_f1"]["value"] < scores["macro_f1"]["value"]
