"""What is to be labelled, cut into sentences: texts, files, folders, JSON lines, streams."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from claimtypes.corpus.boundaries import sentence_spans
from claimtypes.corpus.cleaning import clean, decode
from claimtypes.corpus.documents import Document, Refusal, document_of, form_of
from claimtypes.corpus.drafts import Drafter, slug
from claimtypes.corpus.extraction import Extractor
from claimtypes.corpus.segment import segment
from claimtypes.corpus.sources import read_source
from claimtypes.corpus.structure import structure
from claimtypes.errors import BadInput
from claimtypes.records import Article
from claimtypes.store import sha256_bytes

WHOLE_BYTES = 10 << 20
"""Up to this size a text is read whole and laid out as an article; beyond, line by line."""

_LINE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence to be labelled, or a heading or the like (``annotated`` false) to be shown."""

    article: str
    start: int
    end: int
    text: str
    kind: str = "paragraph"
    annotated: bool = True
    paragraph: int = 0
    heading: str = ""
    title: str = ""
    position: float = 0.0

    @property
    def id(self) -> str:
        """The address: ``article:start-end``."""
        return f"{self.article}:{self.start}-{self.end}"


def cut_article(article: Article) -> Iterator[Cut]:
    """Yield an article's sentences with their headings and places."""
    sentences = segment(article)
    count, seen = sum(s.annotated for s in sentences), 0
    for sentence in sentences:
        heading = sentences[sentence.section].text if sentence.section >= 0 else ""
        yield Cut(
            article=article.id,
            start=sentence.start,
            end=sentence.end,
            text=sentence.text or "",
            kind=sentence.kind,
            annotated=sentence.annotated,
            paragraph=sentence.paragraph,
            heading=heading or "",
            title=article.title,
            position=seen / max(count - 1, 1) if sentence.annotated else 0.0,
        )
        seen += sentence.annotated


def read_text(text: str, name: str = "text") -> Iterator[Cut]:
    """Yield the sentences of a plain text, taken as it is."""
    article = name
    for paragraph, line in enumerate(re.finditer(r"[^\n]+", text)):
        for start, end in sentence_spans(line[0]):
            at = line.start() + start
            yield Cut(article, at, line.start() + end, line[0][start:end], paragraph=paragraph)


class Reader:
    """Reads inputs one after the other; what cannot be read is kept in ``refusals``.

    With ``as_sentences`` every line of a text, and every record's text, is one sentence.
    """

    def __init__(self, *, as_sentences: bool = False) -> None:
        self.as_sentences = as_sentences
        self.refusals: list[Refusal] = []
        self._extractor = Extractor()
        self._names: set[str] = set()

    def read(self, sources: Iterable[str]) -> Iterator[Cut]:
        """Yield the sentences of files, folders and ``-`` (stdin).

        Raises:
            BadInput: for a path that does not exist.
        """
        for source in sources:
            path = Path(source)
            if source == "-":
                yield from self._stream(sys.stdin.buffer, "stdin", "")
            elif not path.exists():
                raise BadInput(
                    f"{source} does not exist", hint=f"to label a text: --text {source!r}"
                )
            elif path.is_dir():
                for file in sorted(p for p in path.rglob("*") if p.is_file()):
                    if not any(part.startswith(".") for part in file.relative_to(path).parts):
                        yield from self._file(file)
            else:
                yield from self._file(path)

    def _file(self, path: Path) -> Iterator[Cut]:
        suffix = path.suffix.lower()
        if suffix in (".jsonl", ".ndjson", ".txt", ".md", "") or self.as_sentences:
            with path.open("rb") as stream:
                yield from self._stream(stream, path.stem, suffix)
            return

        def fetch(url: str) -> Refusal:
            return Refusal(url, "an address, not a file")

        for found in read_source(str(path), fetch=fetch):
            yield from self._document(found)

    def _stream(self, stream: IO[bytes], name: str, suffix: str) -> Iterator[Cut]:
        head = stream.read(WHOLE_BYTES + 1)
        records = suffix in (".jsonl", ".ndjson") or (
            not suffix and head.lstrip()[:2] in (b'{"', b"{ ")
        )
        if records:
            yield from self._records(_lines(head, stream), name)
        elif self.as_sentences:
            yield from self._sentences(_lines(head, stream), name)
        elif len(head) <= WHOLE_BYTES:
            form = form_of(head[:1024], suffix)
            yield from self._document(Document(name, form, head, stem=name))
        else:
            yield from self._endless(_lines(head, stream), name)

    def _records(self, lines: Iterator[bytes], name: str) -> Iterator[Cut]:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{name}:{number}"
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                self.refusals.append(Refusal(where, f"not JSON: {str(error)[:80]}"))
                continue
            found = document_of(record, where)
            given = record.get("sentence") or record.get("id") if isinstance(record, dict) else None
            if isinstance(found, Document) and self.as_sentences and isinstance(found.data, str):
                article, start = _address(str(given or where))
                yield Cut(article, start, start + len(found.data), found.data)
            else:
                yield from self._document(found, str(given or ""))

    def _sentences(self, lines: Iterator[bytes], name: str) -> Iterator[Cut]:
        at = 0
        for line in lines:
            text = line.decode("utf-8", "replace")
            bare = text.strip()
            if bare:
                start = at + text.index(bare)
                yield Cut(name, start, start + len(bare), bare)
            at += len(text)

    def _endless(self, lines: Iterator[bytes], name: str) -> Iterator[Cut]:
        """Yield sentences line by line; offsets count code points of the whole stream."""
        at = 0
        for paragraph, line in enumerate(lines):
            text = line.decode("utf-8", "replace")
            for start, end in sentence_spans(text):
                yield Cut(name, at + start, at + end, text[start:end], paragraph=paragraph)
            at += len(text)

    def _document(self, found: Document | Refusal, given: str = "") -> Iterator[Cut]:
        if isinstance(found, Refusal):
            self.refusals.append(found)
            return
        try:
            article = self._article(found, given)
        except BadInput as error:
            self.refusals.append(Refusal(found.where, str(error), error.hint))
            return
        yield from cut_article(article)

    def _article(self, document: Document, given: str) -> Article:
        data = document.data
        text = decode(data, document.charset).text if isinstance(data, bytes) else data
        if document.form == "html" or text.startswith("+++\n"):
            # A page's article, or an article file; its rights do not matter to labelling it.
            rights = {"licence": "unknown", "origin": "reported"}
            return Drafter(rights, self._extractor).draft(document)[0]
        title = str(document.values.get("title", ""))
        laid_out = structure(clean(text), markdown=document.form == "markdown", title=title)
        body = laid_out.body.text
        return Article(
            id=self._name(given or document.stem or document.where),
            title=title or laid_out.title,
            publisher="",
            url="",
            published="",
            retrieved="",
            language="",
            licence="",
            origin="",
            sha256=sha256_bytes(body.encode("utf-8", "surrogatepass")),
            text=body,
            blocks=laid_out.blocks,
        )

    def _name(self, wanted: str) -> str:
        name = slug(wanted) or "text"
        number, free = 1, name
        while free in self._names:
            number += 1
            free = f"{name}-{number}"
        if len(self._names) < 1_000_000:
            self._names.add(free)
        return free

    def close(self) -> None:
        """End what reading pages needed."""
        self._extractor.close()


def _address(given: str) -> tuple[str, int]:
    article, _, span = given.rpartition(":")
    start = span.partition("-")[0]
    return (article, int(start)) if article and start.isdigit() else (given, 0)


def _lines(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines of what was read already and what follows, in bounded memory."""
    start = 0
    while (stop := head.find(b"\n", start)) >= 0:
        yield head[start : stop + 1]
        start = stop + 1
    rest = head[start:]
    while line := stream.readline(_LINE_BYTES):
        yield rest + line
        rest = b""
    if rest:
        yield rest
