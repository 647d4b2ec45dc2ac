"""Figures and intervals equal those of plain loops over resampled sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from claimtypes.annotation.resampling import document_weights
from claimtypes.models import metrics
from claimtypes.models.figures import Score
from claimtypes.models.scores import Scored, Scores, score

NAMES = ("first", "second", "third")


def scored(documents: int = 12, seed: int = 1, rows: int = 120) -> Scored:
    rng = np.random.default_rng(seed)
    gold = (rng.random((rows, 3)) < [0.3, 0.5, 0.1]).astype(np.uint8)
    probability = np.clip(gold * 0.4 + rng.random((rows, 3)) * 0.6, 0, 1).round(2)
    votes = np.where(rng.random((rows, 1)) < 0.1, np.nan, gold * 0.5 + 0.25)
    return Scored(
        NAMES,
        tuple(f"document-{i % documents}" for i in range(rows)),
        gold,
        (probability >= 0.5).astype(np.uint8),
        probability,
        np.full(3, 0.5),
        (probability >= 0.7).astype(np.uint8),
        votes,
    )


def naive(held: Scored, rows: np.ndarray) -> dict[str, float]:
    gold, predicted, probability = held.gold[rows], held.predicted[rows], held.probability[rows]
    counts, untuned = metrics.count(gold, predicted), metrics.count(gold, held.untuned[rows])
    assert held.votes is not None
    votes = held.votes[rows]
    voted = ~np.isnan(votes[:, 0])
    found = {
        "macro_f1": float(metrics.macro_f1(counts)),
        "micro_f1": float(metrics.micro_f1(counts)),
        "example_f1": metrics.example_f1(gold, predicted),
        "example_f1_nonempty": metrics.example_f1(gold, predicted, empty="drop"),
        "untuned_macro_f1": float(metrics.macro_f1(untuned)),
        "untuned_micro_f1": float(metrics.micro_f1(untuned)),
        "subset_accuracy": metrics.subset_accuracy(gold, predicted),
        "macro_average_precision": float(metrics.average_precision(gold, probability).mean()),
    }
    for i, name in enumerate(NAMES):
        y, p = gold[:, i], probability[:, i]
        soft = metrics.soft_cross_entropies(votes[voted], probability[voted])
        shannon = metrics.jensen_shannons(votes[voted], probability[voted])
        found |= {
            f"{name} precision": metrics.precision(counts)[i],
            f"{name} recall": metrics.recall(counts)[i],
            f"{name} f1": metrics.f1(counts)[i],
            f"{name} average_precision": metrics.average_precision(gold, probability)[i],
            f"{name} brier_skill": metrics.brier_skill(y, p),
            f"{name} calibration_error": metrics.expected_calibration_error(
                metrics.reliability(y, p)
            ),
            f"{name} soft_cross_entropy": soft[:, i].mean(),
            # Every vote here is a quarter or three.
            f"{name} vote_entropy": -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)),
            f"{name} jensen_shannon": shannon[:, i].mean(),
        }
    return found


def figures(found: Scores) -> dict[str, Score]:
    flat = {n: getattr(found, n) for n in Scores.__slots__ if isinstance(getattr(found, n), Score)}
    for label in found.labels:
        flat |= {
            f"{label.name} {n}": getattr(label, n)
            for n in type(label).__slots__
            if isinstance(getattr(label, n), Score)
        }
    return flat


def test_every_figure_and_interval_equals_a_plain_loop() -> None:
    held = scored()
    found = figures(score(held, draws=200, seed=3))
    names = sorted(set(held.documents))
    members = [[i for i, d in enumerate(held.documents) if d == name] for name in names]
    draws = []
    for weights in document_weights(len(names), 200, 3):
        for row in weights.astype(int):
            rows = [i for d, times in enumerate(row) for _ in range(times) for i in members[d]]
            draws.append(naive(held, np.array(rows)))
    points = naive(held, np.arange(len(held.documents)))
    assert set(found) == set(points)
    for name, figure in found.items():
        assert figure.value == pytest.approx(points[name], abs=1e-6), name
        if name.endswith("calibration_error"):
            assert (figure.low, figure.high, figure.reason) == (None, None, "inflated")
            continue
        low, high = np.quantile([d[name] for d in draws], [0.025, 0.975])
        assert (figure.low, figure.high) == pytest.approx((low, high), abs=1e-6), name


def test_few_documents_give_no_interval_and_say_so() -> None:
    found = score(scored(documents=3), draws=50)
    assert found.macro_f1.value is not None
    assert found.macro_f1.low is None
    assert found.macro_f1.reason == "few-documents"


def test_a_label_that_never_occurs_has_no_recall_and_says_so() -> None:
    held = scored()
    held.gold[:, 2] = 0
    found = score(held, draws=50).labels[2]
    assert (found.recall.value, found.recall.reason) == (None, "no-positive")
    assert found.average_precision.reason == "no-positive"
    assert found.brier_skill.reason == "no-variation"


def test_no_votes_leave_the_soft_scores_out() -> None:
    held = scored()
    without = replace(held, votes=None)
    found = score(without, draws=50).labels[0]
    assert (found.soft_cross_entropy.value, found.soft_cross_entropy.reason) == (None, "no-votes")


def test_scores_are_the_same_record_after_json() -> None:
    found = score(scored(), draws=50)
    assert Scores.parse(found.render()) == found
