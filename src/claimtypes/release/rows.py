"""The rows of a release's tables, made from one article's records at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from claimtypes.annotation.adjudication import votes_digest
from claimtypes.corpus.articles import load_article
from claimtypes.corpus.split_rows import SplitRow
from claimtypes.errors import BadInput
from claimtypes.records import Adjudication, Article, ContrastItem, Gold, Judgement, Sentence
from claimtypes.release.columns import GOLD_SOURCES
from claimtypes.release.source import Source
from claimtypes.store import sha256_bytes

Row = dict[str, Any]

NORMALISATION = "letters-1"
"""Version of the folding that fingerprints are taken over; see ``corpus/fingerprint.py``."""

OPEN_LICENCES = (
    "CC0-1.0", "CC-BY-", "CC-BY-SA-", "CC-BY-NC-", "PDDL-", "ODC-By-", "MIT", "Apache-2.0",
    "OGL-UK-", "LicenseRef-public-domain", "public domain",
)  # fmt: skip
"""How the licences begin under which a text may be shipped; any other withholds it."""


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """One article's rows, by table."""

    document: Row
    sentences: list[Row]
    annotations: list[Row]
    adjudications: list[Row]


def redistributable(licence: str) -> bool:
    """Whether a licence lets a release ship the text."""
    return licence.startswith(OPEN_LICENCES)


def _label_cells(labels: Sequence[str] | None, names: Sequence[str]) -> Row:
    if labels is None:
        return {"labels": None} | dict.fromkeys(names)
    chosen = set(labels)
    return {"labels": [i for i, name in enumerate(names) if name in chosen]} | {
        name: name in chosen for name in names
    }


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{where}: {text!r} is no ISO 8601 time", hint="claimtypes check") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _document(article: Article, placement: SplitRow, sentences: Sequence[Sentence]) -> Row:
    return {
        "document_id": article.id,
        "title": article.title,
        "publisher": article.publisher,
        "url": article.url or None,
        "published": _day(article.published),
        "retrieved_at": article.retrieved or None,
        "language": article.language,
        "license": article.licence,
        "redistributable": article.text is not None,
        "text": article.text,
        "text_sha256": article.sha256,
        "normalisation_version": NORMALISATION,
        "segmentation_version": sentences[0].segmentation if sentences else "",
        "n_sentences": sum(s.annotated for s in sentences),
        "origin": article.origin,
        "genre": article.genre or None,
        "event": article.event or None,
        "case": article.case or None,
        "countries": list(article.countries),
        "obtained": article.obtained or None,
        "split": placement.split.replace("-", "_"),
        "group": placement.group,
    }


def _sentence(
    sentence: Sentence, text: str | None, heading: str | None, gold: Gold | None,
    names: Sequence[str],
) -> Row:  # fmt: skip
    votes = [set(v) for v in gold.votes.values()] if gold else []
    decided = gold is not None and gold.labels is not None
    return {
        "sentence_id": sentence.id,
        "document_id": sentence.article,
        "sentence_index": sentence.index,
        "char_start": sentence.start,
        "char_end": sentence.end,
        "text": text,
        "text_sha256_16": None if text is None else sha256_bytes(text.encode())[:16],
        "label_votes": [sum(name in v for v in votes) for name in names],
        "n_annotators": len(votes),
        "gold_source": GOLD_SOURCES.index(gold.how) if gold and decided else None,
        "is_gold": decided,
        "paragraph_index": sentence.paragraph,
        "kind": sentence.kind,
        "heading": heading,
        "letters": sentence.letters,
        "fingerprint": sentence.fingerprint,
    } | _label_cells(gold.labels if gold else None, names)


def _annotation(judgement: Judgement, annotator: str, names: Sequence[str]) -> Row:
    key = f"{judgement.sentence} {annotator} {judgement.round}"
    return {
        "annotation_id": sha256_bytes(key.encode())[:24],
        "sentence_id": judgement.sentence,
        "document_id": judgement.sentence.rpartition(":")[0],
        "annotator_id": annotator,
        "round": judgement.round,
        "guideline_version": judgement.guideline_version,
        "schema_version": judgement.schema_version,
        "lead_time_seconds": judgement.seconds,
        "created_at": _moment(judgement.at, judgement.sentence),
        "was_preannotated": judgement.origin != "manual",
        "preannotation_model": judgement.model or None,
    } | _label_cells(judgement.labels, names)


def _adjudication(
    source: Source, gold: Gold, decisions: Mapping[tuple[str, str], Adjudication]
) -> Row:
    decision = decisions.get((gold.sentence, votes_digest(gold.votes)))
    if decision is None:
        raise BadInput(
            f"{source.project.gold}: {gold.sentence} is adjudicated, "
            "but no adjudication on its votes is recorded",
            hint="claimtypes gold",
        )
    votes = {source.pseudonym(name): labels for name, labels in gold.votes.items()}
    return {
        "sentence_id": gold.sentence,
        "document_id": gold.sentence.rpartition(":")[0],
        "adjudicator_id": source.pseudonym(decision.adjudicator),
        "reason": decision.reason,
        "votes_digest": votes_digest(votes),
        "guideline_version": decision.guideline_version,
        "schema_version": decision.schema_version,
        "created_at": _moment(decision.at, gold.sentence),
    } | _label_cells(decision.labels, source.schema.names)


def _shippable(source: Source, placement: SplitRow) -> Article:
    """Load an article, its text taken away where its licence does not let it be shipped."""
    path = source.project.articles / f"{placement.article}.md"
    if not path.exists():
        raise BadInput(f"{path} does not exist", hint="claimtypes ingest, or claimtypes split")
    article = load_article(path)
    return article if redistributable(article.licence) else replace(article, text=None)


def article_rows(source: Source, placement: SplitRow) -> ArticleRows:
    """Return one article's rows in order of position.

    Raises:
        BadInput: naming the file and sentence, for anything that does not fit together.
    """
    names = source.schema.names
    article = _shippable(source, placement)
    sentences = source.sentences(article.id)
    gold = source.gold(article.id)
    judgements = source.judgements(article.id)
    decisions = source.adjudications(article.id)

    def text_of(sentence: Sentence) -> str | None:
        return None if article.text is None else article.text[sentence.start : sentence.end]

    headings = {s.index: text_of(s) for s in sentences if s.kind == "heading"}
    annotated = [s for s in sentences if s.annotated]
    if strays := sorted((set(gold) | set(judgements)) - {s.id for s in annotated}):
        raise BadInput(
            f"{source.project.sentences}: no sentence {strays[0]}, which has been judged",
            hint="claimtypes check",
        )
    return ArticleRows(
        document=_document(article, placement, sentences),
        sentences=[
            _sentence(s, text_of(s), headings.get(s.section), gold.get(s.id), names)
            for s in annotated
        ],
        annotations=[
            _annotation(j, source.pseudonym(j.annotator), names)
            for s in annotated
            for j in judgements.get(s.id, ())
        ],
        adjudications=[
            _adjudication(source, gold[s.id], decisions)
            for s in annotated
            if s.id in gold and gold[s.id].how == "adjudicated"
        ],
    )


def contrast_rows(items: Iterable[ContrastItem], names: Sequence[str]) -> list[Row]:
    """Return the rows of the contrast table, in order of id."""
    return [
        {
            "item_id": item.id,
            "pair_id": item.pair,
            "suite": item.suite,
            "edit": item.edit,
            "before": item.before,
            "text": item.text,
            "after": item.after,
        }
        | _label_cells(item.labels, names)
        for item in sorted(items, key=lambda i: i.id)
    ]
