"""``claimtypes train``, ``predict`` and ``package``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from claimtypes.cli.output import console, json_option, out, print_json
from claimtypes.cli.tables import columns_of, table_options
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project


def _project(folder: str) -> Project | None:
    try:
        return Project.find(folder)
    except ClaimtypesError:
        return None


@click.command("train")
@click.argument("recipe", default="tfidf-svm")
@click.option("--release", metavar="FOLDER", help="A release folder; else the newest, else gold.")
@table_options
@click.option("--validation", type=click.Path(exists=True, dir_okay=False), help="A second table.")
@click.option("--tune", type=click.Choice(["folds", "validation", "none"]), help="Tune on this.")
@click.option("--seed", type=int, help="Instead of the recipe's seed.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="OPTION=VALUE",
    help="Instead of the recipe's learner option: --set C=0.5, --set model=FOLDER.",
)
@click.option("--output", metavar="FOLDER", help="Instead of models/trained/RECIPE.")
@click.option("--project", default=".", metavar="FOLDER", help="A folder in the project.")
@json_option
def train_command(recipe: str, output: str | None, project: str, **options: Any) -> None:
    """Train RECIPE, a name or a .toml file, and write a model folder.

    Learns from the train split of a release, or of the project's gold, or from --data. Only
    training and validation sentences are ever looked at.
    """
    from dataclasses import replace

    from claimtypes.models.folder import save_model
    from claimtypes.models.recipe import find_recipe, load_recipe
    from claimtypes.models.train import train

    home = _project(project)
    chosen = load_recipe(find_recipe(recipe, home.recipes if home else None))
    tune = options["tune"] or ("validation" if options["validation"] else None)
    if tune:
        chosen = replace(chosen, tuning=replace(chosen.tuning, on=tune))
    if options["seed"] is not None:
        chosen = replace(chosen, seed=options["seed"])
    settings = dict(map(_setting, options["settings"]))
    chosen = replace(chosen, learner=chosen.learner | settings)
    examples, validation, origin, styles = _sentences(home, options)
    folder = Path(output) if output else home and home.trained / chosen.name
    if not folder:
        raise BadInput("no project to keep the model in", hint="--output FOLDER")
    model = train(chosen, examples, validation, origin=origin, styles=styles)
    save_model(model, folder, replace=True)
    if options["as_json"]:
        values = {"model": str(folder), "sentences": len(examples), "labels": list(model.names)}
        print_json(values | {"thresholds": model.thresholds.tolist()})
        return
    out.print(f"{folder}", highlight=False)
    out.print(f"{model.id}: {len(examples)} sentences, {model.origin.documents} documents")


def _sentences(home: Project | None, options: dict[str, Any]) -> Any:
    """Return training and validation examples, their origin and their labels' styles."""
    from claimtypes.corpus.segment import load_hydrated
    from claimtypes.models.sources import load_project, load_release

    if options["data"]:
        return _table_sentences(options)
    folder = options["release"] or (home and _newest_release(home))
    if folder:
        source = load_release(Path(folder), texts=load_hydrated(home) if home else {})
    elif home:
        source = load_project(home)
    else:
        raise BadInput("nothing to train on", hint="--data FILE, --release FOLDER or a project")
    return source.split("train"), source.split("validation"), source.origin, source.styles


def _setting(text: str) -> tuple[str, Any]:
    """Read OPTION=VALUE; a value that is no TOML is a text."""
    import tomllib

    name, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--set {text} is no OPTION=VALUE", hint="such as --set C=0.5")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def _newest_release(home: Project) -> Path | None:
    """Return the release with the highest version, if there is one."""
    found = [path.parent for path in home.releases.glob("*/manifest.json")]

    def version(folder: Path) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", folder.name))

    return max(found, key=version, default=None)


def _table_sentences(options: dict[str, Any]) -> Any:
    from dataclasses import replace

    from claimtypes.models.tables import load_table

    columns = columns_of(options)
    held = load_table(Path(options["data"]), columns)
    examples = held.examples
    validation = None
    if options["validation"]:
        same = replace(columns, names=examples.names)
        validation = load_table(Path(options["validation"]), same).examples
    if columns.split:
        splits = examples.metadata["split"]
        parts = [[n for n, s in enumerate(splits) if s == name] for name in ("train", "validation")]
        examples, validation = examples.take(parts[0]), validation or examples.take(parts[1])
    return examples, validation, held.origin, ()


@click.command("predict")
@click.argument("inputs", nargs=-1)
@click.option("--text", multiple=True, help="A text to label.")
@click.option("--model", default="", metavar="FOLDER", help="A model; else the packaged default.")
@click.option(
    "--format",
    "form",
    default="",
    type=click.Choice(["", "jsonl", "csv", "parquet", "html"]),
    help="Instead of what the output's ending says; jsonl for stdout.",
)
@click.option("--output", default="-", show_default=True, metavar="FILE", help="Where to write.")
@click.option("--as-sentences", is_flag=True, help="Each line or record is one sentence.")
@click.option("--project", default=".", metavar="FOLDER", help="A folder in the project.")
def predict_command(
    inputs: tuple[str, ...],
    text: tuple[str, ...],
    *,
    model: str,
    form: str,
    output: str,
    as_sentences: bool,
    project: str,
) -> None:
    """Label the sentences of INPUTS: texts, files, folders, JSON lines, or - for stdin.

    Streams of any length are labelled in bounded memory. Exits with 1 when some input could not
    be read; the rest is labelled all the same.
    """
    from itertools import chain

    from claimtypes.models.outputs import format_of, write_labelled
    from claimtypes.models.predict import find_model, predict
    from claimtypes.models.reading import Reader, read_text

    # Something with blanks in it that is no file is a text.
    texts = [*text, *(i for i in inputs if any(c.isspace() for c in i) and not Path(i).exists())]
    files = [i for i in inputs if i not in texts]
    if not texts and not files:
        raise BadInput("nothing to label", hint="claimtypes predict FILE, or --text TEXT, or -")
    home = _project(project)
    loaded = find_model(model, home.trained if home else None)
    reader = Reader(as_sentences=as_sentences)
    cuts = chain(
        *(read_text(t, f"text-{n}" if n > 1 else "text") for n, t in enumerate(texts, 1)),
        reader.read(files),
    )
    try:
        form = format_of(output, form)
        write_labelled(predict(loaded, cuts), loaded, output, form, sys.stdout.buffer)
        sys.stdout.flush()
    finally:
        reader.close()
    for refusal in reader.refusals:
        console.print(f"not labelled: {refusal.where}: {refusal.reason}", markup=False)
    if reader.refusals:
        raise click.exceptions.Exit(1)


@click.command("package")
@click.argument("model", default="tfidf-svm")
@click.option(
    "--form",
    type=click.Choice(["archive", "folder", "wheel"]),
    default="archive",
    show_default=True,
    help="A .tar.gz, a checked copy, or a spaCy pipeline to install with pip.",
)
@click.option(
    "--report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The JSON of the model's report: its scores go into the card.",
)
@click.option("--output", default="dist", show_default=True, metavar="FOLDER", help="Where to.")
@click.option("--project", default=".", metavar="FOLDER", help="A folder in the project.")
@json_option
def package_command(
    model: str, *, form: str, report: Path | None, output: str, project: str, as_json: bool
) -> None:
    """Package MODEL, a trained model's name or folder, for publishing.

    The model is loaded with all its checks first. A copy (`--form folder`) replaces OUTPUT.
    """
    from tempfile import TemporaryDirectory

    from claimtypes.models import packaging

    home = _project(project)
    trained = home.trained / model if home else Path(model)
    source = trained if trained.is_dir() else Path(model)
    with TemporaryDirectory() as scratch:
        if report:
            source = packaging.add_scores(source, report, Path(scratch) / "model")
        if form == "folder":
            made = packaging.package_folder(source, Path(output), replace=True)
        elif form == "archive":
            made = packaging.package_archive(source, Path(output))
        else:
            made = packaging.package_wheel(source, Path(output))
    if as_json:
        print_json({"packaged": str(made), "form": form})
    else:
        out.print(str(made), highlight=False)
