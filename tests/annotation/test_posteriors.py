"""Models of the votes recover who can be trusted and what was true."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_projects import plant, script

from claimtypes.annotation.adjudication import derive_gold
from claimtypes.annotation.posteriors import dawid_skene, diagnose, mace
from claimtypes.annotation.rounds import build_votes


def votes_of(seed: int, skills: tuple[float, ...], sentences: int = 2000):
    chance = np.random.default_rng(seed)
    truth = chance.choice(3, sentences, p=(0.7, 0.2, 0.1))
    columns = []
    for skill in skills:
        guess = chance.choice(3, sentences, p=(0.6, 0.3, 0.1))
        columns.append(np.where(chance.random(sentences) < skill, truth, guess))
    codes = np.column_stack(columns)
    codes[chance.random(codes.shape) < 0.1] = -1
    return truth, codes


@pytest.mark.parametrize("model", [dawid_skene, mace])
def test_competence_and_truth_are_recovered(model) -> None:
    skills = (0.9, 0.7, 0.5, 0.3, 0.0)
    truth, codes = votes_of(1, skills)
    fitted = model(codes, 3)
    assert np.abs(fitted.competence - skills).max() < 0.1
    best = fitted.probabilities.argmax(axis=1)
    counts = np.stack([(codes == value).sum(axis=1) for value in range(3)], axis=1)
    assert (best == truth).mean() > (counts.argmax(axis=1) == truth).mean()
    assert np.allclose(fitted.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("model", [dawid_skene, mace])
def test_unanimous_votes_leave_nothing_to_doubt(model) -> None:
    codes = np.repeat(np.array([[0], [0], [1], [0], [2], [1]]), 3, axis=1)
    fitted = model(codes, 3)
    assert (fitted.probabilities.argmax(axis=1) == codes[:, 0]).all()


def test_a_random_annotator_has_the_least_competence_and_gold_stays_the_votes() -> None:
    simulated = plant(script.simulate(9, documents=15), "random")
    votes = build_votes(simulated.judgements, simulated.schema)
    gold = derive_gold(simulated.judgements, [], simulated.schema)
    diagnosis = diagnose(votes, gold)
    for name in ("dawid_skene", "mace"):
        worst = min(diagnosis.competences, key=lambda c: getattr(c, name))
        assert worst.annotator == "reader-1"
    known = {row.sentence: row for row in gold}
    for contradiction in diagnosis.contradictions:
        assert contradiction.labels == known[contradiction.sentence].labels
        assert contradiction.instead != contradiction.labels
