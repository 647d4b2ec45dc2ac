"""Errors to read: the surest ones, the words that decided them, their nearest neighbours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from claimtypes.models.benchmark import Benchmark
from claimtypes.models.evaluate import Evaluation
from claimtypes.models.mistakes import MISTAKES, choose_articles, count_confusions, find_mistakes
from claimtypes.models.model import Model
from claimtypes.models.scores import score_sheet


def test_mistakes_are_wrong_decisions_the_surest_first(
    model: Model, benchmark: Benchmark, evaluation: Evaluation
) -> None:
    examples = benchmark.split("test", "test-publishers")
    sheet = score_sheet(model, examples)
    for label, name in enumerate(model.names):
        gold, predicted = sheet.gold[:, label] == 1, sheet.predicted[:, label] == 1
        for kind, wrong in (
            ("false-positive", predicted & ~gold),
            ("false-negative", gold & ~predicted),
        ):
            held = [m for m in evaluation.mistakes if (m.label, m.kind) == (name, kind)]
            expected = sorted(sheet.probability[wrong, label], reverse=kind == "false-positive")
            assert [m.probability for m in held] == pytest.approx(expected[:MISTAKES], abs=1e-6)
    assert evaluation.mistakes


def test_a_deciding_word_is_what_the_probability_loses_without_it(
    model: Model, benchmark: Benchmark, evaluation: Evaluation
) -> None:
    mistake = evaluation.mistakes[0]
    examples = benchmark.split("test", "test-publishers")
    row = examples.ids.index(mistake.sentence)
    word = mistake.words[0]
    words = mistake.text.split()
    at = words.index(word.word)
    without = " ".join(words[:at] + words[at + 1 :])
    label = model.names.index(mistake.label)
    told = (*examples.texts[:row], without, *examples.texts[row + 1 :])
    before = model.predict_proba(examples)[row, label]
    after = model.predict_proba(replace(examples, texts=told))[row, label]
    assert word.change == pytest.approx(before - after, abs=1e-6)
    assert abs(word.change) == max(abs(w.change) for w in mistake.words)


def test_neighbours_are_the_nearest_training_sentences(
    model: Model, benchmark: Benchmark, evaluation: Evaluation
) -> None:
    training = benchmark.split("train")
    mistake = evaluation.mistakes[0]
    examples = benchmark.split("test", "test-publishers")
    row = examples.ids.index(mistake.sentence)
    features = model.scorer.features  # type: ignore[attr-defined]
    own = features.transform(examples.take([row])).to_scipy().toarray()[0]
    theirs = features.transform(training).to_scipy().toarray()
    cosine = theirs @ own / np.linalg.norm(theirs, axis=1) / np.linalg.norm(own)
    best = np.sort(cosine)[::-1][:3]
    assert [n.similarity for n in mistake.neighbours] == pytest.approx(best, abs=1e-6)
    assert mistake.neighbours[0].text in training.texts


def test_confusions_count_every_sentence_once(model: Model, benchmark: Benchmark) -> None:
    sheet = score_sheet(model, benchmark.split("test"))
    found = count_confusions(sheet)
    assert sum(c.sentences for c in found) == 72
    right = sum(c.sentences for c in found if c.gold == c.predicted)
    assert right == int((sheet.gold == sheet.predicted).all(axis=1).sum())


def test_articles_to_read_are_of_every_origin(model: Model, benchmark: Benchmark) -> None:
    examples = benchmark.split("test")
    found = choose_articles(score_sheet(model, examples), examples)
    assert len(found) == 3
    origins = dict(zip(examples.documents, examples.metadata["origin"], strict=True))
    assert len({origins[article.document] for article in found}) == 2
    assert all(len(article.sentences) == 9 for article in found)


def test_a_model_without_mistakes_has_none_to_read(model: Model, benchmark: Benchmark) -> None:
    examples = benchmark.split("test")
    sheet = score_sheet(model, examples)
    perfect = replace(sheet, gold=sheet.predicted)
    assert find_mistakes(model, perfect, examples, benchmark.split("train")) == ()
