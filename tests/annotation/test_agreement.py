"""The agreement report: what is counted, what is refused a number, what never matters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from agreement_designs import (
    LABELS,
    SCHEMA,
    brute_alpha,
    judgement,
    judgements,
    masi,
    random_design,
    votes,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.annotation.agreement import (
    AgreementReport,
    agree,
    measure_agreement,
    measure_groups,
)
from claimtypes.annotation.figures import REASONS, Measure, Panel
from claimtypes.annotation.rounds import build_votes
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project

NONE: frozenset[str] = frozenset()


def measures(record: object) -> list[Measure]:
    """Every measure in a record, however deep."""
    if isinstance(record, Measure):
        return [record]
    if isinstance(record, dict):
        return [m for value in record.values() for m in measures(value)]
    if isinstance(record, tuple):
        return [m for value in record for m in measures(value)]
    if hasattr(record, "__slots__"):
        return [m for name in record.__slots__ for m in measures(getattr(record, name))]
    return []


def panel(design, documents=None, draws: int = 100) -> Panel:
    return measure_agreement(votes(design, documents), draws=draws)[0]


def detection_disagreement() -> list[list[frozenset[str]]]:
    """Two annotators who differ only about whether a sentence carries a label at all."""
    sets = [frozenset({"one"}), frozenset({"two"}), frozenset({"three"}), frozenset({"one", "two"})]
    rows = [[NONE, NONE]] * 80
    for labels in sets:
        rows += [[labels, labels]] * 13 + [[labels, NONE]] * 9 + [[NONE, labels]] * 10
    return rows


def test_empty_sets_are_values_where_only_detection_is_disagreed_on() -> None:
    design = detection_disagreement()
    sets = panel(design).sets
    assert sets.alpha_masi.value == pytest.approx(0.408, abs=0.001)
    assert sets.alpha_masi.value == pytest.approx(brute_alpha(design, masi), abs=1e-6)
    # What dropping the empty sets makes of the same votes.
    dropped = [[labels or None for labels in row] for row in design]
    assert brute_alpha(dropped, masi) == 1.0


def test_random_raters_are_at_chance_on_every_corrected_figure() -> None:
    design = random_design(np.random.default_rng(7), 20_000, 3, noise=1.0)
    found = panel(design, np.repeat(np.arange(200), 100).tolist())
    corrected = [
        m
        for m in measures(found)
        if m.name.rsplit(".", 1)[-1].startswith(("alpha", "kappa", "cohen", "fleiss", "gain"))
        and m.value is not None
    ]
    assert len(corrected) >= 30
    assert {m.name: m.value for m in corrected if abs(m.value) >= 0.03} == {}


def test_figures_are_pooled_over_documents_and_not_their_mean() -> None:
    # Half of the documents hold one stray label and nothing else; there alpha is about zero.
    one = frozenset({"one"})
    lively = [[one, one]] * 12 + [[NONE, NONE]] * 12 + [[one, NONE]] * 2
    quiet = [[NONE, NONE]] * 25 + [[one, NONE]]
    design = (lively + quiet) * 10
    documents = np.repeat(np.arange(20), 26).tolist()
    alpha = panel(design, documents).sets.alpha_masi.value
    each = [brute_alpha(design[i * 26 : i * 26 + 26], masi) for i in range(20)]
    assert alpha == pytest.approx(brute_alpha(design, masi), abs=1e-6)
    assert alpha - np.mean(each) > 0.3


def test_labels_detection_pairs_and_annotators_equal_plain_loops() -> None:
    design = random_design(np.random.default_rng(3), 60, 4, missing=0.2)
    found = panel(design)

    def differ(a: bool, b: bool) -> float:
        return float(a != b)

    def asked(question) -> list[list[bool | None]]:
        return [[None if v is None else question(v) for v in row] for row in design]

    assert found.detection.alpha.value == pytest.approx(brute_alpha(asked(bool), differ), abs=1e-6)
    for label in found.labels:
        expected = brute_alpha(asked(lambda v, name=label.name: name in v), differ)
        assert label.alpha.value == pytest.approx(expected, abs=1e-6)
    for pair in found.pairs:
        columns = [int(name[-1]) for name in (pair.first, pair.second)]
        expected = brute_alpha([[row[c] for c in columns] for row in design], masi)
        assert pair.alpha_masi.value == pytest.approx(expected, abs=1e-6)
    whole = brute_alpha(design, masi)
    for column, annotator in enumerate(found.annotators):
        without = brute_alpha([row[:column] + row[column + 1 :] for row in design], masi)
        assert annotator.alpha_masi_without.value == pytest.approx(without, abs=1e-6)
        assert annotator.gain.value == pytest.approx(without - whole, abs=2e-6)
        given = [row[column] for row in design if row[column] is not None]
        assert annotator.n_judged == len(given)
        assert annotator.none_rate == pytest.approx(
            sum(not v for v in given) / len(given), abs=1e-6
        )


def test_leaving_out_a_guesser_gains_and_a_guesser_agrees_by_chance() -> None:
    rng = np.random.default_rng(1)
    design = random_design(rng, 400, 4, noise=0.2)
    guesses = random_design(rng, 400, 1, noise=1.0)
    both = [row + guess for row, guess in zip(design, guesses, strict=True)]
    found = panel(both, np.repeat(np.arange(40), 10).tolist(), draws=300).annotators
    guesser = found[-1]
    assert guesser.gain.low > 0
    assert guesser.kappa_masi.low < 0 < guesser.kappa_masi.high
    assert all(a.gain.value < 0 and a.kappa_masi.low > 0.3 for a in found[:-1])


@pytest.mark.parametrize(
    ("design", "reason"),
    [
        ([[NONE], [frozenset({"one"})]], "one-annotator"),
        ([[NONE, None], [None, frozenset({"one"})]], "fewer-than-two-votes"),
        ([[NONE, NONE]] * 9, "no-variation"),
        ([[frozenset({"one"}), frozenset({"one"})]] * 9, "no-variation"),
    ],
)
def test_what_cannot_be_computed_has_a_named_reason(design, reason: str) -> None:
    found = panel(design)
    for measure in (found.sets.alpha_masi, found.detection.alpha, found.labels[0].gwet_ac1):
        assert (measure.value, measure.low, measure.high) == (None, None, None)
        assert measure.reason == reason
    assert all(m.reason in REASONS for m in measures(found) if m.value is None)
    assert not any(m.value != m.value for m in measures(found))


def test_a_label_nobody_gave_has_a_reason_and_the_others_their_figures() -> None:
    design = [[frozenset({"one"}), NONE], [frozenset({"one"})] * 2, [NONE, NONE]] * 5
    found = panel(design)
    assert [label.alpha.reason for label in found.labels[1:]] == ["no-variation"] * 2
    assert found.labels[0].alpha.value is not None
    assert found.labels[1].prevalence.value == 0.0
    assert found.labels[1].raw_agreement.value == 1.0


def test_cohens_kappa_of_the_whole_is_for_two_annotators() -> None:
    design = random_design(np.random.default_rng(5), 40, 3)
    assert panel(design).labels[0].cohen_kappa.reason == "not-two-annotators"
    two = panel([row[:2] for row in design])
    assert two.labels[0].cohen_kappa.value == two.pairs[0].label_kappas["one"].value


def test_of_two_annotators_nobody_can_be_left_out() -> None:
    two = panel(random_design(np.random.default_rng(5), 40, 2))
    assert {a.gain.reason for a in two.annotators} == {"one-left"}
    assert {a.alpha_masi_without.value for a in two.annotators} == {None}


def test_few_documents_give_a_figure_without_an_interval() -> None:
    design = random_design(np.random.default_rng(5), 40, 3)
    four = panel(design, np.repeat(np.arange(4), 10).tolist()).sets.alpha_masi
    assert four.value is not None
    assert (four.low, four.high, four.reason) == (None, None, "few-documents")
    five = panel(design, np.repeat(np.arange(5), 8).tolist()).sets.alpha_masi
    assert five.low < five.value < five.high
    assert (five.reason, five.n_documents, five.n_sentences) == ("", 5, 40)


def test_a_label_in_one_document_alone_has_no_interval() -> None:
    one = frozenset({"one"})
    design = [[one, one], [one, NONE]] + [[NONE, NONE]] * 38
    alpha = panel(design, np.repeat(np.arange(20), 2).tolist()).labels[0].alpha
    assert alpha.value is not None
    assert (alpha.low, alpha.reason) == (None, "often-undefined")


def test_documents_without_a_second_vote_are_no_documents_of_the_figures() -> None:
    design = random_design(np.random.default_rng(5), 60, 2)
    documents = np.repeat(np.arange(6), 10).tolist()
    alone = [[row[0], None] for row in design]
    more = panel(design + alone, documents + [d + 6 for d in documents])
    assert more.sets == panel(design, documents).sets
    assert (more.n_documents, more.n_sentences, more.n_judged_sentences) == (6, 60, 120)


def test_figures_without_suggestions_stand_beside_all() -> None:
    rng = np.random.default_rng(9)
    design = random_design(rng, 200, 3, noise=0.5)
    rows = judgements(design, np.repeat(np.arange(10), 20).tolist())
    aided = [
        judgement(f"zz:{i}-{i + 1}", f"reader-{j}", ["one"] if i % 2 else [], origin="prefilled")
        for i in range(100)
        for j in range(3)
    ]
    every, unaided = measure_agreement(build_votes(rows + aided, SCHEMA), draws=100)
    alone, nothing = measure_agreement(build_votes(rows, SCHEMA), draws=100)
    assert nothing is None
    assert unaided is not None
    assert unaided.sets == alone.sets
    assert unaided.labels == alone.labels
    assert every.sets.alpha_masi.value > alone.sets.alpha_masi.value
    assert every.annotators[0].n_prefilled == 100


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)), st.permutations(range(30)), st.integers(0, 20))
def test_names_of_annotators_and_order_of_sentences_never_matter(people, order, seed) -> None:
    design = random_design(np.random.default_rng(seed), 30, 4, missing=0.2)
    moved = [[design[i][p] for p in people] for i in order]
    one, other = panel(design), panel(moved)
    for first, second in zip(
        measures((one.sets, one.detection, one.labels)),
        measures((other.sets, other.detection, other.labels)),
        strict=True,
    ):
        assert first.value == pytest.approx(second.value, abs=2e-6)
    for column, annotator in enumerate(other.annotators):
        was = one.annotators[people[column]]
        assert annotator.kappa_masi.value == pytest.approx(was.kappa_masi.value, abs=2e-6)
        assert annotator.gain.value == pytest.approx(was.gain.value, abs=2e-6)


def test_the_same_seed_gives_the_same_report_and_another_other_intervals() -> None:
    design = random_design(np.random.default_rng(5), 100, 3)
    counted = votes(design, np.repeat(np.arange(10), 10).tolist())
    one, again, other = (measure_agreement(counted, draws=200, seed=s)[0] for s in (1, 1, 2))
    assert one == again
    assert one.sets.alpha_masi.value == other.sets.alpha_masi.value
    assert one.sets.alpha_masi.low != other.sets.alpha_masi.low


def test_groups_are_the_figures_of_their_documents_alone() -> None:
    design = random_design(np.random.default_rng(5), 120, 3)
    documents = np.repeat(np.arange(12), 10).tolist()
    group_of = {f"document-{d:03}": "wire" if d < 6 else "court" for d in range(11)}
    court, rest, wire = sorted(
        measure_groups(votes(design, documents), group_of, draws=100),
        key=lambda group: group.name or "d",
    )
    assert (court.name, rest.name, wire.name) == ("court", "", "wire")
    assert wire.alpha_masi.value == panel(design[:60], documents[:60]).sets.alpha_masi.value
    assert wire.alpha_masi.n_documents == 6
    assert rest.alpha_masi.n_sentences == 10
    assert set(court.label_alphas) == set(LABELS)


def test_many_annotators_who_share_little_are_measured() -> None:
    rng = np.random.default_rng(4)
    design = random_design(rng, 150, 12, missing=0.75)
    found = panel(design, np.repeat(np.arange(15), 10).tolist())
    assert found.sets.alpha_masi.value == pytest.approx(brute_alpha(design, masi), abs=1e-6)
    assert len(found.annotators) == 12


def test_a_project_is_measured_and_its_report_survives_json(tiny: Project) -> None:
    report = agree(tiny, by="genre", draws=100)
    assert AgreementReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    assert report.every.n_judgements == 20
    assert [group.name for group in report.groups] == ["local-news", "wire-brief"]
    assert [a.kind for a in report.every.annotators] == ["language-model"] * 2
    assert agree(tiny, "first", by="genre", draws=100).every == report.every


def test_an_unknown_breakdown_is_refused(tiny: Project) -> None:
    with pytest.raises(ClaimtypesError, match="no breakdown by weather"):
        agree(tiny, by="weather")
