from __future__ import annotations

import html
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from faults import cell, sign
from ready_project import WITHHELD_TEXT

import claimtypes
from claimtypes.corpus.own_copies import load_copies
from claimtypes.errors import BadInput, Refused
from claimtypes.release.hydrated import hydrate_release
from claimtypes.release.manifest import load_manifest
from claimtypes.release.publish import publish
from claimtypes.release.verify import verify
from claimtypes.store import write_text

PERTURBED = {
    "plain": WITHHELD_TEXT,
    "other quotes": WITHHELD_TEXT.replace("“", '"').replace("”", '"'),
    "rewrapped": WITHHELD_TEXT.replace(" ", "\r\n", 7),
    "markup": f"<html><body><p>{html.escape(WITHHELD_TEXT)}</p></body></html>",
    "an inserted paragraph": WITHHELD_TEXT.replace(". Ten", ".\n\nBuy our harbour fish.\n\nTen"),
}


def own_copies(folder: Path, text: str, name: str = "copy.txt") -> list:
    folder.mkdir()
    write_text(folder / name, text)
    return list(load_copies(folder, lambda url: b""))


def texts(folder: Path) -> dict[str, str | None]:
    rows = pq.read_table(folder / "sentences" / "train.parquet").to_pylist()
    return {r["sentence_id"]: r["text"] for r in rows if r["document_id"] == "withheld-wire"}


@pytest.mark.parametrize("kind", PERTURBED)
def test_withheld_sentences_are_found_in_a_copy(built: Path, tmp_path: Path, kind: str) -> None:
    name = "copy.html" if kind == "markup" else "copy.txt"
    copies = own_copies(tmp_path / "copies", PERTURBED[kind], name)
    done = hydrate_release(built, copies, tmp_path / "hydrated")
    assert not done.hydration.misses
    assert len(texts(done.folder)) == 3
    assert all(texts(done.folder).values())
    assert verify(done.folder, read_croissant=kind == "plain") == []


def test_a_hydrated_release_keeps_the_digest_and_tells_its_texts(
    built: Path, tmp_path: Path
) -> None:
    copies = own_copies(tmp_path / "copies", WITHHELD_TEXT)
    folder = hydrate_release(built, copies, tmp_path / "hydrated").folder
    before, after = load_manifest(built), load_manifest(folder)
    assert (after.digest, before.texts_digest) == (before.digest, "")
    assert len(after.texts_digest) == 64
    loaded = claimtypes.load(folder)["train"]
    assert after.texts_digest in loaded.info.description
    assert all(text is not None for text in loaded["text"])


def test_only_what_was_edited_is_missed(built: Path, tmp_path: Path) -> None:
    edited = WITHHELD_TEXT.replace("Ten officers", "Nine officers")
    done = hydrate_release(built, own_copies(tmp_path / "copies", edited), tmp_path / "hydrated")
    found = texts(done.folder)
    assert [miss.sentence for miss in done.hydration.misses] == [
        s for s, t in found.items() if t is None
    ]
    assert len(done.hydration.misses) == 1
    assert verify(done.folder, read_croissant=False) == []


def test_a_hydrated_text_that_is_another_is_found(built: Path, tmp_path: Path) -> None:
    copies = own_copies(tmp_path / "copies", WITHHELD_TEXT)
    folder = hydrate_release(built, copies, tmp_path / "hydrated").folder
    cell("sentences/train.parquet", 4, text="Something else entirely.")(folder)
    sign(folder)
    rules = {f.id for f in verify(folder, read_croissant=False)}
    assert {"fingerprint-mismatch", "text-hash-mismatch"} <= rules


def test_withheld_texts_are_never_published(built: Path, tmp_path: Path) -> None:
    copies = own_copies(tmp_path / "copies", WITHHELD_TEXT)
    folder = hydrate_release(built, copies, tmp_path / "hydrated").folder
    assert "must not be passed on" in (folder / "README.md").read_text()
    with pytest.raises(Refused, match="hydrated"):
        publish(folder, str(tmp_path / "published"))
    assert not (tmp_path / "published").exists()


def test_an_existing_folder_is_not_overwritten(built: Path, tmp_path: Path) -> None:
    copies = own_copies(tmp_path / "copies", WITHHELD_TEXT)
    (tmp_path / "hydrated").mkdir()
    with pytest.raises(Refused):
        hydrate_release(built, copies, tmp_path / "hydrated")


def test_nothing_withheld_is_nothing_to_hydrate(tiny, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        hydrate_release(tiny.root, [], tmp_path / "hydrated")
