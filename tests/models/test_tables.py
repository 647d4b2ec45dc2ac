from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from claimtypes.errors import BadInput
from claimtypes.models.tables import Columns, load_table


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_csv_with_one_label_a_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'Sentence,Label\n"a, “b”",yes\nc,no\n')
    examples, origin = load_table(path, Columns(text="Sentence", labels="Label"))
    assert examples.texts == ("a, “b”", "c")
    assert examples.names == ("no", "yes")
    assert examples.gold.tolist() == [[0, 1], [1, 0]]
    assert origin.name == "a"
    assert len(origin.digest) == 64


def test_tsv_without_header_with_numbers_for_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'one "quoted\t0,2\tx\ntwo\t1\ty\n')
    columns = Columns(text="1", labels="2", id="3", names=("a", "b", "c"), header=False)
    examples = load_table(path, columns)[0]
    assert examples.texts == ('one "quoted', "two")
    assert examples.gold.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert examples.ids == ("x", "y")


def test_json_lines_with_lists_and_columns_of_truth(tmp_path: Path) -> None:
    rows = [{"t": "a", "l": ["x", "y"], "x": 1, "y": True}, {"t": "b", "l": [], "x": 0, "y": None}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    listed = load_table(path, Columns(text="t", labels="l"))[0]
    truth = load_table(path, Columns(text="t", label_columns=("x", "y")))[0]
    assert listed.gold.tolist() == truth.gold.tolist() == [[1, 1], [0, 0]]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    parquet.write_table(arrow.table({"text": ["a", "b"], "l": [["x"], []]}), tmp_path / "a.parquet")
    assert load_table(tmp_path / "a.parquet", Columns(labels="l"))[0].gold.tolist() == [[1], [0]]


def test_groups_keep_order_and_give_neighbours(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,l,g\na,x,1\nb,x,1\nc,y,2\n")
    examples = load_table(path, Columns(labels="l", group="g"))[0]
    assert examples.documents == ("1", "1", "2")
    assert examples.previous == ("", "a", "")
    assert examples.following == ("b", "", "")


def test_rows_of_several_annotators_become_votes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,l,who\n1,a,x,p\n1,a,x,q\n1,a,,r\n2,b,x,p\n2,b,,q\n")
    examples = load_table(path, Columns(labels="l", id="id", annotator="who"))[0]
    assert examples.gold.tolist() == [[1], [0]]
    assert examples.votes is not None
    np.testing.assert_allclose(examples.votes, [[2 / 3], [1 / 2]])
    assert examples.annotators is not None
    assert examples.annotators.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("text,l\na,x\n", Columns(text="t", labels="l"), "no column 't'"),
        ("text,l\na\n", Columns(labels="l"), "1 cells under 2 columns"),
        ("text,l\na,x\n", Columns(labels="l", names=("y",)), "unknown label 'x'"),
        ("text,x\na,maybe\n", Columns(label_columns=("x",)), "must be 0 or 1"),
        ("text,l,i\na,x,1\nb,x,1\n", Columns(labels="l", id="i"), "twice"),
        ("text,l\n", Columns(labels="l"), "no rows"),
        ("text\na\n", Columns(), "no labels column"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, columns: Columns, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load_table(write(tmp_path / "a.csv", text), replace(columns))
