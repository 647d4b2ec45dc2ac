"""``claimtypes release``: build, verify, diff and publish releases."""

from __future__ import annotations

from dataclasses import asdict

import click

from claimtypes.cli.output import json_option, print_json, project_option
from claimtypes.project import Project


@click.group("release")
def release_command() -> None:
    """Build, verify, diff and publish releases.

    A release is a folder of Parquet tables with a card, checksums and everything needed to cite,
    check and rebuild it.
    """


@release_command.command("build")
@click.argument("version", default="")
@click.option("--replace", is_flag=True, help="Replace a version that was never published.")
@json_option
@project_option
def build_command(version: str, replace: bool, as_json: bool, project: Project) -> None:
    """Build VERSION (else the one of corpus/dataset.toml) into releases/VERSION."""
    from claimtypes.release.build import build

    built = build(project, version, replace=replace)
    if as_json:
        print_json(asdict(built) | {"folder": str(built.folder)})
        return
    click.echo(f"{built.folder}")
    click.echo(
        f"{built.documents} documents, {built.sentences} sentences, {built.decided} decided, "
        f"{built.withheld} without text\ndigest {built.digest}"
    )
