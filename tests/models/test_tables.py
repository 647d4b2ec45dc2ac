from __future__ import annotations

import gzip
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
    table = load_table(path, Columns())
    examples, origin = table.examples, table.origin
    assert examples.texts == ("a, “b”", "c")
    assert examples.names == ("no", "yes")
    assert examples.gold.tolist() == [[0, 1], [1, 0]]
    assert origin.name == "a"
    assert len(origin.digest) == 64


def test_tsv_without_header_with_numbers_for_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'one "quoted\t0,2\tx\ntwo\t1\ty\n')
    columns = Columns(text="1", labels="2", id="3", names=("a", "b", "c"), header=False)
    examples = load_table(path, columns).examples
    assert examples.texts == ('one "quoted', "two")
    assert examples.gold.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert examples.ids == ("x", "y")


def test_json_lines_with_lists_and_columns_of_truth(tmp_path: Path) -> None:
    rows = [{"t": "a", "l": ["x", "y"], "x": 1, "y": True}, {"t": "b", "l": [], "x": 0, "y": None}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    listed = load_table(path, Columns(text="t", labels="l")).examples
    truth = load_table(path, Columns(text="t", label_columns=("x", "y"))).examples
    assert listed.gold.tolist() == truth.gold.tolist() == [[1, 1], [0, 0]]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    parquet.write_table(arrow.table({"text": ["a", "b"], "l": [["x"], []]}), tmp_path / "a.parquet")
    assert load_table(tmp_path / "a.parquet", Columns(labels="l")).examples.gold.tolist() == [
        [1],
        [0],
    ]


def test_groups_keep_order_and_give_neighbours(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,l,g\na,x,1\nb,x,1\nc,y,2\n")
    examples = load_table(path, Columns(labels="l", group="g")).examples
    assert examples.documents == ("1", "1", "2")
    assert examples.previous == ("", "a", "")
    assert examples.following == ("b", "", "")


def test_rows_of_several_annotators_become_votes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,l,who\n1,a,x,p\n1,a,x,q\n1,a,,r\n2,b,x,p\n2,b,,q\n")
    examples = load_table(path, Columns(labels="l", id="id", annotator="who")).examples
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


_ROWS = [{"text": "naïve, café", "label": ["a", "b"]}, {"text": "zwei", "label": None}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "Sentence;Label\r\nnaïve, café;a|b\r\nzwei;\r\n".encode("utf-16")),
        ("a.csv", 'Comment,CLASS\n"naïve, café",a|b\nzwei,\n'.encode("cp1252")),
        ("a.tsv", "text\tlabels\nnaïve, café\t['a', 'b']\nzwei\t[]\n".encode("utf-8-sig")),
        ("a.json", json.dumps(_ROWS).encode()),
        ("a.json", json.dumps({"one": _ROWS[0], "two": _ROWS[1]}).encode()),
        ("a.json", json.dumps({"version": 1, "data": _ROWS}).encode()),
        ("a.jsonl.gz", gzip.compress("\n".join(map(json.dumps, _ROWS)).encode())),
    ],
    ids=["utf-16", "cp1252", "python-lists", "list", "object", "wrapped", "gzip"],
)
def test_whatever_holds_texts_and_labels_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    examples = load_table(tmp_path / name, Columns(separator="|")).examples
    assert examples.texts == ("naïve, café", "zwei")
    assert examples.names == ("a", "b")
    assert examples.gold.tolist() == [[1, 1], [0, 0]]


def test_tab_separated_cells_are_quoted_only_where_quoting_shows(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.tsv", 'text\tlabel\n"one" two\tx\n"three\tx\n')
    assert load_table(plain, Columns()).examples.texts == ('"one" two', '"three')
    quoted = write(tmp_path / "b.tsv", 'text\tlabel\n"he said ""no"""\tx\n"two\nlines"\tx\n')
    assert load_table(quoted, Columns()).examples.texts == ('he said "no"', "two\nlines")


VOTED = {
    "rows": ("text,label,who\na,x,p\na,x,q\na,y,r\nb,x,p\nb,y,q\n", {"annotator": "who"}),
    "lists": ('text,label,who\na,"x,x,y","p,q,r"\nb,"x,y","p,q"\n', {"annotator": "who"}),
    "columns": ("text,p,q,r\na,x,x,y\nb,x,y,\n", {"annotator_columns": ("p", "q", "r")}),
    "objects": (
        'text|label\na|{"p": "x", "q": ["x"], "r": "y"}\nb|{\'p\': \'x\', \'q\': \'y\'}\n',
        {},
    ),
}


@pytest.mark.parametrize("shape", VOTED)
def test_votes_of_any_shape_are_the_same_and_ties_are_undecided(tmp_path: Path, shape: str) -> None:
    text, columns = VOTED[shape]
    table = load_table(write(tmp_path / "a.csv", text), Columns(**columns))
    assert table.examples.texts == ("a",)
    assert table.examples.gold.tolist() == [[1, 0]]
    assert table.examples.votes is not None
    np.testing.assert_allclose(table.examples.votes, [[2 / 3, 1 / 3]])
    assert table.undecided == (("1", "1"),)
    assert sorted((v.sentence, v.annotator, *v.labels) for v in table.votes) == [
        ("0", "p", "x"), ("0", "q", "x"), ("0", "r", "y"), ("1", "p", "x"), ("1", "q", "y"),
    ]  # fmt: skip


def test_a_cell_may_say_that_no_label_applies(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,label\na,none\nb,"x,y"\n')
    examples = load_table(path, Columns(none="none")).examples
    assert examples.names == ("x", "y")
    assert examples.gold.tolist() == [[0, 0], [1, 1]]
