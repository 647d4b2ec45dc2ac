"""Paired tests equal plain loops; intervals cover the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from claimtypes.annotation.resampling import document_weights
from claimtypes.models import metrics
from claimtypes.models.bootstrap import (
    SEED,
    compare_pair,
    count_by_document,
    holm,
    sum_by_document,
)


def systems(seed: int, documents: int = 15, rows: int = 150) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    gold = rng.random((rows, 5)) < 0.3
    one = np.where(rng.random((rows, 5)) < 0.8, gold, rng.random((rows, 5)) < 0.3)
    other = np.where(rng.random((rows, 5)) < 0.7, gold, rng.random((rows, 5)) < 0.3)
    names = np.array([f"document-{i % documents}" for i in range(rows)])
    return gold, one, other, names


def test_counts_by_document_are_those_of_each_document() -> None:
    gold, one, _, names = systems(1)
    counts = count_by_document(gold, one, list(names))
    assert counts.documents == 15
    for index, name in enumerate(sorted(set(names))):
        expected = metrics.count(gold[names == name], one[names == name])
        found = counts.weighted(np.eye(15)[[index]])
        np.testing.assert_array_equal(found.true_positive[0], expected.true_positive)
        np.testing.assert_array_equal(found.false_positive[0], expected.false_positive)
        np.testing.assert_array_equal(found.false_negative[0], expected.false_negative)


def test_sums_by_document_come_in_order_of_name() -> None:
    found, documents = sum_by_document(np.array([[1.0], [2.0], [4.0]]), ["b", "a", "b"])
    assert documents == 2
    np.testing.assert_array_equal(found, [[2.0], [5.0]])


@pytest.mark.parametrize("score", [metrics.macro_f1, metrics.micro_f1])
def test_paired_test_equals_a_plain_loop(score) -> None:  # type: ignore[no-untyped-def]
    from sklearn.metrics import f1_score

    average = "macro" if score is metrics.macro_f1 else "micro"
    gold, one, other, names = systems(2)
    counts = [count_by_document(gold, system, list(names)) for system in (one, other)]
    found = compare_pair(*counts, score, replicates=300)

    def f1(y: np.ndarray, p: np.ndarray) -> float:
        return float(f1_score(y, p, average=average, zero_division=0))

    documents = sorted(set(names))
    rows = [np.flatnonzero(names == name) for name in documents]
    draws = []
    for weights in document_weights(len(documents), 300, SEED):
        for drawn in weights.astype(int):
            chosen = np.concatenate([np.tile(rows[d], times) for d, times in enumerate(drawn)])
            chosen = chosen.astype(int)
            draws.append(f1(gold[chosen], one[chosen]) - f1(gold[chosen], other[chosen]))
    observed = f1(gold, one) - f1(gold, other)
    assert found.difference == pytest.approx(observed)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])))
    tail = min(sum(d <= 1e-12 for d in draws), sum(d >= -1e-12 for d in draws))
    assert found.p_bootstrap == pytest.approx(min(1.0, 2 * (tail + 1) / 301))
    bits = np.random.PCG64(SEED + 1)
    extreme = 0
    for _ in range(300):
        kept = (bits.random_raw(len(documents)) >> np.uint64(63)).astype(bool)
        mine = np.where(kept[np.searchsorted(documents, names)][:, None], one, other)
        theirs = np.where(kept[np.searchsorted(documents, names)][:, None], other, one)
        extreme += abs(f1(gold, mine) - f1(gold, theirs)) >= abs(observed) - 1e-12
    assert found.p_randomisation == pytest.approx((extreme + 1) / 301)


def test_a_system_does_not_differ_from_itself() -> None:
    gold, one, _, names = systems(3)
    counts = count_by_document(gold, one, list(names))
    found = compare_pair(counts, counts, metrics.macro_f1, replicates=200)
    assert (found.difference, found.p_bootstrap, found.p_randomisation) == (0.0, 1.0, 1.0)


def test_no_p_value_is_ever_0() -> None:
    rng = np.random.default_rng(4)
    gold = rng.random((200, 2)) < 0.5
    names = [f"document-{i % 20}" for i in range(200)]
    right, wrong = count_by_document(gold, gold, names), count_by_document(gold, ~gold, names)
    found = compare_pair(right, wrong, metrics.micro_f1, replicates=100)
    assert found.p_bootstrap == pytest.approx(2 / 101)
    assert found.p_randomisation == pytest.approx(1 / 101)


def test_holm_equals_a_worked_example() -> None:
    # Holm (1979) by hand: sorted .01 * 4, .02 * 3, .03 * 2, .04 * 1, never falling.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([]) == []


def test_holm_equals_statsmodels_rule_on_ties_and_ones() -> None:
    assert holm([1.0, 0.5, 0.5]) == pytest.approx([1.0, 1.0, 1.0])
