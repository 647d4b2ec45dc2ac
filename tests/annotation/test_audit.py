"""The audit: planted faults are found, and nobody else is accused."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from simulated_projects import GUILTY, plant, script

from claimtypes.annotation.audit import audit, audit_judgements
from claimtypes.annotation.audit_texts import find_unequal_twins
from claimtypes.annotation.coefficients import compare
from claimtypes.annotation.evidence import (
    Suspicion,
    gather_evidence,
    hold_against_chance,
    normal_of_t,
    upper_tail,
)
from claimtypes.project import Project
from claimtypes.records import Adjudication, Finding, Gold, Judgement
from claimtypes.store import dump_jsonl, load_jsonl


def findings_of(simulated) -> list[Finding]:
    return audit_judgements(simulated.judgements, simulated.sentences, simulated.schema)[0]


@pytest.mark.slow
def test_a_hundred_clean_projects_raise_at_most_five_false_alarms() -> None:
    alarms = []
    for seed in range(100):
        chance = random.Random(1000 + seed)
        simulated = script.simulate(
            seed,
            annotators=chance.randint(2, 6),
            documents=chance.choice((8, 15, 25, 40, 60)),
            per_document=chance.choice((10, 20, 30)),
            prevalence=chance.choice((0.08, 0.2, 0.4)),
            noise=chance.choice((0.5, 1, 1.6, 2.2)),
            prefilled=chance.random() < 0.5,
        )
        alarms += [(seed, f.id, f.message) for f in findings_of(simulated)]
    assert len(alarms) <= 5, alarms


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_twin_of_a_faulty_corpus_is_seen_through_and_nobody_else_is_flagged(seed: int) -> None:
    twin = script.plant_faults(script.simulate(seed), seed)
    found = findings_of(twin)
    assert {(f.id, f.record) for f in found} == {
        ("annotator-at-chance", "reader-1"),
        ("labels-without-reasons", "reader-1"),
        ("highlights-misaligned", "reader-2"),
        ("unknown-label", "reader-5"),
        ("unknown-sentence", "reader-5"),
    }
    evidence = {f.id: f.evidence for f in found}
    assert float(evidence["annotator-at-chance"]["alpha_without"]) > float(
        evidence["annotator-at-chance"]["alpha"]
    )
    assert evidence["highlights-misaligned"]["fits_lag"] == "-1"


def test_the_twin_as_a_folder_lacks_its_links_and_texts_too(tmp_path: Path) -> None:
    twin = script.plant_faults(script.simulate(1), 1)
    report = audit(script.write_project(twin, tmp_path)).report
    counts = {f.id: f.evidence for f in report.findings}
    assert counts["article-without-link"]["articles"] == "14"
    assert counts["unknown-sentence"]["judgements"] == "25"
    assert report.n_judgements - report.n_sound == 27


def worst_of(judgements: list[Judgement], simulated) -> str:
    """Who agrees least with the rest."""
    evidence = gather_evidence(judgements, simulated.sentences, simulated.schema)
    votes = evidence.votes
    kappas = []
    for column in range(len(votes.annotators)):
        rest = np.delete(votes.codes, column, axis=1)
        sums = compare(votes.codes[:, column], rest, evidence.distance, votes.document_of)
        kappas.append(float(sums.totals().kappa[0]))
    return votes.annotators[int(np.argmin(kappas))]


def test_a_random_annotator_is_ranked_worst_of_five_on_a_hundred_sentences() -> None:
    right = Counter[str]()
    for seed in range(100):
        chance = random.Random(seed)
        simulated = script.simulate(seed, documents=10, per_document=10, prevalence=0.35)
        guilty = f"reader-{chance.randint(1, 5)}"
        rows = [j for j in simulated.judgements if j.annotator == guilty]
        others = [j for j in simulated.judgements if j.annotator != guilty]
        names = simulated.schema.names
        uniform = [
            replace(r, labels=tuple(x for x in names if chance.random() < 0.5)) for r in rows
        ]
        dealt = script.shuffle_labels(rows, chance)
        right["uniform"] += worst_of(uniform + others, simulated) == guilty
        right["dealt"] += worst_of(dealt + others, simulated) == guilty
    assert min(right.values()) >= 99, right


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [
        ("shuffled", 200, "block-shuffled"),
        ("shifted", 150, "block-shifted"),
        ("run", 200, "one-answer-run"),
        ("random", 0, "annotator-at-chance"),
        ("none", 0, "always-none"),
        ("never", 0, "label-never-given"),
        ("drift", 0, "annotator-drifts"),
        ("fast", 0, "too-fast"),
        ("waving", 0, "suggestions-waved-through"),
    ],
)
def test_a_planted_fault_is_found_in_whom_it_was_planted(
    kind: str, length: int, expected: str
) -> None:
    found: Counter[str] = Counter()
    for seed in range(4):
        simulated = script.simulate(
            700 + seed, annotators=4, documents=30, per_document=20, prefilled=kind == "waving"
        )
        findings = findings_of(plant(simulated, kind, length, seed))
        assert {f.record for f in findings} <= {GUILTY}, findings
        found.update({f.id for f in findings})
    assert found[expected] >= 3, found


def test_two_annotators_are_named_together_where_nobody_can_tell_which_it_is() -> None:
    simulated = script.simulate(5, annotators=2, documents=40, noise=0.5)
    found = findings_of(plant(simulated, "shuffled", 300))
    assert [(f.id, f.record) for f in found] == [("block-shuffled", "reader-1 or reader-2")]


def test_several_faulty_annotators_are_found_and_their_victims_are_not() -> None:
    simulated = script.simulate(4, annotators=5, documents=30, per_document=20)
    simulated = plant(simulated, "shifted", 200, guilty="reader-2")
    found = findings_of(plant(simulated, "random"))
    assert {(f.id, f.record) for f in found if f.id != "labels-without-reasons"} == {
        ("annotator-at-chance", "reader-1"),
        ("block-shifted", "reader-2"),
    }


def test_two_of_whom_one_guesses_are_both_told_that_they_agree_by_chance() -> None:
    simulated = script.simulate(5, annotators=2, documents=20, noise=0.5)
    found = findings_of(plant(simulated, "random"))
    assert ("agreement-at-chance", "reader-1 and reader-2") in {(f.id, f.record) for f in found}


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [("run", 300, "one-answer-run"), ("drift", 0, "annotator-drifts")],
)
@pytest.mark.parametrize("guilty", ["reader-1", "reader-2"])
def test_a_fault_of_either_of_two_is_found(
    kind: str, length: int, expected: str, guilty: str
) -> None:
    simulated = script.simulate(8, annotators=2, documents=60, noise=0.5)
    found = findings_of(plant(simulated, kind, length, guilty=guilty))
    assert (expected, "reader-1 or reader-2") in {(f.id, f.record) for f in found}


def test_nearly_equal_sentences_with_other_gold_are_named_where_they_say_enough() -> None:
    texts = {
        "a:0-60": "The ministry denied that its officers had followed the singer.",
        "b:0-61": "The ministry denied that its officers had followed the singers!",
        "c:0-50": "Bread was dearer in the harbour than a year before.",
        "d:0-10": "It did.",
        "e:0-10": "It did.",
    }
    gold = [
        Gold(sentence, ("denial",) if sentence[0] in "ad" else (), {}, "majority")
        for sentence in texts
    ]
    (finding,) = find_unequal_twins(gold, texts)
    assert (finding.id, finding.evidence) == (
        "twins-with-different-labels",
        {"pairs": "1", "first": "a:0-60 and b:0-61"},
    )
    undecided = [replace(row, labels=None, how="unresolved") for row in gold[:1]]
    assert find_unequal_twins(undecided + gold[1:], texts) == []


def test_every_finding_is_documented(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", "audit", "--list"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == (repository / "docs" / "audit.md").read_text(encoding="utf-8")


def test_records_that_cannot_be_trusted_are_named_and_left_out_of_the_tests() -> None:
    simulated = script.simulate(3, documents=8)
    rows = list(simulated.judgements)
    heading_id = rows[0].sentence
    headings = [
        replace(s, kind="heading") if s.id == heading_id else s for s in simulated.sentences
    ]
    rows[30] = replace(rows[30], text_fingerprint="0" * 24)
    otherwise = () if rows[31].labels else ("threat",)
    rows += [rows[32], replace(rows[31], labels=otherwise)]
    findings, sound = audit_judgements(
        rows, headings, simulated.schema, annotators=["reader-2", "reader-3", "reader-4"]
    )
    by_id = {(f.id, f.record): f.evidence["judgements"] for f in findings}
    assert by_id[("stale-fingerprint", "reader-1")] == "1"
    assert by_id[("duplicate-judgement", "reader-1")] == "1"
    assert by_id[("contradicting-judgements", "reader-1")] == "1"
    assert by_id[("unannotated-kind", "reader-1")] == "1"
    assert ("unknown-annotator", "reader-1") in by_id
    assert len({(j.sentence, j.annotator) for j in sound}) == len(sound)


def test_what_was_not_read_by_a_person_is_never_too_fast() -> None:
    simulated = plant(script.simulate(3, documents=10), "fast")
    arguments = (simulated.judgements, simulated.sentences, simulated.schema)
    assert [f.id for f in audit_judgements(*arguments)[0]] == ["too-fast"]
    assert audit_judgements(*arguments, machines=[GUILTY])[0] == []


def test_who_decides_disputes_they_voted_in_is_noted(tiny: Project) -> None:
    row = next(load_jsonl(tiny.rounds / "first.jsonl", Judgement))
    reading = Adjudication(
        row.sentence, (), row.annotator, row.at, "first-right", "1.0.0", "1.0.0", "0" * 16
    )
    dump_jsonl(tiny.adjudications, [reading])
    found = [f for f in audit(tiny).report.findings if f.id == "adjudicated-own-vote"]
    assert [(f.record, f.severity) for f in found] == [("reader-a", "note")]


def test_a_line_that_is_no_judgement_is_a_finding_with_its_place(tiny: Project) -> None:
    path = tiny.rounds / "first.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    finding = audit(tiny).report.findings[0]
    assert (finding.id, finding.path, finding.line) == (
        "judgement-unreadable",
        "annotation/rounds/first.jsonl",
        21,
    )


def test_the_verb_exits_with_1_for_errors_and_prints_the_same_as_json(tmp_path: Path) -> None:
    script.write_project(script.plant_faults(script.simulate(1, documents=20), 1), tmp_path)
    command = [sys.executable, "-m", "claimtypes", "audit"]
    table = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    printed = subprocess.run(
        [*command, "--json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert table.returncode == printed.returncode == 1
    report = json.loads(printed.stdout)
    assert report["findings"]
    words = " ".join(table.stdout.split())
    for finding in report["findings"]:
        assert finding["message"] in words


def test_holm_drops_what_chance_explains_and_what_does_not_matter() -> None:
    def suspicion(name: str, chance: float, matters: bool = True) -> Suspicion:
        nothing = np.zeros((1, 1), dtype=np.bool_)
        return Suspicion("x", name, chance, matters, "", nothing)

    tests = [
        suspicion("a", 0.004), suspicion("b", 0.0049), suspicion("c", 1e-9, matters=False),
        suspicion("d", 0.5),
    ]  # fmt: skip
    assert [s.annotator for s in hold_against_chance(tests, 0.01)] == []
    tests[0] = suspicion("a", 0.003)
    assert [s.annotator for s in hold_against_chance(tests, 0.01)] == ["a", "b"]


def test_tails_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for t, freedom in ((1.5, 12), (-3.0, 20), (6.0, 40)):
        z = normal_of_t(t, freedom)
        assert upper_tail(z) == pytest.approx(stats.t.sf(t, freedom), rel=0.05)
