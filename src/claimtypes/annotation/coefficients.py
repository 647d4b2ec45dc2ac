"""Agreement coefficients as sums over documents: pure arithmetic, for any weights of them.

Every coefficient here is a function of sums over sentences. The sums are taken once for each
document; a resample of documents is then a row of weights, and a thousand resamples one matrix
product. The point estimate is the same formula with every weight 1, so that a document counts
by its sentences and never as a mean of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]

_SHARED = 24


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


def _count_votes(values: Integers) -> Integers:
    """Return how many of each row's values are there; by column, which is much the faster."""
    counts = np.zeros(len(values), dtype=np.int64)
    for column in values.T:
        counts += column >= 0
    return counts


def _packed(values: Integers) -> Integers:
    """Return the values with missing ones first and needless columns gone; raters mix freely."""
    votes = int(_count_votes(values).max(initial=0))
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
class _Totals:
    """Sums over all documents, one row for each weighing of them."""

    sums: Floats
    distance: Floats

    def _column(self, index: int) -> Floats:
        return self.sums[:, index]

    def _by_value(self, first: int) -> Floats:
        return self.sums[:, first : first + len(self.distance)]


class VoteTotals(_Totals):
    """Coefficients of all votes on the sentences with two or more; every property is (b,).

    A coefficient is nan where it is not defined. The columns of ``sums`` are: sentences; number
    of votes times their mean pairwise distance; that distance itself; votes for each value;
    share of the sentence's votes for each value.
    """

    __slots__ = ()

    @property
    def raw_agreement(self) -> Floats:
        """One minus the observed disagreement of alpha: a sentence counts by its votes."""
        return 1.0 - _quotient(self._column(1), self._by_value(3).sum(axis=1))

    @property
    def expected_agreement(self) -> Floats:
        """One minus the expected disagreement of alpha: two votes drawn without return."""
        counts = self._by_value(3)
        votes = counts.sum(axis=1)
        return 1.0 - _quotient(_spread(counts, counts, self.distance), votes * (votes - 1))

    @property
    def alpha(self) -> Floats:
        """Krippendorff's alpha for these distances (Krippendorff 2011, section C)."""
        return 1.0 - _quotient(1.0 - self.raw_agreement, 1.0 - self.expected_agreement)

    @property
    def fleiss_kappa(self) -> Floats:
        """Fleiss' kappa (1971), each sentence counting once however many votes it has."""
        agreement, shares = self._mean_agreement()
        return 1.0 - _quotient(1.0 - agreement, _spread(shares, shares, self.distance))

    @property
    def gwet_ac1(self) -> Floats:
        """Gwet's AC1 (2008, for several raters), each sentence counting once.

        It does not fall to 0 for raters who guess at the base rates of a rare label.
        """
        agreement, shares = self._mean_agreement()
        expected = (shares * (1.0 - shares)).sum(axis=1) / max(len(self.distance) - 1, 1)
        varied = np.where((shares > 0).sum(axis=1) > 1, 1.0 - expected, 0.0)
        return 1.0 - _quotient(1.0 - agreement, varied)

    @property
    def prevalence(self) -> Floats:
        """The share of value 1, a yes to a yes-or-no question, in all votes."""
        counts = self._by_value(3)
        return _quotient(counts[:, 1], counts.sum(axis=1))

    def _mean_agreement(self) -> tuple[Floats, Floats]:
        sentences = self._column(0)
        shares = _quotient(self._by_value(3 + len(self.distance)), sentences[:, None])
        return 1.0 - _quotient(self._column(2), sentences), shares


class ComparisonTotals(_Totals):
    """One annotator against others, on the sentences both judged; every property is (b,).

    The columns of ``sums`` are: sentences; mean distance to the others; the annotator's values;
    the others' values, each sentence counting once.
    """

    __slots__ = ()

    @property
    def raw_agreement(self) -> Floats:
        """One minus the mean distance to the others."""
        return 1.0 - _quotient(self._column(1), self._column(0))

    @property
    def kappa(self) -> Floats:
        """Cohen's kappa, weighted by the distances (Cohen 1968): 0 for whoever guesses.

        Chance is that of the annotator's own habits and the others', so that an annotator who
        gives a label rarely is not punished twice.
        """
        own, rest = self._by_value(2), self._by_value(2 + len(self.distance))
        expected = _quotient(_spread(own, rest, self.distance), self._column(0) ** 2)
        return 1.0 - _quotient(1.0 - self.raw_agreement, expected)


T = TypeVar("T", bound=_Totals)


@dataclass(frozen=True, slots=True, eq=False)
class DocumentSums(Generic[T]):
    """Sums for each of the d documents that have any, at ``documents`` (d,) among all.

    ``varied`` says whether any two votes differ: nothing corrects for chance where none do.
    """

    documents: Integers
    sums: Floats
    distance: Floats
    varied: bool
    kind: type[T]

    @property
    def sentences(self) -> int:
        """How many sentences were summed."""
        return int(self.sums[:, 0].sum())

    def totals(self, weights: Floats | None = None) -> T:
        """Return the totals for weights of all documents, (b, all); without, each counts once."""
        if weights is None:
            return self.kind(self.sums.sum(axis=0, keepdims=True), self.distance)
        if len(self.documents) < weights.shape[1]:
            weights = weights[:, self.documents]
        return self.kind(weights @ self.sums, self.distance)


def weigh(every: Sequence[DocumentSums[Any]], weights: Floats) -> Iterator[Any]:
    """Yield the totals of each for weights of all documents, (b, all).

    Neighbours that have all documents share a product: a few wide ones are much faster.
    """
    for whole, group in groupby(every, lambda sums: len(sums.documents) == weights.shape[1]):
        neighbours = list(group)
        if not whole:
            yield from (sums.totals(weights) for sums in neighbours)
            continue
        for start in range(0, len(neighbours), _SHARED):
            block = neighbours[start : start + _SHARED]
            ends = np.cumsum([sums.sums.shape[1] for sums in block])
            product = weights @ np.hstack([sums.sums for sums in block])
            for sums, columns in zip(block, np.split(product, ends[:-1], axis=1), strict=True):
                yield sums.kind(columns, sums.distance)


@dataclass(frozen=True, slots=True, eq=False)
class _Grouping:
    """Sums by document, only for the documents that have something to sum."""

    documents: Integers
    place: Integers

    @classmethod
    def of(cls, document_of: Integers) -> _Grouping:
        # What np.unique does, without sorting.
        present = np.bincount(document_of) > 0
        return cls(np.flatnonzero(present), (np.cumsum(present) - 1)[document_of])

    def sums(self, values: Floats) -> Floats:
        return np.bincount(self.place, values, minlength=len(self.documents)).astype(np.float64)

    def sums_by_value(self, codes: Integers, values: int, weights: Floats | None = None) -> Floats:
        """Sum ``weights`` (n,), or ones, by document and code (n, slots) where that is not -1."""
        total = np.zeros(len(self.documents) * values)
        first = self.place * values
        for slot in codes.T:
            keys, given = first + slot, slot >= 0
            weighed = weights
            if not given.all():
                keys = keys[given]
                weighed = None if weights is None else weights[given]
            total += np.bincount(keys, weighed, minlength=len(total))
        return total.reshape(len(self.documents), values)


def _distances(distance: Floats, one: Integers, other: Integers) -> Floats:
    """Return the distance of each two values, 0 where one of them is missing."""
    missing = (one < 0) | (other < 0)
    some = bool(missing.any())
    if some:
        one, other = np.where(missing, 0, one), np.where(missing, 0, other)
    # Taking from the flattened table is twice as fast as indexing it by two arrays.
    result: Floats = distance.ravel()[one * np.int64(len(distance)) + other]
    if some:
        result[missing] = 0.0
    return result


def tally(
    values: Integers, distance: Floats | None = None, document_of: Integers | None = None
) -> DocumentSums[VoteTotals]:
    """Sum the votes on each sentence, (n, m) codes from 0 with -1 for missing, by document.

    Without ``distance`` values are equal or not; without ``document_of`` (n,) all sentences are
    of one document.

    >>> sums = tally(np.array([[0, 0], [1, 1], [0, 1], [0, 0]]))
    >>> round(float(sums.totals().alpha[0]), 6)
    0.533333
    """
    if distance is None:
        distance = nominal_distance(int(values.max(initial=0)) + 1)
    if document_of is None:
        document_of = np.zeros(len(values), dtype=np.int64)
    kept = _count_votes(values) >= 2
    packed, grouping = _packed(values[kept]), _Grouping.of(document_of[kept])
    votes = _count_votes(packed).astype(np.float64)
    apart = np.zeros(len(packed))
    for first in range(packed.shape[1]):
        for second in range(first + 1, packed.shape[1]):
            apart += _distances(distance, packed[:, first], packed[:, second])
    apart /= votes * (votes - 1) / 2
    once = np.ones(len(packed))
    counts = grouping.sums_by_value(packed, len(distance))
    return DocumentSums(
        grouping.documents,
        np.column_stack(
            (
                grouping.sums(once),
                grouping.sums(votes * apart),
                grouping.sums(apart),
                counts,
                grouping.sums_by_value(packed, len(distance), 1.0 / votes),
            )
        ),
        distance,
        int(np.count_nonzero(counts.sum(axis=0))) > 1,
        VoteTotals,
    )


def compare(
    own: Integers, rest: Integers, distance: Floats, document_of: Integers
) -> DocumentSums[ComparisonTotals]:
    """Sum one annotator's values (n,) against those of the others, (n, others), by document."""
    kept = (own >= 0) & (_count_votes(rest) > 0)
    own, packed = own[kept], _packed(rest[kept])
    grouping = _Grouping.of(document_of[kept])
    votes = _count_votes(packed).astype(np.float64)
    apart = np.zeros(len(own))
    for slot in packed.T:
        apart += _distances(distance, own, slot)
    once = np.ones(len(own))
    values = np.hstack(
        (
            grouping.sums_by_value(own[:, None], len(distance)),
            grouping.sums_by_value(packed, len(distance), 1.0 / votes),
        )
    )
    given = values.sum(axis=0).reshape(2, len(distance)).sum(axis=0)
    return DocumentSums(
        grouping.documents,
        np.column_stack((grouping.sums(once), grouping.sums(apart / votes), values)),
        distance,
        int(np.count_nonzero(given)) > 1,
        ComparisonTotals,
    )
