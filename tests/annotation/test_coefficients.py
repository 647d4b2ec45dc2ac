"""Coefficients against published examples, other libraries and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_designs import (
    LABELS,
    brute_alpha,
    jaccard,
    masi,
    random_design,
    unequal,
    votes,
)
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.annotation.coefficients import (
    compare,
    jaccard_distance,
    masi_distance,
    nominal_distance,
    tally,
)

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: 4 observers,
# 12 units, values 1 to 5, 0 for missing.
KRIPPENDORFF_2011 = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
).T
# Fleiss (1971) as tabulated in textbooks: 10 subjects, 14 raters, 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_alpha_of_krippendorffs_example_with_missing_cells() -> None:
    assert tally(KRIPPENDORFF_2011 - 1).totals().alpha[0] == pytest.approx(0.743421, abs=1e-6)


def test_fleiss_kappa_of_the_textbook_table() -> None:
    values = np.array([np.repeat(np.arange(5), row) for row in FLEISS])
    assert tally(values).totals().fleiss_kappa[0] == pytest.approx(0.2099, abs=5e-5)


def test_cohen_kappa_and_ac1_of_a_two_by_two_table() -> None:
    # 118 yes-yes, 5 yes-no, 2 no-yes, 0 no-no: the paradox that AC1 was made for (Gwet 2008).
    values = np.array([[1, 1]] * 118 + [[1, 0]] * 5 + [[0, 1]] * 2)
    both = compare(values[:, 0], values[:, 1:], nominal_distance(2), np.zeros(125, int))
    agreement, yes = 118 / 125, ((123 + 120) / 2) / 125
    chance = 123 / 125 * 120 / 125 + 2 / 125 * 5 / 125
    assert both.totals().kappa[0] == pytest.approx((agreement - chance) / (1 - chance))
    assert both.totals().kappa[0] == pytest.approx(-0.0234, abs=5e-5)
    ac1_chance = 2 * yes * (1 - yes)
    assert tally(values).totals().gwet_ac1[0] == pytest.approx(
        (agreement - ac1_chance) / (1 - ac1_chance)
    )
    assert tally(values).totals().gwet_ac1[0] == pytest.approx(0.9408, abs=5e-5)


@pytest.mark.parametrize("seed", range(200))
def test_alpha_equals_krippendorff_and_nltk(seed: int) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    agreement = pytest.importorskip("nltk.metrics.agreement")
    rng = np.random.default_rng(seed)
    varied = False
    while not varied:  # the others crash where nothing varies
        design = random_design(
            rng,
            int(rng.integers(5, 40)),
            int(rng.integers(2, 6)),
            noise=float(rng.uniform(0.1, 0.9)),
            missing=float(rng.choice([0.0, 0.3])),
        )
        given_votes = votes(design)
        sums = tally(given_votes.codes)
        varied = sums.varied
    mine = sums.totals().alpha[0]
    data = np.where(given_votes.codes < 0, np.nan, given_votes.codes.astype(float)).T
    assert mine == pytest.approx(
        krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"), abs=1e-9
    )
    # NLTK counts the values of sentences with one vote into chance; leave those out for it.
    pairable = [row for row in design if sum(v is not None for v in row) > 1]
    triples = [
        (f"reader-{j}", str(i), labels)
        for i, row in enumerate(pairable)
        for j, labels in enumerate(row)
        if labels is not None
    ]
    task = agreement.AnnotationTask(triples, distance=unequal)
    assert mine == pytest.approx(task.alpha(), abs=1e-9)
    task = agreement.AnnotationTask(triples, distance=masi)
    set_valued = tally(given_votes.codes, masi_distance(given_votes.sets)).totals().alpha[0]
    assert set_valued == pytest.approx(task.alpha(), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_alphas_equal_plain_loops(seed: int) -> None:
    design = random_design(np.random.default_rng(seed), 25, 4, missing=0.2)
    counted = votes(design)
    for distances, distance in (
        (masi_distance(counted.sets), masi),
        (jaccard_distance(counted.sets), jaccard),
        (nominal_distance(len(counted.sets)), unequal),
    ):
        assert tally(counted.codes, distances).totals().alpha[0] == pytest.approx(
            brute_alpha(design, distance), abs=1e-12
        )


@pytest.mark.parametrize("seed", range(20))
def test_cohen_kappa_equals_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, 60)
    second = np.where(rng.random(60) < 0.4, rng.integers(0, 2, 60), first)
    both = compare(first, second[:, None], nominal_distance(2), np.zeros(60, int))
    assert both.totals().kappa[0] == pytest.approx(
        metrics.cohen_kappa_score(first, second), abs=1e-12
    )


@given(st.lists(st.frozensets(st.sampled_from(LABELS)), min_size=1, max_size=8))
def test_set_distances_are_those_of_the_definitions(sets: list[frozenset[str]]) -> None:
    members = np.array([[label in labels for label in LABELS] for labels in sets])
    for distances, distance in ((masi_distance, masi), (jaccard_distance, jaccard)):
        expected = [[distance(a, b) for b in sets] for a in sets]
        np.testing.assert_allclose(distances(members), expected, atol=1e-12)


def test_two_empty_sets_agree_and_an_empty_one_agrees_with_no_other() -> None:
    sets = np.array([[False, False], [True, False]])
    assert masi_distance(sets).tolist() == jaccard_distance(sets).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("raters", [2, 3, 7])
def test_no_coefficient_is_a_number_where_nothing_varies(raters: int) -> None:
    same = np.ones((9, raters), dtype=int)
    sums = tally(same, nominal_distance(2))
    assert not sums.varied
    assert np.isnan(
        [sums.totals().alpha[0], sums.totals().fleiss_kappa[0], sums.totals().gwet_ac1[0]]
    ).all()
    alone = compare(same[:, 0], same[:, 1:], nominal_distance(2), np.zeros(9, int))
    assert np.isnan(alone.totals().kappa[0])


def test_one_value_and_several_missing_votes_of_a_sentence_are_no_trouble() -> None:
    values = np.array([[0, -1, -1, 0], [0, 0, 0, 0], [-1, 0, -1, 0]])
    sums = tally(values)
    assert (sums.sentences, sums.varied) == (3, False)
    assert sums.totals().raw_agreement[0] == 1.0


def test_documents_keep_their_places_where_some_have_no_pairable_sentence() -> None:
    values = np.array([[0, 1], [1, 1], [0, -1], [0, 0]])
    sums = tally(values, document_of=np.array([5, 2, 9, 5]))
    assert sums.documents.tolist() == [2, 5]
    assert sums.sums[:, 0].tolist() == [1, 2]


def test_sentences_with_one_vote_change_nothing() -> None:
    values = np.array([[0, 0, -1], [1, 1, 0], [0, 1, 1], [1, -1, 1]])
    more = np.vstack([values, [[1, -1, -1], [-1, -1, 0]]])
    for figure in ("alpha", "fleiss_kappa", "gwet_ac1", "raw_agreement"):
        assert getattr(tally(more).totals(), figure) == getattr(tally(values).totals(), figure)


def test_alpha_is_raw_beyond_expected_agreement() -> None:
    sums = tally(KRIPPENDORFF_2011 - 1)
    raw, expected = sums.totals().raw_agreement, sums.totals().expected_agreement
    assert sums.totals().alpha == pytest.approx((raw - expected) / (1 - expected))


def test_an_annotator_who_guesses_at_other_rates_has_kappa_zero() -> None:
    rng = np.random.default_rng(0)
    rest = (rng.random((40_000, 3)) < 0.2).astype(int)
    own = (rng.random(40_000) < 0.6).astype(int)
    against = compare(own, rest, nominal_distance(2), np.zeros(40_000, int))
    assert abs(against.totals().kappa[0]) < 0.02
