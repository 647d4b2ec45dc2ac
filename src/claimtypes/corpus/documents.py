"""One text as it was found, or why none was: what every kind of source turns into."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|article|div|p)\b", re.I | re.S
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.I)
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".mhtml"})
_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mkd"})
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Document:
    """One text as found. ``form`` is ``plain``, ``markdown`` or ``html``.

    ``where`` names it for people, ``stem`` is its file's name without endings; ``values`` are
    fields of the article that came with it; ``charset`` is what it was said to be encoded in.
    """

    where: str
    form: str
    data: bytes | str
    stem: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not taken in, why, and what to do about it."""

    where: str
    reason: str
    hint: str = ""


def shown(name: str) -> str:
    """Return a name that may be printed: names out of archives can hold anything."""
    return "".join(c if c.isprintable() else "�" for c in name)[:300]


def charset_of(content_type: str, data: bytes) -> str:
    """Return the encoding a page says it has, in its header or its first bytes, or ''."""
    match = re.search(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", content_type, re.I)
    if match:
        return match[1]
    found = _CHARSET.search(data[:4096])
    return found[1].decode() if found else ""


def form_of(head: bytes, suffix: str) -> str:
    """Return the form of a text by its first bytes and the ending of its name."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if suffix in _HTML_SUFFIXES or (_HTML.match(head) and suffix not in _MARKDOWN_SUFFIXES):
        return "html"
    return "markdown" if suffix in _MARKDOWN_SUFFIXES else "plain"


def document_of(record: Any, where: str) -> Document | Refusal:
    """Turn a JSON record with a field ``text`` or ``html`` into a document."""
    if not isinstance(record, dict):
        return Refusal(where, "no JSON object", "give records with a field text")
    text = record.get("text")
    page = record.get("html")
    if not isinstance(text, str) and isinstance(page, str):
        return Document(where, "html", page, values=_fields(record, "html"))
    if not isinstance(text, str):
        return Refusal(where, "a record without a field text", "give records with a field text")
    return Document(where, "plain", text, values=_fields(record, "text"))


def _fields(record: dict[str, Any], body: str) -> dict[str, Any]:
    return {str(k): v for k, v in record.items() if k != body and v not in (None, "")}


def record_document(line: bytes, where: str) -> Document | Refusal:
    """Read one line of JSON as a document."""
    try:
        return document_of(json.loads(line.removeprefix(b"\xef\xbb\xbf")), where)
    except (ValueError, RecursionError) as error:
        return Refusal(where, f"not JSON: {str(error)[:120]}", "give one JSON object a line")


def page_document(
    url: str, content_type: str, retrieved: str, body: bytes, *, where: str = ""
) -> Document | Refusal:
    """Turn a page that a server sent into a document."""
    where = where or shown(url)
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    forms = {"text/html": "html", "application/xhtml+xml": "html", "text/markdown": "markdown"}
    form = forms.get(kind) or (
        form_of(body[:_HEAD_BYTES], "") if kind in ("", "text/plain") else ""
    )
    if not form:
        return Refusal(where, f"{kind}, not a text", "give a page of text")
    values = {"url": url, "retrieved": retrieved}
    return Document(where, form, body, values=values, charset=charset_of(content_type, body))
