"""Comparisons: one table from the best down, every pair tested, the ceiling beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark
from claimtypes.models.compare import Comparison, compare
from claimtypes.models.compare_report import comparison_page, render_comparison, write_comparison
from claimtypes.models.evaluate import Evaluation
from claimtypes.models.model import Model
from claimtypes.models.recipe import find_recipe, load_recipe
from claimtypes.models.train import train


@pytest.fixture(scope="module")
def comparison(model: Model, benchmark: Benchmark) -> Comparison:
    models = {"default": model, "again": model}
    for name in ("majority", "always-positive"):
        recipe = load_recipe(find_recipe(name))
        examples = benchmark.split("train")
        models[name] = train(recipe, examples, styles=benchmark.styles, origin=benchmark.origin)
    return compare(models, benchmark, draws=200)


def test_models_stand_from_the_best_down_with_the_figures_of_their_evaluation(
    comparison: Comparison, evaluation: Evaluation
) -> None:
    values = [entrant.macro_f1.value or 0.0 for entrant in comparison.entrants]
    assert values == sorted(values, reverse=True)
    best = comparison.entrants[0]
    assert best.name == "again"
    assert best.macro_f1 == evaluation.scores.macro_f1
    assert comparison.ceiling == evaluation.ceiling
    assert best.unchanged == (evaluation.swaps and evaluation.swaps.unchanged)


def test_every_pair_is_tested_and_corrected_for_their_number(comparison: Comparison) -> None:
    assert len(comparison.pairs) == 6
    same = next(p for p in comparison.pairs if {p.first, p.second} == {"default", "again"})
    assert (same.difference, same.p_holm) == (0.0, 1.0)
    apart = next(p for p in comparison.pairs if {p.first, p.second} == {"again", "majority"})
    assert apart.difference > 0.5
    assert apart.p_holm >= max(apart.p_bootstrap, apart.p_randomisation)


def test_a_comparison_is_written_as_page_json_and_table(
    comparison: Comparison, tmp_path: Path
) -> None:
    files = write_comparison(comparison, tmp_path)
    assert Comparison.parse(files.json.read_text(encoding="utf-8")) == comparison
    table = render_comparison(comparison).split("\n")
    assert len({line.count("|") for line in table[:7]}) == 1
    assert table[6].startswith("| annotator ceiling |")
    assert "not told apart" in comparison_page(comparison)


def test_one_model_is_no_comparison(model: Model, benchmark: Benchmark) -> None:
    with pytest.raises(BadInput, match="two models"):
        compare({"alone": model}, benchmark)
