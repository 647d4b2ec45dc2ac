"""``claimtypes sheets``: rounds read on sheets, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from claimtypes.cli.output import json_option, out, print_json, project_option
from claimtypes.project import Project

answer_files = click.argument(
    "answers",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
at_option = click.option(
    "--at", required=True, metavar="TIME", help="When the reader finished, in ISO 8601."
)
replace_option = click.option(
    "--replace", is_flag=True, help="Replace earlier answers that differ."
)


def read_answers(paths: tuple[Path, ...]) -> list[tuple[str, str]]:
    """Return each file's name and text; ``-`` is stdin."""
    texts = []
    for path in paths:
        text = sys.stdin.read() if str(path) == "-" else _read(path)
        texts.append((str(path), text))
    return texts


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8: {error}") from error


def print_sheets(written: list[tuple[Path, int]], *, as_json: bool, note: str = "") -> None:
    """Print where sheets were written and how much is to read."""
    if as_json:
        print_json([{"path": str(path), "sentences": count} for path, count in written])
        return
    for path, count in written:
        out.print(f"{path}: {count} sentences", markup=False, highlight=False)
    total = sum(count for _, count in written)
    sheets = f"{len(written)} sheet{'s' * (len(written) != 1)}"
    out.print(f"{total} sentences on {sheets}{note}", markup=False, highlight=False)


@click.group("sheets")
def sheets_command() -> None:
    """Read a round on sheets of whole articles and take the answers in."""


@sheets_command.command("make")
@click.argument("round_name", metavar="ROUND")
@click.option("--annotator", required=True, metavar="ID", help="Who reads them.")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    default=400,
    show_default=True,
    help="About how many sentences a sheet holds; articles are never cut.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Of the articles' order; give each reader another one.",
)
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write the sheets to.",
)
@click.option(
    "--source",
    metavar="ORIGIN|FILE",
    help="Only articles of this origin, or those a file names, one id a line.",
)
@json_option
@project_option
def make_command(
    *,
    project: Project,
    round_name: str,
    annotator: str,
    size: int,
    seed: int,
    folder: Path,
    source: str | None,
    as_json: bool,
) -> None:
    """Write the sheets an annotator still has to read in ROUND."""
    from claimtypes.annotation.reading import make_sheets

    made = make_sheets(project, round_name, annotator, folder, size=size, seed=seed, source=source)
    note = f"; {made.finished} articles were read before" if made.finished else ""
    print_sheets(list(made.written), as_json=as_json, note=note)


@sheets_command.command("take")
@click.argument("round_name", metavar="ROUND")
@answer_files
@click.option("--annotator", required=True, metavar="ID", help="Whose answers they are.")
@at_option
@replace_option
@json_option
@project_option
def take_command(
    *,
    project: Project,
    round_name: str,
    answers: tuple[Path, ...],
    annotator: str,
    at: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Add the ANSWERS of an annotator to ROUND; taking them again changes nothing."""
    from claimtypes.annotation.reading import take_sheets

    taken = take_sheets(project, round_name, annotator, at, read_answers(answers), replace=replace)
    if as_json:
        print_json({"added": taken.added, "known": taken.known, "replaced": taken.replaced})
    else:
        out.print(
            f"{round_name}: {taken.added} judgements added, {taken.known} known, "
            f"{taken.replaced} replaced",
            highlight=False,
            markup=False,
        )
