"""What every verb prints with: progress and errors to stderr, results to stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from claimtypes.project import Project
from claimtypes.records import Finding
from claimtypes.store import write_text

console = Console(stderr=True)
out = Console()

SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def refuse_two_on_stdout(html_path: str | None, *, as_json: bool) -> None:
    """Refuse ``--json`` together with ``--html -``.

    Raises:
        UsageError: since both want stdout.
    """
    if as_json and html_path == "-":
        raise click.UsageError("--json and --html - both want stdout; give --html a file")


def _find_project(_context: click.Context, _parameter: click.Parameter, value: str) -> Project:
    return Project.find(value)


project_option = click.option(
    "--project",
    default=".",
    show_default=True,
    metavar="FOLDER",
    callback=_find_project,
    help="A folder in the project.",
)


def show_progress(items: Iterable[Any], description: str, total: int | None) -> Iterator[Any]:
    """Show a bar on stderr while items pass; silent where stderr is no terminal."""
    if total is None and isinstance(items, Sequence):
        total = len(items)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        yield from progress.track(items, total=total, description=description)


def print_json(value: Any) -> None:
    """Print one JSON value to stdout, the same bytes every time."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers to the right, and no cell is ever read as markup."""
    table = Table(title=Text(title), title_justify="left", header_style="bold")
    lines = [list(row) for row in rows]
    for index, column in enumerate(columns):
        numeric = all(isinstance(line[index], int | float) for line in lines) and bool(lines)
        table.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for line in lines:
        table.add_row(*(Text(f"{c:.3f}" if isinstance(c, float) else str(c)) for c in line))
    out.print(table)


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print findings and return the exit code: 1 when any of them is an error."""
    if as_json:
        print_json([finding.to_dict() for finding in findings])
    for finding in () if as_json else findings:
        where = ":".join(filter(None, [finding.path, str(finding.line or ""), finding.record]))
        line = Text.assemble(
            (finding.severity, SEVERITY_STYLE[finding.severity]),
            " ",
            (finding.id, "bold"),
            f" {where}: {finding.message}" if where else f" {finding.message}",
        )
        out.print(line, soft_wrap=True)
        if finding.hint:
            out.print(Text(f"    try: {finding.hint}", style="dim"), soft_wrap=True)
    if not as_json:
        counts = {s: sum(f.severity == s for f in findings) for s in SEVERITY_STYLE}
        summary = ", ".join(f"{n} {s}{'s' * (n != 1)}" for s, n in counts.items() if n)
        out.print(Text(summary or "no findings"))
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def write_or_print(path: str, text: str) -> None:
    """Write text to a file, or to stdout for ``-``."""
    if path == "-":
        sys.stdout.write(text)
    else:
        write_text(Path(path), text)
