"""What can be wrong with article files and with the sentences cut from them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from claimtypes.corpus.articles import article_paths, parse_blocks, split_front_matter, valid_id
from claimtypes.corpus.drafts import ORIGINS
from claimtypes.corpus.findings import Ledger
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.errors import BadInput
from claimtypes.records import BLOCK_KINDS, Article, Hydrated, Sentence
from claimtypes.store import sha256_bytes

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_DEFAULTS = {"url": "", "published": "", "retrieved": ""}


def check_articles(ledger: Ledger) -> dict[str, Article]:
    """Note what is wrong with the article files; return the readable ones by id."""
    articles: dict[str, Article] = {}
    hashes: dict[str, str] = {}
    stems = {path.stem for path in article_paths(ledger.project)}
    for path in article_paths(ledger.project):
        article = _read_article(ledger, path)
        if article is None:
            continue
        _check_fields(ledger, path, article)
        if article.text is not None and sha256_bytes(article.text.encode()) != article.sha256:
            ledger.add("sha256-mismatch", "its text was changed", path, record=article.id)
            # No address in a changed text can be right: one finding says so for all of them.
            article = replace(article, text=None)
        if article.id in articles or (article.id != path.stem and article.id in stems):
            ledger.add("duplicate-id", "another file has this id", path, record=article.id)
            continue
        if article.id != path.stem and valid_id(article.id):
            ledger.add("misnamed-article", f"name it {article.id}.md", path, record=article.id)
        first = hashes.setdefault(article.sha256, article.id)
        if first != article.id:
            ledger.add("duplicate-text", f"{first} has this text", path, record=article.id)
        articles[article.id] = article
    return articles


def _read_article(ledger: Ledger, path: Path) -> Article | None:
    try:
        values, body = split_front_matter(path.read_bytes().decode(), path.name)
        article = Article.from_dict(_DEFAULTS | values)
    except (BadInput, UnicodeDecodeError) as error:
        ledger.add("bad-front-matter", str(error), path)
        return None
    if not re.fullmatch("[0-9a-f]{64}", article.sha256):
        ledger.add("bad-front-matter", "sha256 is not 64 hex digits", path, record=article.id)
        return None
    if not body.strip():
        return article
    try:
        text, blocks = parse_blocks(body)
    except BadInput as error:
        ledger.add("bad-block", str(error), path, record=article.id)
        return None
    whole = article.to_dict() | {"text": text, "blocks": [block.to_dict() for block in blocks]}
    return Article.from_dict(whole)


def _check_fields(ledger: Ledger, path: Path, article: Article) -> None:
    def add(rule: str, message: str) -> None:
        ledger.add(rule, message, path, record=article.id)

    if not valid_id(article.id):
        add("bad-id", f"{article.id!r} is no id")
    if not article.licence.strip():
        add("missing-licence", "licence is empty")
    if not article.publisher.strip():
        add("missing-publisher", "publisher is empty")
    if article.origin not in ORIGINS:
        add("unknown-origin", f"origin is {article.origin!r}")
    for name, value in (("published", article.published), ("retrieved", article.retrieved)):
        if value and not _DATE.fullmatch(value[:10]):
            add("bad-date", f"{name} is {value!r}")
    if article.text is None and not (article.url or article.obtained):
        add("unobtainable-text", "its text is withheld, url and obtained are empty")


def check_sentences(ledger: Ledger, articles: dict[str, Article]) -> dict[str, Sentence]:
    """Note what is wrong with the sentences; return them by address."""
    path = ledger.project.sentences
    sentences: dict[str, Sentence] = {}
    rows: dict[str, list[tuple[int, Sentence]]] = defaultdict(list)
    for line, row in ledger.records(path, Sentence):
        if row.id in sentences:
            ledger.add("duplicate-sentence", "listed twice", path, line=line, record=row.id)
            continue
        sentences[row.id] = row
        rows[row.article].append((line, row))
    files = {file.stem for file in article_paths(ledger.project)}
    for missing in sorted(rows.keys() - articles.keys() - files):
        line, row = rows[missing][0]
        ledger.add("unknown-article", f"no article {missing}", path, line=line, record=row.id)
    for name, article in articles.items():
        if name in rows:
            _check_rows(ledger, article, rows[name])
        elif path.exists():
            ledger.add("missing-sentences", "it has no sentences", path, record=name)
    return sentences


def _check_rows(ledger: Ledger, article: Article, rows: list[tuple[int, Sentence]]) -> None:
    path = ledger.project.sentences
    before = len(ledger.findings)
    for line, row in rows:
        if row.kind not in BLOCK_KINDS:
            ledger.add("unknown-kind", f"no kind {row.kind!r}", path, line=line, record=row.id)
        elif fault := _address_fault(article, row):
            ledger.add(fault[0], fault[1], path, line=line, record=row.id)
    rows = sorted(rows, key=lambda item: (item[1].start, item[1].end))
    end = 0
    for number, (line, row) in enumerate(rows):
        if row.start < end:
            ledger.add(
                "overlapping-sentences", "it begins inside the one before", path,
                line=line, record=row.id,
            )  # fmt: skip
        end = max(end, row.end)
        if row.index != number:
            message = f"it is number {row.index}, not {number}"
            ledger.add("broken-order", message, path, line=line, record=row.id)
            break
    if article.text is not None and len(ledger.findings) == before:
        missing = len(letters(article.text)) - sum(row.letters for _, row in rows)
        if missing:
            message = f"{missing} letters of its text are in no sentence"
            ledger.add("missing-sentences", message, path, record=article.id)


def _address_fault(article: Article, row: Sentence) -> tuple[str, str] | None:
    """Return the rule and message for a sentence that is not at its address."""
    if not 0 <= row.start < row.end:
        return "offset-mismatch", "the address is empty or negative"
    if article.text is None:
        return None
    text = article.text[row.start : row.end]
    if len(text) != row.end - row.start or text != text.strip():
        return "offset-mismatch", "the address ends outside the text, or in white space"
    blocks = article.blocks[row.paragraph : row.paragraph + 1] if row.paragraph >= 0 else ()
    if not any(b.start <= row.start and row.end <= b.end and b.kind == row.kind for b in blocks):
        return "offset-mismatch", f"block {row.paragraph} is no {row.kind} with this address in it"
    folded = letters(text)
    if len(folded) != row.letters:
        return "offset-mismatch", f"{len(folded)} letters at the address, not {row.letters}"
    if fingerprint(folded, article.sha256) != row.fingerprint:
        return "fingerprint-mismatch", "other letters stand at the address"
    return None


def check_hydrated(
    ledger: Ledger, articles: dict[str, Article], sentences: dict[str, Sentence]
) -> dict[str, str]:
    """Note hydrated texts that are not the sentences they stand for; return the others."""
    texts: dict[str, str] = {}
    path = ledger.project.hydrated
    for line, row in ledger.records(path, Hydrated):
        sentence = sentences.get(row.sentence)
        article = articles.get(sentence.article) if sentence else None
        if (
            sentence is None
            or article is None
            or fingerprint(letters(row.text), article.sha256) != sentence.fingerprint
        ):
            message = "no such sentence" if sentence is None else "the fingerprint is another"
            ledger.add("hydrated-mismatch", message, path, line=line, record=row.sentence)
        else:
            texts[row.sentence] = row.text
    return texts
