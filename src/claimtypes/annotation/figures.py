"""The figures of an agreement report: records, so that every output prints from one dict."""

from __future__ import annotations

from dataclasses import dataclass

from claimtypes.annotation.resampling import MAXIMUM_UNDEFINED, MINIMUM_DOCUMENTS
from claimtypes.records import Record

REASONS = {
    "one-annotator": "one annotator only",
    "one-left": "one annotator would be left",
    "fewer-than-two-votes": "no sentence has two votes",
    "no-variation": "every vote is the same",
    "not-two-annotators": "see the pairs",
    "few-documents": f"no interval from fewer than {MINIMUM_DOCUMENTS} documents",
    "often-undefined": f"no interval: undefined in over {MAXIMUM_UNDEFINED:.0%} of the resamples",
}
"""What each reason means for which a figure, or its interval, is not given."""


@dataclass(frozen=True, slots=True)
class Measure(Record):
    """One figure: ``value`` is null exactly where ``reason`` says why it cannot be had.

    ``low`` and ``high`` bound 95 % of the values over resampled documents; where they are null
    and ``value`` is not, ``reason`` says why there is no interval. ``n_sentences`` and
    ``n_documents`` count what the figure was computed on. Numbers are rounded to six places.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    reason: str
    n_sentences: int
    n_documents: int


@dataclass(frozen=True, slots=True)
class QuestionAgreement(Record):
    """Agreement on one yes-or-no question: one label, or ``detection``, whether there is any.

    ``alpha`` is Krippendorff's, (raw - expected) / (1 - expected) of the two agreements here.
    """

    name: str
    alpha: Measure
    raw_agreement: Measure
    expected_agreement: Measure
    cohen_kappa: Measure
    fleiss_kappa: Measure
    gwet_ac1: Measure
    prevalence: Measure


@dataclass(frozen=True, slots=True)
class SetAgreement(Record):
    """Agreement on whole label sets; raw and expected agreement count equal sets."""

    alpha_masi: Measure
    alpha_jaccard: Measure
    alpha_exact: Measure
    raw_agreement: Measure
    expected_agreement: Measure


@dataclass(frozen=True, slots=True)
class PairAgreement(Record):
    """Agreement of two annotators; the kappas are Cohen's, ``label_kappas`` by label."""

    first: str
    second: str
    alpha_masi: Measure
    raw_agreement: Measure
    detection_kappa: Measure
    label_kappas: dict[str, Measure]


@dataclass(frozen=True, slots=True)
class AnnotatorAgreement(Record):
    """One annotator: what they gave, and how they agree with the rest.

    ``rates`` is the share of their judgements with each label, ``none_rate`` that without any.
    ``kappa_masi`` against the rest is 0 for whoever guesses at their own rates. ``gain`` is how
    much the set-valued alpha rises when they are left out, ``alpha_masi_without`` what it is then.
    """

    annotator: str
    kind: str
    model: str
    n_judged: int
    n_prefilled: int
    none_rate: float
    rates: dict[str, float]
    kappa_masi: Measure
    raw_agreement: Measure
    alpha_masi_without: Measure
    gain: Measure


@dataclass(frozen=True, slots=True)
class Panel(Record):
    """All figures on one set of votes; they are on the ``n_sentences`` with two votes or more."""

    n_judgements: int
    n_judged_sentences: int
    n_sentences: int
    n_documents: int
    sets: SetAgreement
    detection: QuestionAgreement
    labels: tuple[QuestionAgreement, ...]
    pairs: tuple[PairAgreement, ...]
    annotators: tuple[AnnotatorAgreement, ...]
