"""A document turned into an article: decoded, cleaned, laid out, described, or refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from claimtypes.corpus.articles import split_front_matter, valid_id
from claimtypes.corpus.cleaning import clean, decode
from claimtypes.corpus.documents import Document
from claimtypes.corpus.extraction import Extractor, version
from claimtypes.corpus.line_kinds import iso_date
from claimtypes.corpus.rewriting import Rewritten, describe
from claimtypes.corpus.structure import (
    Structure,
    structure,
    structure_marked,
    why_no_article,
)
from claimtypes.errors import BadInput
from claimtypes.records import Article
from claimtypes.store import sha256_bytes

ORIGINS = ("reported", "government-work", "written-for-this-corpus")
_FIELDS = (
    "id title publisher url published retrieved language licence origin genre event case "
    "countries obtained"
).split()
_OTHER_NAMES = {
    "license": "licence",
    "date": "published",
    "source": "publisher",
    "lang": "language",
}
# A whole article file brings these; they are derived anew.
_DERIVED = frozenset({"sha256", "changes", "blocks"})
_YAML = re.compile(r"---\n(?P<values>.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_YAML_VALUE = re.compile(r"(?P<key>[A-Za-z_]+):[ \t]+(?P<value>.+)")
_SPACE = re.compile(r"\s+")
_PARTIAL_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}")
_LONGEST_SLUG = 80
_LONGEST_VALUE = 2000
_TITLE_LETTERS = 80


def slug(text: str, limit: int = _LONGEST_SLUG) -> str:
    """Return a text as an article id, cut at a word, or '' where nothing of it can be one.

    >>> slug("CCP’s overseas policing")
    'ccps-overseas-policing'
    """
    plain = unicodedata.normalize("NFKD", re.sub(r"['’‘]", "", text))
    plain = plain.encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(name) > limit:
        name = name[: limit + 1].rpartition("-")[0].strip("-") or name[:limit]
    # Some file systems keep names such as `con` for devices.
    return name if not name or valid_id(name) else f"{name}-article"


def _one_line(value: Any, key: str) -> str:
    if isinstance(value, bool | dict | list):
        raise BadInput(f"its field {key} must be a text")
    line = _SPACE.sub(" ", clean(str(value)).text).strip()
    if len(line) > _LONGEST_VALUE:
        raise BadInput(f"its field {key} is longer than {_LONGEST_VALUE} characters")
    return line


def _known_fields(values: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """Return the fields of an article among ``values``, each cleaned."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        key = _OTHER_NAMES.get(name, name)
        if key == "countries":
            items = value if isinstance(value, list | tuple) else [value]
            fields[key] = tuple(_one_line(item, key) for item in items)
        elif key in _FIELDS:
            fields.setdefault(key, _one_line(value, key))
        elif strict and key not in _DERIVED:
            raise BadInput(
                f"its front matter has an unknown field {name}", hint=f"known: {_FIELDS}"
            )
    return {key: value for key, value in fields.items() if value}


def _date(value: str) -> str:
    if _PARTIAL_DATE.fullmatch(value):
        return value
    return iso_date(value[:10]) or iso_date(value)


def _front_matter(text: str, where: str) -> tuple[dict[str, Any], str, bool]:
    """Return the front matter's fields, the body, and whether it is an article file of ours."""
    if text.startswith("+++\n"):
        values, body = split_front_matter(text, where)
        return _known_fields(values, strict=True), body, True
    if match := _YAML.match(text):
        pairs = [_YAML_VALUE.fullmatch(line.strip()) for line in match["values"].split("\n")]
        values = {p["key"].lower(): p["value"].strip("\"' ") for p in pairs if p}
        return _known_fields(values), text[match.end() :], False
    return {}, text, False


class Drafter:
    """Turns documents into articles; ``defaults`` are fields for those that bring none."""

    def __init__(self, defaults: Mapping[str, Any], extractor: Extractor) -> None:
        self._defaults = _known_fields(defaults)
        self._extractor = extractor

    def draft(self, document: Document) -> tuple[Article, bool]:
        """Return a document's article, and whether its id was given to it.

        Raises:
            BadInput: saying why it is no article, or what it lacks.
        """
        values = _known_fields(document.values)
        if isinstance(document.data, bytes):
            decoded = decode(document.data, document.charset)
            text, notes = decoded.text, decoded.notes
        else:
            text, notes = document.data, ()
        if document.form == "html":
            laid_out, found = self._from_page(text, values.get("url", ""))
            notes += (f"extracted from HTML by {version()}",)
            # Edits lead back to the extractor's lines, which nobody has; they are not noted.
            laid_out = replace(laid_out, body=Rewritten(laid_out.body.text))
            source = laid_out.body.text
        else:
            laid_out, source, found = self._from_text(text, document, values)
        if why := why_no_article(laid_out, source):
            raise BadInput(why, hint="give the article itself, as text or its own page")
        own = {**values, **found.pop("own", {})}
        given = bool(own.get("id") or self._defaults.get("id"))
        fields = {**found, **self._defaults, **own}
        return self._article(document, laid_out, notes, fields), given

    def _from_page(self, html: str, url: str) -> tuple[Structure, dict[str, Any]]:
        page = self._extractor.extract(clean(html).text, url)
        laid_out = structure_marked(clean(page.body), title=page.title, certain=False)
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        found = {
            "title": page.title,
            "publisher": page.publisher or host,
            "published": page.published or laid_out.published,
            "language": page.language,
        }
        return laid_out, _known_fields(found)

    def _from_text(
        self, text: str, document: Document, values: Mapping[str, Any]
    ) -> tuple[Structure, str, dict[str, Any]]:
        cleaned = clean(text)
        fields, body, marked = _front_matter(cleaned.text, document.where)
        if fields or marked:
            # The front matter became fields: what is restored is the body.
            cleaned = clean(_body_of(text, cleaned, body))
        if marked:
            laid_out = structure_marked(cleaned)
            if not cleaned.edits:
                # The marks are the format, so that nothing was changed.
                laid_out = replace(laid_out, body=Rewritten(laid_out.body.text))
            fields.setdefault("id", slug(document.stem))
        else:
            title = str(
                values.get("title") or fields.get("title") or self._defaults.get("title", "")
            )
            laid_out = structure(cleaned, markdown=document.form == "markdown", title=title)
        found: dict[str, Any] = {"own": {k: v for k, v in fields.items() if v}}
        for key, value in (("title", laid_out.title), ("published", laid_out.published)):
            if value:
                found[key] = value
        return laid_out, cleaned.text, found

    def _article(
        self,
        document: Document,
        laid_out: Structure,
        notes: tuple[str, ...],
        fields: Mapping[str, Any],
    ) -> Article:
        text = laid_out.body.text
        sha256 = sha256_bytes(text.encode())
        for key in ("licence", "origin"):
            if not fields.get(key):
                raise BadInput(f"no {key} given", hint=f"--{key} …")
        if fields["origin"] not in ORIGINS:
            raise BadInput(
                f"unknown origin {fields['origin']!r}", hint=f"one of {', '.join(ORIGINS)}"
            )
        title = fields.get("title") or document.stem.replace("-", " ") or text[:_TITLE_LETTERS]
        name = fields.get("id", "")
        # Ids of one beginning and no room for their ends must not fall together.
        whole = slug(name, 10_000)
        name = whole if len(whole) <= 100 else f"{slug(name)}-{sha256_bytes(name.encode())[:8]}"
        article_id = name or slug(title) or slug(document.stem) or f"article-{sha256[:8]}"
        return Article(
            id=article_id,
            title=_one_line(title, "title"),
            publisher=fields.get("publisher", "unknown"),
            url=fields.get("url", ""),
            published=_date(fields.get("published", "")),
            retrieved=_date(fields.get("retrieved", "")),
            language=fields.get("language", "en"),
            licence=fields["licence"],
            origin=fields["origin"],
            sha256=sha256,
            text=text,
            genre=fields.get("genre", ""),
            event=fields.get("event", ""),
            case=fields.get("case", ""),
            countries=fields.get("countries", ()),
            obtained=fields.get("obtained", ""),
            changes=notes + describe(laid_out.body),
            blocks=laid_out.blocks,
        )


def _body_of(text: str, cleaned: Rewritten, body: str) -> str:
    """Return the part of the text as decoded that became ``body``, the end of the cleaned text."""
    start = len(cleaned.text) - len(body)
    shift = sum(len(e.old) - len(e.new) for e in cleaned.edits if e.start < start)
    return text[start + shift :]
