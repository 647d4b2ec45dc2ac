"""Web archives read record by record; damage costs one record and is named by its offset."""

from __future__ import annotations

import base64
import hashlib
import mmap
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from claimtypes.errors import BadInput

_GZIP = b"\x1f\x8b\x08"
_START = b"WARC/"
_END = b"\r\n\r\n"
_MAX_HEAD_BYTES = 65_536
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record whole and checked: ``offset`` in the file, ``headers`` by lower-case name."""

    offset: int
    headers: dict[str, str]
    block: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch from ``offset`` that could not be read, and why; reading goes on after it."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response out of a record: ``body`` is unchunked and decompressed."""

    status: int
    content_type: str
    body: bytes


def inflate(data: bytes | memoryview, limit_bytes: int, window_bits: int = 31) -> tuple[bytes, int]:
    """Return the first compressed member of ``data``, inflated, and how many bytes it took.

    Raises:
        BadInput: when it is damaged, cut short or larger than ``limit_bytes``.
    """
    machine = zlib.decompressobj(wbits=window_bits)
    pieces: list[bytes] = []
    size = position = 0
    try:
        while not machine.eof and position < len(data):
            chunk = bytes(data[position : position + _CHUNK_BYTES])
            position += len(chunk)
            while chunk and not machine.eof:
                pieces.append(machine.decompress(chunk, limit_bytes + 1 - size))
                size += len(pieces[-1])
                if size > limit_bytes:
                    raise BadInput(f"larger than {limit_bytes >> 20} MiB when unpacked")
                chunk = machine.unconsumed_tail
    except zlib.error as error:
        raise BadInput(f"damaged compressed data ({error})") from error
    if not machine.eof:
        raise BadInput("cut short inside compressed data")
    return b"".join(pieces), position - len(machine.unused_data)


def _parse_headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers[name.decode("latin-1").strip().lower()] = value.decode(
                "utf-8", "replace"
            ).strip()
    return headers


def _digest_differs(expected: str, data: bytes) -> bool:
    algorithm, _, value = expected.partition(":")
    algorithm = algorithm.lower().replace("-", "")
    if algorithm not in ("sha1", "sha256", "sha512", "md5"):
        return False
    digest = hashlib.new(algorithm, data, usedforsecurity=False)
    encoded = base64.b32encode(digest.digest()).decode().rstrip("=")
    return value.rstrip("=").lower() not in (digest.hexdigest(), encoded.lower())


def _check_digests(headers: dict[str, str], block: bytes) -> None:
    if expected := headers.get("warc-block-digest"):
        if _digest_differs(expected, block):
            raise BadInput("its digest is not that of its content")
    elif expected := headers.get("warc-payload-digest"):
        head, end, body = block.partition(_END)
        # Writers disagree whether the payload of a chunked body is chunked.
        if end and b"transfer-encoding" not in head.lower() and _digest_differs(expected, body):
            raise BadInput("its digest is not that of its content")


def _record_at(
    data: bytes | mmap.mmap, position: int, limit_bytes: int
) -> tuple[dict[str, str], bytes, int]:
    """Return headers, block and the position after the record that starts at ``position``."""
    if data[position : position + len(_START)] != _START:
        raise BadInput("no record starts here")
    head_end = data.find(_END, position, position + _MAX_HEAD_BYTES)
    if head_end < 0:
        raise BadInput("its headers do not end")
    headers = _parse_headers(data[position:head_end])
    length = headers.get("content-length", "")
    if not length.isdecimal() or len(length) > 18 or "warc-type" not in headers:
        raise BadInput("its headers lack a type or length")
    start = head_end + len(_END)
    end = start + int(length)
    if end > len(data):
        raise BadInput(f"cut short: {len(data) - start} of {length} bytes")
    if data[end : end + len(_END)] not in (_END, _END[:2], b""):
        raise BadInput("its length is wrong")
    if int(length) > limit_bytes:
        raise _TooLarge(f"larger than {limit_bytes >> 20} MiB", end + len(_END))
    block = data[start:end]
    _check_digests(headers, block)
    return headers, block, end + len(_END)


class _TooLarge(BadInput):
    def __init__(self, message: str, after: int) -> None:
        super().__init__(message)
        self.after = after


def _records_in(
    data: bytes | mmap.mmap, limit_bytes: int, base: int
) -> Iterator[WarcRecord | Damage]:
    """Yield the records of uncompressed data, going on at the next start after damage."""
    position = 0
    while position < len(data):
        offset = base + position if base >= 0 else -base - 1
        try:
            headers, block, position = _record_at(data, position, limit_bytes)
        except _TooLarge as error:
            yield Damage(offset, str(error))
            position = error.after
        except BadInput as error:
            yield Damage(offset, str(error))
            after = data.find(b"\n" + _START, position)
            position = after + 1 if after >= 0 else len(data)
        else:
            yield WarcRecord(offset, headers, block)


def _members_in(data: mmap.mmap, limit_bytes: int) -> Iterator[WarcRecord | Damage]:
    position = 0
    while position < len(data):
        try:
            with memoryview(data) as view, view[position:] as rest:
                member, used = inflate(rest, limit_bytes + _MAX_HEAD_BYTES)
        except BadInput as error:
            yield Damage(position, str(error))
            after = data.find(_GZIP, position + 1)
            position = after if after >= 0 else len(data)
            continue
        # Records of a member have no offsets of their own in the file: they bear the member's.
        yield from _records_in(member, limit_bytes, -position - 1)
        position += used
        if data[position : position + len(_GZIP)] != _GZIP and position < len(data):
            yield Damage(position, "no record starts here")
            after = data.find(_GZIP, position)
            position = after if after >= 0 else len(data)


def read_warc(path: Path, limit_bytes: int) -> Iterator[WarcRecord | Damage]:
    """Yield the records of a WARC file, plain or compressed record by record (.warc.gz).

    Records are checked against their length and digest; a record cut short, altered or over
    ``limit_bytes`` becomes a `Damage`. No more than one record is in memory.
    """
    with path.open("rb") as stream:
        if not path.stat().st_size:
            return
        with closing(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)) as data:
            if data[: len(_GZIP)] == _GZIP:
                yield from _members_in(data, limit_bytes)
            else:
                yield from _records_in(data, limit_bytes, 0)


def _unchunk(body: bytes) -> bytes:
    pieces: list[bytes] = []
    position = 0
    while (end := body.find(b"\r\n", position, position + 1024)) >= 0:
        try:
            size = int(body[position:end].split(b";")[0], 16)
        except ValueError:
            # Many archives store the body unchunked and keep the header.
            return body if not pieces else b"".join(pieces)
        if size == 0:
            break
        pieces.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2
    return b"".join(pieces) if pieces else body


def decompress_body(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """Undo an HTTP content encoding.

    Raises:
        BadInput: for an encoding other than gzip and deflate, damage and too large a body.
    """
    if encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip"):
        return inflate(body, limit_bytes)[0] if body.startswith(_GZIP) else body
    if encoding == "deflate":
        return inflate(body, limit_bytes, 15 if body[:1] == b"\x78" else -15)[0]
    raise BadInput(f"its content encoding {encoding!r} is not supported")


def parse_http(block: bytes, limit_bytes: int) -> HttpResponse:
    """Read the HTTP response in a record's block.

    Raises:
        BadInput: when it is none, or its body cannot be unpacked within ``limit_bytes``.
    """
    head, end, body = block.partition(_END)
    status = head.split(b"\r\n", 1)[0].split(b" ")
    if not head.startswith(b"HTTP/") or not end or len(status) < 2 or not status[1].isdigit():
        raise BadInput("no HTTP response in it")
    headers = _parse_headers(head)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _unchunk(body)
    body = decompress_body(body, headers.get("content-encoding", "").lower(), limit_bytes)
    return HttpResponse(int(status[1]), headers.get("content-type", ""), body)
