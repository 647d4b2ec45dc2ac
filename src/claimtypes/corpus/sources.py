"""Where texts come from: files, folders, archives, JSON lines, web archives, pages."""

from __future__ import annotations

import gzip
import json
import re
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from claimtypes.corpus.documents import (
    Document,
    Refusal,
    charset_of,
    document_of,
    form_of,
    page_document,
    record_document,
    shown,
)
from claimtypes.corpus.warc import Damage, WarcRecord, parse_http, read_warc
from claimtypes.errors import BadInput

_LINE_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_XML = re.compile(rb"\s*<(?:\?xml|rss|feed|!DOCTYPE|urlset)\b", re.I)
_OFFICE = re.compile(r"\.(?:docx|xlsx|pptx|odt|ods|odp|epub|pages|jar|apk|whl)$", re.I)
_TABLES = frozenset({".csv", ".tsv"})
_UNPACK = "unpack it into a folder of its own, then give the folder"
_GET_AGAIN = "get this record anew"
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1024
_SMALL_BYTES = 1 << 20  # below this no ratio is suspicious: short texts of blanks pack well


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source may cost; sizes are of unpacked data."""

    document_bytes: int = 10 << 20
    archive_bytes: int = 4 << 30
    members: int = 200_000
    ratio: int = 100


Found = Iterator[Document | Refusal]


def _escapes(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or bool(re.match(r"[A-Za-z]:", name))


class _Reader:
    """Reads one source; ``unpacked`` counts what came out of archives against the limits."""

    def __init__(self, limits: Limits, scratch: Path) -> None:
        self.limits = limits
        self.scratch = scratch
        self.unpacked = 0

    def folder(self, folder: Path) -> Found:
        for path in sorted(folder.rglob("*")):
            if any(part.startswith(".") for part in path.relative_to(folder).parts):
                continue
            if path.is_symlink():
                yield Refusal(shown(str(path)), "a link", "give the file it names itself")
            elif path.is_file():
                yield from self.file(path, str(path))

    def file(self, path: Path, name: str, *, inside: bool = False) -> Found:
        """Yield what a file holds, told by its content first and its name second."""
        where = shown(name)
        try:
            mode = path.stat().st_mode
            with path.open("rb") as stream:
                head = stream.read(_HEAD_BYTES)
        except OSError as error:
            yield Refusal(where, f"cannot be read: {error.strerror}", "check its permissions")
            return
        if not stat.S_ISREG(mode) or not head:
            reason = "empty file" if stat.S_ISREG(mode) else "no ordinary file"
            yield Refusal(where, reason, "give a file with an article in it")
            return
        suffix = PurePosixPath(name).suffix.lower()
        if (nested := self._archive(path, name, head)) is not None:
            if inside:
                yield Refusal(where, "an archive inside an archive", "unpack the outer one first")
            else:
                yield from nested
        elif head.startswith(b"WARC/") or suffix == ".warc":
            yield from self._warc(path, where)
        elif suffix in _LINE_SUFFIXES:
            yield from self._lines(path, where)
        else:
            yield from self._document(path, where, head, suffix)

    def _archive(self, path: Path, name: str, head: bytes) -> Found | None:
        if head.startswith(b"\x1f\x8b"):
            if name.lower().endswith(".warc.gz") or self._starts_warc(head):
                return self._warc(path, shown(name))
            return self._gzip(path, name)
        if head.startswith(b"PK\x03\x04") and not _OFFICE.search(name):
            return self._zip(path, name)
        if head[257:262] == b"ustar" or name.lower().endswith(".tar"):
            return self._tar(path, name)
        return None

    def _starts_warc(self, head: bytes) -> bool:
        with suppress(zlib.error):
            return zlib.decompressobj(31).decompress(head, 5) == b"WARC/"
        return False

    def _document(self, path: Path, where: str, head: bytes, suffix: str) -> Found:
        limit = self.limits.document_bytes
        size = path.stat().st_size
        if suffix in _TABLES:
            yield Refusal(where, "a table, not a text", "give JSON lines with a field text")
        elif size > limit:
            yield Refusal(where, f"larger than {limit >> 20} MiB: {size >> 20} MiB", "split it")
        elif _XML.match(head) and not re.search(rb"<html\b|doctype html", head, re.I):
            yield Refusal(where, "an XML feed, not a text", "give the pages it links to")
        else:
            data = path.read_bytes()
            if suffix == ".json" or (not suffix and head.lstrip()[:2] in (b'{"', b"{\n", b"{ ")):
                yield from self._json(data, where)
                return
            form = form_of(head, suffix)
            stem = PurePosixPath(where.rpartition("!")[2]).stem
            charset = charset_of("", data) if form == "html" else ""
            yield Document(where, form, data, stem=stem, charset=charset)

    def _json(self, data: bytes, where: str) -> Found:
        """Read one JSON record, a list of them, or JSON lines under another name."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            for number, line in enumerate(data.split(b"\n"), start=1):
                if line.strip():
                    yield record_document(line, f"{where}:{number}")
            return
        for number, record in enumerate(value if isinstance(value, list) else [value], start=1):
            yield document_of(record, f"{where}:{number}")

    def _lines(self, path: Path, where: str) -> Found:
        limit = self.limits.document_bytes
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(limit + 1):
                number += 1
                place = f"{where}:{number}"
                if len(line) > limit:
                    yield Refusal(
                        place, f"a line longer than {limit >> 20} MiB", "is it JSON lines?"
                    )
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(_CHUNK_BYTES)
                elif line.strip():
                    yield record_document(line, place)

    def _warc(self, path: Path, where: str) -> Found:
        for item in read_warc(path, self.limits.document_bytes):
            if isinstance(item, Damage):
                yield Refusal(f"{where}@{item.offset}", item.reason, _GET_AGAIN)
            elif (found := self._from_warc(item, where)) is not None:
                yield found

    def _from_warc(self, record: WarcRecord, where: str) -> Document | Refusal | None:
        kind = record.headers.get("warc-type", "").lower()
        if kind not in ("response", "resource", "conversion"):
            return None
        url = record.headers.get("warc-target-uri", "").strip("<>")
        if not url.startswith(("http://", "https://")):
            return None
        place = shown(f"{where}@{record.offset} {url}")
        content_type, body = record.headers.get("content-type", ""), record.block
        if kind == "response":
            try:
                response = parse_http(record.block, self.limits.document_bytes)
            except BadInput as error:
                return Refusal(place, str(error), _GET_AGAIN)
            if response.status != 200:
                return Refusal(place, f"the server had answered {response.status}", _GET_AGAIN)
            content_type, body = response.content_type, response.body
        retrieved = record.headers.get("warc-date", "")[:10]
        return page_document(url, content_type, retrieved, body, where=place)

    def _take(self, source: IO[bytes] | gzip.GzipFile, packed_bytes: int) -> None:
        """Unpack a stream to the scratch file, within the limits."""
        size = 0
        with self.scratch.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                size += len(chunk)
                self.unpacked += len(chunk)
                if self.unpacked > self.limits.archive_bytes:
                    raise _OverLimit(f"more than {self.limits.archive_bytes >> 20} MiB unpacked")
                if size > _SMALL_BYTES and size > self.limits.ratio * max(1, packed_bytes):
                    raise BadInput(
                        f"unpacks to more than {self.limits.ratio} times its size: a bomb"
                    )
                target.write(chunk)

    def _gzip(self, path: Path, name: str) -> Found:
        inner = name[:-3] if name.lower().endswith(".gz") else name
        inner = inner[:-4] + ".tar" if inner.lower().endswith(".tgz") else inner
        try:
            with gzip.open(path) as stream:
                self._take(stream, path.stat().st_size)
        except (BadInput, OSError, EOFError, zlib.error) as error:
            yield Refusal(shown(name), f"gzip: {error}", _UNPACK)
            return
        # The archive that was packed lies in the scratch file; its members need another.
        outer, self.scratch = self.scratch, self.scratch.with_name("member")
        try:
            yield from self.file(outer, inner, inside=not inner.lower().endswith(".tar"))
        finally:
            self.scratch = outer

    def _member(self, source: IO[bytes] | gzip.GzipFile, packed_bytes: int, where: str) -> Found:
        try:
            self._take(source, packed_bytes)
        except _OverLimit:
            raise
        except (BadInput, OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            yield Refusal(shown(where), str(error) or "damaged", _UNPACK)
            return
        yield from self.file(self.scratch, where, inside=True)

    def _count(self, members: int) -> None:
        if members > self.limits.members:
            raise _OverLimit(f"more than {self.limits.members} files")

    def _zip(self, path: Path, name: str) -> Found:
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                self._count(len(members))
                for member in members:
                    where = f"{name}!{member.filename}"
                    if member.is_dir() or _hidden(member.filename):
                        continue
                    if why := _why_not_member(member):
                        yield Refusal(shown(where), why, _UNPACK)
                        continue
                    try:
                        source = archive.open(member)
                    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                        yield Refusal(shown(where), str(error), _UNPACK)
                        continue
                    with source:
                        yield from self._member(source, member.compress_size, where)
        except (zipfile.BadZipFile, OSError, ValueError, _OverLimit) as error:
            yield Refusal(shown(name), f"zip: {error}", _UNPACK)

    def _tar(self, path: Path, name: str) -> Found:
        try:
            with tarfile.open(path, "r:") as archive:
                for count, member in enumerate(archive):
                    self._count(count + 1)
                    where = f"{name}!{member.name}"
                    if member.isdir() or _hidden(member.name):
                        continue
                    source = archive.extractfile(member) if member.isreg() else None
                    if source is None or _escapes(member.name):
                        what = "a path out of the archive" if source else "a link or device"
                        yield Refusal(shown(where), what, _UNPACK)
                    elif member.issparse() or member.size > self.limits.archive_bytes:
                        yield Refusal(shown(where), "a sparse or oversized file", _UNPACK)
                    else:
                        yield from self._member(source, member.size, where)
                # Damage to a later header ends the listing without a word; a whole archive
                # ends with a block of zeros.
                offset = archive.offset
            with path.open("rb") as stream:
                stream.seek(offset)
                if stream.read(512) != bytes(512):
                    why = "damaged or cut short from here on"
                    yield Refusal(f"{shown(name)}@{offset}", why, "get the archive anew")
        except (tarfile.TarError, OSError, EOFError, _OverLimit) as error:
            yield Refusal(shown(name), f"tar: {error}", _UNPACK)


class _OverLimit(BadInput):
    """The whole archive is over a limit, not one member."""


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") and part != ".." for part in parts) or "__MACOSX" in parts


def _why_not_member(member: zipfile.ZipInfo) -> str:
    if _escapes(member.filename):
        return "a path out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link or device"
    return "encrypted" if member.flag_bits & 1 else ""


def read_source(
    source: str, *, limits: Limits | None = None, fetch: Callable[[str], Document | Refusal]
) -> Found:
    """Yield the documents of one source: a path, a URL (through ``fetch``) or ``-`` for stdin.

    What cannot be read becomes a `Refusal`, and reading goes on with the rest.

    Raises:
        BadInput: when there is no such file.
    """
    limits = limits or Limits()
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", source):
        yield fetch(source)
        return
    with tempfile.TemporaryDirectory(prefix="claimtypes-") as folder:
        reader = _Reader(limits, Path(folder) / "scratch")
        path = Path(source)
        if source == "-":
            import sys

            stdin = Path(folder) / "stdin"
            with stdin.open("wb") as target:
                left = limits.archive_bytes
                while left > 0 and (chunk := sys.stdin.buffer.read(min(_CHUNK_BYTES, left))):
                    target.write(chunk)
                    left -= len(chunk)
            for found in reader.file(stdin, "stdin"):
                yield replace(found, stem="") if isinstance(found, Document) else found
        elif path.is_dir():
            yield from reader.folder(path)
        elif path.exists():
            yield from reader.file(path, source)
        else:
            raise BadInput(f"{shown(source)} does not exist", hint="give a file, folder or URL")
