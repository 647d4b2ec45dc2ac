"""The gold file: derived from the rounds that count and the third readings, never edited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from claimtypes.annotation.adjudication import derive_gold
from claimtypes.annotation.rounds import round_paths
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Adjudication, Gold, Judgement, Sentence
from claimtypes.store import load_jsonl, write_text


def load_counted(project: Project) -> Iterator[Judgement]:
    """Yield the judgements of the rounds that count, each bound to the text it was made on.

    Raises:
        BadInput: naming file and line of a judgement that cannot be read, or is on a sentence
            the corpus does not have or whose text is another now.
    """
    texts = {row.id: row.fingerprint for row in load_jsonl(project.sentences, Sentence)}
    for path in track(round_paths(project), "reading rounds"):
        for judgement in load_jsonl(path, Judgement):
            known = texts.get(judgement.sentence)
            if known != judgement.text_fingerprint:
                what = "no sentence of the corpus" if known is None else "judged on another text"
                raise BadInput(
                    f"{path}: {judgement.sentence}, judged by {judgement.annotator}, is {what}",
                    hint="claimtypes audit lists every such judgement",
                )
            yield judgement


def load_adjudications(project: Project, schema: Schema) -> list[Adjudication]:
    """Return the third readings in the order they were made; none where there is no file.

    Raises:
        BadInput: naming one that cannot be read, or has a label or reason unknown to the schema.
    """
    if not project.adjudications.exists():
        return []
    readings = list(load_jsonl(project.adjudications, Adjudication))
    codes = {reason.code for reason in schema.reasons}
    for reading in readings:
        schema.ordered(reading.labels)
        if reading.reason not in codes:
            raise BadInput(
                f"{project.adjudications}: {reading.sentence}: unknown reason {reading.reason!r}",
                hint=f"the schema has {', '.join(sorted(codes))}",
            )
    return readings


def gold(project: Project) -> list[Gold]:
    """Return the gold of every sentence judged in a round that counts, in order of address.

    Raises:
        BadInput: for judgements or third readings that cannot be trusted, naming the first.
        ClaimtypesError: when nothing was judged yet.
    """
    schema = load_schema(project.schema)
    return derive_gold(load_counted(project), load_adjudications(project, schema), schema)


def render_gold(rows: Iterable[Gold]) -> str:
    """Return the gold file's text, the same bytes for the same judgements in any order."""
    return "".join(row.render() + "\n" for row in rows)


def dump_gold(project: Project, rows: Iterable[Gold]) -> None:
    """Write the gold file; nothing is touched when it already holds this."""
    write_text(project.gold, render_gold(rows))


def gold_is_current(project: Project, rows: Iterable[Gold]) -> bool:
    """Whether the gold file is what the judgements and third readings give."""
    text = render_gold(rows)
    return project.gold.exists() and project.gold.read_bytes() == text.encode()
