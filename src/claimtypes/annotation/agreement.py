"""Agreement between annotators, right for mostly-empty label sets inside documents.

Every figure is pooled over documents and its interval comes from resampling documents, because
sentences of one article are judged alike. An empty label set is a value like any other. What
cannot be computed has a reason instead of a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from claimtypes.annotation.figures import Measure, Panel
from claimtypes.annotation.panel import measure_alphas, measure_panel
from claimtypes.annotation.rounds import Votes, load_annotators, load_votes
from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.articles import load_articles
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project
from claimtypes.records import Annotator, Article, Record

DRAWS = 1000
SEED = 20261123

BREAKDOWNS: dict[str, Callable[[Article], str]] = {
    "source": lambda article: article.publisher,
    "origin": lambda article: article.origin,
    "genre": lambda article: article.genre,
}
"""What `agree` can break down by, and where an article says it."""


@dataclass(frozen=True, slots=True)
class GroupAgreement(Record):
    """The alphas on the documents of one source, origin or genre."""

    name: str
    alpha_masi: Measure
    detection_alpha: Measure
    label_alphas: dict[str, Measure]


@dataclass(frozen=True, slots=True)
class AgreementReport(Record):
    """What `agree` found; every table, page and card prints from ``to_dict`` of this.

    ``every`` is on all votes; ``unaided`` on those no suggestion preceded, null where every
    vote is one of them. ``round`` is empty for all rounds together.
    """

    round: str
    schema_version: str
    labels: tuple[str, ...]
    draws: int
    seed: int
    n_prefilled: int
    every: Panel
    unaided: Panel | None = None
    by: str = ""
    groups: tuple[GroupAgreement, ...] = ()


def _group(votes: Votes, name: str, *, draws: int, seed: int) -> GroupAgreement:
    measures = measure_alphas(votes, draws=draws, seed=seed)
    return GroupAgreement(
        name,
        measures["sets", "alpha_masi"],
        measures["detection", "alpha"],
        {label: measures["labels", label, "alpha"] for label in votes.labels},
    )


def measure_groups(
    votes: Votes, group_of: Mapping[str, str], *, draws: int = DRAWS, seed: int = SEED
) -> tuple[GroupAgreement, ...]:
    """Return the alphas for each group of documents, groups in order of name.

    ``group_of`` maps documents to their group; those it lacks form the group ``""``.
    """
    names = np.array([group_of.get(document, "") for document in votes.documents], dtype=object)
    of_sentence = names[votes.document_of]
    return tuple(
        _group(votes.on(of_sentence == name), name, draws=draws, seed=seed)
        for name in sorted(set(names.tolist()))
    )


def measure_agreement(
    votes: Votes,
    annotators: Mapping[str, Annotator] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> tuple[Panel, Panel | None]:
    """Return all figures on all votes, and on those without a suggestion where there are such.

    ``draws`` resamples of documents give the intervals, the same ones for the same ``seed``.
    """
    known = annotators or {}
    every = measure_panel(votes, known, draws=draws, seed=seed)
    if not votes.prefilled.any():
        return every, None
    unaided = votes.without(votes.prefilled)
    return every, measure_panel(unaided, known, draws=draws, seed=seed)


def agree(
    project: Project,
    round: str | None = None,  # noqa: A002 - the record's name for it
    *,
    by: str | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> AgreementReport:
    """Measure the agreement of a project's annotators, in all rounds or one.

    ``by`` is ``source``, ``origin`` or ``genre`` and adds the alphas for each.

    Raises:
        BadInput: for judgements that cannot be read, a label the schema does not have, or a
            second judgement of one annotator on one sentence, naming both.
        ClaimtypesError: when there is no such round or breakdown, or nothing was judged yet.
    """
    if by is not None and by not in BREAKDOWNS:
        raise ClaimtypesError(f"no breakdown by {by}", hint=f"there is {', '.join(BREAKDOWNS)}")
    schema = load_schema(project.schema)
    votes = load_votes(project, schema, round)
    every, unaided = measure_agreement(votes, load_annotators(project), draws=draws, seed=seed)
    groups: tuple[GroupAgreement, ...] = ()
    if by is not None:
        group_of = {article.id: BREAKDOWNS[by](article) for article in load_articles(project)}
        groups = measure_groups(votes, group_of, draws=draws, seed=seed)
    return AgreementReport(
        round=round or "",
        schema_version=schema.version,
        labels=schema.names,
        draws=draws,
        seed=seed,
        n_prefilled=int(votes.prefilled.sum()),
        every=every,
        unaided=unaided,
        by=by or "",
        groups=groups,
    )
