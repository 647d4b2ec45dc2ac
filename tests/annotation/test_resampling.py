"""Resamples of documents: the same bytes for a seed, and what repeating documents gives."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_designs import random_design, votes

from claimtypes.annotation import resampling
from claimtypes.annotation.coefficients import compare, masi_distance, tally
from claimtypes.annotation.resampling import document_weights, interval, resample


def test_the_first_resamples_of_a_seed_never_change() -> None:
    drawn = next(document_weights(6, 3, 1)).astype(int).tolist()
    assert drawn == [[1, 1, 1, 1, 0, 2], [1, 0, 1, 2, 2, 0], [1, 2, 2, 0, 1, 0]]


def test_resamples_do_not_depend_on_the_piece_size(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.vstack(list(document_weights(7, 50, 3)))
    monkeypatch.setattr(resampling, "_CHUNK_ENTRIES", 21)
    pieces = list(document_weights(7, 50, 3))
    assert len(pieces) > 10
    np.testing.assert_array_equal(np.vstack(pieces), whole)


def test_every_resample_has_as_many_documents_and_each_is_as_likely() -> None:
    weights = np.vstack(list(document_weights(9, 20_000, 5)))
    assert (weights.sum(axis=1) == 9).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(9), abs=0.03)
    assert weights.var(axis=0) == pytest.approx(np.full(9, 8 / 9), abs=0.04)


def test_weights_give_what_repeating_the_documents_gives() -> None:
    documents = np.repeat(np.arange(8), 6)
    counted = votes(random_design(np.random.default_rng(2), 48, 4, missing=0.3), documents)
    distance = masi_distance(counted.sets)
    sums = tally(counted.codes, distance, counted.document_of)
    against = compare(counted.codes[:, 0], counted.codes[:, 1:], distance, counted.document_of)
    weights = next(document_weights(8, 20, 4))
    for row, alpha, kappa in zip(
        weights, sums.totals(weights).alpha, against.totals(weights).kappa, strict=True
    ):
        rows = np.concatenate(
            [np.flatnonzero(documents == d) for d in range(8) for _ in range(int(row[d]))]
        )
        codes = counted.codes[rows]
        assert alpha == pytest.approx(tally(codes, distance).totals().alpha[0], abs=1e-12)
        one = compare(codes[:, 0], codes[:, 1:], distance, np.zeros(len(rows), int))
        assert kappa == pytest.approx(one.totals().kappa[0], abs=1e-12)


def test_statistics_see_the_same_resamples() -> None:
    sums = np.arange(5.0)
    _, drawn = resample(lambda w: np.array([w @ sums, 2 * (w @ sums)]), 5, draws=30, seed=0)
    np.testing.assert_allclose(drawn[1], 2 * drawn[0])


def test_no_interval_where_too_many_draws_are_undefined() -> None:
    drawn = np.linspace(0, 1, 100)
    assert interval(drawn) == pytest.approx((0.025, 0.975))
    drawn[:6] = np.nan
    assert interval(drawn) is None
    assert interval(np.full(10, np.nan)) is None
