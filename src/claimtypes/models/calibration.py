"""From scores to probabilities to decisions: Platt scaling and thresholds, label by label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.models.sparse import Floats

Labels = NDArray[np.uint8]


def sigmoid(scores: Floats) -> Floats:
    """Return 1 / (1 + exp(-score)), without overflow."""
    small = np.exp(-np.abs(scores))
    return np.asarray(np.where(scores >= 0, 1.0, small) / (1.0 + small))


def softmax(scores: Floats) -> Floats:
    """Return the softmax of each row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    normed: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return normed


@dataclass(frozen=True, slots=True)
class Calibration:
    """One sigmoid a label: probability = sigmoid(slope * score + intercept), both [k]."""

    slopes: Floats
    intercepts: Floats

    def apply(self, scores: Floats) -> Floats:
        """Return probabilities, [n, k]."""
        return sigmoid(scores * self.slopes + self.intercepts)


def fit_calibration(scores: Floats, labels: Labels) -> Calibration:
    """Fit each label's sigmoid to scores [n, k] of sentences the scorer has not learnt from."""
    fitted = [_fit_sigmoid(scores[:, k], labels[:, k]) for k in range(labels.shape[1])]
    return Calibration(np.array([f[0] for f in fitted]), np.array([f[1] for f in fitted]))


def _fit_sigmoid(scores: Floats, labels: NDArray[np.uint8]) -> tuple[float, float]:
    """Fit slope and intercept by Newton's method on Platt's smoothed targets.

    Lin, Lin and Weng (2007), "A note on Platt's probabilistic outputs for support vector
    machines", algorithm 1, with the signs turned so that a positive slope is the usual one.
    """
    positives, negatives = int(labels.sum()), int((1 - labels).sum())
    high, low = (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0)
    prior = np.log((positives + 1.0) / (negatives + 1.0))
    if not positives or not negatives or np.ptp(scores) == 0.0:
        return 0.0, float(prior)
    targets = np.where(labels == 1, high, low)

    def loss(slope: float, intercept: float) -> float:
        logits = slope * scores + intercept
        softplus = np.maximum(logits, 0.0) + np.log1p(np.exp(-np.abs(logits)))
        return float(np.sum(softplus - targets * logits))

    point = np.array([0.0, float(prior)])
    for _ in range(100):
        probabilities = sigmoid(point[0] * scores + point[1])
        error, spread = probabilities - targets, probabilities * (1.0 - probabilities)
        gradient = np.array([np.sum(error * scores), np.sum(error)])
        if np.abs(gradient).max() < 1e-7:
            break
        cross = np.sum(spread * scores)
        curvature = np.array(
            [[np.sum(spread * scores * scores) + 1e-12, cross], [cross, np.sum(spread) + 1e-12]]
        )
        step = -np.linalg.solve(curvature, gradient)
        size = _step_size(lambda at: loss(*at), point, step, float(gradient @ step))
        if not size:
            break
        point = point + size * step
    return float(point[0]), float(point[1])


def _step_size(loss: Callable[[Floats], float], point: Floats, step: Floats, slope: float) -> float:
    """Halve a Newton step until the loss falls enough; 0.0 when it never does."""
    current, size = loss(point), 1.0
    while size >= 1e-10:
        if loss(point + size * step) < current + 1e-4 * size * slope:
            return size
        size /= 2.0
    return 0.0


def best_thresholds(probabilities: Floats, labels: Labels) -> Floats:
    """Return each label's threshold of the best F1, [k]; 1.0 where a label is never there."""
    chosen = [_best_threshold(probabilities[:, k], labels[:, k]) for k in range(labels.shape[1])]
    return np.array(chosen)


def _best_threshold(probabilities: Floats, labels: NDArray[np.uint8]) -> float:
    positives = int(labels.sum())
    if not positives:
        return 1.0
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    hits = np.cumsum(labels[order])
    f1 = 2.0 * hits / (np.arange(1, len(ranked) + 1) + positives)
    # A cut between equal probabilities is no cut.
    last_of_equals = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(last_of_equals, f1, -1.0)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2.0)


def steady_thresholds(
    probabilities: Floats, labels: Labels, *, exclusive: bool, seed: int = 0
) -> Floats:
    """Return the geometric mean of the best thresholds of 30 resamples of the sentences, [k].

    The best threshold of one sample hangs on a few sentences; its mean over resamples scores as
    well on unseen ones and moves far less. Resamples without a label say nothing about its own.
    """
    chance = np.random.default_rng(seed)
    best = best_exclusive_thresholds if exclusive else best_thresholds
    found = np.empty((30, labels.shape[1]))
    for number in range(len(found)):
        rows = chance.integers(len(labels), size=len(labels))
        found[number] = np.log(np.maximum(best(probabilities[rows], labels[rows]), 1e-12))
        if not exclusive:
            found[number, ~labels[rows].any(axis=0)] = np.nan
    known = ~np.isnan(found)
    sums = np.where(known, found, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), np.exp(sums / np.maximum(known.sum(axis=0), 1)), 1.0)


def best_exclusive_thresholds(probabilities: Floats, labels: Labels) -> Floats:
    """Return thresholds for which the label with the largest p / threshold has best macro-F1.

    Coordinate ascent over powers of 2**(1/8) from 1/4 to 4, twice over all labels, from 1/2.
    """
    count = labels.shape[1]
    thresholds = np.full(count, 0.5)
    truth = labels.argmax(axis=1)
    totals = np.bincount(truth, minlength=count)
    grid = 2.0 ** (np.arange(-16, 17) / 8.0) / 2.0
    for _ in range(2):
        for label in range(count):
            others = probabilities / thresholds
            others[:, label] = -1.0
            rival, margin = others.argmax(axis=1), others.max(axis=1)
            found = [
                _macro_f1(
                    np.where(probabilities[:, label] / t >= margin, label, rival), truth, totals
                )
                for t in grid
            ]
            # Of equally good ones the nearest to the start.
            best = max(found)
            near = [i for i, value in enumerate(found) if value >= best - 1e-12]
            thresholds[label] = grid[min(near, key=lambda i: (abs(i - 16), i))]
    return thresholds


def _macro_f1(
    chosen: NDArray[np.int64], truth: NDArray[np.int64], totals: NDArray[np.int64]
) -> float:
    hits = np.bincount(truth[chosen == truth], minlength=len(totals))
    named = np.bincount(chosen, minlength=len(totals))
    return float(np.mean(2.0 * hits / np.maximum(named + totals, 1)))


def decide(probabilities: Floats, thresholds: Floats, *, exclusive: bool) -> Labels:
    """Return the label matrix: every label that reaches its threshold, or exactly one."""
    if not exclusive:
        reached: Labels = (probabilities >= thresholds).astype(np.uint8)
        return reached
    decisions = np.zeros(probabilities.shape, dtype=np.uint8)
    ratios = probabilities / np.maximum(thresholds, 1e-12)
    decisions[np.arange(len(ratios)), ratios.argmax(axis=1)] = 1
    return decisions
