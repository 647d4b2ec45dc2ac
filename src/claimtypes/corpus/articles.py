"""Article files: TOML front matter, then the text, one marked paragraph a block."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tomli_w

from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import BLOCK_KINDS, Article, Block
from claimtypes.store import sha256_bytes, write_text

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
# Names that some file systems keep for devices.
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_FENCE = "+++\n"
_MEND = "restore the file; claimtypes check names every fault"
_MARKS = {"title": "# ", "heading": "## ", "bullet": "- ", "paragraph": ""}
_MARKS |= {kind: f"[{kind}] " for kind in BLOCK_KINDS if kind not in _MARKS}
_MARKED = re.compile("|".join(re.escape(mark) for mark in _MARKS.values() if mark))
_KIND = {mark: kind for kind, mark in _MARKS.items()}
_BODY_FIELDS = frozenset({"text", "blocks"})
_OFTEN_UNKNOWN = ("url", "published", "retrieved")
_LEFT_OUT_WHEN_EMPTY = frozenset(
    {*_OFTEN_UNKNOWN, "genre", "event", "case", "countries", "obtained", "changes"}
)


def valid_id(name: str) -> bool:
    """Whether a name can be an article id, and so a file name anywhere."""
    return bool(ID.fullmatch(name)) and not _RESERVED.fullmatch(name)


def join_blocks(parts: Iterable[tuple[str, str]]) -> tuple[str, tuple[Block, ...]]:
    """Join (kind, text) pairs into an article's text and the blocks that lie in it.

    Raises:
        BadInput: for an unknown kind, an empty text or one that is not a single line.
    """
    texts: list[str] = []
    blocks: list[Block] = []
    position = 0
    for kind, text in parts:
        if kind not in _MARKS or not text.strip() or "\n" in text:
            raise BadInput(f"not a block of an article: {kind} {text[:40]!r}")
        blocks.append(Block(kind, position, position + len(text)))
        texts.append(text)
        position += len(text) + 2
    return "\n\n".join(texts), tuple(blocks)


def render_article(article: Article) -> str:
    """Return the article file's text; `parse_article` gives the same article back."""
    values = {
        key: value
        for key, value in article.to_dict().items()
        if key not in _BODY_FIELDS and (value or key not in _LEFT_OUT_WHEN_EMPTY)
    }
    lines = [_FENCE, tomli_w.dumps(values), _FENCE]
    for block in article.blocks if article.text is not None else ():
        line = (article.text or "")[block.start : block.end]
        if block.kind == "paragraph" and (_MARKED.match(line) or line.startswith("\\")):
            line = "\\" + line
        lines.append(f"\n{_MARKS[block.kind]}{line}\n")
    return "".join(lines)


def parse_blocks(body: str) -> tuple[str, tuple[Block, ...]]:
    """Read a marked body: blocks are lines between blank lines."""
    parts: list[tuple[str, str]] = []
    for line in body.split("\n"):
        if not line.strip():
            continue
        mark = _MARKED.match(line)
        if mark:
            parts.append((_KIND[mark[0]], line[mark.end() :]))
        else:
            parts.append(("paragraph", line.removeprefix("\\")))
    return join_blocks(parts)


def split_front_matter(text: str, path: str) -> tuple[dict[str, Any], str]:
    """Return the front matter's values and the body.

    Raises:
        BadInput: when the file has no closed front matter or it is not TOML.
    """
    if not text.startswith(_FENCE) or (end := text.find(f"\n{_FENCE}", 3)) < 0:
        raise BadInput(f"{path}: no front matter between +++ lines", hint="claimtypes ingest")
    try:
        values = tomllib.loads(text[len(_FENCE) : end + 1])
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: front matter: {error}", hint=_MEND) from error
    return values, text[end + 1 + len(_FENCE) :]


def parse_article(text: str, path: str = "article") -> Article:
    """Read an article file's text.

    Raises:
        BadInput: naming the path, for anything that is not a valid article file, a text that
            does not have the ``sha256`` the front matter gives included.
    """
    values, body = split_front_matter(text, path)
    defaults = dict.fromkeys(_OFTEN_UNKNOWN, "")
    try:
        article_text, blocks = parse_blocks(body) if body.strip() else (None, ())
        article = Article.from_dict(defaults | values | {"text": article_text})
    except BadInput as error:
        raise BadInput(f"{path}: {error}", hint=error.hint or _MEND) from error
    if not valid_id(article.id):
        raise BadInput(
            f"{path}: id {article.id!r} must be kebab-case, at most 100 characters", hint=_MEND
        )
    if article_text is not None and sha256_bytes(article_text.encode()) != article.sha256:
        raise BadInput(
            f"{path}: the text is not the one that sha256 names",
            hint="restore the file, or take the changed text in under a new id",
        )
    values_with_blocks = article.to_dict() | {"blocks": [b.to_dict() for b in blocks]}
    return Article.from_dict(values_with_blocks)


def load_article(path: Path) -> Article:
    """Read an article file; its name must be the article's id."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8: {error}", hint=_MEND) from error
    article = parse_article(text, str(path))
    if article.id != path.stem:
        raise BadInput(f"{path}: holds the article {article.id!r}", hint=f"name it {article.id}.md")
    return article


def article_paths(project: Project) -> list[Path]:
    """Return the project's article files in order of id."""
    return sorted(project.articles.glob("*.md"))


def load_articles(project: Project) -> Iterator[Article]:
    """Yield the project's articles in order of id."""
    for path in article_paths(project):
        yield load_article(path)


def dump_article(project: Project, article: Article) -> Path:
    """Write an article's file and return its path."""
    if not valid_id(article.id):
        raise BadInput(f"not an article id: {article.id!r}")
    path = project.articles / f"{article.id}.md"
    write_text(path, render_article(article))
    return path
