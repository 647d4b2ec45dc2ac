"""A model's labels for a project's own sentences, at the addresses they have there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.models.model import Model
from claimtypes.models.predict import Labelled, predict
from claimtypes.models.reading import Cut
from claimtypes.project import Project


def suggest(model: Model, project: Project) -> Iterator[Labelled]:
    """Label a project's annotated sentences in their order, those without a text left out."""
    return (row for row in predict(model, _cuts(project)) if row.cut.annotated)


def _cuts(project: Project) -> Iterator[Cut]:
    titles = {article.id: article.title for article in load_articles(project)}
    for name, group in groupby(load_sentences(project), key=lambda s: s.article):
        sentences = list(group)
        count, seen = sum(s.annotated for s in sentences), 0
        for sentence in sentences:
            if sentence.text is None:
                continue
            heading = sentences[sentence.section].text if sentence.section >= 0 else ""
            yield Cut(
                article=name,
                start=sentence.start,
                end=sentence.end,
                text=sentence.text,
                kind=sentence.kind,
                annotated=sentence.annotated,
                paragraph=sentence.paragraph,
                heading=heading or "",
                title=titles[name],
                position=seen / max(count - 1, 1) if sentence.annotated else 0.0,
            )
            seen += sentence.annotated
