"""One figure with its interval, and how any figure made of sums gets one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from claimtypes.annotation.resampling import MINIMUM_DOCUMENTS, document_weights, interval
from claimtypes.models.bootstrap import REPLICATES, SEED, sum_by_document
from claimtypes.models.metrics import Floats
from claimtypes.records import Record

REASONS = {
    "few-documents": f"no interval from fewer than {MINIMUM_DOCUMENTS} documents",
    "few-sentences": "too few sentences to score",
    "inflated": "no interval: resampling inflates it",
    "label-absent": "a label does not occur here",
    "no-positive": "the label does not occur here",
    "no-variation": "the label is the same everywhere here",
    "nothing-predicted": "never predicted here",
    "never-there-nor-predicted": "neither occurs nor predicted here",
    "no-votes": "no votes to compare with",
    "often-undefined": "no interval: undefined in many resamples",
}
"""What each reason means for which a figure, or its interval, is not given."""

PLACES = 6
# Sums of multiples of this are exact in any order, so that threads cannot change a bit.
_GRAIN = 2.0**-30


@dataclass(frozen=True, slots=True)
class Score(Record):
    """One figure: ``value`` is null exactly where ``reason`` says why it cannot be had.

    ``low`` and ``high`` bound 95 % of the values over resampled documents; where they are null
    and ``value`` is not, ``reason`` says why. Rounded to six places.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def round_score(value: float) -> float | None:
    """Return a number rounded as every figure is; None for nan."""
    return None if np.isnan(value) else round(float(value), PLACES) + 0.0


def score_of(point: float, draws: Floats, documents: int, reason: str) -> Score:
    """Return a figure with its interval; ``reason`` is why it is undefined where it is."""
    if np.isnan(point):
        return Score(None, reason=reason)
    if documents < MINIMUM_DOCUMENTS:
        return Score(round_score(point), reason="few-documents")
    bounds = interval(draws)
    if bounds is None:
        return Score(round_score(point), reason="often-undefined")
    return Score(round_score(point), round_score(bounds[0]), round_score(bounds[1]))


def resampled(
    values: Floats,
    documents: Sequence[str],
    figures: Callable[[Floats], Floats],
    reasons: Sequence[str],
    *,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> list[Score]:
    """Return figures made of sums over sentences, with intervals that resample documents.

    ``values`` [n, m] are summed; ``figures`` turns sums [b, m] into [f, b]; ``reasons`` [f] are
    why each is undefined where it is.
    """
    grains = np.round(values / _GRAIN) * _GRAIN
    sums, count = sum_by_document(grains, documents)
    points = figures(np.ones((1, count)) @ sums)[:, 0]
    drawn = np.concatenate(
        [figures(weights @ sums) for weights in document_weights(count, draws, seed)], axis=1
    )
    return [score_of(points[i], drawn[i], count, reason) for i, reason in enumerate(reasons)]
