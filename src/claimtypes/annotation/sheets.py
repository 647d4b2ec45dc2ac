"""Reading sheets: annotation without a server, for a reader with a text file and an editor.

A sheet shows whole articles with their sentences numbered; the reader writes an answer file with
one line a sentence. Whatever reads the guidelines and can type, person or language model, can
join a round this way; answers become judgements exactly as those from Label Studio do.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from claimtypes.annotation.schema import Schema
from claimtypes.errors import BadInput
from claimtypes.records import Judgement, Sentence
from claimtypes.store import write_text

NONE = "none"
_ARTICLE = "# "


def render_sheet(articles: Sequence[Sequence[Sentence]]) -> str:
    """Return a sheet of articles; annotated sentences are numbered from 1 in each.

    Raises:
        BadInput: for a sentence whose text is withheld and was not hydrated.
    """
    lines: list[str] = []
    for sentences in articles:
        lines.append(f"{_ARTICLE}{sentences[0].article}")
        number, paragraph = 0, -1
        for sentence in sentences:
            if sentence.text is None:
                raise BadInput(
                    f"{sentence.id} has no text", hint="claimtypes hydrate --texts FOLDER"
                )
            if sentence.paragraph != paragraph:
                lines.append("")
                paragraph = sentence.paragraph
            if sentence.annotated:
                number += 1
                lines.append(f"[{number}] {sentence.text}")
            else:
                lines.append(f"({sentence.kind}) {sentence.text}")
        lines.append("")
    return "\n".join(lines) + "\n"


def dump_sheets(
    sentences: Iterable[Sentence], folder: Path, *, size: int, seed: int
) -> list[tuple[Path, int]]:
    """Write sheets of about ``size`` sentences, articles in seeded random order.

    Two readers should get sheets of different seeds, so that neither order nor company of the
    articles is shared between passes. Returns each sheet's path and number of sentences.
    """
    articles = [list(group) for _, group in groupby(sentences, key=lambda s: s.article)]
    articles = [a for a in articles if any(s.annotated for s in a)]
    random.Random(seed).shuffle(articles)  # noqa: S311 - an order, not a secret
    sheets: list[list[list[Sentence]]] = [[]]
    count = 0
    for article in articles:
        wanted = sum(s.annotated for s in article)
        if sheets[-1] and count + wanted > size:
            sheets.append([])
            count = 0
        sheets[-1].append(article)
        count += wanted
    written = []
    for number, sheet in enumerate(sheets, 1):
        path = folder / f"sheet-{number:02}.md"
        write_text(path, render_sheet(sheet))
        written.append((path, sum(s.annotated for a in sheet for s in a)))
    return written


def parse_answers(
    text: str, articles: dict[str, Sequence[Sentence]], schema: Schema, path: str = "answers"
) -> dict[str, tuple[str, ...]]:
    """Read an answer file: ``# article``, then lines ``number label label`` or ``number none``.

    ``articles`` maps article ids to their annotated sentences in order. Returns the labels by
    sentence id.

    Raises:
        BadInput: naming the line, for an unknown article, number or label, a sentence answered
            twice or, once an article is begun, not at all.
    """
    answers: dict[str, tuple[str, ...]] = {}
    article = ""
    begun: set[str] = set()
    for line_number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{line_number}"
        if line.startswith(_ARTICLE):
            article = line.removeprefix(_ARTICLE).strip()
            if article not in articles:
                raise BadInput(f"{where}: no article {article!r} to annotate")
            begun.add(article)
            continue
        if not line.strip():
            continue
        number, *labels = line.replace(":", " ").replace(",", " ").split()
        if not article or not number.isdecimal():
            raise BadInput(f"{where}: not '# article' or 'number labels': {line[:60]!r}")
        if not 1 <= int(number) <= len(articles[article]):
            raise BadInput(f"{where}: {article} has {len(articles[article])} sentences")
        sentence = articles[article][int(number) - 1].id
        if sentence in answers:
            raise BadInput(f"{where}: {article} sentence {number} is answered twice")
        if not labels or (NONE in labels and len(labels) > 1):
            raise BadInput(f"{where}: either labels or {NONE!r}, not {' '.join(labels)!r}")
        answers[sentence] = schema.ordered(set(labels) - {NONE})
    for article in sorted(begun):
        missing = [i for i, s in enumerate(articles[article], 1) if s.id not in answers]
        if missing:
            raise BadInput(f"{path}: {article} lacks sentence {', '.join(map(str, missing[:9]))}")
    return answers


def judge(
    answers: dict[str, tuple[str, ...]],
    sentences: dict[str, Sentence],
    *,
    annotator: str,
    round_name: str,
    schema_version: str,
    guideline_version: str,
    at: str,
) -> list[Judgement]:
    """Turn answers into judgements bound to text, schema and guideline version."""
    return [
        Judgement(
            sentence=sentence,
            annotator=annotator,
            labels=labels,
            round=round_name,
            schema_version=schema_version,
            guideline_version=guideline_version,
            text_fingerprint=sentences[sentence].fingerprint,
            at=at,
        )
        for sentence, labels in sorted(answers.items())
    ]
