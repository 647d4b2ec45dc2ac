"""``init`` and ``run``: a new project, and the whole chain in an existing one."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from claimtypes.cli.output import json_option, out, print_json, project_option
from claimtypes.project import Project, init


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
def init_command(folder: Path) -> None:
    """Make a new project FOLDER: a label schema to edit, guidelines and a data sheet."""
    project = init(folder)
    out.print(Text(f"made {project.root}"))
    out.print(Text("next: edit annotation/schema.toml, then claimtypes ingest PATH"))


@click.command("run")
@project_option
@json_option
@click.option("--force", is_flag=True, help="Run every step, unchanged ones too.")
@click.option("--recipe", default="tfidf-svm", show_default=True, help="The recipe to train.")
def run_command(project: Project, as_json: bool, force: bool, recipe: str) -> None:
    """Run the whole chain: segment, check, gold, split, release, train, evaluate.

    Each step is skipped while its inputs, its outputs and the code are unchanged.
    """
    from claimtypes.chain import chain, run_steps

    results = []
    for result in run_steps(project, chain(project, recipe), force=force):
        results.append({"step": result.name, "skipped": result.skipped, "message": result.message})
        if not as_json:
            style = "dim" if result.skipped else "bold"
            out.print(Text.assemble((f"{result.name:<10}", style), f" {result.message}"))
    if as_json:
        print_json(results)
