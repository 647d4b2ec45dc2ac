"""Anyone's own copies of articles: a folder, JSON lines or addresses, read as visible text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from claimtypes.corpus.pages import SEAM
from claimtypes.errors import BadInput
from claimtypes.store import numbered_lines

Fetch = Callable[[str], bytes]
"""Returns the body of the page at an address, or raises `ClaimtypesError`."""

MAX_COPY_BYTES = 32 * 1024 * 1024

_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|p|div|br|span|article|section|a|b|i|em|strong|li|ul|h[1-6])"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});")
_MARKDOWN_LINK = re.compile(r"\]\([^()\s]*(?:\s+\"[^\"\n]*\")?\)")
_ADDRESS = re.compile(r"https?://\S+")
_FRONT_MATTER = re.compile(r"\A(\+{3}|-{3})\n(.*?)\n\1\n", re.DOTALL)
_FRONT_VALUE = re.compile(r"^(id|title|url)\s*[=:]\s*(.+)$", re.MULTILINE)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
_HIDDEN = frozenset({"script", "style", "template"})


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """A text somebody holds, and what its file or fields say of which article it is."""

    name: str
    text: str
    id: str = ""
    title: str = ""
    url: str = ""


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _HIDDEN:
            self.hidden += 1
        self.parts.append("\n" if tag == "br" else SEAM if tag in _INLINE else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        self.parts.append(SEAM if tag in _INLINE else "\n\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def visible_text(markup: str) -> str:
    """Return the text a reader of an HTML page sees: blocks parted by blank lines.

    >>> visible_text("<p>The <b>club</b> said &ldquo;no&rdquo;.</p>").replace(SEAM, "").strip()
    'The club said “no”.'
    """
    parser = _Visible()
    parser.feed(markup)
    parser.close()
    return "".join(parser.parts)


def read_text(text: str) -> str:
    """Return a text as its reader sees it, without markup and with entities decoded."""
    if _MARKUP.search(text):
        return visible_text(text)
    return html.unescape(text) if _ENTITY.search(text) else text


def _decode(data: bytes) -> str | None:
    """Decode a text file, or return nothing for one that is binary."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:8192]:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _copy_of_file(path: Path, name: str) -> OwnCopy | None:
    if path.stat().st_size > MAX_COPY_BYTES or (text := _decode(path.read_bytes())) is None:
        return None
    fields: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        fields = {key: value.strip(" \"'") for key, value in _FRONT_VALUE.findall(front[2])}
        text = text[front.end() :]
    if path.suffix.lower() in {".md", ".markdown"}:
        text = _MARKDOWN_LINK.sub("]", text)
    return OwnCopy(name, read_text(text), **fields)


def _copy_of_row(row: dict[str, Any], name: str) -> OwnCopy | None:
    """Read one JSON object; its text is the field ``text``, else the longest text in it."""
    texts = {key: value for key, value in row.items() if isinstance(value, str)}
    body = texts.get("text") or max(texts.values(), key=len, default="")
    if not body.strip():
        return None
    known = {key: texts[key] for key in ("id", "title", "url") if key in texts}
    # A title is often left out of the text, and is a sentence of the article all the same.
    return OwnCopy(name, f"{known.get('title', '')}\n\n{read_text(body)}", **known)


def _copies_of_jsonl(path: Path, name: str) -> Iterator[OwnCopy]:
    for number, line in numbered_lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"{path}:{number}: not JSON: {error}", hint="one JSON object a line"
            ) from error
        if isinstance(row, dict) and (copy := _copy_of_row(row, f"{name}:{number}")):
            yield copy


def _copies_of_file(path: Path, name: str) -> Iterator[OwnCopy]:
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        yield from _copies_of_jsonl(path, name)
    elif copy := _copy_of_file(path, name):
        yield copy


def addresses(path: Path) -> list[str]:
    """Return the addresses in a URL list, or nothing when the file is another kind of text."""
    if path.suffix.lower() in {".jsonl", ".ndjson"} or path.stat().st_size > MAX_COPY_BYTES:
        return []
    lines = [line.strip() for line in (_decode(path.read_bytes()) or "").split("\n")]
    lines = [line for line in lines if line and not line.startswith("#")]
    return lines if all(_ADDRESS.fullmatch(line) for line in lines) else []


def load_copies(path: Path, fetch: Fetch) -> Iterator[OwnCopy]:
    """Yield the copies in a folder, a JSON lines file, a single text or a list of addresses.

    Folders are read with all below them, in order of name, hidden and binary files passed over.
    ``fetch`` is asked for each address of a list.

    Raises:
        BadInput: when ``path`` does not exist, or a line of JSON lines is not JSON.
    """
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            name = file.relative_to(path)
            if not any(part.startswith(".") for part in name.parts):
                yield from _copies_of_file(file, str(name))
    elif not path.is_file():
        raise BadInput(f"{path} does not exist", hint="give a folder, a .jsonl file or a URL list")
    elif urls := addresses(path):
        for url in urls:
            yield OwnCopy(url, read_text(_decode(fetch(url)) or ""), url=url)
    else:
        yield from _copies_of_file(path, path.name)
