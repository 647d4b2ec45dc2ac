"""Rounds read on sheets: which sheets a reader gets, and their answers taken in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from claimtypes.annotation.rounds import load_annotators
from claimtypes.annotation.schema import load_schema
from claimtypes.annotation.sheets import dump_sheets, judge, parse_answers
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.records import Judgement, Sentence
from claimtypes.store import load_jsonl, locked, writing

_ROUND = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VERSION = re.compile(r"# .*\bversion (\d+\.\d+\.\d+)\s*$")
_SHEET = re.compile(r"sheet-\d{2,}\.md")


@dataclass(frozen=True, slots=True)
class Sheets:
    """What `make_sheets` wrote: each sheet and its number of sentences; articles left out."""

    written: tuple[tuple[Path, int], ...]
    finished: int

    @property
    def sentences(self) -> int:
        """How many sentences the sheets ask for."""
        return sum(count for _, count in self.written)


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking answers did: counts of those added, known already, and replaced."""

    added: int
    known: int
    replaced: int


def guideline_version(project: Project) -> str:
    """Return the version that the first line of the guidelines names.

    Raises:
        BadInput: when there is no such file or line.
    """
    hint = "its first line must be '# Annotation guidelines, version X.Y.Z'"
    try:
        first = project.guidelines.read_text(encoding="utf-8").split("\n", 1)[0]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{project.guidelines}: {error}", hint=hint) from error
    if not (found := _VERSION.match(first)):
        raise BadInput(f"{project.guidelines}: no version in its first line", hint=hint)
    return found[1]


def require_reader(project: Project, reader: str) -> None:
    """Refuse a reader whom ``annotators.toml`` does not know.

    Raises:
        BadInput: naming the known ones.
    """
    known = load_annotators(project)
    if reader not in known:
        raise BadInput(
            f"no annotator {reader!r}; {project.annotators} has {', '.join(known) or 'none'}",
            hint="add an [[annotators]] entry with id and kind to annotation/annotators.toml",
        )


def require_moment(at: str) -> str:
    """Return a moment in ISO 8601 with its zone, as given.

    Raises:
        BadInput: when it is not one.
    """
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadInput(f"not a time: {at!r}", hint="such as 2026-01-31T09:00:00Z") from error
    if moment.tzinfo is None:
        raise BadInput(f"{at!r} has no time zone", hint="such as 2026-01-31T09:00:00Z")
    return at


def _articles(project: Project, source: str | None) -> set[str]:
    """Return the ids of the articles that ``source``, an origin or a file of ids, names."""
    articles = {article.id: article.origin for article in load_articles(project)}
    if source is None:
        return set(articles)
    if Path(source).is_file():
        wanted = set(Path(source).read_text(encoding="utf-8").split())
        if unknown := sorted(wanted - set(articles)):
            raise BadInput(f"{source}: no article {', '.join(unknown[:5])}")
        return wanted
    chosen = {article for article, origin in articles.items() if origin == source}
    if not chosen:
        origins = ", ".join(sorted(set(articles.values())))
        raise BadInput(
            f"{source!r} is no file of article ids and no article's origin",
            hint=f"the origins are {origins}",
        )
    return chosen


def require_round(round_name: str) -> None:
    """Refuse a name that no round can have.

    Raises:
        BadInput: saying what may be in one.
    """
    if not _ROUND.fullmatch(round_name):
        raise BadInput(f"{round_name!r} cannot name a round", hint="a-z, 0-9, - and _ only")


def _round_path(project: Project, round_name: str) -> Path:
    require_round(round_name)
    return project.rounds / f"{round_name}.jsonl"


def _load_round(path: Path) -> list[Judgement]:
    return list(load_jsonl(path, Judgement)) if path.exists() else []


def by_article(sentences: Iterable[Sentence]) -> dict[str, Sequence[Sentence]]:
    """Return the annotated sentences of each article in order."""
    groups = groupby(sentences, key=lambda sentence: sentence.article)
    return {article: [s for s in group if s.annotated] for article, group in groups}


def make_sheets(
    project: Project,
    round_name: str,
    annotator: str,
    folder: Path,
    *,
    size: int,
    seed: int,
    source: str | None = None,
) -> Sheets:
    """Write the sheets a reader still has to read in a round, of about ``size`` sentences each.

    ``source`` is an origin of articles or a file of article ids; without it every article is
    read. Articles the reader has judged whole are left out. Sheets of an earlier, longer run in
    ``folder`` are removed.

    Raises:
        BadInput: for a source that names nothing, or a text that is withheld.
        ClaimtypesError: when nothing is left to read.
    """
    require_reader(project, annotator)
    judged = {
        judgement.sentence
        for judgement in _load_round(_round_path(project, round_name))
        if judgement.annotator == annotator
    }
    wanted = _articles(project, source)
    sentences = [s for s in load_sentences(project) if s.article in wanted]
    open_articles = {s.article for s in sentences if s.annotated and s.id not in judged}
    if not open_articles:
        raise ClaimtypesError(
            f"{annotator} has nothing left to read in {round_name}", hint="claimtypes gold"
        )
    finished = len({s.article for s in sentences if s.annotated}) - len(open_articles)
    left = [s for s in sentences if s.article in open_articles]
    written = dump_sheets(left, folder, size=size, seed=seed)
    for path in folder.iterdir():
        if _SHEET.fullmatch(path.name) and path not in {p for p, _ in written}:
            path.unlink()
    return Sheets(tuple(written), finished)


def take_sheets(
    project: Project,
    round_name: str,
    annotator: str,
    at: str,
    texts: Sequence[tuple[str, str]],
    *,
    replace: bool = False,
) -> Taken:
    """Append a reader's answers to a round, whole or not at all; known ones are left as they are.

    ``texts`` are pairs of a name to complain under and an answer file's text.

    Raises:
        BadInput: naming the line of the first answer that cannot be taken.
        Refused: when an answer differs from an earlier one and ``replace`` is not set.
    """
    require_reader(project, annotator)
    require_moment(at)
    path = _round_path(project, round_name)
    schema = load_schema(project.schema)
    sentences = list(load_sentences(project))
    articles = by_article(sentences)
    answers: dict[str, tuple[str, ...]] = {}
    for name, text in texts:
        found = parse_answers(text, dict(articles), schema, name)
        for sentence, labels in found.items():
            if answers.setdefault(sentence, labels) != labels:
                raise BadInput(f"{name}: {sentence} is answered otherwise in an earlier file")
    fresh = judge(
        answers,
        {sentence.id: sentence for sentence in sentences},
        annotator=annotator,
        round_name=round_name,
        schema_version=schema.version,
        guideline_version=guideline_version(project),
        at=at,
    )
    with locked(project.state):
        return _append(path, fresh, replace=replace)


def _append(path: Path, fresh: Sequence[Judgement], *, replace: bool) -> Taken:
    old = _load_round(path)
    place = {(row.annotator, row.sentence): index for index, row in enumerate(old)}
    rows = list(old)
    added = known = replaced = 0
    for judgement in fresh:
        index = place.get((judgement.annotator, judgement.sentence))
        if index is None:
            rows.append(judgement)
            added += 1
        elif set(old[index].labels) == set(judgement.labels):
            known += 1
        elif replace:
            rows[index] = judgement
            replaced += 1
        else:
            raise Refused(
                f"{path}: {judgement.annotator} judged {judgement.sentence} otherwise before",
                hint="give --replace if the new answer is the right one",
            )
    if added or replaced:
        # Not sorted: a round grows at its end, so that a diff shows what came in.
        with writing(path) as staged:
            staged.write_text("".join(row.render() + "\n" for row in rows), encoding="utf-8")
    return Taken(added, known, replaced)
