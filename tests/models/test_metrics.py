"""Metrics equal scikit-learn's where it has them, and plain loops where it has not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from claimtypes.models import metrics

LABELS = arrays(np.uint8, (12, 3), elements=st.integers(0, 1))
# Few distinct values, so that ties are common.
PROBABILITIES = arrays(np.float64, (12, 3), elements=st.sampled_from([0.0, 0.1, 0.5, 0.75, 1.0]))
quick = settings(max_examples=40, deadline=None)


@quick
@given(LABELS, LABELS)
def test_f1_equals_scikit_learn(gold: np.ndarray, predicted: np.ndarray) -> None:
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    counts = metrics.count(gold, predicted)
    expected = precision_recall_fscore_support(gold, predicted, zero_division=0)
    np.testing.assert_allclose(np.nan_to_num(metrics.precision(counts)), expected[0])
    np.testing.assert_allclose(np.nan_to_num(metrics.recall(counts)), expected[1])
    np.testing.assert_allclose(np.nan_to_num(metrics.f1(counts)), expected[2])
    macro = f1_score(gold, predicted, average="macro", zero_division=0)
    assert float(metrics.macro_f1(counts)) == pytest.approx(macro)
    micro = f1_score(gold, predicted, average="micro", zero_division=0)
    assert float(np.nan_to_num(metrics.micro_f1(counts))) == pytest.approx(micro)


@quick
@given(LABELS, LABELS)
def test_example_f1_has_both_conventions_for_empty_rows(
    gold: np.ndarray, predicted: np.ndarray
) -> None:
    from sklearn.metrics import f1_score

    expected = f1_score(gold, predicted, average="samples", zero_division=1)
    assert metrics.example_f1(gold, predicted) == pytest.approx(expected)
    kept = (gold.sum(axis=1) + predicted.sum(axis=1)) > 0
    dropped = metrics.example_f1(gold, predicted, empty="drop")
    if kept.any():
        expected = f1_score(gold[kept], predicted[kept], average="samples", zero_division=0)
        assert dropped == pytest.approx(expected)
    else:
        assert np.isnan(dropped)


@quick
@given(LABELS, LABELS)
def test_subset_accuracy_equals_scikit_learn(gold: np.ndarray, predicted: np.ndarray) -> None:
    from sklearn.metrics import accuracy_score

    assert metrics.subset_accuracy(gold, predicted) == pytest.approx(
        accuracy_score(gold, predicted)
    )


@quick
@given(LABELS, PROBABILITIES)
def test_average_precision_equals_scikit_learn_with_ties(
    gold: np.ndarray, probability: np.ndarray
) -> None:
    from sklearn.metrics import average_precision_score

    found = metrics.average_precision(gold, probability)
    for label in range(3):
        if gold[:, label].any():
            expected = average_precision_score(gold[:, label], probability[:, label])
            assert found[label] == pytest.approx(expected)
        else:
            assert np.isnan(found[label])


@quick
@given(LABELS, PROBABILITIES, arrays(np.int64, 12, elements=st.integers(0, 3)))
def test_weighted_average_precision_is_that_of_repeated_sentences(
    gold: np.ndarray, probability: np.ndarray, weights: np.ndarray
) -> None:
    rows = np.repeat(np.arange(12), weights)
    ranking = metrics.Ranking.of(gold[:, 0].astype(bool), probability[:, 0])
    found = ranking.average_precision(weights[None, :].astype(float))[0]
    if gold[rows, 0].any():
        expected = metrics.average_precision(gold[rows], probability[rows])[0]
        assert found == pytest.approx(expected)
    else:
        assert np.isnan(found)


@quick
@given(LABELS, PROBABILITIES)
def test_curve_equals_scikit_learn(gold: np.ndarray, probability: np.ndarray) -> None:
    from sklearn.metrics import precision_recall_curve

    gold[0, 0] = 1
    found = metrics.precision_recall_points(gold[:, 0].astype(bool), probability[:, 0])
    precision, recall, threshold = precision_recall_curve(gold[:, 0], probability[:, 0])
    np.testing.assert_allclose(found.threshold, threshold[::-1])
    np.testing.assert_allclose(found.precision, precision[:-1][::-1])
    np.testing.assert_allclose(found.recall, recall[:-1][::-1])


@quick
@given(LABELS, PROBABILITIES)
def test_brier_skill_equals_scikit_learn(gold: np.ndarray, probability: np.ndarray) -> None:
    from sklearn.metrics import brier_score_loss

    y, p = gold[:, 0], probability[:, 0]
    if y.min() == y.max():
        assert np.isnan(metrics.brier_skill(y, p))
        return
    expected = 1 - brier_score_loss(y, p) / brier_score_loss(y, np.full(12, y.mean()))
    assert metrics.brier_skill(y, p) == pytest.approx(expected)


@quick
@given(LABELS, PROBABILITIES)
def test_calibration_error_is_the_mean_gap_of_bins(
    gold: np.ndarray, probability: np.ndarray
) -> None:
    y, p = gold[:, 0], probability[:, 0]
    total = 0.0
    for number in range(10):
        inside = [
            i
            for i in range(12)
            if number / 10 <= p[i] < (number + 1) / 10 or (number == 9 and p[i] == 1)
        ]
        if inside:
            total += abs(sum(p[i] - y[i] for i in inside))
    found = metrics.expected_calibration_error(metrics.reliability(y, p))
    assert found == pytest.approx(total / 12)


@quick
@given(PROBABILITIES, PROBABILITIES)
def test_jensen_shannon_equals_scipy(votes: np.ndarray, probability: np.ndarray) -> None:
    from scipy.spatial.distance import jensenshannon

    found = metrics.jensen_shannons(votes, probability)
    for cell in np.ndindex(votes.shape):
        one = [votes[cell], 1 - votes[cell]]
        other = [probability[cell], 1 - probability[cell]]
        assert found[cell] == pytest.approx(jensenshannon(one, other, base=2) ** 2, abs=1e-9)


def test_soft_cross_entropy_is_finite_for_certain_and_wrong() -> None:
    found = metrics.soft_cross_entropies(np.array([[1.0]]), np.array([[0.0]]))
    assert found[0, 0] == pytest.approx(-np.log(metrics.SOFT_EPSILON))


def test_scores_that_do_not_exist_are_nan_and_never_0_or_1() -> None:
    nothing = np.zeros((4, 1), dtype=np.uint8)
    counts = metrics.count(nothing, nothing)
    assert np.isnan(metrics.precision(counts)[0])
    assert np.isnan(metrics.recall(counts)[0])
    assert np.isnan(metrics.f1(counts)[0])
    assert np.isnan(metrics.micro_f1(counts))
