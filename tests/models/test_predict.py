from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_examples import make_examples

from claimtypes.models.features import Block
from claimtypes.models.folder import save_model
from claimtypes.models.model import Model
from claimtypes.models.outputs import write_labelled
from claimtypes.models.predict import predict
from claimtypes.models.reading import Cut, Reader, read_text
from claimtypes.models.recipe import Recipe
from claimtypes.models.train import train

ARTICLE = """Envoy rejects the report

By A Reporter

The ministry threatened the editor. It then denied it.

Background

He was followed in the market. “We refuted that,” it said.
"""


@pytest.fixture(scope="module")
def model() -> Model:
    fields = (Block(), Block(field="previous"), Block(field="heading", longest=1))
    examples = make_examples()
    before = ("", *examples.texts[:-1])
    varied = {"previous": before, "heading": tuple("The weather" for _ in before)}
    from dataclasses import replace

    return train(Recipe("small", "linear", features=fields), replace(examples, **varied))


@pytest.fixture(scope="module")
def folder(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(model, tmp_path_factory.mktemp("models") / "small")


def run(*arguments: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()
    return done


def rows_of(done: subprocess.CompletedProcess[bytes]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_text_becomes_sentences_with_addresses_and_probabilities(folder: Path) -> None:
    text = "They denied it. Nothing else."
    rows = rows_of(run("predict", "--model", str(folder), text))
    assert [text[r["start"] : r["end"]] for r in rows] == [r["text"] for r in rows]
    assert [r["text"] for r in rows] == ["They denied it.", "Nothing else."]
    assert set(rows[0]["scores"]) == {"first_kind", "second_kind"}
    assert rows[0]["labels"] == ["second_kind"]
    assert rows[0]["sentence"] == "text:0-15"


def test_an_articles_title_byline_and_headings_are_not_labelled(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "envoy.txt"
    path.write_text(ARTICLE)
    file = rows_of(run("predict", "--model", str(folder), str(path)))
    assert [r["text"] for r in file] == [
        "The ministry threatened the editor.",
        "It then denied it.",
        "He was followed in the market.",
        "“We refuted that,” it said.",
    ]
    assert {r["article"] for r in file} == {"envoy"}
    piped = rows_of(run("predict", "--model", str(folder), "-", stdin=ARTICLE.encode()))
    assert [r["scores"] for r in piped] == [r["scores"] for r in file]


def test_folders_json_lines_and_damaged_records(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(ARTICLE)
    records = [{"id": "rec-1", "text": "They denied it. Twice."}, {"no": "text"}]
    lines = [json.dumps(record) for record in records]
    (tmp_path / "two.jsonl").write_text("\n".join([*lines, "{broken", lines[0]]))
    done = run("predict", "--model", str(folder), str(tmp_path), code=1)
    articles = [r["article"] for r in rows_of(done)]
    assert articles == ["one"] * 4 + ["rec-1"] * 2 + ["rec-1-2"] * 2
    assert b"two:2" in done.stderr
    assert b"two:3" in done.stderr


def test_lines_as_sentences(folder: Path) -> None:
    done = run(
        "predict", "--model", str(folder), "--as-sentences", "-", stdin=b"A. B denied.\n\nC\n"
    )
    assert [(r["text"], r["start"]) for r in rows_of(done)] == [("A. B denied.", 0), ("C", 14)]


def test_what_is_missing_is_said_with_the_next_step(folder: Path) -> None:
    assert b"--text" in run("predict", "--model", str(folder), "nothere", code=2).stderr
    assert b"claimtypes train" in run("predict", "--model", "nomodel", "a b", code=2).stderr
    assert b"nothing to label" in run("predict", code=2).stderr


def test_csv_is_exact_and_never_a_formula(model: Model) -> None:
    target = io.BytesIO()
    cuts = [Cut("a", 0, 9, "=1+1 denied"), Cut("a", 10, 20, "-bullet, “x”\t")]
    write_labelled(predict(model, cuts), model, "-", "csv", target)
    rows = list(csv.DictReader(io.StringIO(target.getvalue().decode())))
    assert [row["text"] for row in rows] == ["'=1+1 denied", "'-bullet, “x”\t"]
    assert 0 <= float(rows[0]["first_kind"]) <= 1


def test_parquet_holds_the_same_as_json_lines(model: Model, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    cuts = list(read_text("They denied it. Nothing else. " * 10))
    write_labelled(
        predict(model, cuts), model, str(tmp_path / "o.parquet"), "parquet", io.BytesIO()
    )
    rows = parquet.read_table(tmp_path / "o.parquet").to_pylist()
    expected = [row.to_dict(model.id) for row in predict(model, cuts)]
    assert [row["labels"] for row in rows] == [row["labels"] for row in expected]
    assert [row["second_kind"] for row in rows] == [r["scores"]["second_kind"] for r in expected]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.urls: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attributes if name.startswith("on")]
        self.urls += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_every_sentence_and_runs_nothing_of_theirs(model: Model) -> None:
    attack = '<script>alert(1)</script> denied "><img src=x onerror=alert(1)> $title'
    cuts = [Cut("a", 0, 9, attack), Cut("a", 10, 20, "Plain."), Cut("b", 0, 4, "denied")]
    target = io.BytesIO()
    write_labelled(predict(model, cuts), model, "-", "html", target)
    page = Page()
    page.feed(target.getvalue().decode())
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert not page.urls
    assert attack in page.text
    assert page.tags.count("mark") == sum(bool(r.labels) for r in predict(model, cuts)) > 0


def test_batches_do_not_change_a_prediction(model: Model) -> None:
    texts = ["They denied it.", "The market.", "He was followed."]
    cuts = [Cut(f"a{n // 7}", n, n + 1, texts[n % 3], annotated=n % 5 > 0) for n in range(9000)]
    whole = [row.scores for row in predict(model, cuts)]
    assert len(whole) == 9000
    for first in range(4090, 4104, 7):
        start = first // 7 * 7
        part = [row.scores for row in predict(model, cuts[start : start + 7])]
        assert part == whole[start : start + 7]


def test_an_endless_stream_is_cut_like_a_short_one(
    model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import claimtypes.models.reading as reading

    lines = [f"They denied it on day {n}. Then “nothing” happened…" for n in range(200)]
    path = tmp_path / "long.txt"
    path.write_text("\n".join(lines))
    monkeypatch.setattr(reading, "WHOLE_BYTES", 1000)
    cuts = list(Reader().read([str(path)]))
    text = path.read_text()
    assert len(cuts) == 400
    assert all(text[cut.start : cut.end] == cut.text for cut in cuts)


def test_memory_stays_bounded_on_a_long_stream(folder: Path) -> None:
    script = (
        "import resource, sys\n"
        "import claimtypes.models.reading as reading\n"
        "reading.WHOLE_BYTES = 100_000\n"
        "from claimtypes.cli import main\n"
        "sys.argv[1:] = ['predict', '--model', sys.argv[1], '-', '--output', sys.argv[2]]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = []
    for megabytes in (2, 8):
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                script,
                str(folder),
                str(folder.parent / "out.jsonl"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        line = b"They denied that the reporter was followed in the market. " * 40 + b"\n"
        assert process.stdin
        for _ in range(megabytes * 1_000_000 // len(line)):
            process.stdin.write(line)
        process.stdin.close()
        assert process.stdout
        peaks.append(int(process.stdout.read()))
        process.wait()
    assert peaks[1] < peaks[0] + 20
    assert np.isfinite(peaks).all()
