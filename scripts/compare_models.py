#!/usr/bin/env python3
"""Train every recipe on the newest release, compare the models, and write docs/models.md.

    scripts/compare_models.py [--encoder NAME] [--nli NAME] [--predictions FILE] [RECIPE …]

Recipes that need a sentence encoder or a language inference model are tried only where one is
named: a folder, a hub id, or module:NAME. Withheld sentences are scored where they are hydrated.
The page says the same whenever it is written from the same release.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from claimtypes.corpus.segment import load_hydrated
from claimtypes.errors import MissingExtra
from claimtypes.models.additions import Addition, measure_addition, part_by_origin
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.compare import Comparison, PairOfModels, compare
from claimtypes.models.compare_report import comparison_rows, write_comparison
from claimtypes.models.evaluate import PUBLISHERS, load_predictions
from claimtypes.models.folder import save_model
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe, load_recipe
from claimtypes.models.report_plots import shorten
from claimtypes.models.train import train
from claimtypes.project import Project
from claimtypes.store import write_text

BEGIN, END = "<!-- models -->", "<!-- end of models -->"
DEFAULT, ALONE, ALL = "tfidf-svm", "tfidf-svm-alone", "tfidf-svm-context"
NEEDS = {"encoder": "encoder", "setfit": "encoder", "entailment": "nli"}


def newest_release(project: Project) -> Path:
    """The release with the highest version."""
    manifests = project.releases.glob("*/manifest.json")
    return max(
        (path.parent for path in manifests),
        key=lambda folder: [int(part) for part in folder.name.split(".")],
    )


def train_all(
    recipes: Sequence[Recipe], benchmark: Benchmark, project: Project
) -> tuple[dict[str, Model], dict[str, str]]:
    """Models by name, and why the others could not be trained."""
    models, left = {}, {}
    for recipe in recipes:
        try:
            models[recipe.name] = train_on(recipe, benchmark)
        except MissingExtra as error:
            left[recipe.name] = str(error)
            print(f"{recipe.name} is left out: {error}")
            continue
        save_model(models[recipe.name], project.trained / recipe.name, replace=True)
        print(f"trained {recipe.name}")
    return models, left


def train_on(recipe: Recipe, benchmark: Benchmark, *, written: bool | None = None) -> Model:
    """Train on all training sentences, or only on those written for the corpus or not."""
    parts = [benchmark.split(name) for name in ("train", "validation")]
    if written is not None:
        parts = [part_by_origin(part, written=written) for part in parts]
    return train(recipe, *parts, styles=benchmark.styles, origin=benchmark.origin)


def measure_additions(models: dict[str, Model], benchmark: Benchmark) -> list[Addition]:
    """What context and the written texts add, on held-out sentences of both tests."""
    both = benchmark.split("test", PUBLISHERS)
    places = {"all sentences": both}
    real = part_by_origin(both, written=False)
    if len(real) < len(both):
        places |= {"real texts": real, "written texts": part_by_origin(both, written=True)}
    found = []
    for what, one, other in (
        ("reading in context", DEFAULT, ALONE),
        ("words around, title and place besides", ALL, DEFAULT),
        ("names and numbers masked", DEFAULT, "tfidf-svm-unmasked"),
    ):
        if one in models and other in models:
            found += [
                measure_addition(what, on, models[one], models[other], examples)
                for on, examples in places.items()
            ]
    if DEFAULT in models and len(places) > 1:
        for what, written in (
            ("written texts in training", False),
            ("real texts in training", True),
        ):
            without = train_on(models[DEFAULT].recipe, benchmark, written=written)
            found += [
                measure_addition(what, on, models[DEFAULT], without, examples)
                for on, examples in places.items()
            ]
    return found


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return [*lines, *("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows)]


def difference(held: PairOfModels | Addition) -> str:
    """A difference with its interval."""
    return f"{held.difference:+.3f} ({held.low:+.3f} to {held.high:+.3f})"


def p_value(value: float) -> str:
    """A p-value as papers print it."""
    return "< .001" if value < 0.001 else shorten(value)


def render(
    comparison: Comparison, additions: Sequence[Addition], left: dict[str, str], date: str
) -> str:
    """The whole of what stands between the markers."""
    about, (columns, rows) = comparison.about, comparison_rows(comparison)
    cut = 3 + len(about.labels)
    best = comparison.entrants[0].name
    lines = [
        f"{about.data} {about.version} of {date}, data digest `{about.digest}`:",
        f"{comparison.n_sentences} test sentences of {comparison.n_documents} documents. F1 with",
        f"95 % intervals from {about.draws:,} resamples of whole documents; the best first. The",
        "annotators' row scores each pass against the others: what a reader reaches, and the bound",
        "of what a model can be seen to reach.",
        "",
        *table(columns[:cut], [row[:cut] for row in rows]),
        "",
        "The same models untuned (thresholds of one half, no calibration), as a ranking, on",
        "publishers that training never saw, and how they behave: the share of label sets that",
        "stay when names and countries are swapped, and of groups of minimal pairs with a fault.",
        "",
        *table([columns[0], *columns[cut:]], [[row[0], *row[cut:]] for row in rows]),
        "",
        f"The default is `{DEFAULT}`; the best on this test is `{best}`.",
        "",
    ]
    pairs = [pair for pair in comparison.pairs if DEFAULT in (pair.first, pair.second)]
    if pairs:
        lines += [
            f"## Differences from `{DEFAULT}`",
            "",
            "In macro-F1, tested in pairs on the same documents; p is the larger of bootstrap and",
            "approximate randomisation, corrected after Holm for all",
            f"{len(comparison.pairs)} pairs of models.",
            "",
            *table(
                ["first", "second", "first minus second", "p (Holm)"],
                [[p.first, p.second, difference(p), p_value(p.p_holm)] for p in pairs],
            ),
            "",
        ]
    if additions:
        lines += [
            "## What context and the written texts add",
            "",
            "Macro-F1 on the held-out sentences of both tests, with and without. A label that does",
            "not occur in a part counts as 0 there.",
            "",
            *table(
                ["what", "on", "sentences", "with", "without", "difference", "p"],
                [
                    [
                        held.what,
                        held.on,
                        str(held.n_sentences),
                        shorten(held.macro_f1),
                        shorten(held.macro_f1_without),
                        difference(held),
                        p_value(held.p),
                    ]
                    for held in additions
                ],
            ),
            "",
        ]
    if left:
        named = ", ".join(f"`{name}` ({why})" for name, why in left.items())
        lines += [f"Not in the table: {named}.", ""]
    return "\n".join(lines)


def write_page(path: Path, text: str) -> None:
    """Put the text between the markers of the page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    write_text(path, f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}")


def main() -> None:
    """Train, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*")
    parser.add_argument("--encoder", default="", help="A sentence encoder.")
    parser.add_argument("--nli", default="", help="A language inference model.")
    parser.add_argument("--predictions", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    project = Project.find(Path.cwd())
    benchmark = load_benchmark(newest_release(project), texts=load_hydrated(project))
    named = {"encoder": arguments.encoder, "nli": arguments.nli}
    recipes, left = [], {}
    for path in sorted(project.recipes.glob("*.toml")):
        recipe = load_recipe(path)
        if arguments.recipes and recipe.name not in arguments.recipes:
            continue
        needs = NEEDS.get(recipe.kind, "")
        if needs and not named[needs]:
            left[recipe.name] = f"no --{needs} was named"
            continue
        learner = recipe.learner | ({"model": named[needs]} if needs else {})
        recipes.append(replace(recipe, learner=learner))
    models, missing = train_all(recipes, benchmark, project)
    models |= {path.stem: load_predictions(path, benchmark) for path in arguments.predictions}
    comparison = compare(models, benchmark)
    write_comparison(comparison, project.reports)
    additions = measure_additions(models, benchmark)
    date = project.releases / benchmark.origin.version / "manifest.json"
    text = render(comparison, additions, left | missing, release_date(date))
    write_page(project.root / "docs" / "models.md", text)
    print("wrote docs/models.md")


def release_date(manifest: Path) -> str:
    """The day a release was made."""
    import json

    return str(json.loads(manifest.read_text(encoding="utf-8"))["date"])


if __name__ == "__main__":
    main()
