"""The referee on a whole release: what it scores, refuses, leaves out and says about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from claimtypes.errors import BadInput, Refused
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.evaluate import Evaluation, evaluate, load_predictions
from claimtypes.models.model import Model
from claimtypes.records import Prediction
from claimtypes.store import dump_jsonl

DRAWS = 200


def test_every_test_sentence_is_scored_beside_the_ceiling(
    evaluation: Evaluation, benchmark: Benchmark
) -> None:
    assert evaluation.scores.n_sentences == len(benchmark.split("test"))
    assert evaluation.publishers is not None
    assert evaluation.publishers.n_sentences == len(benchmark.split("test-publishers"))
    assert evaluation.ceiling is not None
    assert evaluation.ceiling.n_sentences == len(benchmark.split("test"))
    assert evaluation.scores.macro_f1.value is not None
    assert evaluation.scores.macro_f1.value > 0.7


def test_withheld_texts_are_counted_and_left_out(model: Model, release: Path) -> None:
    found = evaluate(model, release, draws=DRAWS)
    whole = evaluate(model, load_benchmark(release), draws=DRAWS)
    assert found == whole
    assert sum(found.about.withheld.values()) == 90
    assert found.scores.n_sentences + found.about.withheld["test"] == 72


def test_slices_below_twenty_sentences_are_refused_with_the_reason(evaluation: Evaluation) -> None:
    small = [part for part in evaluation.slices if part.n_sentences < 20]
    assert small
    assert {(part.micro_f1.value, part.micro_f1.reason) for part in small} == {
        (None, "few-sentences")
    }
    kinds = {part.by for part in evaluation.slices}
    assert kinds >= {"publisher", "origin", "genre", "year", "length", "position", "agreement"}


def test_other_data_is_refused_unless_asked_for(model: Model, benchmark: Benchmark) -> None:
    foreign = replace(model, origin=replace(model.origin, digest="0" * 64))
    with pytest.raises(Refused, match="was trained on the data"):
        evaluate(foreign, benchmark, draws=DRAWS)
    assert evaluate(foreign, benchmark, other_data=True, draws=DRAWS).scores.n_sentences == 72


def test_other_label_order_is_refused(model: Model, benchmark: Benchmark) -> None:
    turned = replace(model, labels=model.labels[::-1])
    with pytest.raises(Refused, match="was trained for the labels"):
        evaluate(turned, benchmark, draws=DRAWS)


def test_predictions_of_others_face_the_same_referee(
    model: Model, benchmark: Benchmark, evaluation: Evaluation, tmp_path: Path
) -> None:
    examples = benchmark.split("test", "test-publishers")
    rows = [
        Prediction(i, dict(zip(model.names, map(float, p), strict=True)), "language-model")
        for i, p in zip(examples.ids, model.predict_proba(examples), strict=True)
    ]
    path = tmp_path / "theirs.jsonl"
    dump_jsonl(path, rows)
    found = evaluate(load_predictions(path, benchmark), benchmark, draws=DRAWS)
    same = "average_precision"
    assert [getattr(x, same) for x in found.scores.labels] == [
        getattr(x, same) for x in evaluation.scores.labels
    ]
    assert {label.threshold for label in found.scores.labels} == {0.5}
    dump_jsonl(path, rows[1:])
    with pytest.raises(BadInput, match="no prediction for 1 of"):
        evaluate(load_predictions(path, benchmark), benchmark, draws=DRAWS)


def test_predictions_on_validation_tune_the_thresholds(
    model: Model, benchmark: Benchmark, tmp_path: Path
) -> None:
    examples = benchmark.examples
    path = tmp_path / "theirs.jsonl"
    rows = [
        Prediction(i, dict(zip(model.names, (float(x) / 10 for x in p), strict=True)), "weak")
        for i, p in zip(examples.ids, model.predict_proba(examples), strict=True)
    ]
    dump_jsonl(path, rows)
    found = evaluate(load_predictions(path, benchmark), benchmark, draws=DRAWS)
    assert all(label.threshold < 0.1 for label in found.scores.labels)
    assert found.scores.macro_f1.value is not None
    assert found.scores.macro_f1.value > 0.5


def test_an_evaluation_is_the_same_record_after_json(evaluation: Evaluation) -> None:
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation
