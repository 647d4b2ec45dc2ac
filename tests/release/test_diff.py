from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import relabel
from faults import cell, sign, table

from claimtypes.errors import Refused
from claimtypes.project import Project
from claimtypes.release.build import build
from claimtypes.release.diff import diff
from claimtypes.release.verify import verify
from claimtypes.release.versions import bump_level, next_version
from claimtypes.store import write_text

CHANGES = "changes/2.0.0.parquet"


def found(folder: Path, previous: Path) -> set[str]:
    return {f.id for f in verify(folder, previous, read_croissant=False)}


def test_a_release_does_not_differ_from_itself(built: Path) -> None:
    difference = diff(built, built)
    assert (difference.changes, difference.level) == ((), "patch")


def test_changed_labels_are_listed_by_row(versions: dict[str, Path]) -> None:
    difference = diff(versions["1.0.0"], versions["2.0.0"])
    places = {change.place: (change.old, change.new) for change in difference.changes}
    assert places["sentences", "harbour-office:229-262", "labels"] == ("[]", "[0]")
    assert difference.counts["annotations", "labels"] == 2
    assert difference.level == "major"
    assert {change.id for change in difference.changes if change.table == "sentences"} == {
        "harbour-office:229-262"
    }


def test_agreement_changes_come_with_intervals(versions: dict[str, Path]) -> None:
    changes = {a.label: a for a in diff(versions["1.0.0"], versions["2.0.0"]).agreement}
    detection = changes["detection"]
    assert detection.low <= detection.change <= detection.high
    assert detection.change != 0


def test_added_documents_are_minor_and_removed_ones_major(ready: Project, tmp_path: Path) -> None:
    whole = build(ready, "1.0.0").folder
    smaller = Project(tmp_path / "smaller")
    shutil.copytree(ready.root, smaller.root)
    shutil.rmtree(smaller.releases)
    for path in (smaller.splits, smaller.gold, smaller.rounds / "second.jsonl"):
        lines = path.read_text().splitlines(keepends=True)
        write_text(path, "".join(line for line in lines if "withheld-wire" not in line))
    part = build(smaller, "1.0.0").folder
    assert diff(part, whole).level == "minor"
    assert diff(part, whole).counts["documents", "added"] == 1
    assert diff(whole, part).level == "major"
    assert diff(whole, part).counts["sentences", "removed"] == 3


def test_a_moved_document_is_a_change_of_its_split(ready: Project) -> None:
    first = build(ready, "1.0.0").folder
    write_text(
        ready.splits, ready.splits.read_text().replace("cup-final,test", "cup-final,validation")
    )
    second = build(ready, "2.0.0").folder
    assert [c.place for c in diff(first, second).changes] == [("documents", "cup-final", "split")]


@pytest.mark.parametrize("version", ["1.0.1", "1.1.0"])
def test_a_version_that_is_too_low_is_refused_with_the_right_one(
    ready: Project, version: str
) -> None:
    build(ready, "1.0.0")
    relabel(ready, "harbour-office:229-262", ["official_denial"])
    with pytest.raises(Refused, match="major change; sentences harbour-office:229-262") as refused:
        build(ready, version)
    assert "2.0.0" in refused.value.hint
    assert not (ready.releases / version).exists()


def test_the_same_content_needs_only_a_patch(ready: Project) -> None:
    first = build(ready, "1.0.0")
    second = build(ready, "1.0.1")
    assert first.digest == second.digest
    assert "the same content" in (second.folder / "CHANGELOG.md").read_text()


def test_every_change_is_in_the_release_with_its_reason(ready: Project) -> None:
    build(ready, "1.0.0")
    relabel(ready, "harbour-office:229-262", ["coercion_tactic"])
    reasons = (
        '[[changes]]\nversion = "2.0.0"\nfield = "labels"\nreason = "read again"\nissue = "#7"\n'
    )
    write_text(ready.root / "corpus" / "changes.toml", reasons)
    folder = build(ready, "2.0.0").folder
    rows = {(r["table"], r["field"]): r for r in pq.read_table(folder / CHANGES).to_pylist()}
    assert rows["sentences", "labels"]["reason"] == "read again"
    assert rows["sentences", "labels"]["issue"] == "#7"
    assert rows["sentences", "label_votes"]["reason"] is None
    log = (folder / "CHANGELOG.md").read_text()
    assert log.index("## 2.0.0") < log.index("## 1.0.0")
    third = build(ready, "2.0.1").folder
    assert (third / CHANGES).read_bytes() == (folder / CHANGES).read_bytes()


def test_a_release_and_its_previous_verify_together(versions: dict[str, Path]) -> None:
    assert found(versions["2.0.0"], versions["1.0.0"]) == set()


def test_a_row_changed_without_an_entry_is_named(versions: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "2.0.0"
    shutil.copytree(versions["2.0.0"], folder)
    table(CHANGES, lambda rows: [r for r in rows if r["field"] != "labels"])(folder)
    sign(folder)
    named = [
        f
        for f in verify(folder, versions["1.0.0"], read_croissant=False)
        if f.id == "change-without-entry"
    ]
    assert "harbour-office:229-262" in {f.record for f in named}


def test_an_entry_for_a_change_that_was_not_made_is_named(
    versions: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "2.0.0"
    shutil.copytree(versions["2.0.0"], folder)
    cell(CHANGES, 0, field="split")(folder)
    sign(folder)
    assert {"change-not-made", "change-without-entry"} <= found(folder, versions["1.0.0"])


def test_a_release_built_after_none_is_no_successor(versions: dict[str, Path]) -> None:
    names = found(versions["unlisted"], versions["1.0.0"])
    assert {"previous-mismatch", "version-too-low", "change-without-entry"} <= names


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("1.0.0", "2.0.0", "major"), ("1.0.0", "1.1.0", "minor"), ("1.0.0", "1.0.1", "patch"),
        ("1.0.0", "1.0.0", "none"), ("1.1.0", "1.0.9", "none"), ("0.1.0", "0.2.0", "major"),
        ("0.1.0", "0.1.1", "minor"), ("0.9.0", "1.0.0", "major"), ("1.9.0", "1.10.0", "minor"),
    ],
)  # fmt: skip
def test_bumps_are_read_as_semantic_versions(old: str, new: str, level: str) -> None:
    assert bump_level(old, new) == level


@pytest.mark.parametrize("level", ["major", "minor", "patch"])
@pytest.mark.parametrize("version", ["0.3.4", "1.2.3"])
def test_the_next_version_is_high_enough(version: str, level: str) -> None:
    levels = ("none", "patch", "minor", "major")
    assert levels.index(bump_level(version, next_version(version, level))) >= levels.index(level)
