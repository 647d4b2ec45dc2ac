"""``claimtypes release``: build, verify, diff and publish releases."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from claimtypes.cli.output import (
    json_option,
    out,
    print_findings,
    print_json,
    print_table,
    project_option,
)
from claimtypes.project import Project

_CHANGES_SHOWN = 20

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_previous_option = click.option(
    "--previous", type=_folder, help="The release before it, when it lies elsewhere."
)


@click.group("release")
def release_command() -> None:
    """Build, verify, diff and publish releases.

    A release is a folder of Parquet tables with a card, checksums and everything needed to cite,
    check and rebuild it.
    """


@release_command.command("build")
@click.argument("version", default="")
@click.option("--replace", is_flag=True, help="Replace a version that was never published.")
@_previous_option
@json_option
@project_option
def build_command(
    version: str, replace: bool, previous: Path | None, as_json: bool, project: Project
) -> None:
    """Build VERSION (else the one of corpus/dataset.toml) into releases/VERSION.

    It is verified before it is put there. The same project gives the same bytes, and a version
    that exists is not replaced by anything else. What changed since the last lower version is
    listed in it row by row, and the version must be high enough for that.
    """
    from claimtypes.release.build import build

    built = build(project, version, previous=previous, replace=replace)
    if as_json:
        print_json(asdict(built) | {"folder": str(built.folder)})
        return
    out.print(str(built.folder), highlight=False, soft_wrap=True)
    out.print(
        f"{built.documents} documents, {built.sentences} sentences, {built.decided} decided, "
        f"{built.withheld} without text\ndigest {built.digest}",
        highlight=False,
    )


@release_command.command("verify")
@click.argument("folder", type=_folder)
@_previous_option
@click.option("--rules", is_flag=True, help="Print every rule and what it means.")
@json_option
def verify_command(folder: Path, previous: Path | None, rules: bool, as_json: bool) -> None:
    """Check everything a release FOLDER claims against what is in it.

    Exits with 1 when an error is found. Every finding has a public id, the file, the row and the
    record.
    """
    from claimtypes.release.findings import RULES
    from claimtypes.release.parcel import check, wrap
    from claimtypes.release.verify import verify

    if rules:
        print_table("Rules", ["id", "meaning"], RULES.items())
        return
    if (folder / "config.json").is_file():
        sys.exit(print_findings(check(wrap(folder, "0.0.0")), as_json=as_json))
    sys.exit(print_findings(verify(folder, previous), as_json=as_json))


@release_command.command("diff")
@click.argument("old", type=_folder)
@click.argument("new", type=_folder)
@json_option
def diff_command(old: Path, new: Path, as_json: bool) -> None:
    """Show what changed from release OLD to release NEW, row by row, and the version it needs."""
    from claimtypes.release.diff import diff
    from claimtypes.release.versions import next_version

    found = diff(old, new)
    needed = next_version(found.old_version, found.level)
    if as_json:
        values = asdict(found) | {"level": found.level, "next_version": needed}
        print_json(values)
        return
    if not found.changes:
        out.print(f"{found.old_version} and {found.new_version} have the same content")
        return
    counts = [(table, kind, count) for (table, kind), count in found.counts.items()]
    print_table(
        f"{found.old_version} to {found.new_version}: a {found.level} change, so at least {needed}",
        ["table", "change", "values"],
        counts,
    )
    print_table(
        "Changes" if len(found.changes) <= _CHANGES_SHOWN else f"First {_CHANGES_SHOWN} changes",
        ["table", "id", "field", "old", "new"],
        [
            (c.table, c.id, c.field, _short(c.old), _short(c.new))
            for c in found.changes[:_CHANGES_SHOWN]
        ],
    )
    if found.agreement:
        print_table(
            "Agreement",
            ["alpha of", "change", "low", "high"],
            [(a.label, a.change, a.low, a.high) for a in found.agreement],
        )


def _short(value: str | None) -> str:
    text = "" if value is None else value
    return text if len(text) <= 60 else f"{text[:57]}…"


@release_command.command("publish")
@click.argument("folder", type=_folder)
@click.argument("target")
@click.option("--version", default="", metavar="X.Y.Z", help="The version of a model.")
@json_option
def publish_command(folder: Path, target: str, version: str, as_json: bool) -> None:
    """Publish a release or model FOLDER at TARGET, once and for ever, and read it back.

    TARGET is a folder of versions, git+URL or a path or URL ending in .git, s3://BUCKET/PREFIX,
    hf://datasets/OWNER/NAME or hf://models/OWNER/NAME, or a path ending in .tar.gz for an
    archive to deposit (at Zenodo, say).
    """
    from claimtypes.release.publish import publish

    published = publish(folder, target, version)
    if as_json:
        print_json(asdict(published))
        return
    out.print(
        f"{published.name} {published.version} is at {published.target}: {published.files} files, "
        "read back and equal",
        highlight=False,
        soft_wrap=True,
    )
