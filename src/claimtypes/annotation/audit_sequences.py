"""Scans along an annotator's judgements: blocks shuffled or shifted, one answer copied down.

Each scan adds up logarithms of likelihood ratios, "faulty" against "as elsewhere", and looks for
the stretch with the largest sum. For every place to start the ratio is a martingale where nothing
is wrong, so that by Ville's inequality a sum above c has probability exp(-c) at most; over all
places to start, n exp(-c).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.evidence import Evidence, Floats, Suspicion

LAGS = (-3, -2, -1, 1, 2, 3)
_SHORTEST = 15
# An article whose theme one annotator overlooked is no block.
_SHORTEST_BLOCK = 30
_MINIMUM = 60
# One judgement must not decide, and neighbours are judged alike: ratios are bounded and tempered.
_BOUND = 3.0
_TEMPER = 0.7


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The rows from ``start`` to before ``end``, and the sum over them."""

    start: int
    end: int
    total: float


def _heaviest(values: Floats) -> _Stretch:
    """Return the stretch with the largest sum (Kadane)."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    lowest = np.minimum.accumulate(sums)
    gains = sums[1:] - lowest[:-1]
    end = int(gains.argmax()) + 1
    start = int(sums[:end].argmin())
    return _Stretch(start, end, float(sums[end] - sums[start]))


def _confusion(own: NDArray[np.int64], rest: NDArray[np.int64], size: int) -> Floats:
    """Return the probability of the annotator's set given the others', (rest, own).

    Shrunk by five judgements towards the annotator's habits, so that little data accuses nobody.
    """
    table = np.zeros((size, size))
    np.add.at(table, (rest, own), 1.0)
    habit = (table.sum(axis=0) + 0.5) / (table.sum() + 0.5 * size)
    result: Floats = (table + 5 * habit) / (table.sum(axis=1, keepdims=True) + 5)
    return result


def _usual_confusion(sequences: Sequence[_Sequence], column: int, size: int) -> Floats:
    """Return the confusion of all others; of both annotators where there are only two."""
    known = [s for c, s in enumerate(sequences) if c != column or len(sequences) == 2]
    return _confusion(
        np.concatenate([s.own for s in known]), np.concatenate([s.rest for s in known]), size
    )


def _habit(confusion: Floats, rest: NDArray[np.int64]) -> Floats:
    weights = np.bincount(rest, minlength=len(confusion)) / len(rest)
    result: Floats = weights @ confusion
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Sequence:
    """One annotator's sets and the others' typical ones, in order of address."""

    rows: NDArray[np.int64]
    own: NDArray[np.int64]
    rest: NDArray[np.int64]


def _sequence(evidence: Evidence, column: int, counts: Floats) -> _Sequence:
    rest = evidence.rest_of(column, counts)
    rows = np.flatnonzero(evidence.judged[:, column] & (rest.sum(axis=1) > 0))
    return _Sequence(
        rows,
        evidence.votes.codes[rows, column].astype(np.int64),
        evidence.typical(rest)[rows],
    )


def _kappa(evidence: Evidence, own: NDArray[np.int64], rest: NDArray[np.int64]) -> float:
    if not len(own):
        return math.nan
    size = len(evidence.distance)
    apart = float(evidence.distance[own, rest].mean())
    shares = [np.bincount(codes, minlength=size) / len(codes) for codes in (own, rest)]
    expected = float(shares[0] @ evidence.distance @ shares[1])
    return 1 - apart / expected if expected else math.nan


def _alpha_of_others(evidence: Evidence, column: int, rows: NDArray[np.int64]) -> float:
    """Return the alpha of everybody else on some rows; nan where nobody else is compared."""
    kept = np.zeros(evidence.votes.codes.shape, dtype=np.bool_)
    kept[rows] = True
    kept[:, column] = False
    return evidence.alpha(~kept)


def suspect_blocks(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield, for each annotator, the stretch that looks most like shuffled answers."""
    votes, counts, size = evidence.votes, evidence.counts(), len(evidence.distance)
    pair = len(votes.annotators) == 2
    sequences = [_sequence(evidence, c, counts) for c in range(len(votes.annotators))]
    for column, annotator in enumerate(votes.annotators[:1] if pair else votes.annotators):
        sequence = sequences[column]
        if len(sequence.rows) < _MINIMUM:
            continue
        # First as the others answer, since this one may be shuffled in great part; then as they
        # themselves do elsewhere.
        table = _usual_confusion(sequences, column, size)
        habit = np.bincount(sequence.own, minlength=size) / len(sequence.own)
        inside = np.zeros(len(sequence.rows), dtype=np.bool_)
        for attempt in range(3):
            if attempt:
                outside = ~inside if inside.mean() < 0.8 else np.ones_like(inside)
                table = _confusion(sequence.own[outside], sequence.rest[outside], size)
                habit = _habit(table, sequence.rest[outside])
            ratio = np.log(habit[sequence.own]) - np.log(table[sequence.rest, sequence.own])
            stretch = _heaviest(_TEMPER * np.clip(ratio, -_BOUND, _BOUND))
            inside = np.zeros_like(inside)
            inside[stretch.start : stretch.end] = True
        within = _kappa(evidence, sequence.own[inside], sequence.rest[inside])
        without = _kappa(evidence, sequence.own[~inside], sequence.rest[~inside])
        others = [
            _alpha_of_others(evidence, column, sequence.rows[rows]) for rows in (inside, ~inside)
        ]
        who = " or ".join(votes.annotators) if pair else annotator
        yield Suspicion(
            id="block-shuffled",
            annotator=who,
            chance=_chance(stretch, len(sequence.rows)),
            matters=bool(
                inside.sum() >= _SHORTEST_BLOCK
                and within <= min(0.2, 0.3 * without)
                and (
                    without >= 0.4
                    if pair
                    else without >= 0.25 and others[0] >= max(0.25, 0.6 * others[1])
                )
            ),
            message=f"the judgements of {who} from {_ends(evidence, sequence, stretch)} "
            f"({inside.sum()}) agree with the others as if shuffled",
            about=_about(evidence, sequence, column, inside),
            evidence={"kappa_inside": f"{within:.3f}", "kappa_elsewhere": f"{without:.3f}"},
        )


def _chance(stretch: _Stretch, places: int) -> float:
    return min(1.0, places * math.exp(-stretch.total))


def _ends(evidence: Evidence, sequence: _Sequence, stretch: _Stretch) -> str:
    first = evidence.votes.sentences[sequence.rows[stretch.start]]
    last = evidence.votes.sentences[sequence.rows[stretch.end - 1]]
    return f"{first} to {last}"


def _about(
    evidence: Evidence, sequence: _Sequence, column: int, inside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    rows = np.zeros(len(evidence.votes.sentences), dtype=np.bool_)
    rows[sequence.rows[inside]] = True
    return evidence.of_annotator(column, rows)


def suspect_shifts(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield, for each annotator, the stretch that fits the sentences next to its own best."""
    votes, counts, size = evidence.votes, evidence.counts(), len(evidence.distance)
    pair = len(votes.annotators) == 2
    sequences = [_sequence(evidence, c, counts) for c in range(len(votes.annotators))]
    for column, annotator in enumerate(votes.annotators[:1] if pair else votes.annotators):
        sequence = sequences[column]
        if len(sequence.rows) < _MINIMUM:
            continue
        table = _usual_confusion(sequences, column, size)
        around = evidence.typical(evidence.rest_of(column, counts))
        best, best_lag, best_moved = _Stretch(0, 1, -math.inf), 0, sequence.rest
        for lag in LAGS:
            place = sequence.rows + lag
            known_place = (place >= 0) & (place < len(around))
            moved = np.where(known_place, around[np.clip(place, 0, len(around) - 1)], -1)
            ratio = np.log(table[moved, sequence.own]) - np.log(table[sequence.rest, sequence.own])
            ratio = np.where(moved >= 0, np.clip(ratio, -_BOUND, _BOUND), 0.0)
            stretch = _heaviest(_TEMPER * ratio)
            if stretch.total > best.total:
                best, best_lag, best_moved = stretch, lag, moved
        inside = np.zeros(len(sequence.rows), dtype=np.bool_)
        inside[best.start : best.end] = True
        inside &= best_moved >= 0
        at_place = _kappa(evidence, sequence.own[inside], sequence.rest[inside])
        at_lag = _kappa(evidence, sequence.own[inside], best_moved[inside])
        who = " or ".join(votes.annotators) if pair else annotator
        yield Suspicion(
            id="block-shifted",
            annotator=who,
            chance=_chance(best, len(sequence.rows) * len(LAGS)),
            matters=bool(inside.sum() >= _SHORTEST and at_lag >= max(0.3, at_place + 0.3)),
            message=f"the judgements of {who} from {_ends(evidence, sequence, best)} "
            f"({inside.sum()}) fit the sentences {abs(best_lag)} "
            f"{'later' if best_lag > 0 else 'earlier'}",
            about=_about(evidence, sequence, column, inside),
            evidence={
                "kappa_in_place": f"{at_place:.3f}",
                "kappa_shifted": f"{at_lag:.3f}",
                "lag": f"{best_lag:+d}",
            },
        )


def suspect_runs(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield, for each annotator, the run of one answer that prevalence explains least.

    Only sentences that the others answered otherwise count: a long article about something else
    is answered alike by everybody. Each counts as one in two at most, since an article's theme
    may be overlooked. Of two annotators the likelier one is taken, and both are named.
    """
    votes, counts = evidence.votes, evidence.counts()
    found = [
        suspicion
        for column in range(len(votes.annotators))
        if (suspicion := _run(evidence, column, _sequence(evidence, column, counts)))
    ]
    if len(votes.annotators) == 2:
        found = sorted(found, key=lambda suspicion: suspicion.chance)[:1]
    yield from found


def _run(evidence: Evidence, column: int, sequence: _Sequence) -> Suspicion | None:
    votes = evidence.votes
    changes = np.flatnonzero(np.diff(sequence.own)) + 1
    if len(sequence.rows) < _MINIMUM or not len(changes):
        return None
    starts = np.concatenate(([0], changes))
    ends = np.concatenate((changes, [len(sequence.own)]))
    otherwise = np.concatenate(([0], np.cumsum(sequence.own != sequence.rest)))
    longest = int((otherwise[ends] - otherwise[starts]).argmax())
    stretch = _Stretch(int(starts[longest]), int(ends[longest]), 0.0)
    inside = np.zeros(len(sequence.rows), dtype=np.bool_)
    inside[stretch.start : stretch.end] = True
    value = sequence.own[stretch.start]
    outside = ~inside & (sequence.rest != value)
    missed = (sequence.own[outside] == value).sum() + 1
    likely = max(0.5, missed / (outside.sum() + 2))
    differing = int(otherwise[stretch.end] - otherwise[stretch.start])
    name = " ".join(
        label for label, held in zip(votes.labels, votes.sets[value], strict=True) if held
    )
    who = " or ".join(votes.annotators) if len(votes.annotators) == 2 else votes.annotators[column]
    return Suspicion(
        id="one-answer-run",
        annotator=who,
        chance=min(1.0, len(starts) * math.exp(differing * math.log(likely))),
        matters=differing >= 10,
        message=f"{votes.annotators[column]} answers {name or 'none'} {inside.sum()} times on "
        f"end, from {_ends(evidence, sequence, stretch)}; the others differ on {differing} of them",
        about=_about(evidence, sequence, column, inside),
        evidence={"run": str(int(inside.sum())), "others_differ": str(differing)},
    )
