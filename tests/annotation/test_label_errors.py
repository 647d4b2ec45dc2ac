"""Likely label errors: planted flips come first, and no article teaches its own labels."""

from __future__ import annotations

import random

import numpy as np
import pytest
from simulated_projects import script

from claimtypes.annotation.label_errors import fold_of, rank_suspects


def flipped(seed: int):
    """A simulated project with the labels of 5 % of the sentences flipped."""
    simulated = script.simulate(seed, documents=40, per_document=20)
    chance, names = random.Random(seed), simulated.schema.names
    sentences = simulated.sentences
    wanted = np.array([[n in simulated.truth[s.id] for n in names] for s in sentences])
    planted = set()
    for row in chance.sample(range(len(sentences)), len(sentences) // 20):
        label = chance.randrange(len(names))
        wanted[row, label] ^= True
        planted.add((sentences[row].id, names[label]))
    return [s.id for s in sentences], [s.text or "" for s in sentences], wanted, names, planted


def lift(ranked, planted, sentences: int) -> float:
    first = {}
    for suspect in ranked:
        first.setdefault(suspect.sentence, suspect)
    top = list(first.values())[: len(planted)]
    found = sum((s.sentence, s.label) in planted for s in top)
    return found / len(planted) / (len(planted) / sentences)


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_flips_are_found_with_lift_of_at_least_four(seed: int) -> None:
    ids, texts, wanted, names, planted = flipped(seed)
    ranked = rank_suspects(ids, texts, wanted, names)
    assert lift(ranked, planted, len(ids)) >= 4
    assert ranked == rank_suspects(ids, texts, wanted, names)
    assert len(ranked) == wanted.size


def test_cleanlab_orders_the_same_probabilities() -> None:
    pytest.importorskip("cleanlab")
    ids, texts, wanted, names, planted = flipped(0)
    ranked = rank_suspects(ids, texts, wanted, names, with_cleanlab=True)
    assert lift(ranked, planted, len(ids)) >= 4


def test_sentences_of_an_article_are_in_one_fold() -> None:
    articles = [f"article-{i // 7}" for i in range(700)]
    folds = fold_of(articles)
    assert all(len(set(folds[i : i + 7])) == 1 for i in range(0, 700, 7))
    assert len(set(folds.tolist())) == 5


def test_too_few_sentences_teach_nothing() -> None:
    assert rank_suspects(["a:0-1"], ["x"], np.array([[True]]), ["one"]) == []
