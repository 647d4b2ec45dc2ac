"""``claimtypes evaluate`` and ``compare``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import click

from claimtypes.cli.output import console, json_option, out, print_json, print_table
from claimtypes.cli.tables import columns_of, table_options
from claimtypes.corpus.segment import load_hydrated
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.models.benchmark import Benchmark, load_benchmark, load_table_benchmark
from claimtypes.models.compare import Comparison, compare
from claimtypes.models.compare_report import write_comparison
from claimtypes.models.evaluate import Evaluation, evaluate, load_predictions
from claimtypes.models.floors import check_floors
from claimtypes.models.floors import update_floors as pin_floors
from claimtypes.models.predict import find_model
from claimtypes.models.report import strip_texts, write_report
from claimtypes.models.report_plots import render_score
from claimtypes.page import render_number
from claimtypes.project import Project


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in path.name.split("."))


def _benchmark(
    project: Project | None, release: str, options: dict[str, Any], names: Sequence[str]
) -> Benchmark:
    if options["data"]:
        return load_table_benchmark(Path(options["data"]), columns_of(options, names))
    folder = Path(release)
    if not release:
        if project is None:
            raise BadInput(
                "nothing to score on", hint="--release FOLDER, --data FILE, or a project"
            )
        folders = [path.parent for path in project.releases.glob("*/manifest.json")]
        if not folders:
            raise BadInput("no release to score on", hint="claimtypes release build")
        folder = max(folders, key=_version)
    return load_benchmark(folder, texts=load_hydrated(project) if project else {})


split_option = click.option(
    "--split",
    type=click.Choice(["test", "validation"]),
    default="test",
    show_default=True,
    help="Where to score; choose between models on validation.",
)
other_data_option = click.option(
    "--other-data", is_flag=True, help="Score what learnt from other data than this release."
)


def _find_project(_context: click.Context, _parameter: click.Parameter, folder: str) -> Any:
    try:
        return Project.find(folder)
    except ClaimtypesError:
        return None


optional_project_option = click.option(
    "--project",
    default=".",
    show_default=True,
    metavar="FOLDER",
    callback=_find_project,
    help="A folder in the project, where there is one.",
)


def _reports(project: Project | None, output: str | None) -> Path:
    if output:
        return Path(output)
    if project is None:
        raise BadInput("no project to keep the report in", hint="--output FOLDER")
    return project.reports


@click.command("evaluate")
@click.argument("model", default="tfidf-svm")
@click.option("--release", default="", metavar="FOLDER", help="Instead of the newest release.")
@click.option(
    "--predictions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score these probabilities (JSON lines) instead of a model.",
)
@table_options
@split_option
@click.option(
    "--again", is_flag=True, help="Also train again: seeds, kinds of split, learning curves."
)
@other_data_option
@click.option("--floors", is_flag=True, help="Fail where a score is below its floor.")
@click.option("--update-floors", is_flag=True, help="Pin these scores; floors only rise.")
@click.option(
    "--allow-regression", metavar="REASON", default="", help="Lower a floor all the same."
)
@click.option("--output", metavar="FOLDER", help="Instead of the project's reports folder.")
@json_option
@optional_project_option
def evaluate_command(
    *,
    model: str,
    release: str,
    predictions: Path | None,
    split: str,
    again: bool,
    other_data: bool,
    floors: bool,
    update_floors: bool,
    allow_regression: str,
    output: str | None,
    as_json: bool,
    project: Project | None,
    **table: Any,
) -> None:
    """Score MODEL, a folder or a name in models/trained, and write its report.

    Writes a page, JSON and a Markdown table. With --floors, exits with 1 when a score is below
    the one pinned in models/floors.json. With --data, scores a table of texts instead of a
    release.
    """
    trained = project.trained if project else None
    held = None if predictions else find_model(model, trained)
    benchmark = _benchmark(project, release, table, held.names if held else ())
    evaluation = evaluate(
        held or load_predictions(cast(Path, predictions), benchmark),
        benchmark,
        split=split,
        other_data=other_data or bool(table["data"]),
        again=again,
    )
    files = write_report(evaluation, _reports(project, output))
    if as_json:
        print_json(strip_texts(evaluation).to_dict())
    else:
        _print_scores(evaluation)
    console.print(f"wrote {files.html}", markup=False, highlight=False)
    path = _reports(project, output).parent / "floors.json"
    if project:
        path = project.recipes / "floors.json"
    if update_floors:
        pin_floors(evaluation, path, reason=allow_regression)
        console.print(f"wrote {path}", markup=False, highlight=False)
    if floors and (findings := check_floors(evaluation, path)):
        for finding in findings:
            console.print(f"{finding.id}: {finding.message}", markup=False, highlight=False)
            console.print(f"  try: {finding.hint}", markup=False, highlight=False)
        click.get_current_context().exit(1)


def _print_scores(evaluation: Evaluation) -> None:
    scores, ceiling, about = evaluation.scores, evaluation.ceiling, evaluation.about
    people = [ceiling.macro_f1, None, ceiling.micro_f1, *ceiling.labels.values()] if ceiling else []
    figures = [
        ("macro-F1", scores.macro_f1),
        ("… untuned", scores.untuned_macro_f1),
        ("micro-F1", scores.micro_f1),
        *((title, held.f1) for title, held in zip(about.titles, scores.labels, strict=True)),
    ]
    print_table(
        f"{about.model} on {scores.n_sentences} sentences of {scores.n_documents} documents",
        ["F1", "model", "annotator ceiling"],
        [
            [name, render_score(figure), render_score(bound) if bound else "–"]
            for (name, figure), bound in zip_longest(figures, people)
        ],
    )
    if missing := sum(about.withheld.values()):
        out.print(f"{missing} labelled sentences have no text here: claimtypes hydrate")


@click.command("compare")
@click.argument("models", nargs=-1)
@click.option("--release", default="", metavar="FOLDER", help="Instead of the newest release.")
@click.option(
    "--predictions",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare these probabilities (JSON lines) as well.",
)
@table_options
@split_option
@other_data_option
@click.option("--output", metavar="FOLDER", help="Instead of the project's reports folder.")
@json_option
@optional_project_option
def compare_command(
    *,
    models: tuple[str, ...],
    release: str,
    predictions: tuple[Path, ...],
    split: str,
    other_data: bool,
    output: str | None,
    as_json: bool,
    project: Project | None,
    **table: Any,
) -> None:
    """Compare MODELS, folders or names in models/trained (else all of them), with paired tests."""
    trained = project.trained if project else None
    found = trained.glob("*/config.json") if trained else ()
    chosen = models or tuple(sorted(path.parent.name for path in found))
    held = {Path(name).name: find_model(name, trained) for name in chosen}
    names = next((model.names for model in held.values()), ())
    benchmark = _benchmark(project, release, table, names)
    held |= {path.stem: load_predictions(path, benchmark) for path in predictions}
    other_data = other_data or bool(table["data"])
    comparison = compare(held, benchmark, split=split, other_data=other_data)
    files = write_comparison(comparison, _reports(project, output))
    if as_json:
        print_json(comparison.to_dict())
        return
    people = comparison.ceiling
    lines = [(e.name, e.macro_f1, e.labels) for e in comparison.entrants]
    lines += [("annotator ceiling", people.macro_f1, people.labels)] if people else []
    print_table(
        _scored_on(comparison),
        ["F1", "macro", *comparison.about.titles],
        [
            [name, render_score(macro), *(render_number(f1.value) for f1 in labels.values())]
            for name, macro, labels in lines
        ],
    )
    print_table(
        "Differences in macro-F1",
        ["", "", "difference", "p (Holm)"],
        [[pair.first, pair.second, pair.difference, pair.p_holm] for pair in comparison.pairs],
    )
    console.print(f"wrote {files.html}", markup=False, highlight=False)


def _scored_on(comparison: Comparison) -> str:
    return f"{comparison.n_sentences} sentences of {comparison.n_documents} documents"
