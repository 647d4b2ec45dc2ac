"""``claimtypes benchmark``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from claimtypes.cli.output import console, json_option, out, print_json, print_table
from claimtypes.cli.tables import columns_of, table_options
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project


@click.command("benchmark")
@click.argument("recipes", nargs=-1)
@table_options
@click.option("--validation", type=click.Path(exists=True, dir_okay=False), help="Tune on this.")
@click.option("--test", type=click.Path(exists=True, dir_okay=False), help="Score on this.")
@click.option("--seed", type=int, help="Instead of the recipes' seeds.")
@click.option(
    "--again", is_flag=True, help="Also train again: seeds, kinds of split, learning curves."
)
@click.option("--output", default="benchmark", show_default=True, metavar="FOLDER")
@click.option("--project", default=".", metavar="FOLDER", help="A folder in the project.")
@json_option
def benchmark_command(
    *,
    recipes: tuple[str, ...],
    validation: str | None,
    test: str | None,
    seed: int | None,
    again: bool,
    output: str,
    project: str,
    as_json: bool,
    **table: Any,
) -> None:
    """Train RECIPES on a table of labelled texts and score them: one command, any data set.

    --data is learnt from, --validation tuned on where it is given, --test scored. A single table
    may say so in --split-column; without any test, a fifth of its documents is held out. Texts of
    one document (--group-column) stay together and are read beside their neighbours. Writes each
    model, its report, and the comparison of several.
    """
    from dataclasses import replace

    from claimtypes.models.benchmark import load_table_benchmark
    from claimtypes.models.compare import compare_evaluations
    from claimtypes.models.compare_report import write_comparison
    from claimtypes.models.folder import save_model
    from claimtypes.models.recipe import load_recipe
    from claimtypes.models.report import strip_texts, write_report
    from claimtypes.models.trial import Trial, try_recipe, with_test

    if not table["data"]:
        raise BadInput("no table to learn from", hint="--data FILE")
    benchmark = with_test(
        load_table_benchmark(
            Path(table["data"]),
            columns_of(table),
            validation=Path(validation) if validation else None,
            test=Path(test) if test else None,
        )
    )
    trials: dict[str, Trial] = {}
    spent: dict[str, float] = {}
    for name in recipes or ("tfidf-svm",):
        recipe = load_recipe(_find(name, project))
        start = time.process_time()
        trial = try_recipe(
            recipe if seed is None else replace(recipe, seed=seed), benchmark, again=again
        )
        spent[recipe.name] = time.process_time() - start
        trials[recipe.name] = trial
        save_model(trial.model, Path(output) / "models" / recipe.name, replace=True)
        write_report(trial.evaluation, Path(output))
    evaluations = {name: trial.evaluation for name, trial in trials.items()}
    if len(trials) > 1:
        models = {name: trial.model for name, trial in trials.items()}
        write_comparison(compare_evaluations(evaluations, models, benchmark), Path(output))
    if as_json:
        print_json({name: strip_texts(held).to_dict() for name, held in evaluations.items()})
        return
    _print(evaluations, spent)
    undecided = sum(len(held) for held in benchmark.undecided.values())
    if undecided:
        out.print(f"{undecided} sentences without a majority were left out")
    console.print(f"wrote {output}", markup=False, highlight=False)


def _find(name: str, project: str) -> Path:
    from claimtypes.models.recipe import find_recipe

    try:
        return find_recipe(name, Project.find(project).recipes)
    except ClaimtypesError:
        return find_recipe(name)


def _print(evaluations: dict[str, Any], spent: dict[str, float]) -> None:
    from claimtypes.models.report_plots import render_score

    first = next(iter(evaluations.values()))
    rows = [
        [
            name,
            render_score(held.scores.macro_f1),
            render_score(held.scores.untuned_macro_f1),
            render_score(held.scores.micro_f1),
            f"{spent[name]:.1f}",
        ]
        for name, held in evaluations.items()
    ]
    if first.ceiling:
        bound = first.ceiling
        rows.append(
            ["annotator ceiling", render_score(bound.macro_f1), "", render_score(bound.micro_f1)]
        )
        rows[-1].append("")
    print_table(
        f"{first.scores.n_sentences} sentences of {first.scores.n_documents} documents",
        ["F1", "macro", "macro, untuned", "micro", "CPU s"],
        rows,
    )
