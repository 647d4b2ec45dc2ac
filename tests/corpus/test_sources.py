"""Texts are found in files, folders and archives; what is damaged or hostile is named."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from claimtypes.corpus.documents import Document, Refusal
from claimtypes.corpus.sources import Limits, read_source
from claimtypes.errors import BadInput

TEXT = b"A headline\nThe office was closed on Thursday. Nobody was there.\n"


def no_network(url: str) -> Refusal:
    return Refusal(url, "no network in this test")


def read(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes | str], list[Refusal]]:
    """The texts found, by the end of where they were, and the refusals."""
    found = list(read_source(str(path), limits=limits, fetch=no_network))
    texts = {
        f.where.removeprefix(str(path)).lstrip("/!:"): f.data
        for f in found
        if isinstance(f, Document)
    }
    return texts, [f for f in found if isinstance(f, Refusal)]


def tar(path: Path, members: list[tarfile.TarInfo], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            if member.isreg():
                member.size = len(TEXT)
            archive.addfile(member, io.BytesIO(TEXT))
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_a_folder_is_read_in_order_and_without_hidden_files_and_links(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_bytes(TEXT)
    (folder / "deep" / "a.md").write_bytes(TEXT)
    (folder / ".hidden").write_bytes(TEXT)
    (folder / "empty.txt").touch()
    (folder / "link.txt").symlink_to("/etc/hostname")
    texts, refusals = read(folder)
    assert list(texts) == ["b.txt", "deep/a.md"]
    assert [r.reason for r in refusals] == ["empty file", "a link"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_no_member_of_a_tar_leads_out_of_it(mode: str, tmp_path: Path) -> None:
    members = [
        tarfile.TarInfo("good/a.txt"),
        tarfile.TarInfo("../../escape.txt"),
        tarfile.TarInfo("/absolute.txt"),
        link("inside", "/etc/passwd"),
        link("hard", "/etc/passwd", tarfile.LNKTYPE),
        link("device", "", tarfile.CHRTYPE),
    ]
    archive = tar(tmp_path / ("a.tar" if mode == "w" else "a.tar.gz"), members, mode)
    before = sorted(tmp_path.rglob("*"))
    texts, refusals = read(archive)
    assert [t for t in texts if t.endswith("good/a.txt")]
    assert len(texts) == 1
    assert len(refusals) == 5
    assert sorted(tmp_path.rglob("*")) == before


def test_no_member_of_a_zip_leads_out_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("good.txt", "../escape.txt", "/absolute.txt", "C:\\windows.txt"):
            archive.writestr(name, TEXT)
        symlink = zipfile.ZipInfo("link.txt")
        symlink.external_attr = 0o120777 << 16
        archive.writestr(symlink, "/etc/passwd")
        archive.writestr("inner.zip", b"PK\x03\x04 nested")
    texts, refusals = read(path)
    assert texts == {"good.txt": TEXT}
    assert len(refusals) == 5


def test_bombs_are_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", bytes(30 << 20))
        archive.writestr("good.txt", TEXT)
    texts, refusals = read(path)
    assert texts == {"good.txt": TEXT}
    assert "bomb" in refusals[0].reason
    bomb = tmp_path / "a.txt.gz"
    bomb.write_bytes(gzip.compress(bytes(64 << 20)))
    assert "bomb" in read(bomb)[1][0].reason


def test_limits_on_members_and_size_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.txt", TEXT * 100)
    assert "more than 3 files" in read(path, Limits(members=3))[1][0].reason
    texts, refusals = read(path, Limits(archive_bytes=15_000))
    assert len(texts) == 2
    assert "unpacked" in refusals[-1].reason


@pytest.mark.parametrize("cut", [10, 200, 1500])
def test_a_cut_archive_is_named_and_no_crash(cut: int, tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    tar(whole, [tarfile.TarInfo(f"{n}.txt") for n in range(9)], "w:gz")
    plain = tmp_path / "whole.tar"
    plain.write_bytes(gzip.decompress(whole.read_bytes()))
    for source, name in ((whole, "cut.tar.gz"), (plain, "cut.tar")):
        (tmp_path / name).write_bytes(source.read_bytes()[:cut])
        _, refusals = read(tmp_path / name)
        assert refusals or cut >= source.stat().st_size


def test_a_huge_sparse_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as stream:
        stream.truncate(10 << 30)
    assert "larger than 10 MiB" in read(path)[1][0].reason


def test_one_line_of_50_mb_is_refused_and_the_next_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps({"text": TEXT.decode()}).encode()
    path.write_bytes(b'{"text": "' + b"x" * (50 << 20) + b'"}\n' + good + b"\n")
    texts, refusals = read(path)
    assert list(texts.values()) == [TEXT.decode()]
    assert refusals[0].where.endswith(":1")


def test_each_bad_json_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        '\ufeff{"text": "One."}',
        "{broken",
        "[1]",
        '{"title": "x"}',
        "",
        '{"text": 5}',
        "[" * 9999,
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    texts, refusals = read(path)
    assert list(texts) == ["1"]
    assert [r.where.rpartition(":")[2] for r in refusals] == ["2", "3", "4", "6", "7"]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", b"a,b\n1,2\n", "a table"),
        ("a.xml", b'<?xml version="1.0"?><rss><channel/></rss>', "feed"),
        ("a.xml", b'<!DOCTYPE lolz [<!ENTITY a "b">]><lolz>&a;</lolz>', "feed"),
        ("a.warc", b"<html></html>", "record"),
    ],
)
def test_other_kinds_of_files_are_refused(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    texts, refusals = read(tmp_path / name)
    assert not texts
    assert reason in refusals[0].reason


def test_names_out_of_an_archive_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\x1b[2Jevil\u202e.txt", TEXT)
    found = list(read_source(str(path), fetch=no_network))
    assert "\x1b" not in found[0].where
    assert "\u202e" not in found[0].where


def test_a_file_nobody_may_read_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("needs a user who is not root")
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    path.chmod(0)
    assert "cannot be read" in read(path)[1][0].reason


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read(tmp_path / "missing")
