"""Behaviour where one edit matters and where none may: contrast and invariance suites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.examples import Examples, in_context
from claimtypes.models.figures import Score, resampled
from claimtypes.models.metrics import Floats, Labels
from claimtypes.records import ContrastItem, Record

Decide = Callable[[Examples], Labels]
"""Takes examples and returns the label matrix that a model decides on, [n, k]."""


@dataclass(frozen=True, slots=True)
class Failure(Record):
    """A group of items that failed: their texts, what they should be, and what was decided."""

    pair: str
    edit: str
    texts: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    decided: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Suite(Record):
    """One suite, or one kind of edit in it.

    ``failure_rate`` is, in a contrast suite, the share of groups with any item wrong; in an
    invariance suite, that of groups whose items do not all get the same labels.
    ``item_accuracy`` is the share of items whose label set is right.
    """

    name: str
    edit: str
    groups: int
    items: int
    failed: int
    failure_rate: Score
    item_accuracy: Score
    failures: tuple[Failure, ...]


def measure_suites(
    items: Sequence[ContrastItem],
    names: Sequence[str],
    decide: Decide,
    *,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> tuple[Suite, ...]:
    """Run the suites; each as a whole, then by edit. Intervals resample groups."""
    if not items:
        return ()
    ordered = sorted(items, key=lambda item: (item.suite, item.pair, item.id))
    examples, own = in_context(
        [item.text for item in ordered],
        [item.before for item in ordered],
        [item.after for item in ordered],
    )
    ran = _Run(ordered, tuple(names), decide(examples)[own])
    found = []
    for suite, rows in groupby(range(len(ordered)), key=lambda row: ordered[row].suite):
        held = list(rows)
        edits = sorted({ordered[row].edit for row in held} - {""})
        for edit in ["", *(edits if len(edits) > 1 else [])]:
            # An item that says nothing was edited belongs to the group of the edited one.
            pairs = {ordered[row].pair for row in held if not edit or ordered[row].edit == edit}
            chosen = [row for row in held if ordered[row].pair in pairs]
            found.append(_measure(ran, suite, edit, chosen, draws=draws, seed=seed))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Run:
    items: Sequence[ContrastItem]
    names: tuple[str, ...]
    decided: Labels

    def right(self, row: int) -> bool:
        return set(self.items[row].labels) == set(self.labels(row))

    def labels(self, row: int) -> tuple[str, ...]:
        return tuple(n for n, c in zip(self.names, self.decided[row], strict=True) if c)


def _measure(ran: _Run, suite: str, edit: str, rows: list[int], *, draws: int, seed: int) -> Suite:
    failures, table, groups = [], [], []
    for pair, members in groupby(rows, key=lambda row: ran.items[row].pair):
        held = list(members)
        right = [ran.right(row) for row in held]
        same = len({ran.labels(row) for row in held}) == 1
        failed = not (same if suite == "invariance" else all(right))
        groups.append(pair)
        table.append([float(failed), 1.0, float(sum(right)), float(len(held))])
        if failed:
            failures.append(_failure(ran, held))
    rate, accuracy = resampled(
        np.array(table), groups, _rates, ["few-sentences"] * 2, draws=draws, seed=seed
    )
    return Suite(
        name=suite,
        edit=edit,
        groups=len(groups),
        items=len(rows),
        failed=len(failures),
        failure_rate=rate,
        item_accuracy=accuracy,
        failures=() if edit else tuple(failures),
    )


def _rates(sums: Floats) -> Floats:
    failed, groups, right, items = sums.T
    return np.stack([failed / groups, right / items])


def _failure(ran: _Run, rows: list[int]) -> Failure:
    return Failure(
        pair=ran.items[rows[0]].pair,
        edit=next((ran.items[row].edit for row in rows if ran.items[row].edit), ""),
        texts=tuple(ran.items[row].text for row in rows),
        labels=tuple(tuple(sorted(ran.items[row].labels, key=ran.names.index)) for row in rows),
        decided=tuple(ran.labels(row) for row in rows),
    )
