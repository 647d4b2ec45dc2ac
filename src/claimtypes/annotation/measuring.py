"""Figures asked for first and computed together, each with its interval or a named reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from claimtypes.annotation.coefficients import (
    ComparisonTotals,
    DocumentSums,
    Floats,
    Integers,
    VoteTotals,
    compare,
    tally,
    weigh,
)
from claimtypes.annotation.figures import Measure
from claimtypes.annotation.resampling import MINIMUM_DOCUMENTS, interval, resample
from claimtypes.annotation.rounds import Votes

T = TypeVar("T", VoteTotals, ComparisonTotals)
Name = tuple[str, ...]
Measures = Mapping[Name, Measure]


def rounded(value: float) -> float:
    """Return a figure as reports hold it: six places, and never -0.0."""
    return round(float(value), 6) + 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Figures of the same sums: only those that can be had, and why the others cannot."""

    sums: DocumentSums[Any]
    figures: dict[Name, Callable[[Any], Floats]]
    refused: dict[Name, str]


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """A list of figures on the sentences with two votes or more, to be computed at once.

    ``raters`` is how many annotators judged anything at all.
    """

    votes: Votes
    raters: int
    asked: list[_Asked] = field(default_factory=list)
    differences: dict[Name, tuple[Name, Name]] = field(default_factory=dict)

    @classmethod
    def on(cls, votes: Votes) -> Figures:
        """Begin on these votes; sentences with fewer than two cannot agree or disagree."""
        raters = int((votes.codes >= 0).any(axis=0).sum())
        return cls(votes.on(votes.counts >= 2), raters)

    def tally(self, codes: Integers, distance: Floats) -> DocumentSums[VoteTotals]:
        """Sum the votes of ``codes`` (n, m) by document."""
        return tally(codes, distance, self.votes.document_of)

    def compare(
        self, codes: Integers, one: int, rest: list[int], distance: Floats
    ) -> DocumentSums[ComparisonTotals]:
        """Sum one annotator's votes against others' by document."""
        return compare(codes[:, one], codes[:, rest], distance, self.votes.document_of)

    def why_not(self, sums: DocumentSums[Any]) -> str:
        """Return why nothing can be corrected for chance here, or nothing when it can."""
        if self.raters < 2:
            return "one-annotator"
        if not sums.sentences:
            return "fewer-than-two-votes"
        return "" if sums.varied else "no-variation"

    def ask(
        self,
        name: Name,
        sums: DocumentSums[T],
        corrected: Mapping[str, Callable[[T], Floats]],
        shares: Mapping[str, Callable[[T], Floats]] | None = None,
        reason: str = "",
    ) -> None:
        """Ask for figures corrected for chance, and for shares, which need no variation.

        They are not computed where there is a ``reason``, given or found.
        """
        why = reason or self.why_not(sums)
        figures: dict[Name, Callable[[T], Floats]] = {}
        refused: dict[Name, str] = {}
        for wanted, hindrance in (
            (corrected, why),
            (shares or {}, "" if why == "no-variation" else why),
        ):
            for figure, compute in wanted.items():
                if hindrance:
                    refused[*name, figure] = hindrance
                else:
                    figures[*name, figure] = compute
        self.asked.append(_Asked(sums, figures, refused))

    def measures(self, draws: int, seed: int) -> dict[Name, Measure]:
        """Compute all that was asked for, over as many resamples of documents as ``draws``."""
        documents = len(self.votes.documents)
        rows = {name: row for row, name in enumerate(n for a in self.asked for n in a.figures)}

        def values(weights: Floats) -> Floats:
            computed = np.empty((len(rows), len(weights)))
            row = 0
            needed = [asked for asked in self.asked if asked.figures]
            every = weigh([asked.sums for asked in needed], weights)
            for asked, totals in zip(needed, every, strict=True):
                for compute in asked.figures.values():
                    computed[row] = compute(totals)
                    row += 1
            return computed

        enough = documents >= MINIMUM_DOCUMENTS
        points, drawn = resample(values, documents, draws=draws if enough else 0, seed=seed)
        found: dict[Name, Measure] = {}
        for asked in self.asked:
            counts = asked.sums.sentences, len(asked.sums.documents)
            for name, reason in asked.refused.items():
                found[name] = Measure(".".join(name), None, None, None, reason, *counts)
            for name in asked.figures:
                found[name] = _measure(name, points[rows[name]], drawn[rows[name]], counts)
        for name, (one, other) in self.differences.items():
            known = found[one]
            counts = known.n_sentences, known.n_documents
            reason = "" if one in rows and other in rows else known.reason or found[other].reason
            found[name] = (
                Measure(".".join(name), None, None, None, reason, *counts)
                if reason
                else _measure(
                    name,
                    points[rows[one]] - points[rows[other]],
                    drawn[rows[one]] - drawn[rows[other]],
                    counts,
                )
            )
        return found


def _measure(name: Name, point: float, drawn: Floats, counts: tuple[int, int]) -> Measure:
    few = counts[1] < MINIMUM_DOCUMENTS
    bounds = None if few else interval(drawn)
    low, high = (rounded(bounds[0]), rounded(bounds[1])) if bounds else (None, None)
    reason = "" if bounds else "few-documents" if few else "often-undefined"
    return Measure(".".join(name), rounded(point), low, high, reason, *counts)
