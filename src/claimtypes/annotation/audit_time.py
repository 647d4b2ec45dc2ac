"""Tests of time: an annotator who drifts, and one who answers faster than anybody reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.evidence import (
    Evidence,
    Floats,
    Suspicion,
    clustered_spread,
    normal_of_t,
    upper_tail,
)

FASTEST_READING = 60.0
"""Letters a second, some 700 words a minute: nobody who reads is faster."""

_MINIMUM = 30
"""Judgements below which an annotator's pace says nothing."""


def suspect_drift(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators whose agreement, or rate of labels, moves in time against the others'.

    The others' answers on the same sentences are subtracted, so that hard or labelled articles
    that came late are no drift. Documents are the units of the test. Either of two annotators
    may be the one who moves: both are named, in the order of time that shows it best.
    """
    votes, counts = evidence.votes, evidence.counts()
    everybody = range(len(votes.annotators))
    found = [s for column in everybody for s in _drift(evidence, column, counts)]
    if len(votes.annotators) > 2:
        yield from found
        return
    who = " or ".join(votes.annotators)
    for what in sorted({s.evidence["what"] for s in found}):
        best = min((s for s in found if s.evidence["what"] == what), key=lambda s: s.chance)
        message = f"{best.message}, in the order in which {best.annotator} judged"
        yield replace(best, annotator=who, chance=min(1.0, 2 * best.chance), message=message)


def _drift(evidence: Evidence, column: int, counts: Floats) -> Iterator[Suspicion]:
    votes, annotator = evidence.votes, evidence.votes.annotators[column]
    moment = evidence.moment[:, column]
    rest = evidence.rest_of(column, counts)
    rows = np.flatnonzero(evidence.judged[:, column] & (rest.sum(axis=1) > 0) & (moment > 0))
    if len(rows) < 4 * _MINIMUM or len(np.unique(moment[rows])) < len(rows) / 10:
        return
    codes, rest = votes.codes[rows, column], rest[rows]
    voters = rest.sum(axis=1)
    similarity = 1 - (rest * evidence.distance[codes]).sum(axis=1) / voters
    similarity -= _mutual_similarity(evidence, rest)
    any_label = np.asarray(votes.sets.any(axis=1), dtype=np.float64)
    others_rate = rest @ any_label / voters
    usual = float(others_rate.mean())
    rank = np.argsort(np.argsort(moment[rows], kind="stable")) / max(len(rows) - 1, 1) - 0.5
    # Effects are held against what there is to lose: raw agreement hardly falls where nearly
    # every set is empty, and a rare label cannot become much rarer.
    for what, values, floor in (
        ("agreement with the others", similarity / _expected_distance(evidence, codes, rest), 0.3),
        ("rate of labels", any_label[codes] - others_rate, 0.4 * math.sqrt(usual * (1 - usual))),
    ):
        slope, z = _trend(rank, values, votes.document_of[rows])
        yield Suspicion(
            id="annotator-drifts",
            annotator=annotator,
            chance=2 * upper_tail(abs(z)),
            matters=abs(slope) >= floor,
            message=f"the {what} of {annotator} moved by {slope:+.2f} from first to last",
            about=evidence.of_annotator(column),
            evidence={"what": what, "change": f"{slope:+.3f}"},
        )


def _mutual_similarity(evidence: Evidence, rest: Floats) -> Floats:
    """Return the mean similarity of every two votes on each sentence; its mean where only one."""
    voters = rest.sum(axis=1)
    apart = ((rest @ evidence.distance) * rest).sum(axis=1)
    pairs = voters * (voters - 1)
    known = pairs > 0
    similarity = 1 - np.divide(apart, pairs, out=np.zeros_like(apart), where=known)
    return np.where(known, similarity, similarity[known].mean() if known.any() else 0.0)


def _expected_distance(evidence: Evidence, codes: NDArray[np.int32], rest: Floats) -> float:
    """Return the mean distance of an annotator's sets to the others' if they were shuffled."""
    own = np.bincount(codes, minlength=len(evidence.distance)) / len(codes)
    others = (rest / rest.sum(axis=1, keepdims=True)).mean(axis=0)
    return float(own @ evidence.distance @ others) or math.inf


def _trend(x: Floats, y: Floats, document_of: NDArray[np.int64]) -> tuple[float, float]:
    """Return the slope of y on x and its normal value.

    Its error comes from leaving out each document in turn: with few of them the usual clustered
    error is too small (Cameron & Miller 2015, section VI).
    """
    _, cluster = np.unique(document_of, return_inverse=True)
    clusters = int(cluster.max()) + 1
    parts = [np.bincount(cluster, values) for values in (np.ones(len(x)), x, y, x * x, x * y)]
    wholes = [part.sum() for part in parts]
    slope = float(_slope(wholes))
    if clusters < 12:
        return slope, 0.0
    without = _slope([whole - part for whole, part in zip(wholes, parts, strict=True)])
    error = math.sqrt(float(((without - slope) ** 2).sum()) * (clusters - 1) / clusters)
    return slope, normal_of_t(slope / error, clusters - 2) if error else 0.0


def _slope(sums: Sequence[Floats]) -> Floats:
    number, x, y, xx, xy = sums
    result: Floats = (xy - x * y / number) / (xx - x * x / number)
    return result


def suspect_haste(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators who answer faster than anybody reads, where the others do not."""
    least = np.maximum(0.5, evidence.letters / FASTEST_READING)[:, None]
    timed = evidence.judged & ~np.isnan(evidence.seconds) & ~np.isnan(least)
    fast = timed & (evidence.seconds < least)
    for column, annotator in enumerate(evidence.votes.annotators):
        number = int(timed[:, column].sum())
        if number < _MINIMUM or annotator in evidence.machines:
            continue
        others = [c for c in range(timed.shape[1]) if c != column]
        pace = fast[:, others].sum() / max(timed[:, others].sum(), 1)
        usual = max(0.03, float(pace) if others else 0.0)
        share = fast[:, column].sum() / number
        spread = clustered_spread(evidence, fast[:, column], timed[:, column], usual)
        median = float(np.median(evidence.seconds[timed[:, column], column]))
        yield Suspicion(
            id="too-fast",
            annotator=annotator,
            chance=upper_tail((share - usual) / spread),
            matters=bool(share >= max(0.1, 3 * usual)),
            message=f"{annotator} answered {share:.0%} of {number} sentences faster than anybody "
            "reads",
            about=evidence.of_annotator(column, fast[:, column]),
            evidence={"fast": f"{share:.3f}", "median_seconds": f"{median:.2f}"},
        )
