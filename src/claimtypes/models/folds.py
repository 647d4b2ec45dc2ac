"""Folds that keep groups whole and labels even, the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput


def group_folds(
    groups: Sequence[str], labels: NDArray[np.uint8], count: int, seed: int = 0
) -> NDArray[np.int64]:
    """Return the fold of each sentence, 0 to ``count`` - 1; a group is in one fold.

    Greedy: groups from the largest down go to the fold that leaves sentences and labels spread
    most evenly; equals are ordered by a hash of group and seed, so that no order of rows counts.

    Raises:
        BadInput: when there are fewer groups than folds.
    """
    named = sorted(set(groups))
    if len(named) < count:
        raise BadInput(
            f"{len(named)} articles cannot make {count} folds",
            hint="train on more articles, or set tuning.on to validation or none",
        )
    number = {group: i for i, group in enumerate(named)}
    member = np.array([number[group] for group in groups])
    tally = np.zeros((len(named), labels.shape[1] + 1))
    np.add.at(tally, member, np.hstack([labels, np.ones((len(member), 1))]))
    shares = tally / np.maximum(tally.sum(axis=0), 1.0)

    def key(group: int) -> tuple[float, str]:
        text = f"{seed}:{named[group]}"
        return -float(tally[group, -1]), hashlib.sha256(text.encode()).hexdigest()

    load = np.zeros((count, tally.shape[1]))
    fold_of = np.zeros(len(named), dtype=np.int64)
    for group in sorted(range(len(named)), key=key):
        # Adding s to a load l grows the sum of squares by s * (2 l + s).
        growth = (shares[group] * (2.0 * load + shares[group])).sum(axis=1)
        fold = int(np.argmin(growth))
        fold_of[group] = fold
        load[fold] += shares[group]
    folds: NDArray[np.int64] = fold_of[member]
    return folds
