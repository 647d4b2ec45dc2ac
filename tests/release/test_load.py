from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import claimtypes
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.release.build import build
from claimtypes.release.load import fetch
from claimtypes.release.manifest import load_manifest
from claimtypes.release.publish import publish
from claimtypes.release.verify_card import card_tables, split_card

TABLES = ("sentences", "annotations", "adjudications", "documents", "contrast")


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMTYPES_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def datasets_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("datasets"))


def label_counts(card: Path) -> dict[str, str]:
    """The card's own counts over all splits, by column."""
    _, body = split_card((card / "README.md").read_text())
    table = next(rows for rows in card_tables(body) if rows[0][0] == "split")
    return dict(zip(table[0], table[-1], strict=True))


@pytest.mark.parametrize("table", TABLES)
def test_plain_datasets_reads_every_table_streaming_or_not(
    built: Path, table: str, datasets_cache: str
) -> None:
    import datasets

    loaded = datasets.load_dataset(str(built), table, cache_dir=datasets_cache)
    streamed = datasets.load_dataset(str(built), table, streaming=True)
    ours = claimtypes.load(built, table)
    manifest = load_manifest(built)
    for split, rows in loaded.items():
        assert rows.features == streamed[split].features == ours[split].features
        assert list(rows) == list(streamed[split]) == list(ours[split])
        assert str(rows.info.version) == str(ours[split].info.version) == "1.0.0"
        assert manifest.digest in rows.info.description
        assert manifest.digest in ours[split].info.description
        assert rows.info.license == ours[split].info.license == "CC-BY-4.0"


def test_the_card_s_label_counts_come_out_of_pandas_polars_and_duckdb(built: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    said = label_counts(built)
    paths = [str(p) for p in sorted((built / "sentences").glob("*.parquet"))]
    frame = pandas.concat(pandas.read_parquet(path) for path in paths)
    lazy = polars.scan_parquet(paths).collect()
    sql = duckdb.connect()
    for label in ("coercion_tactic", "official_denial", "government_response"):
        counts = {
            int(frame[label].eq(True).sum()),
            int(lazy[label].sum()),
            sql.execute(f"select count(*) from read_parquet({paths}) where {label}").fetchone()[0],
        }
        assert counts == {int(said[label])}
    assert int(said["sentences"]) == len(frame) == len(lazy)
    assert (
        int(said["decided"])
        == int(frame["labels"].notna().sum())
        == lazy["labels"].is_not_null().sum()
    )
    assert int(said["none"]) == lazy["labels"].list.len().eq(0).sum()


def relabel(project: Project) -> None:
    from conftest import relabel as change

    change(project, "harbour-office:229-262", ["coercion_tactic"])


def test_rebuilt_rows_are_never_the_old_ones_in_one_cache(ready: Project, tmp_path: Path) -> None:
    import datasets

    def labels(folder: Path) -> list[tuple]:
        cache = str(tmp_path / "datasets")
        plain = datasets.load_dataset(str(folder), "sentences", cache_dir=cache)["train"]
        ours = claimtypes.load(folder)["train"]
        assert plain["labels"] == ours["labels"]
        return list(plain["labels"])

    before = labels(build(ready, "1.0.0").folder)
    relabel(ready)
    after = labels(build(ready, "1.0.0", replace=True).folder)
    assert before != after


def test_a_revision_that_the_hub_s_cache_ignores_is_not_ignored_here(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    """datasets 5.2 answers for a pinned version with whatever it cached, once a hub is away."""
    place = tmp_path / "published"
    for version in ("1.0.0", "2.0.0"):
        publish(versions[version], str(place))
    assert str(claimtypes.load(str(place))["train"].info.version) == "2.0.0"
    place.rename(tmp_path / "away")
    with pytest.raises(ClaimtypesError):
        claimtypes.load(str(place), version="1.0.0")
    assert str(claimtypes.load(str(place), version="2.0.0")["train"].info.version) == "2.0.0"


def test_another_version_than_asked_for_is_refused(built: Path) -> None:
    with pytest.raises(Refused, match=r"is version 1\.0\.0, not 1\.0\.1"):
        claimtypes.load(built, version="1.0.1")


def test_a_place_that_gives_another_version_is_refused(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    place = tmp_path / "published"
    publish(versions["2.0.0"], str(place))
    shutil.copytree(versions["1.0.0"], place / "3.0.0")
    with pytest.raises(Refused, match=r"gave version 1\.0\.0 for 3\.0\.0"):
        fetch(str(place))
    assert not list((tmp_path / "cache").rglob("3.0.0"))


def test_a_kept_version_that_was_changed_is_refused(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    place = tmp_path / "published"
    publish(versions["1.0.0"], str(place))
    kept = fetch(str(place), "1.0.0")
    table = kept / "sentences" / "train.parquet"
    content = bytearray(table.read_bytes())
    content[500] ^= 8
    table.write_bytes(bytes(content))
    with pytest.raises(Refused, match=r"sentences/train\.parquet"):
        claimtypes.load(str(place), version="1.0.0")


def test_a_table_that_is_not_there_is_named_with_those_that_are(built: Path) -> None:
    with pytest.raises(BadInput, match="no table 'votes'"):
        claimtypes.load(built, "votes")


def test_annotations_and_sentences_tell_the_same_votes(built: Path) -> None:
    votes: Counter[tuple[str, int]] = Counter()
    for rows in claimtypes.load(built, "annotations").values():
        votes.update((row["sentence_id"], label) for row in rows for label in row["labels"])
    for rows in claimtypes.load(built).values():
        for row in rows:
            assert row["label_votes"] == [votes[row["sentence_id"], i] for i in range(3)]


def test_the_package_loads_nothing_heavy_until_asked(built: Path) -> None:
    code = "import claimtypes, sys; claimtypes.load; print('datasets' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"
