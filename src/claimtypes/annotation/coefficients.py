"""Agreement coefficients as sums over documents: pure arithmetic, for any weights of them.

Every coefficient here is a function of sums over sentences. The sums are taken once for each
document; a resample of documents is then a row of weights, and a thousand resamples one matrix
product. The point estimate is the same formula with every weight 1, so that a document counts
by its sentences and never as a mean of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]


def nominal_distance(values: int) -> Floats:
    """Return the distances of ``values`` values that are equal or not, (v, v)."""
    return 1.0 - np.eye(values)


def _overlaps(sets: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return the Jaccard indices of all pairs of sets, their overlaps and smaller sizes."""
    members = sets.astype(np.float64)
    overlap = members @ members.T
    sizes = members.sum(axis=1)
    union = sizes[:, None] + sizes[None, :] - overlap
    # Two empty sets are one and the same decision, "none of them", not a quotient of zeros.
    jaccard = np.divide(overlap, union, out=np.ones_like(union), where=union > 0)
    return jaccard, overlap, np.minimum(sizes[:, None], sizes[None, :])


def jaccard_distance(sets: NDArray[np.bool_]) -> Floats:
    """Return one minus the Jaccard index of all pairs of sets, (s, k) to (s, s).

    Two empty sets have distance 0, an empty one and any other 1.
    """
    return 1.0 - _overlaps(sets)[0]


def masi_distance(sets: NDArray[np.bool_]) -> Floats:
    """Return the MASI distances of all pairs of sets, (s, k) to (s, s) (Passonneau 2006).

    One minus the Jaccard index times 1 for equal sets, 2/3 where one holds the other, 1/3 where
    they overlap otherwise. Two empty sets have distance 0, an empty one and any other 1.

    >>> masi_distance(np.array([[False, False], [True, False], [True, True]])).round(3).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.667], [1.0, 0.667, 0.0]]
    """
    jaccard, overlap, smaller = _overlaps(sets)
    monotonicity = np.select([jaccard == 1.0, overlap == smaller], [1.0, 2 / 3], default=1 / 3)
    result: Floats = 1.0 - jaccard * monotonicity
    return result


def _packed(values: Integers) -> Integers:
    """Return the values with missing ones first and needless columns gone; raters mix freely."""
    votes = int((values >= 0).sum(axis=1).max(initial=0))
    if votes == values.shape[1]:
        return values
    result: Integers = np.sort(values, axis=1)[:, values.shape[1] - votes :]
    return result


def _quotient(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with nan where nothing is to be divided by."""
    nothing = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    result: Floats = np.divide(numerator, denominator, out=nothing, where=denominator > 0)
    return result


def _spread(counts: Floats, others: Floats, distance: Floats) -> Floats:
    """Return the summed distance of every value counted to every other one, for each row."""
    result: Floats = ((counts @ distance) * others).sum(axis=1)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What both kinds of sums share: which documents they are of, and how to weigh them."""

    documents: Integers
    sentences: Floats
    distance: Floats

    def _weighed(self, sums: Floats, weights: Floats | None) -> Floats:
        if weights is None:
            weights = np.ones((1, int(self.documents.max(initial=0)) + 1))
        whole = len(self.documents) == weights.shape[1]
        result: Floats = (weights if whole else weights[:, self.documents]) @ sums
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Tally(_Sums):
    """Sums over sentences with two votes or more, for each of d documents that have one.

    ``documents`` (d,) are their indices, ``sentences`` (d,) how many sentences. ``disagreement``
    (d,) sums, over sentences, the number of votes times their mean pairwise distance; ``counts``
    (d, v) the votes for each value; ``apart`` (d,) the mean pairwise distance itself; ``shares``
    (d, v) the share of a sentence's votes for each value. Every method takes weights of all
    documents, (b, all), and returns (b,), nan where the coefficient is not defined.
    """

    disagreement: Floats
    counts: Floats
    apart: Floats
    shares: Floats

    @property
    def varied(self) -> bool:
        """Whether any two votes differ; no coefficient can correct for chance where none do."""
        return int(np.count_nonzero(self.counts.sum(axis=0))) > 1

    def raw_agreement(self, weights: Floats | None = None) -> Floats:
        """Return one minus the observed disagreement of alpha: a sentence counts by its votes."""
        votes = self._weighed(self.counts, weights).sum(axis=1)
        return 1.0 - _quotient(self._weighed(self.disagreement, weights), votes)

    def expected_agreement(self, weights: Floats | None = None) -> Floats:
        """Return one minus the expected disagreement of alpha: two votes drawn without return."""
        counts = self._weighed(self.counts, weights)
        votes = counts.sum(axis=1)
        return 1.0 - _quotient(_spread(counts, counts, self.distance), votes * (votes - 1))

    def alpha(self, weights: Floats | None = None) -> Floats:
        """Return Krippendorff's alpha for these distances (Krippendorff 2011, section C)."""
        expected = 1.0 - self.expected_agreement(weights)
        return 1.0 - _quotient(1.0 - self.raw_agreement(weights), expected)

    def prevalence(self, value: int, weights: Floats | None = None) -> Floats:
        """Return the share of ``value`` in all votes."""
        counts = self._weighed(self.counts, weights)
        return _quotient(counts[:, value], counts.sum(axis=1))

    def fleiss_kappa(self, weights: Floats | None = None) -> Floats:
        """Return Fleiss' kappa (1971), each sentence counting once however many votes it has."""
        agreement, shares = self._mean_agreement(weights)
        return 1.0 - _quotient(1.0 - agreement, _spread(shares, shares, self.distance))

    def gwet_ac1(self, weights: Floats | None = None) -> Floats:
        """Return Gwet's AC1 (2008, for several raters), each sentence counting once.

        It does not fall to 0 for raters who guess at the base rates of a rare label.
        """
        agreement, shares = self._mean_agreement(weights)
        values = len(self.distance)
        expected = (shares * (1.0 - shares)).sum(axis=1) / (values - 1)
        varied = np.where((shares > 0).sum(axis=1) > 1, 1.0 - expected, 0.0)
        return 1.0 - _quotient(1.0 - agreement, varied)

    def _mean_agreement(self, weights: Floats | None) -> tuple[Floats, Floats]:
        sentences = self._weighed(self.sentences, weights)
        agreement = 1.0 - _quotient(self._weighed(self.apart, weights), sentences)
        return agreement, _quotient(self._weighed(self.shares, weights), sentences[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(_Sums):
    """Sums over the sentences that one annotator and at least one of the others judged.

    ``apart`` (d,) sums the mean distance to the others; ``own`` (d, v) counts the annotator's
    values, ``rest`` (d, v) the others', each sentence counting once.
    """

    apart: Floats
    own: Floats
    rest: Floats

    @property
    def varied(self) -> bool:
        """Whether any two votes differ."""
        return int(np.count_nonzero(self.own.sum(axis=0) + self.rest.sum(axis=0))) > 1

    def raw_agreement(self, weights: Floats | None = None) -> Floats:
        """Return one minus the mean distance to the others."""
        sentences = self._weighed(self.sentences, weights)
        return 1.0 - _quotient(self._weighed(self.apart, weights), sentences)

    def kappa(self, weights: Floats | None = None) -> Floats:
        """Return Cohen's kappa, weighted by the distances (Cohen 1968): 0 for whoever guesses.

        Chance is that of the annotator's own habits and the others', so that an annotator who
        gives a label rarely is not punished twice.
        """
        sentences = self._weighed(self.sentences, weights)
        own, rest = self._weighed(self.own, weights), self._weighed(self.rest, weights)
        expected = _quotient(_spread(own, rest, self.distance), sentences**2)
        return 1.0 - _quotient(1.0 - self.raw_agreement(weights), expected)


@dataclass(frozen=True, slots=True, eq=False)
class _Grouping:
    """Sums by document, only for the documents that have something to sum."""

    documents: Integers
    place: Integers

    @classmethod
    def of(cls, document_of: Integers) -> _Grouping:
        return cls(*np.unique(document_of, return_inverse=True))

    def sums(self, values: Floats) -> Floats:
        return np.bincount(self.place, values, minlength=len(self.documents)).astype(np.float64)

    def sums_by_value(self, codes: Integers, values: int, weights: Floats) -> Floats:
        """Sum ``weights`` (n,) by document and code (n, slots), skipping negative codes."""
        total = np.zeros(len(self.documents) * values)
        for slot in codes.T:
            given = slot >= 0
            keys = self.place[given] * values + slot[given]
            total += np.bincount(keys, weights[given], minlength=len(total))
        return total.reshape(len(self.documents), values)


def tally(
    values: Integers, distance: Floats | None = None, document_of: Integers | None = None
) -> Tally:
    """Sum the votes on each sentence, (n, m) codes from 0 with -1 for missing, by document.

    Without ``distance`` values are equal or not; without ``document_of`` (n,) all sentences are
    of one document.

    >>> round(float(tally(np.array([[0, 0], [1, 1], [0, 1], [0, 0]])).alpha()[0]), 6)
    0.533333
    """
    if distance is None:
        distance = nominal_distance(int(values.max(initial=0)) + 1)
    if document_of is None:
        document_of = np.zeros(len(values), dtype=np.int64)
    kept = (values >= 0).sum(axis=1) >= 2
    packed, grouping = _packed(values[kept]), _Grouping.of(document_of[kept])
    votes = (packed >= 0).sum(axis=1).astype(np.float64)
    apart = np.zeros(len(packed))
    for first in range(packed.shape[1]):
        for second in range(first + 1, packed.shape[1]):
            one, other = packed[:, first], packed[:, second]
            apart += np.where((one >= 0) & (other >= 0), distance[one, other], 0.0)
    apart /= votes * (votes - 1) / 2
    return Tally(
        documents=grouping.documents,
        sentences=grouping.sums(np.ones(len(packed))),
        distance=distance,
        disagreement=grouping.sums(votes * apart),
        counts=grouping.sums_by_value(packed, len(distance), np.ones(len(packed))),
        apart=grouping.sums(apart),
        shares=grouping.sums_by_value(packed, len(distance), 1.0 / votes),
    )


def compare(own: Integers, rest: Integers, distance: Floats, document_of: Integers) -> Comparison:
    """Sum one annotator's values (n,) against those of the others, (n, others), by document."""
    kept = (own >= 0) & (rest >= 0).any(axis=1)
    own, packed = own[kept], _packed(rest[kept])
    grouping = _Grouping.of(document_of[kept])
    votes = (packed >= 0).sum(axis=1).astype(np.float64)
    apart = np.zeros(len(own))
    for slot in packed.T:
        apart += np.where(slot >= 0, distance[own, slot], 0.0)
    return Comparison(
        documents=grouping.documents,
        sentences=grouping.sums(np.ones(len(own))),
        distance=distance,
        apart=grouping.sums(apart / votes),
        own=grouping.sums_by_value(own[:, None], len(distance), np.ones(len(own))),
        rest=grouping.sums_by_value(packed, len(distance), 1.0 / votes),
    )
