from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from claimtypes.errors import BadInput, Refused
from claimtypes.project import Project
from claimtypes.release.build import build
from claimtypes.release.layout import released_files
from claimtypes.release.manifest import load_manifest
from claimtypes.release.verify import verify
from claimtypes.store import write_text


def rows_of(path: Path) -> dict[str, dict]:
    return {row["sentence_id"]: row for row in pq.read_table(path).to_pylist()}


def test_a_release_holds_every_table_by_split(ready: Project) -> None:
    built = build(ready, "1.0.0")
    assert (built.documents, built.sentences, built.decided, built.withheld) == (4, 13, 12, 3)
    found = {p.relative_to(built.folder).as_posix() for p in built.folder.rglob("*.parquet")}
    tables = ("sentences", "annotations", "documents")
    assert found == {
        *(f"{t}/{s}.parquet" for t in tables for s in ("train", "validation", "test")),
        "adjudications/validation.parquet",
        "contrast/contrast.parquet",
    }
    manifest = load_manifest(built.folder)
    assert (manifest.version, manifest.digest) == ("1.0.0", built.digest)


def test_undecided_is_null_and_none_is_empty(built: Path) -> None:
    rows = rows_of(built / "sentences" / "test.parquet")
    assert rows["cup-final:17-52"]["labels"] == []
    assert rows["cup-final:17-52"]["is_gold"] is True
    undecided = rows["cup-final:53-95"]
    assert undecided["labels"] is None
    assert undecided["official_denial"] is None
    assert undecided["label_votes"] == [0, 1, 0]
    assert undecided["is_gold"] is False


def test_withheld_text_is_in_no_file(built: Path) -> None:
    rows = [
        r
        for r in rows_of(built / "sentences" / "train.parquet").values()
        if r["document_id"] == "withheld-wire"
    ]
    assert [r["text"] for r in rows] == [None, None, None]
    assert all(r["fingerprint"] and r["letters"] for r in rows)
    assert rows[0]["labels"] == [0]
    assert rows[0]["gold_source"] == 1
    for path in built.rglob("*.parquet"):
        assert not any("students had to return" in str(v) for v in pq.read_table(path).to_pylist())


def test_hydrated_text_of_a_project_is_not_shipped(ready: Project) -> None:
    write_text(ready.hydrated, '{"sentence": "withheld-wire:28-107", "text": "secret words"}\n')
    folder = build(ready, "1.0.0").folder
    for path in folder.rglob("*.parquet"):
        assert "secret words" not in str(pq.read_table(path).to_pylist())


def test_a_text_without_an_open_licence_is_withheld(ready: Project) -> None:
    path = ready.articles / "cup-final.md"
    write_text(path, path.read_text().replace("CC-BY-4.0", "LicenseRef-all-rights-reserved"))
    folder = build(ready, "1.0.0").folder
    assert pq.read_table(folder / "sentences" / "test.parquet")["text"].null_count == 3
    assert pq.read_table(folder / "documents" / "test.parquet")["text"].null_count == 1


def test_annotators_bear_pseudonyms_everywhere(built: Path) -> None:
    for name in released_files(built):
        content = (built / name).read_bytes()
        assert b"reader-a" not in content
    for path in built.rglob("*.parquet"):
        assert "reader-" not in str(pq.read_table(path).to_pylist())


def test_building_the_same_again_is_no_error_and_other_content_is_refused(ready: Project) -> None:
    first = build(ready, "1.0.0")
    assert build(ready, "1.0.0") == first
    path = ready.splits
    write_text(path, path.read_text().replace("cup-final,test", "cup-final,validation"))
    with pytest.raises(Refused, match="exists already and differs"):
        build(ready, "1.0.0")
    assert load_manifest(first.folder).digest == first.digest
    assert build(ready, "1.0.0", replace=True).digest != first.digest


def test_what_other_code_builds_alike_keeps_the_first_build_s_bytes(
    ready: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(ready, "1.0.0")
    sums = (first.folder / "SHA256SUMS").read_bytes()
    monkeypatch.setattr("claimtypes.release.build.describer", lambda: "other code")
    assert build(ready, "1.0.0") == first
    assert (first.folder / "SHA256SUMS").read_bytes() == sums
    assert verify(first.folder, read_croissant=False) == []


def test_same_bytes_in_other_folders_processes_time_zones_and_hash_seeds(
    ready: Project, tmp_path: Path
) -> None:
    copies, running = [], []
    for number, (zone, seed, locale) in enumerate(
        [("Asia/Tokyo", "1", "C"), ("America/Lima", "77", "C.UTF-8")]
    ):
        copies.append(tmp_path / f"place-{number}" / "project")
        shutil.copytree(ready.root, copies[-1])
        command = [sys.executable, "-m", "claimtypes", "release", "build", "1.0.0", "--project"]
        settings = {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        settings["OMP_NUM_THREADS"] = str(number + 1)
        running.append(
            subprocess.Popen(
                [*command, str(copies[-1])],
                stdout=subprocess.DEVNULL,
                cwd=tmp_path,
                env=os.environ | settings,
            )
        )
    assert [process.wait() for process in running] == [0, 0]
    sums = [(copy / "releases" / "1.0.0" / "SHA256SUMS").read_bytes() for copy in copies]
    assert sums[0] == sums[1]


def test_sums_can_be_checked_with_coreutils(built: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=built, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    listed = [line.split("  ")[1] for line in (built / "SHA256SUMS").read_text().splitlines()]
    assert listed == sorted(listed)


def test_a_clean_release_has_no_findings(built: Path) -> None:
    assert verify(built) == []


def edit(name: str, old: str, new: str):
    """A change of a project: some text in one of its files."""

    def change(project: Project) -> None:
        path = project.root / name
        assert old in path.read_text()
        write_text(path, path.read_text().replace(old, new))

    return change


def remove(name: str):
    return lambda project: (project.root / name).unlink()


MISFITS = {
    "splits.csv does not exist": remove("corpus/splits.csv"),
    "gold.jsonl does not exist": remove("corpus/gold.jsonl"),
    "cup-final.md does not exist": remove("corpus/articles/cup-final.md"),
    "no split for cup-final": edit("corpus/splits.csv", "cup-final,test,cup-final,drawn\n", ""),
    "unknown split 'holdout'": edit("corpus/splits.csv", ",test,", ",holdout,"),
    "no annotator 'reader-b'": edit("annotation/annotators.toml", "reader-b", "reader-x"),
    "no sentence cup-final:17-53": edit("corpus/gold.jsonl", "final:17-52", "final:17-53"),
    "but no adjudication on its votes": edit("annotation/adjudications.jsonl", "33-131", "33-132"),
    "lacks licence": edit("corpus/dataset.toml", "licence", "lizenz"),
}


@pytest.mark.parametrize("message", MISFITS)
def test_what_does_not_fit_together_is_refused_and_named(ready: Project, message: str) -> None:
    MISFITS[message](ready)
    with pytest.raises(BadInput, match=message):
        build(ready, "1.0.0")
    assert not ready.releases.exists() or not list(ready.releases.iterdir())


def test_gold_that_does_not_follow_from_the_votes_is_refused(ready: Project) -> None:
    text = ready.gold.read_text().replace('"labels": ["government_response"]', '"labels": []', 1)
    write_text(ready.gold, text)
    with pytest.raises(Refused, match="gold-not-recomputable"):
        build(ready, "1.0.0")


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0\n"])
def test_only_plain_versions_are_taken(ready: Project, version: str) -> None:
    with pytest.raises(BadInput, match="not a version"):
        build(ready, version)


def test_without_a_version_that_of_the_project_is_built(ready: Project) -> None:
    assert build(ready).version == "0.1.0"
