"""Groups divided so that every column of counts is shared out as near to plan as can be.

Greedy assignment from many random orders, then moves and swaps while they help: with groups that
cannot be cut this comes several times nearer to the planned shares than stratified sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_RESTARTS = 24
_POLISHED = 4
_REWEIGHTINGS = 6
_LEAST_GAIN = 1e-12


@dataclass(frozen=True, slots=True)
class Balance:
    """A division: ``part`` of each group, and ``errors`` [parts, columns] of the shares."""

    part: _Ints
    errors: _Floats

    def worst(self, columns: NDArray[np.bool_]) -> float:
        """Return the largest absolute error among the chosen columns."""
        return float(np.abs(self.errors[:, columns]).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Task:
    """What is divided.

    ``shares`` [groups, columns] are each group's part of the column's total, ``begun``
    [parts, columns] what the parts hold already, ``plan`` [parts] what each should hold at the
    end; ``weights`` [columns] say how much a column's error counts.
    """

    shares: _Floats
    begun: _Floats
    plan: _Floats
    weights: _Floats


def divide(task: Task, must: NDArray[np.bool_], seed: int) -> Balance:
    """Give each group to a part; of all tries the one least wrong on the ``must`` columns wins."""
    random = np.random.default_rng(seed)
    tries = sorted(
        (_greedy(task, random) for _ in range(_RESTARTS)), key=lambda part: _cost(task, part)
    )
    best: Balance | None = None
    for part in tries[:_POLISHED]:
        weights = task.weights.copy()
        for _ in range(_REWEIGHTINGS):
            here = Task(task.shares, task.begun, task.plan, weights)
            part = _polish(here, part)  # noqa: PLW2901 - each round starts from the last
            balance = Balance(part, _errors(task, part))
            if best is None or balance.worst(must) < best.worst(must):
                best = balance
            # What is still furthest from plan counts more in the next round.
            worst = np.abs(balance.errors).max(axis=0)
            weights = weights * np.where(must & (worst >= 0.9 * balance.worst(must)), 2.0, 1.0)
    if best is None:
        raise ValueError("no try was made")
    return best


def _errors(task: Task, part: _Ints) -> _Floats:
    held = task.begun.copy()
    np.add.at(held, part, task.shares)
    return np.asarray(held - task.plan[:, None], np.float64)


def _cost(task: Task, part: _Ints) -> float:
    return float((_errors(task, part) ** 2 @ task.weights).sum())


def _greedy(task: Task, random: np.random.Generator) -> _Ints:
    """Place large groups first, in slightly shuffled order, each where it helps most."""
    size = (task.shares * task.weights).sum(axis=1)
    order = np.argsort(-size * random.uniform(0.5, 1.5, len(size)), kind="stable")
    errors = task.begun - task.plan[:, None]
    part = np.zeros(len(size), np.int64)
    for group in order:
        share = task.shares[group]
        # Relative to plan, or the largest part would take everything first.
        change = (2 * errors * share + share**2) @ task.weights / task.plan
        part[group] = int(np.argmin(change))
        errors[part[group]] += share
    return part


def _polish(task: Task, part: _Ints) -> _Ints:
    """Move and swap groups while it lowers the cost."""
    part = part.copy()
    errors = _errors(task, part)
    weighted = task.shares * task.weights
    inner = weighted @ task.shares.T
    square = np.diag(inner)
    for _ in range(20 * len(part)):
        pull = weighted @ errors.T  # [groups, parts]
        own = np.take_along_axis(pull, part[:, None], axis=1)
        moves = 2 * (pull - own) + 2 * square[:, None]
        moves[np.arange(len(part)), part] = 0.0
        group, target = divmod(int(np.argmin(moves)), len(task.plan))
        # Swapping i and j moves i to j's part and j to i's, less what they share.
        there = pull[:, part]  # [i, part of j]
        swaps = 2 * (there - own) + 2 * (there.T - own.T)
        swaps += 2 * (square[:, None] + square[None, :] - 2 * inner)
        swaps[part[:, None] == part[None, :]] = 0.0
        one, other = divmod(int(np.argmin(swaps)), len(part))
        if min(moves[group, target], swaps[one, other]) > -_LEAST_GAIN:
            break
        if moves[group, target] <= swaps[one, other]:
            part[group] = target
        else:
            part[one], part[other] = part[other], part[one]
        errors = _errors(task, part)
    return part
