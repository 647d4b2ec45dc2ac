"""Damage to a web archive costs the records it hit, and each is named; nothing partial is read."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
from pathlib import Path

import pytest

from claimtypes.corpus.warc import Damage, WarcRecord, parse_http, read_warc
from claimtypes.errors import BadInput

RECORDS = 40
LIMIT = 1 << 20


def record(number: int, *, digest: bool = True) -> bytes:
    noise = random.Random(number).randbytes(300).hex()
    body = f"<html><p>Record {number} says {noise}.</p></html>".encode()
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    sha1 = base64.b32encode(hashlib.sha1(block).digest()).decode()
    headers = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Target-URI: http://a.example/{number}\r\nWARC-Date: 2023-01-02T03:04:05Z\r\n"
        + (f"WARC-Block-Digest: sha1:{sha1}\r\n" if digest else "")
        + f"Content-Length: {len(block)}\r\n\r\n"
    )
    return headers.encode() + block + b"\r\n\r\n"


def archive(*, packed: bool) -> bytes:
    records = [record(n) for n in range(RECORDS)]
    return b"".join(gzip.compress(r, mtime=0) if packed else r for r in records)


BLOCKS = {record(n).partition(b"\r\n\r\n")[2][:-4] for n in range(RECORDS)}


def read(path: Path, data: bytes) -> tuple[list[WarcRecord], list[Damage]]:
    path.write_bytes(data)
    items = list(read_warc(path, LIMIT))
    return (
        [i for i in items if isinstance(i, WarcRecord)],
        [i for i in items if isinstance(i, Damage)],
    )


def whole(records: list[WarcRecord]) -> bool:
    expected = {f"http://a.example/{n}": record(n) for n in range(RECORDS)}
    return all(r.block in expected[r.headers["warc-target-uri"]] for r in records)


@pytest.mark.parametrize("packed", [True, False])
def test_every_record_of_a_sound_archive_is_read(packed: bool, tmp_path: Path) -> None:
    records, damage = read(tmp_path / "a.warc", archive(packed=packed))
    assert len(records) == RECORDS
    assert not damage


@pytest.mark.parametrize("packed", [True, False])
def test_a_flipped_bit_costs_one_record_at_most(packed: bool, tmp_path: Path) -> None:
    data = archive(packed=packed)
    chance = random.Random(7)
    for _ in range(150):
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        records, damage = read(tmp_path / "a.warc", bytes(flipped))
        # A flip in a header that no digest covers can pass; it changes no block.
        assert len({r.block for r in records} & BLOCKS) >= RECORDS - 1
        assert len(records) == RECORDS or damage
        if packed:
            assert whole(records)


@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_archive_yields_no_partial_record(packed: bool, tmp_path: Path) -> None:
    data = archive(packed=packed)
    chance = random.Random(8)
    for _ in range(100):
        length = chance.randrange(1, len(data))
        records, damage = read(tmp_path / "a.warc", data[:length])
        assert whole(records)
        # Between two records, or in the empty lines after one, nothing is missing.
        rest = data[length:]
        at_an_end = rest.startswith((b"\x1f\x8b\x08", b"WARC/1.0", b"\r\n"))
        assert damage or at_an_end


def test_damage_is_named_by_its_offset(tmp_path: Path) -> None:
    first = len(gzip.compress(record(0), mtime=0))
    data = bytearray(archive(packed=True))
    data[first + 40] ^= 0xFF
    _, damage = read(tmp_path / "a.warc.gz", bytes(data))
    assert [d.offset for d in damage] == [first]


def test_a_wrong_length_is_damage_and_not_a_record(tmp_path: Path) -> None:
    data = archive(packed=False).replace(b"Content-Length: ", b"Content-Length: 1", 1)
    records, damage = read(tmp_path / "a.warc", data)
    assert len(records) == RECORDS - 1
    assert len(damage) == 1


def test_a_bomb_in_a_record_is_damage(tmp_path: Path) -> None:
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 104857600\r\n\r\n"
    bomb = gzip.compress(head + bytes(100 << 20) + b"\r\n\r\n")
    records, damage = read(tmp_path / "a.warc.gz", bomb + archive(packed=True))
    assert len(records) == RECORDS
    assert "larger than" in damage[0].reason


def test_a_page_under_the_name_of_an_archive_is_damage(tmp_path: Path) -> None:
    records, damage = read(tmp_path / "a.warc", b"<html><p>No archive.</p></html>")
    assert not records
    assert damage


def test_chunked_and_compressed_bodies_are_undone() -> None:
    packed = gzip.compress(b"hello world")
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    assert parse_http(head + chunks, LIMIT).body == b"hello world"
    with pytest.raises(BadInput, match="larger"):
        parse_http(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(2 << 20)),
            LIMIT,
        )


def test_archives_written_by_warcio_are_read(tmp_path: Path) -> None:
    io = pytest.importorskip("io")
    writer_module = pytest.importorskip("warcio.warcwriter")
    headers = pytest.importorskip("warcio.statusandheaders")
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as stream:
        writer = writer_module.WARCWriter(stream, gzip=True)
        for number in range(3):
            head = headers.StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    f"http://a.example/{number}", "response",
                    payload=io.BytesIO(b"<p>text</p>"), http_headers=head,
                )
            )  # fmt: skip
    items = list(read_warc(path, LIMIT))
    assert [type(i) for i in items] == [WarcRecord] * 3
    assert parse_http(items[0].block, LIMIT).body == b"<p>text</p>"  # type: ignore[union-attr]
