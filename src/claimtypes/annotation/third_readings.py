"""Third readings of disputes: sheets with both votes blinded, and the answers taken in."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from claimtypes.annotation.adjudication import address_key
from claimtypes.annotation.disputes import Dispute, load_disputes
from claimtypes.annotation.gold import load_adjudications
from claimtypes.annotation.reading import (
    Taken,
    by_article,
    guideline_version,
    require_moment,
    require_reader,
)
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.annotation.sheets import NONE
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.records import Adjudication, Sentence
from claimtypes.store import locked, sha256_bytes, write_text, writing

CONTEXT = 2
"""Sentences shown before and after the one to decide."""

_VOTES = " votes "


def _binding(disputes: Sequence[Dispute]) -> str:
    """Return what an answer to an article's disputes is bound to; deciding them leaves it as is."""
    return sha256_bytes("\n".join(d.votes_digest for d in disputes).encode())[:16]


def _item(dispute: Dispute, number: int, sentences: Sequence[Sentence]) -> list[str]:
    place = next(i for i, s in enumerate(sentences) if s.id == dispute.sentence)
    target = sentences[place]
    around = [s for s in sentences if s.annotated or s.section == s.index]
    at = around.index(target)
    shown = around[max(at - CONTEXT, 0) : at + CONTEXT + 1]
    heads = [s for s in sentences if s.kind == "title"]
    if 0 <= target.section < len(sentences) and sentences[target.section] not in shown:
        heads.append(sentences[target.section])
    lines = [f"({s.kind}) {s.text}" for s in heads if s.index < target.index]
    for sentence in shown:
        mark = f"[{number}]" if sentence is target else "   "
        lines.append(f"{mark} {sentence.text}")
    for vote, annotator in enumerate(dispute.shown(), 1):
        note = " ".join(dispute.notes.get(annotator, "").split())
        labels = " ".join(dispute.votes[annotator]) or NONE
        lines.append(f"vote {vote}: {labels}" + (f" | {note}" if note else ""))
    return [*lines, ""]


def _preamble(schema: Schema) -> list[str]:
    return [
        "Write your answers to a file of their own. Copy each line that begins with '# ', then",
        "one line a sentence: number labels | reason | note (the note may be left out). Labels:",
        f"{' '.join(schema.names)}, or {NONE}. Reasons:",
        *(f"  {reason.code}: {reason.title}" for reason in schema.reasons),
        "",
    ]


def dump_third_sheets(
    project: Project, folder: Path, *, size: int, seed: int
) -> list[tuple[Path, int]]:
    """Write sheets of the disputes that a third reading can decide, articles in random order.

    Votes are blinded and shuffled. Returns each sheet's path and number of sentences.

    Raises:
        BadInput: for a sentence whose text is withheld and was not hydrated.
        ClaimtypesError: when there is nothing to decide.
    """
    schema = load_schema(project.schema)
    disputes = [d for d in load_disputes(project) if d.readable]
    groups = [(a, list(g)) for a, g in groupby(disputes, key=lambda d: d.article)]
    groups = [(a, g) for a, g in groups if any(d.why for d in g)]
    if not groups:
        raise ClaimtypesError("no disagreement waits for a third reading", hint="claimtypes gold")
    random.Random(seed).shuffle(groups)  # noqa: S311 - an order, not a secret
    texts: dict[str, list[Sentence]] = {}
    for sentence in load_sentences(project):
        texts.setdefault(sentence.article, []).append(sentence)
    sheets: list[tuple[list[str], int]] = []
    for article, group in groups:
        open_ones = [d for d in group if d.why]
        if not sheets or sheets[-1][1] + len(open_ones) > size:
            sheets.append((_preamble(schema), 0))
        lines, count = sheets[-1]
        lines += [f"# {article}{_VOTES}{_binding(group)}", ""]
        numbers = {s.id: n for n, s in enumerate(by_article(texts[article])[article], 1)}
        for dispute in open_ones:
            if any(s.text is None for s in texts[article]):
                raise BadInput(f"{article} has no text", hint="claimtypes hydrate --texts FOLDER")
            lines += _item(dispute, numbers[dispute.sentence], texts[article])
        sheets[-1] = (lines, count + len(open_ones))
    written = []
    for number, (lines, count) in enumerate(sheets, 1):
        path = folder / f"third-{number:02}.md"
        write_text(path, "\n".join(lines))
        written.append((path, count))
    return written


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of an answer file: a sentence decided, and why."""

    sentence: str
    labels: tuple[str, ...]
    reason: str
    note: str


def _parse_answers(
    text: str,
    disputes: Mapping[str, Sequence[Dispute]],
    articles: Mapping[str, Sequence[Sentence]],
    schema: Schema,
    path: str = "answers",
) -> list[Answer]:
    """Read an answer file: ``# article votes DIGEST``, then ``number labels | reason | note``.

    ``disputes`` and ``articles``, the annotated sentences in order, are by article id.

    Raises:
        BadInput: naming the line, for anything else, a number that is in no dispute included.
        Refused: when votes of the article have changed since the sheet was written.
    """
    answers: dict[str, Answer] = {}
    article = ""
    for line_number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{line_number}"
        if line.startswith("# "):
            article, _, binding = line.removeprefix("# ").strip().partition(_VOTES)
            if article not in disputes:
                raise BadInput(f"{where}: no dispute in {article!r}")
            if binding.strip() != _binding(disputes[article]):
                raise Refused(
                    f"{where}: votes on {article} have changed since this sheet was written",
                    hint="claimtypes adjudicate sheets writes a new one",
                )
        elif line.strip():
            if not article:
                raise BadInput(f"{where}: no '# article votes …' line before it")
            answer = _parse_line(line, article, articles[article], schema, where)
            if answer.sentence not in {d.sentence for d in disputes[article]}:
                raise BadInput(f"{where}: nothing to decide on this sentence of {article}")
            if answer.sentence in answers:
                raise BadInput(f"{where}: this sentence of {article} is answered twice")
            answers[answer.sentence] = answer
    return list(answers.values())


def _parse_line(
    line: str, article: str, sentences: Sequence[Sentence], schema: Schema, where: str
) -> Answer:
    decision, *rest = (part.strip() for part in line.split("|", 2))
    number, *labels = decision.replace(":", " ").replace(",", " ").split() or [""]
    if not number.isdecimal() or not rest:
        raise BadInput(f"{where}: not 'number labels | reason | note': {line[:60]!r}")
    if not 1 <= int(number) <= len(sentences):
        raise BadInput(f"{where}: {article} has {len(sentences)} sentences")
    if not labels or (NONE in labels and len(labels) > 1):
        raise BadInput(f"{where}: either labels or {NONE!r}, not {' '.join(labels)!r}")
    codes = [reason.code for reason in schema.reasons]
    if rest[0] not in codes:
        raise BadInput(f"{where}: unknown reason {rest[0]!r}", hint=f"one of {', '.join(codes)}")
    try:
        chosen = schema.ordered(set(labels) - {NONE})
    except BadInput as error:
        raise BadInput(f"{where}: {error}", hint=error.hint) from error
    return Answer(sentences[int(number) - 1].id, chosen, rest[0], rest[1] if rest[1:] else "")


def take_third_readings(
    project: Project,
    adjudicator: str,
    at: str,
    texts: Sequence[tuple[str, str]],
    *,
    replace: bool = False,
) -> Taken:
    """Append third readings bound to the votes they were made on, whole or not at all.

    ``texts`` are pairs of a name to complain under and an answer file's text.

    Raises:
        BadInput: naming the line of the first answer that cannot be taken.
        Refused: when an answer differs from an earlier third reading on the same votes and
            ``replace`` is not set, or the votes have changed.
    """
    require_reader(project, adjudicator)
    require_moment(at)
    schema = load_schema(project.schema)
    version = guideline_version(project)
    articles = by_article(load_sentences(project))
    with locked(project.state):
        readable = [d for d in load_disputes(project) if d.readable]
        disputes = {a: list(g) for a, g in groupby(readable, key=lambda d: d.article)}
        digests = {d.sentence: d.votes_digest for d in readable}
        fresh = [
            Adjudication(
                sentence=answer.sentence,
                labels=answer.labels,
                adjudicator=adjudicator,
                at=at,
                reason=answer.reason,
                schema_version=schema.version,
                guideline_version=version,
                votes_digest=digests[answer.sentence],
                note=answer.note,
            )
            for name, text in texts
            for answer in _parse_answers(text, disputes, articles, schema, name)
        ]
        return add_adjudications(project, fresh, schema, replace=replace)


def add_adjudications(
    project: Project, fresh: Sequence[Adjudication], schema: Schema, *, replace: bool = False
) -> Taken:
    """Append third readings to the file, atomically; a repeated one is never doubled.

    The caller holds the project's lock.

    Raises:
        Refused: when one differs from an earlier one on the same votes without ``replace``.
    """
    rows = load_adjudications(project, schema)
    place = {(row.sentence, row.votes_digest): i for i, row in enumerate(rows)}
    added = known = replaced = 0
    for reading in sorted(fresh, key=lambda r: address_key(r.sentence)):
        key = (reading.sentence, reading.votes_digest)
        index = place.get(key)
        if index is None:
            place[key] = len(rows)
            rows.append(reading)
            added += 1
        elif _same(rows[index], reading):
            known += 1
        elif replace:
            rows[index] = reading
            replaced += 1
        else:
            raise Refused(
                f"{reading.sentence} was decided otherwise on the same votes",
                hint="give --replace if the new answer is the right one",
            )
    if added or replaced:
        with writing(project.adjudications) as staged:
            staged.write_text("".join(row.render() + "\n" for row in rows), encoding="utf-8")
    return Taken(added, known, replaced)


def _same(one: Adjudication, other: Adjudication) -> bool:
    return (set(one.labels), one.adjudicator, one.reason, one.note) == (
        set(other.labels),
        other.adjudicator,
        other.reason,
        other.note,
    )
