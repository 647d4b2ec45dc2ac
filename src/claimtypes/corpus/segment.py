"""Articles cut into sentences at addresses that never move once somebody has judged them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.boundaries import SEGMENTATION, sentence_spans
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import ANNOTATED_KINDS, Article, Hydrated, Judgement, Sentence
from claimtypes.store import dump_jsonl, load_jsonl


def segment(article: Article) -> tuple[Sentence, ...]:
    """Cut an article into sentences; headings, bylines and the like stay whole.

    Raises:
        BadInput: when the article's text is withheld.
    """
    if article.text is None:
        raise BadInput(f"{article.id}: its text is withheld", hint="claimtypes ingest the source")
    sentences: list[Sentence] = []
    section = -1
    for paragraph, block in enumerate(article.blocks):
        text = article.text[block.start : block.end]
        lead = len(text) - len(text.lstrip())
        spans = (
            sentence_spans(text) if block.kind in ANNOTATED_KINDS else [(lead, len(text.rstrip()))]
        )
        if block.kind == "heading":
            section = len(sentences)
        for start, end in spans:
            folded = letters(text[start:end])
            sentences.append(
                Sentence(
                    article=article.id,
                    start=block.start + start,
                    end=block.start + end,
                    kind=block.kind,
                    section=section,
                    paragraph=paragraph,
                    index=len(sentences),
                    letters=len(folded),
                    fingerprint=fingerprint(folded, article.sha256),
                    segmentation=SEGMENTATION,
                    text=text[start:end],
                )
            )
    return tuple(sentences)


def judged_sentences(project: Project) -> set[str]:
    """Return the addresses that some round holds a judgement on."""
    return {
        judgement.sentence
        for path in sorted(project.rounds.glob("*.jsonl"))
        for judgement in load_jsonl(path, Judgement)
    }


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What `segment_project` did: counts of articles newly cut, kept, and kept at old rules."""

    cut: int
    kept: int
    held: tuple[str, ...]
    sentences: int


def segment_project(project: Project, *, again: bool = False) -> Segmentation:
    """Cut the articles that have no sentences yet and write ``corpus/sentences.jsonl``.

    With ``again`` every article is cut by today's rules, except those with a judged sentence:
    they are held as they are, so that no judgement ever moves.
    """
    stored: dict[str, list[Sentence]] = {}
    if project.sentences.exists():
        for sentence in load_jsonl(project.sentences, Sentence):
            stored.setdefault(sentence.article, []).append(sentence)
    judged = {address.rpartition(":")[0] for address in judged_sentences(project)}
    cut, held, rows = 0, [], []
    for article in track(list(load_articles(project)), "segmenting"):
        old = stored.get(article.id)
        if old and (not again or article.id in judged or article.text is None):
            rows.extend(old)
            if again and any(s.segmentation != SEGMENTATION for s in old):
                held.append(article.id)
            continue
        rows.extend(replace(sentence, text=None) for sentence in segment(article))
        cut += 1
    dump_jsonl(project.sentences, rows, key=lambda s: (s.article, s.index))
    kept = len({row.article for row in rows}) - cut
    return Segmentation(cut=cut, kept=kept, held=tuple(held), sentences=len(rows))


def load_hydrated(project: Project) -> dict[str, str]:
    """Return the texts of withheld sentences that `hydrate` found, by address."""
    if not project.hydrated.exists():
        return {}
    return {row.sentence: row.text for row in load_jsonl(project.hydrated, Hydrated)}


def load_sentences(project: Project) -> Iterator[Sentence]:
    """Yield every sentence in order, with its text where it is shipped or was hydrated.

    Raises:
        BadInput: when the project has no sentences yet.
    """
    if not project.sentences.exists():
        raise BadInput(f"{project.sentences} does not exist", hint="claimtypes segment")
    texts = {a.id: a.text for a in load_articles(project) if a.text is not None}
    hydrated = load_hydrated(project)
    for sentence in load_jsonl(project.sentences, Sentence):
        whole = texts.get(sentence.article)
        text = whole[sentence.start : sentence.end] if whole else hydrated.get(sentence.id)
        yield replace(sentence, text=text)
