"""Tests of annotators: agreement no better than chance, habits, suggestions waved through."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from claimtypes.annotation.coefficients import compare, tally
from claimtypes.annotation.evidence import (
    Evidence,
    Floats,
    Suspicion,
    clustered_spread,
    upper_tail,
)
from claimtypes.annotation.resampling import document_weights, interval

DRAWS = 1000
SEED = 20261123

_MINIMUM = 30
"""Judgements below which an annotator's habits say nothing."""

_SLIGHT = 0.2
"""An alpha below which there is hardly any agreement (Landis and Koch 1977)."""


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
            annotator=annotator,
            chance=upper_tail((0.5 * rest - own) / spread) if spread else 1.0,
            # One guesser in forty has an interval above 0, and with much data not far above it.
            matters=bounds[0] <= 0 or own <= 0.1 * rest,
            message=f"agreement of {annotator} with the rest "
            f"{'includes' if bounds[0] <= 0 else 'is next to'} chance",
            about=evidence.of_annotator(column),
            evidence={
                "kappa_masi": f"{own:.3f}",
                "interval": f"{bounds[0]:.3f} to {bounds[1]:.3f}",
                "alpha_of_the_others": f"{rest:.3f}",
            },
        )


def suspect_everybody(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield whether all agreement there is includes chance, where it is nobody's in particular.

    Two annotators of whom one guesses look like this, and so does a task nobody understood.
    """
    votes = evidence.votes
    sums = tally(votes.codes, evidence.distance, votes.document_of)
    if sums.sentences < _MINIMUM or len(sums.documents) < 5 or not sums.varied:
        return
    weights = np.concatenate(list(document_weights(len(votes.documents), DRAWS, SEED)))
    drawn = sums.totals(weights).alpha
    alpha, bounds = float(sums.totals().alpha[0]), interval(drawn)
    spread = float(np.nanstd(drawn))
    if bounds is None or not spread:
        return
    who = votes.annotators if len(votes.annotators) < 4 else (f"all {len(votes.annotators)}",)
    yield Suspicion(
        id="agreement-at-chance",
        annotator=" and ".join(who),
        chance=upper_tail((_SLIGHT - alpha) / spread),
        matters=bounds[0] <= 0,
        message=f"what {' and '.join(who)} agree on includes chance",
        about=evidence.judged,
        evidence={"interval": f"{bounds[0]:.3f} to {bounds[1]:.3f}"},
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
        spread = clustered_spread(evidence, changed[:, column], offered[:, column], expected)
        name = evidence.votes.annotators[column]
        yield Suspicion(
            id="suggestions-waved-through",
            annotator=name,
            chance=upper_tail((expected - own) / spread) if spread else 1.0,
            matters=bool(own < 0.15 * float(np.median(shares)) and usual >= 0.05),
            message=f"{name} kept {1 - own:.0%} of {number} suggestions, the others "
            f"{1 - max(shares):.0%} to {1 - usual:.0%}",
            about=evidence.of_annotator(column, offered[:, column]),
            evidence={"kept": f"{1 - own:.3f}", "kept_by_others": f"{1 - np.median(shares):.3f}"},
        )
