"""Tests of annotators: agreement no better than chance, habits, drift, haste, waving through."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.coefficients import compare
from claimtypes.annotation.evidence import (
    Evidence,
    Floats,
    Suspicion,
    normal_of_t,
    upper_tail,
)
from claimtypes.annotation.resampling import document_weights, interval

DRAWS = 1000
SEED = 20261123

FASTEST_READING = 60.0
"""Letters a second, some 700 words a minute: nobody who reads is faster."""

_MINIMUM = 30
"""Judgements below which an annotator's habits say nothing."""


def suspect_guessing(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield, for each annotator, whether agreement with the rest includes chance.

    It must also lie far below what the others reach among themselves, so that a hard task or
    little data is nobody's fault. With two annotators nobody can tell which of them it is.
    """
    votes = evidence.votes
    weights = np.concatenate(list(document_weights(len(votes.documents), DRAWS, SEED)))
    for column, annotator in enumerate(votes.annotators):
        others = [c for c in range(len(votes.annotators)) if c != column]
        if len(others) < 2 or evidence.judged[:, column].sum() < _MINIMUM:
            continue
        sums = compare(
            votes.codes[:, column], votes.codes[:, others], evidence.distance, votes.document_of
        )
        if not sums.varied or len(sums.documents) < 5:
            continue
        own = float(sums.totals().kappa[0])
        drawn = sums.totals(weights).kappa
        bounds = interval(drawn)
        rest = evidence.alpha(evidence.of_annotator(column))
        if bounds is None or not rest > 0:
            continue
        spread = float(np.nanstd(drawn))
        yield Suspicion(
            id="annotator-at-chance",
            severity="error",
            annotator=annotator,
            chance=upper_tail((0.5 * rest - own) / spread) if spread else 1.0,
            matters=bounds[0] <= 0,
            message=f"agreement of {annotator} with the rest includes chance",
            about=evidence.of_annotator(column),
            evidence={
                "kappa_masi": f"{own:.3f}",
                "interval": f"{bounds[0]:.3f} to {bounds[1]:.3f}",
                "alpha_of_the_others": f"{rest:.3f}",
            },
        )


def _given(evidence: Evidence, columns: list[int]) -> tuple[Floats, Floats]:
    """Return shares of ``columns`` giving each label or any, (n, k + 1), and votes, (n,)."""
    sets = np.column_stack((evidence.votes.sets, evidence.votes.sets.any(axis=1)))
    total = np.zeros((len(evidence.votes.sentences), sets.shape[1]))
    votes = np.zeros(len(total))
    for column in columns:
        codes = evidence.votes.codes[:, column]
        given = np.flatnonzero(codes >= 0)
        total[given] += sets[codes[given]]
        votes[given] += 1
    return total / np.maximum(votes, 1)[:, None], votes


def _misses(evidence: Evidence, columns: list[int]) -> Floats:
    """Return how often ``columns`` lack a label that somebody gave, as a likelihood, (k + 1,).

    Smoothed, and never below one half: one theme overlooked makes many misses.
    """
    labels = evidence.votes.sets.shape[1] + 1
    missed, chances = np.ones(labels), np.full(labels, 2.0)
    for column in columns:
        own, own_votes = _given(evidence, [column])
        rest, votes = _given(evidence, [c for c in columns if c != column])
        both = (own_votes > 0) & (votes > 0)
        due = rest[both] > 0.5
        missed += (due & (own[both] == 0)).sum(axis=0)
        chances += due.sum(axis=0)
    return np.asarray(np.maximum(missed / chances, 0.5))


def suspect_habits(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators who never give a label that the others gave to the same sentences."""
    names = (*evidence.votes.labels, "")
    everybody = range(len(evidence.votes.annotators))
    for column, annotator in enumerate(evidence.votes.annotators):
        others = [c for c in everybody if c != column]
        own, own_votes = _given(evidence, [column])
        rest, votes = _given(evidence, others)
        both = (own_votes > 0) & (votes > 0)
        if not others or both.sum() < _MINIMUM:
            continue
        misses = _misses(evidence, others)
        given = own[both].sum(axis=0)
        for index in [len(names) - 1] if not given[-1] else range(len(names) - 1):
            due = rest[both][:, index] > 0.5
            logarithm = due.sum() * math.log(misses[index])
            name = names[index]
            yield Suspicion(
                id="label-never-given" if name else "always-none",
                severity="warning",
                annotator=annotator,
                chance=min(1.0, math.exp(logarithm)) if not given[index] else 1.0,
                matters=True,
                message=f"{annotator} never gives {name or 'any label'}, which the others gave to "
                f"{due.sum()} of the same sentences",
                about=evidence.of_annotator(column),
                evidence={"label": name, "given_by_others": str(int(due.sum()))},
            )


def suspect_waving_through(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators who change suggestions far more rarely than the others."""
    changed = (evidence.suggestion == 2) & evidence.judged
    offered = (evidence.suggestion > 0) & evidence.judged
    columns = [c for c in range(offered.shape[1]) if offered[:, c].sum() >= _MINIMUM]
    for column in columns:
        others = [c for c in columns if c != column]
        if not others:
            continue
        shares = [changed[:, c].sum() / offered[:, c].sum() for c in others]
        usual = min(shares)
        own = changed[:, column].sum() / offered[:, column].sum()
        # The most reluctant of the others sets the bar: people differ in what they accept.
        expected = 0.3 * usual
        number = offered[:, column].sum()
        spread = _clustered_spread(evidence, changed[:, column], offered[:, column], expected)
        name = evidence.votes.annotators[column]
        yield Suspicion(
            id="suggestions-waved-through",
            severity="warning",
            annotator=name,
            chance=upper_tail((expected - own) / spread) if spread else 1.0,
            matters=bool(own < 0.15 * float(np.median(shares)) and usual >= 0.05),
            message=f"{name} kept {1 - own:.0%} of {number} suggestions, the others "
            f"{1 - max(shares):.0%} to {1 - usual:.0%}",
            about=evidence.of_annotator(column, offered[:, column]),
            evidence={"kept": f"{1 - own:.3f}", "kept_by_others": f"{1 - np.median(shares):.3f}"},
        )


def _clustered_spread(
    evidence: Evidence, hits: NDArray[np.bool_], among: NDArray[np.bool_], share: float
) -> float:
    """Return the standard error of a share, at least binomial, documents as clusters."""
    rows = np.flatnonzero(among)
    residual = hits[rows] - hits[rows].mean()
    sums = np.bincount(evidence.votes.document_of[rows], residual)
    return max(
        math.sqrt(float((sums**2).sum())) / len(rows), math.sqrt(share * (1 - share) / len(rows))
    )


def suspect_drift(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators whose agreement, or rate of labels, moves in time against the others'.

    The others' answers on the same sentences are subtracted, so that hard or labelled articles
    that came late are no drift. Documents are the units of the test.
    """
    votes = evidence.votes
    counts = evidence.counts()
    single = len(votes.annotators) == 2
    for column, annotator in enumerate(votes.annotators[:1] if single else votes.annotators):
        moment = evidence.moment[:, column]
        rest = evidence.rest_of(column, counts)
        rows = np.flatnonzero(evidence.judged[:, column] & (rest.sum(axis=1) > 0) & (moment > 0))
        if len(rows) < 4 * _MINIMUM or len(np.unique(moment[rows])) < len(rows) / 10:
            continue
        codes, voters = votes.codes[rows, column], rest[rows].sum(axis=1)
        similarity = 1 - (rest[rows] * evidence.distance[codes]).sum(axis=1) / voters
        similarity -= _mutual_similarity(evidence, rest[rows])
        any_label = np.asarray(votes.sets.any(axis=1), dtype=np.float64)
        rate = any_label[codes] - rest[rows] @ any_label / voters
        rank = np.argsort(np.argsort(moment[rows], kind="stable")) / max(len(rows) - 1, 1) - 0.5
        who = " or ".join(votes.annotators) if single else annotator
        for what, values in (("agreement with the others", similarity), ("rate of labels", rate)):
            slope, z = _trend(rank, values, votes.document_of[rows])
            yield Suspicion(
                id="annotator-drifts",
                severity="warning",
                annotator=who,
                chance=2 * upper_tail(abs(z)),
                matters=abs(slope) >= 0.2,
                message=f"the {what} of {who} moved by {slope:+.2f} from first to last",
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
        spread = _clustered_spread(evidence, fast[:, column], timed[:, column], usual)
        median = float(np.median(evidence.seconds[timed[:, column], column]))
        yield Suspicion(
            id="too-fast",
            severity="warning",
            annotator=annotator,
            chance=upper_tail((share - usual) / spread),
            matters=bool(share >= max(0.1, 3 * usual)),
            message=f"{annotator} answered {share:.0%} of {number} sentences faster than anybody "
            "reads",
            about=evidence.of_annotator(column, fast[:, column]),
            evidence={"fast": f"{share:.3f}", "median_seconds": f"{median:.2f}"},
        )
