"""A project read article by article, in bounded memory, as the rows of a release."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, TypeVar

from claimtypes.annotation.rounds import load_annotators, round_paths
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.corpus.split_rows import SplitRow, load_split_rows
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import Adjudication, Gold, Judgement, Record, Sentence

R = TypeVar("R", bound=Record)

_VERSION_LINE = re.compile(r"# .*\bversion (\d+\.\d+\.\d+)\s*$")


class LineIndex:
    """Where each article's lines are in some JSON lines files: 24 bytes a line, not the line."""

    def __init__(self, paths: Sequence[Path], field: str) -> None:
        self._paths = list(paths)
        self._streams = [path.open("rb") for path in self._paths]
        self._lines: dict[str, array[int]] = {}
        address = re.compile(rb'"%s": ?"([a-z0-9-]+)[:"]' % field.encode())
        for number, stream in enumerate(self._streams):
            self._scan(number, stream, address, field)

    def _scan(self, number: int, stream: IO[bytes], address: re.Pattern[bytes], field: str) -> None:
        offset = 0
        for count, line in enumerate(stream, 1):
            if line.strip():
                found = address.search(line)
                article = found[1].decode() if found else self._slowly(number, count, line, field)
                self._lines.setdefault(article, array("q")).extend((number, offset, count))
            offset += len(line)

    def _slowly(self, number: int, count: int, line: bytes, field: str) -> str:
        try:
            return str(json.loads(line)[field]).partition(":")[0]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            where = f"{self._paths[number]}:{count}"
            raise BadInput(f"{where}: no {field}", hint="claimtypes check") from error

    @property
    def articles(self) -> set[str]:
        """The ids of the articles that have lines."""
        return set(self._lines)

    def read(self, article: str, record: type[R]) -> Iterator[R]:
        """Yield an article's records in the order of the files.

        Raises:
            BadInput: naming file and line of one that cannot be read.
        """
        lines = self._lines.get(article, array("q"))
        for i in range(0, len(lines), 3):
            number, offset, count = lines[i : i + 3]
            self._streams[number].seek(offset)
            try:
                yield record.parse(self._streams[number].readline())
            except BadInput as error:
                where = f"{self._paths[number]}:{count}"
                raise BadInput(f"{where}: {error}", hint="claimtypes check") from error

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams:
            stream.close()


def load_placements(path: Path) -> tuple[SplitRow, ...]:
    """Read a project's splits, sorted by article.

    Raises:
        BadInput: when it is missing, has other columns, or places an article twice.
    """
    if not path.exists():
        raise BadInput(f"{path} does not exist", hint="claimtypes split")
    placed = sorted(load_split_rows(path), key=lambda p: p.article)
    for one, other in pairwise(placed):
        if one.article == other.article:
            raise BadInput(
                f"{path}: {one.article} is placed twice, in {one.split} and in {other.split}",
                hint="remove the newer of its rows, then claimtypes check",
            )
    return tuple(placed)


def guideline_texts(project: Project) -> dict[str, str]:
    """Return the texts of the guidelines by version: today's and those kept in ``guidelines/``."""
    texts: dict[str, str] = {}
    kept = sorted((project.guidelines.parent / "guidelines").glob("*.md"))
    for path in (*kept, project.guidelines):
        if path.exists():
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise BadInput(f"{path}: not UTF-8: {error}", hint="save it as UTF-8") from error
            if found := _VERSION_LINE.match(text.split("\n", 1)[0]):
                texts[found[1]] = text
    return texts


class Source:
    """Everything a release is made of, opened; rows are read one article at a time."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.schema: Schema = load_schema(project.schema)
        self.placements = load_placements(project.splits)
        self.annotators = tuple(load_annotators(project).values())
        # By place in an append-only file: a name hashed could be guessed, a key would be a secret.
        self._pseudonyms = {a.id: f"annotator-{i:02}" for i, a in enumerate(self.annotators, 1)}
        for path, verb in ((project.sentences, "segment"), (project.gold, "gold")):
            if not path.exists():
                raise BadInput(f"{path} does not exist", hint=f"claimtypes {verb}")
        self._sentences = LineIndex([project.sentences], "article")
        self._gold = LineIndex([project.gold], "sentence")
        self._judgements = LineIndex(round_paths(project), "sentence")
        decided = [project.adjudications] if project.adjudications.exists() else []
        self._adjudications = LineIndex(decided, "sentence")
        placed = {p.article for p in self.placements}
        if unplaced := sorted(self._gold.articles - placed):
            raise BadInput(
                f"{project.splits}: no split for {', '.join(unplaced[:3])}"
                + (f" and {len(unplaced) - 3} more" if len(unplaced) > 3 else ""),
                hint="claimtypes split",
            )

    def pseudonym(self, annotator: str) -> str:
        """Return the released name of an annotator.

        Raises:
            BadInput: for one that ``annotators.toml`` does not list.
        """
        if annotator not in self._pseudonyms:
            raise BadInput(
                f"{self.project.annotators}: no annotator {annotator!r}, who has judged sentences",
                hint="add them to the end of annotation/annotators.toml",
            )
        return self._pseudonyms[annotator]

    def sentences(self, article: str) -> list[Sentence]:
        """Return an article's sentences in order, of every kind."""
        return sorted(self._sentences.read(article, Sentence), key=lambda s: s.index)

    def gold(self, article: str) -> dict[str, Gold]:
        """Return an article's gold rows by sentence."""
        return {g.sentence: g for g in self._gold.read(article, Gold)}

    def judgements(self, article: str) -> dict[str, list[Judgement]]:
        """Return an article's judgements by sentence, in order of annotator."""
        found: dict[str, list[Judgement]] = {}
        for judgement in self._judgements.read(article, Judgement):
            found.setdefault(judgement.sentence, []).append(judgement)
        for rows in found.values():
            rows.sort(key=lambda j: (self.pseudonym(j.annotator), j.round))
        return found

    def adjudications(self, article: str) -> dict[tuple[str, str], Adjudication]:
        """Return an article's adjudications by sentence and digest of the votes decided on."""
        rows = self._adjudications.read(article, Adjudication)
        return {(row.sentence, row.votes_digest): row for row in rows}

    def close(self) -> None:
        """Close the files."""
        for index in (self._sentences, self._gold, self._judgements, self._adjudications):
            index.close()
