"""``claimtypes evaluate`` and ``compare``."""

from __future__ import annotations

from pathlib import Path

import click

from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_json,
    print_table,
    project_option,
)
from claimtypes.corpus.segment import load_hydrated
from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.evaluate import Evaluation, evaluate, load_predictions
from claimtypes.models.predict import find_model
from claimtypes.models.report import write_report
from claimtypes.models.report_plots import render_score
from claimtypes.project import Project


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in path.name.split("."))


def _benchmark(project: Project, release: str) -> Benchmark:
    folder = Path(release)
    if not release:
        folders = [path.parent for path in project.releases.glob("*/manifest.json")]
        if not folders:
            raise BadInput("no release to score on", hint="claimtypes release build")
        folder = max(folders, key=_version)
    return load_benchmark(folder, texts=load_hydrated(project))


@click.command("evaluate")
@click.argument("model", default="tfidf-svm")
@click.option("--release", default="", metavar="FOLDER", help="Instead of the newest release.")
@click.option(
    "--predictions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score these probabilities (JSON lines) instead of a model.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation"]),
    default="test",
    show_default=True,
    help="Where to score; choose between models on validation.",
)
@click.option(
    "--again", is_flag=True, help="Also train again: seeds, kinds of split, learning curves."
)
@click.option("--other-data", is_flag=True, help="Score a model that learnt from other data.")
@click.option("--output", metavar="FOLDER", help="Instead of the project's reports folder.")
@json_option
@project_option
def evaluate_command(
    *,
    model: str,
    release: str,
    predictions: Path | None,
    split: str,
    again: bool,
    other_data: bool,
    output: str | None,
    as_json: bool,
    project: Project,
) -> None:
    """Score MODEL, a folder or a name in models/trained, and write its report."""
    benchmark = _benchmark(project, release)
    held = (
        load_predictions(predictions, benchmark)
        if predictions
        else find_model(model, project.trained)
    )
    evaluation = evaluate(held, benchmark, split=split, other_data=other_data, again=again)
    files = write_report(evaluation, Path(output) if output else project.reports)
    if as_json:
        print_json(evaluation.to_dict())
        return
    _print_scores(evaluation)
    console.print(f"wrote {files.html}", markup=False, highlight=False)


def _print_scores(evaluation: Evaluation) -> None:
    scores, ceiling, about = evaluation.scores, evaluation.ceiling, evaluation.about
    people = (ceiling.macro_f1, *ceiling.labels.values()) if ceiling else None
    figures = [("macro-F1", scores.macro_f1)] + [
        (title, label.f1) for title, label in zip(about.titles, scores.labels, strict=True)
    ]
    print_table(
        f"{about.model} on {scores.n_sentences} sentences of {scores.n_documents} documents",
        ["F1", "model", "human ceiling"],
        [
            [name, render_score(figure), render_score(people[row]) if people else "–"]
            for row, (name, figure) in enumerate(figures)
        ],
    )
    if missing := sum(about.withheld.values()):
        out.print(f"{missing} labelled sentences have no text here: claimtypes hydrate")


@click.command("compare")
def compare_command() -> None:
    """Compare models with paired tests."""
    raise BadInput("comparing models is not there yet", hint="claimtypes evaluate MODEL")
