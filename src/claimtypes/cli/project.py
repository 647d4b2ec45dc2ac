"""``init`` and ``run``: a new project, and the whole chain in an existing one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.text import Text

from claimtypes.chain import Step, StepResult, run_steps
from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_json,
    print_table,
    project_option,
)
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project, init


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
def init_command(folder: Path) -> None:
    """Make a new project FOLDER: a label schema to edit, guidelines and a data sheet."""
    project = init(folder)
    console.print(Text(f"made {project.root}"))
    console.print(Text("next: edit annotation/schema.toml, then claimtypes ingest PATH"))


def _verb(*arguments: str) -> Callable[[], None]:
    """Return what runs one verb of this command line, and stops the chain where it fails."""

    def run() -> None:
        from claimtypes.cli import cli

        try:
            code = cli(arguments, standalone_mode=False)
        except SystemExit as stop:
            code = stop.code
        if code:
            raise ClaimtypesError(
                f"claimtypes {' '.join(arguments)} ended with {code}",
                hint=f"mend what it names, then claimtypes run goes on at {arguments[0]!r}",
            )

    return run


def _steps(project: Project, recipe: str) -> Iterator[Step]:
    """Yield the chain from articles to a report, each step a verb."""
    version = str(project.dataset().get("version", ""))
    release = project.releases / version
    model = project.trained / recipe
    corpus, annotation = project.root / "corpus", project.root / "annotation"
    here = ("--project", str(project.root))
    yield Step(
        "segment",
        inputs=(project.articles, project.rounds),
        outputs=(project.sentences,),
        run=_verb("segment", *here),
    )
    yield Step(
        "gold",
        inputs=(project.sentences, project.schema, project.rounds, project.adjudications),
        outputs=(project.gold,),
        run=_verb("gold", *here),
    )
    yield Step(
        "split",
        inputs=(project.articles, project.sentences, project.gold),
        outputs=(project.splits,),
        run=_verb("split", *here),
    )
    yield Step(
        "check", inputs=(corpus, annotation), outputs=(), run=_verb("check", str(project.root))
    )
    yield Step(
        "release",
        inputs=(corpus, annotation),
        outputs=(release,),
        run=_verb("release", "build", version, "--replace", *here),
    )
    yield Step(
        "verify",
        inputs=(release,),
        outputs=(),
        run=_verb("release", "verify", str(release)),
    )
    yield Step(
        "train",
        inputs=(release, project.recipes / f"{recipe}.toml"),
        outputs=(model,),
        run=_verb("train", recipe, "--release", str(release), *here),
    )
    yield Step(
        "evaluate",
        inputs=(release, model),
        outputs=(project.reports / f"{recipe}.html", project.reports / f"{recipe}.json"),
        run=_verb("evaluate", str(model), "--release", str(release), *here),
    )
    yield Step(
        "audit",
        inputs=(corpus, annotation),
        outputs=(project.reports / "annotation.html",),
        run=_verb("audit", "--html", str(project.reports / "annotation.html"), *here),
    )


@click.command("run")
@project_option
@json_option
@click.option("--force", is_flag=True, help="Run every step, unchanged ones too.")
@click.option("--recipe", default="tfidf-svm", show_default=True, help="The recipe to train.")
def run_command(project: Project, as_json: bool, force: bool, recipe: str) -> None:
    """Run the whole chain: segment, gold, split, check, release, verify, train, evaluate, audit.

    Each step is skipped while its inputs, its outputs and the code are unchanged. The release of
    a version that was never published is replaced; a published one is refused.
    """
    if not any(project.articles.glob("*.md")):
        raise ClaimtypesError(
            f"{project.articles} holds no articles yet", hint="claimtypes ingest PATH"
        )
    steps = list(_steps(project, recipe))
    results = []
    for result in run_steps(project, steps, force=force):
        results.append(result)
        console.print(Text(f"{result.name}: {_outcome(result)}", "bold"))
    if as_json:
        print_json([{"step": result.name, "skipped": result.skipped} for result in results])
        return
    rows = [(result.name, _outcome(result), f"{result.seconds:.1f}") for result in results]
    print_table("The chain", ("step", "outcome", "seconds"), rows)
    made = {step.name: step.outputs for step in steps}
    for name in ("release", "train", "evaluate", "audit"):
        out.print(Text(str(made[name][0])), soft_wrap=True)


def _outcome(result: StepResult) -> str:
    return "unchanged" if result.skipped else "done"
