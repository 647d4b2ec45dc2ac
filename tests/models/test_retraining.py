"""Training again: seeds, kinds of split and learning curves, with the test left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark
from claimtypes.models.model import Model
from claimtypes.models.recipe import Tuning, find_recipe, load_recipe
from claimtypes.models.report_retraining import render_retraining
from claimtypes.models.retraining import FOLDS, SEEDS, Retraining, retrain
from claimtypes.models.train import train


@pytest.fixture(scope="module")
def quick(model: Model) -> Model:
    """The default without tuning, which is most of the work of training."""
    tuning = Tuning(on="none", calibrate=False, thresholds="half")
    return replace(model, recipe=replace(model.recipe, tuning=tuning))


@pytest.fixture(scope="module")
def found(quick: Model, benchmark: Benchmark) -> Retraining:
    return retrain(quick, benchmark, "test", draws=100)


def test_seeds_are_at_least_five_with_mean_and_deviation(found: Retraining) -> None:
    assert SEEDS >= 5
    macro = found.seeds[0]
    assert macro.name == "macro_f1"
    assert len(macro.values) == SEEDS
    assert macro.mean == pytest.approx(sum(macro.values) / SEEDS, abs=1e-5)


def test_three_kinds_of_split_stand_side_by_side(found: Retraining, benchmark: Benchmark) -> None:
    assert [(s.by, s.folds) for s in found.splits] == [
        ("sentences", FOLDS),
        ("articles", FOLDS),
        ("publishers", 3),
    ]
    pool = len(benchmark.split("train", "validation"))
    assert {split.n_sentences for split in found.splits} == {pool}
    assert all(split.macro_f1.low is not None for split in found.splits)


def test_learning_curves_are_of_written_real_and_both_tested_on_real(found: Retraining) -> None:
    assert {point.pool for point in found.learning} >= {"written", "written and real"}
    assert {point.on for point in found.learning} == {"real"}
    for pool in {point.pool for point in found.learning}:
        sizes = [point.articles for point in found.learning if point.pool == pool]
        assert sizes == sorted(sizes)
        assert sizes[0] == 10


def test_the_test_set_is_never_scored_but_for_seeds(
    quick: Model, benchmark: Benchmark, found: Retraining
) -> None:
    texts = ("nothing",) * len(benchmark.examples)
    splits = benchmark.examples.metadata["split"]
    spoilt = replace(
        benchmark.examples,
        texts=tuple(
            new if split.startswith("test") else old
            for old, new, split in zip(benchmark.examples.texts, texts, splits, strict=True)
        ),
    )
    again = retrain(quick, replace(benchmark, examples=spoilt), "test", draws=100)
    assert (again.splits, again.learning) == (found.splits, found.learning)
    assert again.seeds != found.seeds


def test_models_without_chance_have_no_seeds(benchmark: Benchmark) -> None:
    recipe = load_recipe(find_recipe("majority"))
    model = train(recipe, benchmark.split("train"), origin=benchmark.origin)
    assert retrain(model, benchmark, "test", draws=50).seeds == ()


def test_predictions_of_others_cannot_be_trained_again(quick: Model, benchmark: Benchmark) -> None:
    external = replace(quick, recipe=replace(quick.recipe, kind="external"))
    with pytest.raises(BadInput, match="cannot be trained again"):
        retrain(external, benchmark, "test")


def test_retraining_is_drawn(found: Retraining, evaluation) -> None:  # type: ignore[no-untyped-def]
    drawn = render_retraining(replace(evaluation, retraining=found))
    assert "Learning curves" in drawn
    assert drawn.count("<polyline") == len({p.pool for p in found.learning})
    assert render_retraining(evaluation) == ""
