"""Writes are whole or nothing, and reading names the line that is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes import store
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.records import Hydrated


@given(st.lists(st.builds(Hydrated), max_size=8))
def test_records_written_are_the_records_read(rows: list[Hydrated]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        assert store.dump_jsonl(path, rows) == len(rows)
        assert list(store.load_jsonl(path, Hydrated)) == rows


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    store.write_text(path, "old")
    with suppress(RuntimeError), store.writing(path) as staged:
        staged.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "release"
    with suppress(RuntimeError), store.writing_folder(target) as staged:
        (staged / "half").write_text("x")
        raise RuntimeError
    assert not target.exists()
    with store.writing_folder(target) as staged:
        (staged / "whole").write_text("x")
    assert [p.name for p in target.iterdir()] == ["whole"]


def test_an_existing_folder_is_refused_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        with store.writing_folder(tmp_path / "out", replace=True) as staged:
            (staged / "file").write_text("x")
    with pytest.raises(Refused, match="exists already"), store.writing_folder(tmp_path / "out"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_leftovers_of_dead_writers_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"{store.STAGING_PREFIX}{dead.pid}-x").mkdir()
    (tmp_path / f"{store.STAGING_PREFIX}{os.getpid()}-y").mkdir()
    store.write_text(tmp_path / "file", "x")
    left = [p.name for p in tmp_path.iterdir() if p.name != "file"]
    assert left == [f"{store.STAGING_PREFIX}{os.getpid()}-y"]


def test_unchanged_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    store.write_text(path, "same")
    before = path.stat().st_ino
    store.write_text(path, "same")
    assert path.stat().st_ino == before


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"sentence": "a", "text": "b"}\n\n{"sentence": 1, "text": "b"}\n')
    with pytest.raises(BadInput, match=r"rows\.jsonl:3: .*sentence must be str"):
        list(store.load_jsonl(path, Hydrated))


def test_an_endless_line_is_refused_without_reading_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_LINE_BYTES", 1000)
    path = tmp_path / "rows.jsonl"
    path.write_text("x" * 5000)
    with pytest.raises(BadInput, match="line longer"):
        list(store.numbered_lines(path))


def test_two_writers_of_one_project_are_told_apart(tmp_path: Path) -> None:
    state = tmp_path / ".claimtypes"
    with (
        store.locked(state),
        pytest.raises(ClaimtypesError, match="another claimtypes command"),
        store.locked(state),
    ):
        pass
    with store.locked(state):
        pass


def test_a_pipe_or_device_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="no file"), store.writing(pipe) as staged:
        staged.write_text("lost")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
