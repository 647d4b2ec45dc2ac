"""Recipes tried on a table of labelled texts: trained, tuned and scored in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark, hold_out
from claimtypes.models.evaluate import Evaluation, evaluate
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe
from claimtypes.models.train import train


@dataclass(frozen=True, slots=True)
class Trial:
    """A model and what the referee says of it."""

    model: Model
    evaluation: Evaluation


def with_test(benchmark: Benchmark) -> Benchmark:
    """Return a benchmark that is learnt from and scored: as it is, or a fifth held out.

    A single table is a test as a whole, and a table may have named no test.

    Raises:
        BadInput: when only the test is named, or nothing that is known.
    """
    held = [len(benchmark.split(name)) for name in ("train", "validation", "test")]
    train, validation, test = held
    if train and test:
        return benchmark
    if sum(held) < len(benchmark.examples) or (not train and (validation or not test)):
        named = ", ".join(sorted(set(benchmark.examples.metadata["split"])))
        raise BadInput(f"the splits are {named}", hint="they must be train, test, and validation")
    return hold_out(benchmark)


def try_recipe(recipe: Recipe, benchmark: Benchmark, *, again: bool = False) -> Trial:
    """Train a recipe on a benchmark's training sentences and score it on its test.

    Validation sentences tune it where there are any and it is tuned at all, else folds do.
    """
    validation = benchmark.split("validation")
    if recipe.tuning.on != "none":
        where = "validation" if len(validation) else "folds"
        recipe = replace(recipe, tuning=replace(recipe.tuning, on=where))
    learnt = train(
        recipe,
        benchmark.split("train"),
        validation,
        styles=benchmark.styles,
        origin=benchmark.origin,
        exclusive=bool((benchmark.examples.gold.sum(axis=1) == 1).all())
        and len(benchmark.examples.names) > 1,
    )
    return Trial(learnt, evaluate(learnt, benchmark, again=again))
