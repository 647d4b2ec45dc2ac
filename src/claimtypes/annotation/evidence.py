"""What an audit looks at: votes with their circumstances, and suspicions with their chances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.coefficients import masi_distance, tally
from claimtypes.annotation.rounds import Votes, build_votes
from claimtypes.annotation.schema import Schema
from claimtypes.records import Judgement, Sentence

Floats = NDArray[np.float64]

FAMILY_ERROR = 0.01
"""How likely a faultless project is to be suspected of anything at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The votes (n, m) of an audit and what is known of how each was given.

    ``seconds`` and ``moment`` (seconds since 1970) are nan where unknown; ``highlighted`` and
    ``noted`` say whether there were any; ``suggestion`` is 0 without one, 1 where it was kept,
    2 where it was changed. ``letters`` (n,) counts letters and digits. ``distance`` (s, s) is
    MASI's between label sets.
    """

    votes: Votes
    distance: Floats
    seconds: Floats
    moment: Floats
    highlighted: NDArray[np.bool_]
    noted: NDArray[np.bool_]
    suggestion: NDArray[np.int8]
    letters: Floats
    machines: frozenset[str] = frozenset()

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Where there is a vote, (n, m)."""
        return self.votes.codes >= 0

    def without(self, dropped: NDArray[np.bool_]) -> Evidence:
        """Return the evidence without the votes that ``dropped`` (n, m) marks."""
        return replace(self, votes=self.votes.without(dropped))

    def counts(self) -> Floats:
        """Return how often each label set was given to each sentence, (n, s)."""
        total = np.zeros((len(self.votes.sentences), len(self.votes.sets)))
        for column in self.votes.codes.T:
            given = np.flatnonzero(column >= 0)
            total[given, column[given]] += 1
        return total

    def rest_of(self, column: int, counts: Floats) -> Floats:
        """Return the counts without one annotator's votes, (n, s)."""
        rest = counts.copy()
        given = np.flatnonzero(self.votes.codes[:, column] >= 0)
        rest[given, self.votes.codes[given, column]] -= 1
        return rest

    def typical(self, rest: Floats) -> NDArray[np.int64]:
        """Return the label set nearest to all votes on each sentence, (n,); -1 without votes."""
        nearest = (rest @ self.distance + (rest == 0) * 1e-9).argmin(axis=1)
        return np.where(rest.sum(axis=1) > 0, nearest, -1)

    def alpha(self, dropped: NDArray[np.bool_] | None = None) -> float:
        """Return the set-valued alpha, without the votes that ``dropped`` (n, m) marks."""
        codes = self.votes.codes
        if dropped is not None:
            codes = np.where(dropped, np.int32(-1), codes)
        if not ((codes >= 0).sum(axis=1) >= 2).any():
            return math.nan
        sums = tally(codes, self.distance, self.votes.document_of)
        return float(sums.totals().alpha[0])

    def of_annotator(self, column: int, rows: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Return the mask (n, m) of one annotator's votes, on some rows (n,) or all."""
        mask = np.zeros(self.votes.codes.shape, dtype=np.bool_)
        mask[:, column] = True if rows is None else rows
        return mask & self.judged


def gather_evidence(
    judgements: Sequence[Judgement],
    sentences: Iterable[Sentence],
    schema: Schema,
    machines: Iterable[str] = (),
) -> Evidence:
    """Return the evidence of judgements that no record fault speaks against.

    ``machines`` are the annotators whose pace says nothing.

    Raises:
        BadInput: for repeated judgements and labels the schema does not have.
    """
    votes = build_votes(judgements, schema)
    row_of = {sentence: row for row, sentence in enumerate(votes.sentences)}
    column_of = {annotator: column for column, annotator in enumerate(votes.annotators)}
    shape = votes.codes.shape
    seconds, moment = np.full(shape, np.nan), np.full(shape, np.nan)
    highlighted, noted = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    suggestion = np.zeros(shape, dtype=np.int8)
    for judgement in judgements:
        at = row_of[judgement.sentence], column_of[judgement.annotator]
        seconds[at] = math.nan if judgement.seconds is None else judgement.seconds
        moment[at] = _moment(judgement.at)
        highlighted[at] = bool(judgement.highlights)
        noted[at] = bool(judgement.note.strip())
        suggestion[at] = {"manual": 0, "prefilled": 1}.get(judgement.origin, 2)
    letters = np.full(shape[0], np.nan)
    for sentence in sentences:
        if (row := row_of.get(sentence.id)) is not None:
            letters[row] = sentence.letters
    return Evidence(
        votes=votes,
        distance=masi_distance(votes.sets),
        seconds=seconds,
        moment=moment,
        highlighted=highlighted,
        noted=noted,
        suggestion=suggestion,
        letters=letters,
        machines=frozenset(machines),
    )


def _moment(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Suspicion:
    """One test of one annotator: how likely chance alone is, and whether it would matter.

    ``chance`` bounds the probability of as much in a faultless project. ``matters`` is the
    effect-size floor: with enough data anything is significant. ``about`` (n, m) marks the
    judgements in question.
    """

    id: str
    annotator: str
    chance: float
    matters: bool
    message: str
    about: NDArray[np.bool_]
    evidence: dict[str, str] = field(default_factory=dict)


def hold_against_chance(
    suspicions: Sequence[Suspicion], error: float = FAMILY_ERROR
) -> list[Suspicion]:
    """Return the suspicions that stand, all tests taken together (Holm 1979).

    The chance of any false one is at most ``error``, however many tests and annotators.
    """
    standing = []
    ordered = sorted(suspicions, key=lambda s: (s.chance, s.id, s.annotator))
    for rank, suspicion in enumerate(ordered):
        if not suspicion.chance <= error / (len(ordered) - rank):
            break
        if suspicion.matters:
            standing.append(suspicion)
    return sorted(standing, key=lambda s: (s.id, s.annotator))


def clustered_spread(
    evidence: Evidence, hits: NDArray[np.bool_], among: NDArray[np.bool_], share: float
) -> float:
    """Return the standard error of a share, at least binomial, documents as clusters."""
    rows = np.flatnonzero(among)
    residual = hits[rows] - hits[rows].mean()
    sums = np.bincount(evidence.votes.document_of[rows], residual)
    return max(
        math.sqrt(float((sums**2).sum())) / len(rows), math.sqrt(share * (1 - share) / len(rows))
    )


def upper_tail(z: float) -> float:
    """Return the probability that a standard normal value exceeds ``z``."""
    return 0.5 * math.erfc(z / math.sqrt(2)) if not math.isnan(z) else 1.0


def normal_of_t(t: float, freedom: int) -> float:
    """Return the normal value as unlikely as Student's ``t`` (Wallace 1959)."""
    if freedom < 1 or math.isnan(t):
        return math.nan
    z = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return math.copysign(z, t)
