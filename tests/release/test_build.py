from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from claimtypes.project import Project
from claimtypes.release.build import build
from claimtypes.release.manifest import load_manifest


def test_a_release_holds_every_table_by_split(ready: Project) -> None:
    built = build(ready, "1.0.0")
    assert (built.documents, built.sentences, built.decided) == (3, 10, 9)
    found = {p.relative_to(built.folder).as_posix() for p in built.folder.rglob("*.parquet")}
    assert {
        f"{t}/{s}.parquet"
        for t in ("sentences", "annotations", "documents")
        for s in ("train", "validation", "test")
    } <= found
    manifest = load_manifest(built.folder)
    assert manifest.version == "1.0.0"
    assert manifest.digest == built.digest


def test_undecided_is_null_and_none_is_empty(release: Path) -> None:
    rows = pq.read_table(release / "sentences" / "test.parquet").to_pylist()
    by_id = {row["sentence_id"]: row for row in rows}
    assert by_id["cup-final:17-52"]["labels"] == []
    assert by_id["cup-final:17-52"]["is_gold"] is True
    undecided = by_id["cup-final:53-95"]
    assert undecided["labels"] is None
    assert undecided["official_denial"] is None
    assert undecided["label_votes"] == [0, 1, 0]
    assert undecided["is_gold"] is False
