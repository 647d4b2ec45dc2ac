"""Krippendorff's alpha from counts by document, for checking figures that others computed.

K. Krippendorff, Content Analysis, 4th ed. (2018), section 12.3: alpha = 1 - Do / De over the
values of sentences that two annotators or more judged. This is not the code that measures
agreement (``annotation/agreement.py``), so that a mistake in either shows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]
Set = frozenset[int]


def masi(one: Set, other: Set) -> float:
    """Return the MASI distance of two label sets (R. Passonneau, LREC 2006).

    One minus Jaccard's similarity times 1 for equal sets, 2/3 where one holds the other, 1/3
    where they overlap, 0 where they do not. Two empty sets are equal; an empty set and another
    have nothing in common.
    """
    if one == other:
        return 0.0
    common, union = len(one & other), len(one | other)
    if not common:
        return 1.0
    weight = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1 - weight * common / union


@dataclass(slots=True)
class Reliability:
    """Counts by document, from which alpha of every label, of any label, and MASI follow.

    ``binary`` maps a document to an array (k + 1, 3): for any label and each label, the values
    0, the values 1 and the disagreements. ``pairs`` counts disagreeing pairs of sets, ``sets``
    the sets, over all documents.
    """

    labels: tuple[str, ...] = ()
    binary: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    pairs: Counter[tuple[Set, Set, int]] = field(default_factory=Counter)
    sets: Counter[Set] = field(default_factory=Counter)

    def add_document(self, document: str, rows: list[tuple[int, Row]]) -> None:
        """Count one document's annotations, whatever their order."""
        votes: dict[str, list[Set]] = {}
        for _, row in rows:
            ids = frozenset(i for i in row["labels"] or () if i is not None)
            votes.setdefault(row["sentence_id"], []).append(ids)
        sums = np.zeros((len(self.labels) + 1, 3))
        for given in votes.values():
            if len(given) > 1:
                self._add_sentence(given, sums)
        self.binary[document] = sums

    def _add_sentence(self, given: list[Set], sums: NDArray[np.float64]) -> None:
        many = len(given)
        counts = Counter(given)
        self.sets.update(counts)
        distinct = sorted(counts, key=sorted)
        for i, one in enumerate(distinct):
            for other in distinct[i + 1 :]:
                self.pairs[one, other, many] += counts[one] * counts[other]
        for index in range(len(self.labels) + 1):
            yes = sum(bool(v) if not index else index - 1 in v for v in given)
            sums[index] += (many - yes, yes, yes * (many - yes) / (many - 1))

    def alphas(self) -> dict[str, float | None]:
        """Return alpha of ``sets``, ``detection`` and each label; None without variation."""
        stacked = np.array(list(self.binary.values())).reshape(-1, len(self.labels) + 1, 3)
        names = ("detection", *self.labels)
        found: dict[str, float | None] = {"sets": self._masi_alpha()}
        for name, (zeros, ones, off) in zip(names, stacked.sum(axis=0), strict=True):
            found[name] = None if not zeros or not ones else float(_alpha(zeros, ones, off))
        return found

    def _masi_alpha(self) -> float | None:
        total = sum(self.sets.values())
        distinct = sorted(self.sets, key=sorted)
        expected = sum(
            self.sets[one] * self.sets[other] * masi(one, other)
            for one in distinct
            for other in distinct
        )
        if not expected:
            return None
        observed = sum(
            2 * count * masi(one, other) / (many - 1)
            for (one, other, many), count in self.pairs.items()
        )
        return 1 - (observed / total) * (total * (total - 1)) / expected


def _alpha(
    zeros: NDArray[np.float64], ones: NDArray[np.float64], off: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return alpha of yes-or-no values from their counts and ``off``, half the disagreements."""
    result: NDArray[np.float64] = 1 - (zeros + ones - 1) * off / (zeros * ones)
    return result


def alpha_changes(
    before: Reliability, after: Reliability, *, draws: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float, float] | None]:
    """Return by label how alpha changed, with a 95 % interval from resampling documents.

    Documents that both have are drawn together, so that what did not change cancels out. None
    stands for labels without variation on either side.
    """
    documents = sorted(before.binary.keys() | after.binary.keys())
    empty = np.zeros((len(after.labels) + 1, 3))
    stacks = [np.array([part.binary.get(d, empty) for d in documents]) for part in (before, after)]
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(
        len(documents), np.full(len(documents), 1 / max(len(documents), 1)), size=draws
    )
    changes: dict[str, tuple[float, float, float] | None] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for index, name in enumerate(("detection", *after.labels)):
            points = [_alpha(*stack[:, index].sum(axis=0)) for stack in stacks]
            drawn = [_alpha(*(weights @ stack[:, index]).T) for stack in stacks]
            low, high = np.nanquantile(drawn[1] - drawn[0], [0.025, 0.975])
            change = float(points[1] - points[0])
            changes[name] = (change, float(low), float(high)) if np.isfinite(change) else None
    return changes
