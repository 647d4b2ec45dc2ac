"""All agreement figures on one set of votes, computed together over the same resamples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from claimtypes.annotation.coefficients import (
    Comparison,
    Floats,
    Integers,
    Tally,
    compare,
    jaccard_distance,
    masi_distance,
    nominal_distance,
    tally,
)
from claimtypes.annotation.figures import (
    AnnotatorAgreement,
    Measure,
    PairAgreement,
    Panel,
    QuestionAgreement,
    SetAgreement,
)
from claimtypes.annotation.resampling import MINIMUM_DOCUMENTS, Statistic, interval, resample
from claimtypes.annotation.rounds import Votes
from claimtypes.records import Annotator

Path = tuple[str, ...]
Measures = Mapping[Path, Measure]


def rounded(value: float) -> float:
    """Return a figure as reports hold it: six places, and never -0.0."""
    return round(float(value), 6) + 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    statistic: Statistic
    reason: str
    sentences: int
    documents: int


@dataclass(frozen=True, slots=True, eq=False)
class _Figures:
    """Figures asked for first and computed together; ``raters`` is who judged at all."""

    votes: Votes
    raters: int
    masi: Floats
    exact: Floats
    binary: Floats
    asked: dict[Path, _Asked] = field(default_factory=dict)

    @classmethod
    def on(cls, votes: Votes) -> _Figures:
        """Begin on the sentences with two votes or more, which alone can agree or not."""
        return cls(
            votes=votes.on(votes.counts >= 2),
            raters=int((votes.codes >= 0).any(axis=0).sum()),
            masi=masi_distance(votes.sets),
            exact=nominal_distance(len(votes.sets)),
            binary=nominal_distance(2),
        )

    def questions(self) -> dict[Path, Integers]:
        """Return the answers (n, m) to detection and to every label: 1, 0, or -1 for missing."""
        answers = {("detection",): self.votes.sets.any(axis=1)} | {
            ("labels", name): self.votes.sets[:, index]
            for index, name in enumerate(self.votes.labels)
        }
        missing = self.votes.codes < 0
        return {
            path: np.where(missing, np.int8(-1), np.take(answer, self.votes.codes).astype(np.int8))
            for path, answer in answers.items()
        }

    def tally(self, codes: Integers, distance: Floats) -> Tally:
        """Sum votes by document."""
        return tally(codes, distance, self.votes.document_of)

    def compare(self, codes: Integers, one: int, rest: list[int], distance: Floats) -> Comparison:
        """Sum one annotator's votes against others' by document."""
        return compare(codes[:, one], codes[:, rest], distance, self.votes.document_of)

    def why_not(self, sums: Tally | Comparison) -> str:
        """Return why nothing can be corrected for chance here, or nothing when it can."""
        if self.raters < 2:
            return "one-annotator"
        if not sums.sentences.sum():
            return "fewer-than-two-votes"
        return "" if sums.varied else "no-variation"

    def ask(
        self, path: Path, statistic: Statistic, sums: Tally | Comparison, reason: str | None = None
    ) -> None:
        """Ask for a figure, or note the reason it cannot be had."""
        why = self.why_not(sums) if reason is None else reason
        self.asked[path] = _Asked(
            statistic, why, int(sums.sentences.sum()), len(sums.documents)
        )  # fmt: skip

    def ask_share(self, path: Path, statistic: Statistic, sums: Tally | Comparison) -> None:
        """Ask for a share of votes, which may be had where no vote differs."""
        why = self.why_not(sums)
        self.ask(path, statistic, sums, "" if why == "no-variation" else why)

    def measures(self, draws: int, seed: int) -> dict[Path, Measure]:
        """Compute all that was asked for."""
        wanted = [path for path, asked in self.asked.items() if not asked.reason]
        points, drawn = resample(
            [self.asked[path].statistic for path in wanted],
            len(self.votes.documents),
            draws=draws if len(self.votes.documents) >= MINIMUM_DOCUMENTS else 0,
            seed=seed,
        )
        row = {path: index for index, path in enumerate(wanted)}
        return {
            path: _measure(path, asked, points[row[path]], drawn[row[path]])
            if path in row
            else Measure(
                ".".join(path), None, None, None, asked.reason, asked.sentences, asked.documents
            )
            for path, asked in self.asked.items()
        }


def _measure(path: Path, asked: _Asked, point: float, drawn: Floats) -> Measure:
    bounds = interval(drawn) if asked.documents >= MINIMUM_DOCUMENTS else None
    few = asked.documents < MINIMUM_DOCUMENTS
    return Measure(
        ".".join(path),
        rounded(point),
        rounded(bounds[0]) if bounds else None,
        rounded(bounds[1]) if bounds else None,
        "" if bounds else "few-documents" if few else "often-undefined",
        asked.sentences,
        asked.documents,
    )


def _ask_sets(figures: _Figures) -> Tally:
    codes = figures.votes.codes
    masi = figures.tally(codes, figures.masi)
    jaccard = figures.tally(codes, jaccard_distance(figures.votes.sets))
    exact = figures.tally(codes, figures.exact)
    figures.ask(("sets", "alpha_masi"), masi.alpha, masi)
    figures.ask(("sets", "alpha_jaccard"), jaccard.alpha, jaccard)
    figures.ask(("sets", "alpha_exact"), exact.alpha, exact)
    figures.ask_share(("sets", "raw_agreement"), exact.raw_agreement, exact)
    figures.ask_share(("sets", "expected_agreement"), exact.expected_agreement, exact)
    return masi


def _ask_question(figures: _Figures, path: Path, answers: Integers) -> None:
    sums = figures.tally(answers, figures.binary)
    figures.ask((*path, "alpha"), sums.alpha, sums)
    figures.ask_share((*path, "raw_agreement"), sums.raw_agreement, sums)
    figures.ask_share((*path, "expected_agreement"), sums.expected_agreement, sums)
    figures.ask((*path, "fleiss_kappa"), sums.fleiss_kappa, sums)
    figures.ask((*path, "gwet_ac1"), sums.gwet_ac1, sums)
    figures.ask_share((*path, "prevalence"), lambda w: sums.prevalence(1, w), sums)
    given = np.flatnonzero((answers >= 0).any(axis=0)).tolist() or [0]
    both = figures.compare(answers, given[0], given[1:2], figures.binary)
    reason = "not-two-annotators" if len(given) > 2 else None
    figures.ask((*path, "cohen_kappa"), both.kappa, both, reason)


def _ask_pair(figures: _Figures, pair: tuple[int, int], questions: Mapping[Path, Integers]) -> None:
    path = _pair_path(figures.votes, pair)
    codes = figures.votes.codes[:, list(pair)]
    masi = figures.tally(codes, figures.masi)
    exact = figures.tally(codes, figures.exact)
    figures.ask((*path, "alpha_masi"), masi.alpha, masi)
    figures.ask_share((*path, "raw_agreement"), exact.raw_agreement, exact)
    for question, answers in questions.items():
        both = figures.compare(answers, pair[0], [pair[1]], figures.binary)
        figures.ask((*path, *question, "cohen_kappa"), both.kappa, both)


def _pair_path(votes: Votes, pair: tuple[int, int]) -> Path:
    return "pairs", votes.annotators[pair[0]], votes.annotators[pair[1]]


def _ask_annotator(figures: _Figures, column: int, whole: Tally) -> None:
    codes = figures.votes.codes
    others = [index for index in range(codes.shape[1]) if index != column]
    path = "annotators", figures.votes.annotators[column]
    against = figures.compare(codes, column, others, figures.masi)
    exact = figures.compare(codes, column, others, figures.exact)
    figures.ask((*path, "kappa_masi"), against.kappa, against)
    figures.ask_share((*path, "raw_agreement"), exact.raw_agreement, exact)
    without = figures.tally(codes[:, others], figures.masi)
    reason = "one-annotator" if figures.raters < 3 else figures.why_not(without)
    figures.ask((*path, "alpha_masi_without"), without.alpha, without, reason)
    reason = reason or figures.why_not(whole)
    figures.ask((*path, "gain"), lambda w: without.alpha(w) - whole.alpha(w), without, reason)


def _question_agreement(measures: Measures, path: Path) -> QuestionAgreement:
    return QuestionAgreement(
        name=path[-1],
        **{
            f.name: measures[(*path, f.name)] for f in fields(QuestionAgreement) if f.name != "name"
        },
    )


def _pair_agreement(votes: Votes, measures: Measures, pair: tuple[int, int]) -> PairAgreement:
    path = _pair_path(votes, pair)
    return PairAgreement(
        first=path[1],
        second=path[2],
        alpha_masi=measures[(*path, "alpha_masi")],
        raw_agreement=measures[(*path, "raw_agreement")],
        detection_kappa=measures[(*path, "detection", "cohen_kappa")],
        label_kappas={
            label: measures[(*path, "labels", label, "cohen_kappa")] for label in votes.labels
        },
    )


def _annotator_agreement(
    votes: Votes, measures: Measures, column: int, annotators: Mapping[str, Annotator]
) -> AnnotatorAgreement:
    name = votes.annotators[column]
    path, known = ("annotators", name), annotators.get(name)
    given = votes.codes[:, column]
    chosen = votes.sets[given[given >= 0]]
    shares = chosen.sum(axis=0) / max(len(chosen), 1)
    return AnnotatorAgreement(
        annotator=name,
        kind=known.kind if known else "",
        model=known.model if known else "",
        n_judged=len(chosen),
        n_prefilled=int(votes.prefilled[:, column].sum()),
        none_rate=rounded((~chosen.any(axis=1)).sum() / max(len(chosen), 1)),
        rates={label: rounded(shares[index]) for index, label in enumerate(votes.labels)},
        kappa_masi=measures[(*path, "kappa_masi")],
        raw_agreement=measures[(*path, "raw_agreement")],
        alpha_masi_without=measures[(*path, "alpha_masi_without")],
        gain=measures[(*path, "gain")],
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
    figures = _Figures.on(votes)
    questions, pairs = figures.questions(), _pairs(votes)
    whole = _ask_sets(figures)
    for path, answers in questions.items():
        _ask_question(figures, path, answers)
    for pair in pairs:
        _ask_pair(figures, pair, questions)
    for column in range(len(votes.annotators)):
        _ask_annotator(figures, column, whole)
    measures = figures.measures(draws, seed)
    return Panel(
        n_judgements=int(votes.counts.sum()),
        n_judged_sentences=int((votes.counts > 0).sum()),
        n_sentences=int(whole.sentences.sum()),
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


def measure_headline(votes: Votes, *, draws: int, seed: int) -> dict[Path, Measure]:
    """Return the alphas alone, under the paths that a panel's measures are named for."""
    figures = _Figures.on(votes)
    masi = figures.tally(figures.votes.codes, figures.masi)
    figures.ask(("sets", "alpha_masi"), masi.alpha, masi)
    for path, answers in figures.questions().items():
        sums = figures.tally(answers, figures.binary)
        figures.ask((*path, "alpha"), sums.alpha, sums)
    return figures.measures(draws, seed)
