"""All agreement figures on one set of votes, computed together over the same resamples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from claimtypes.annotation.coefficients import (
    DocumentSums,
    Integers,
    VoteTotals,
    jaccard_distance,
    masi_distance,
    nominal_distance,
)
from claimtypes.annotation.figures import (
    AnnotatorAgreement,
    Measure,
    PairAgreement,
    Panel,
    QuestionAgreement,
    SetAgreement,
)
from claimtypes.annotation.measuring import Figures, Measures, Name, rounded
from claimtypes.annotation.rounds import Votes
from claimtypes.records import Annotator

_YES_NO = nominal_distance(2)


def _questions(votes: Votes) -> dict[Name, Integers]:
    """Return the answers (n, m) to detection and to every label: 1, 0, or -1 for missing."""
    answers: dict[Name, Integers] = {
        ("detection",): np.asarray(votes.sets.any(axis=1), dtype=np.int8)
    }
    for index, label in enumerate(votes.labels):
        answers["labels", label] = votes.sets[:, index].astype(np.int8)
    missing = votes.codes < 0
    # A code of -1 picks the last set here, whose answer is then overwritten.
    return {
        name: np.where(missing, np.int8(-1), answer[votes.codes])
        for name, answer in answers.items()
    }


def _ask_sets(figures: Figures) -> DocumentSums[VoteTotals]:
    codes, sets = figures.votes.codes, figures.votes.sets
    masi = figures.tally(codes, masi_distance(sets))
    jaccard = figures.tally(codes, jaccard_distance(sets))
    exact = figures.tally(codes, nominal_distance(len(sets)))
    figures.ask(("sets",), masi, {"alpha_masi": lambda t: t.alpha})
    figures.ask(("sets",), jaccard, {"alpha_jaccard": lambda t: t.alpha})
    figures.ask(
        ("sets",),
        exact,
        {"alpha_exact": lambda t: t.alpha},
        {
            "raw_agreement": lambda t: t.raw_agreement,
            "expected_agreement": lambda t: t.expected_agreement,
        },
    )
    return masi


def _ask_question(figures: Figures, name: Name, answers: Integers) -> None:
    figures.ask(
        name,
        figures.tally(answers, _YES_NO),
        {
            "alpha": lambda t: t.alpha,
            "fleiss_kappa": lambda t: t.fleiss_kappa,
            "gwet_ac1": lambda t: t.gwet_ac1,
        },
        {
            "raw_agreement": lambda t: t.raw_agreement,
            "expected_agreement": lambda t: t.expected_agreement,
            "prevalence": lambda t: t.prevalence,
        },
    )
    given = np.flatnonzero((answers >= 0).any(axis=0)).tolist() or [0]
    both = figures.compare(answers, given[0], given[1:2], _YES_NO)
    reason = "not-two-annotators" if len(given) > 2 else ""
    figures.ask(name, both, {"cohen_kappa": lambda t: t.kappa}, reason=reason)


def _pair_name(votes: Votes, pair: tuple[int, int]) -> Name:
    return "pairs", votes.annotators[pair[0]], votes.annotators[pair[1]]


def _ask_pair(figures: Figures, pair: tuple[int, int], questions: Mapping[Name, Integers]) -> None:
    name, sets = _pair_name(figures.votes, pair), figures.votes.sets
    codes = figures.votes.codes[:, list(pair)]
    masi = figures.tally(codes, masi_distance(sets))
    exact = figures.tally(codes, nominal_distance(len(sets)))
    figures.ask(name, masi, {"alpha_masi": lambda t: t.alpha})
    figures.ask(name, exact, {}, {"raw_agreement": lambda t: t.raw_agreement})
    for question, answers in questions.items():
        both = figures.compare(answers, pair[0], [pair[1]], _YES_NO)
        figures.ask((*name, *question), both, {"cohen_kappa": lambda t: t.kappa})


def _ask_annotator(figures: Figures, column: int) -> None:
    codes, sets = figures.votes.codes, figures.votes.sets
    others = [index for index in range(codes.shape[1]) if index != column]
    name = "annotators", figures.votes.annotators[column]
    against = figures.compare(codes, column, others, masi_distance(sets))
    exact = figures.compare(codes, column, others, nominal_distance(len(sets)))
    figures.ask(name, against, {"kappa_masi": lambda t: t.kappa})
    figures.ask(name, exact, {}, {"raw_agreement": lambda t: t.raw_agreement})
    without = figures.tally(codes[:, others], masi_distance(sets))
    reason = "one-left" if figures.raters == 2 else ""
    figures.ask(name, without, {"alpha_masi_without": lambda t: t.alpha}, reason=reason)
    figures.differences[*name, "gain"] = (*name, "alpha_masi_without"), ("sets", "alpha_masi")


def _question_agreement(measures: Measures, name: Name) -> QuestionAgreement:
    return QuestionAgreement(
        name=name[-1],
        **{
            f.name: measures[(*name, f.name)] for f in fields(QuestionAgreement) if f.name != "name"
        },
    )


def _pair_agreement(votes: Votes, measures: Measures, pair: tuple[int, int]) -> PairAgreement:
    name = _pair_name(votes, pair)
    return PairAgreement(
        first=name[1],
        second=name[2],
        alpha_masi=measures[(*name, "alpha_masi")],
        raw_agreement=measures[(*name, "raw_agreement")],
        detection_kappa=measures[(*name, "detection", "cohen_kappa")],
        label_kappas={
            label: measures[(*name, "labels", label, "cohen_kappa")] for label in votes.labels
        },
    )


def _annotator_agreement(
    votes: Votes, measures: Measures, column: int, annotators: Mapping[str, Annotator]
) -> AnnotatorAgreement:
    name = "annotators", votes.annotators[column]
    known = annotators.get(name[1])
    given = votes.codes[:, column]
    chosen = votes.sets[given[given >= 0]]
    shares = chosen.sum(axis=0) / max(len(chosen), 1)
    return AnnotatorAgreement(
        annotator=name[1],
        kind=known.kind if known else "",
        model=known.model if known else "",
        n_judged=len(chosen),
        n_prefilled=int(votes.prefilled[:, column].sum()),
        none_rate=rounded((~chosen.any(axis=1)).sum() / max(len(chosen), 1)),
        rates={label: rounded(shares[index]) for index, label in enumerate(votes.labels)},
        kappa_masi=measures[(*name, "kappa_masi")],
        raw_agreement=measures[(*name, "raw_agreement")],
        alpha_masi_without=measures[(*name, "alpha_masi_without")],
        gain=measures[(*name, "gain")],
    )


def _pairs(votes: Votes) -> list[tuple[int, int]]:
    """Return the pairs of annotators with a sentence in common."""
    judged = (votes.codes >= 0).astype(np.float64)
    first, second = np.nonzero(np.triu(judged.T @ judged, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def measure_panel(
    votes: Votes, annotators: Mapping[str, Annotator], *, draws: int, seed: int
) -> Panel:
    """Return every figure on these votes, each with its interval over ``draws`` resamples."""
    figures = Figures.on(votes)
    questions, pairs = _questions(figures.votes), _pairs(votes)
    whole = _ask_sets(figures)
    for name, answers in questions.items():
        _ask_question(figures, name, answers)
    for pair in pairs:
        _ask_pair(figures, pair, questions)
    for column in range(len(votes.annotators)):
        _ask_annotator(figures, column)
    measures = figures.measures(draws, seed)
    return Panel(
        n_judgements=int(votes.counts.sum()),
        n_judged_sentences=int((votes.counts > 0).sum()),
        n_sentences=whole.sentences,
        n_documents=len(whole.documents),
        sets=SetAgreement(**{f.name: measures["sets", f.name] for f in fields(SetAgreement)}),
        detection=_question_agreement(measures, ("detection",)),
        labels=tuple(_question_agreement(measures, ("labels", name)) for name in votes.labels),
        pairs=tuple(_pair_agreement(votes, measures, pair) for pair in pairs),
        annotators=tuple(
            _annotator_agreement(votes, measures, column, annotators)
            for column in range(len(votes.annotators))
        ),
    )


def measure_alphas(votes: Votes, *, draws: int, seed: int) -> dict[Name, Measure]:
    """Return the alphas alone, under the names a panel's measures have."""
    figures = Figures.on(votes)
    masi = figures.tally(figures.votes.codes, masi_distance(votes.sets))
    figures.ask(("sets",), masi, {"alpha_masi": lambda t: t.alpha})
    for name, answers in _questions(figures.votes).items():
        figures.ask(name, figures.tally(answers, _YES_NO), {"alpha": lambda t: t.alpha})
    return figures.measures(draws, seed)
