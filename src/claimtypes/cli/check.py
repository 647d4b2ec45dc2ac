"""Verbs that hold the corpus together: check, hydrate, split."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from claimtypes.annotation.gold import gold, gold_is_current
from claimtypes.annotation.schema import load_schema
from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_findings,
    print_json,
    print_table,
    project_option,
)
from claimtypes.corpus.check import check
from claimtypes.corpus.check_labels import Terms
from claimtypes.corpus.division import split_project
from claimtypes.corpus.fetch import fetch_cached
from claimtypes.corpus.findings import Ledger, render_rules
from claimtypes.corpus.hydrate import Hydration, hydrate_project
from claimtypes.corpus.locate import REASONS
from claimtypes.corpus.own_copies import OwnCopy, load_copies
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project
from claimtypes.records import Finding
from claimtypes.store import locked

_MISSES_SHOWN = 20


def project_findings(project: Project) -> list[Finding]:
    """Return what is wrong with the schema, the corpus, and gold that does not follow."""
    ledger = Ledger(project)
    terms = None
    try:
        schema = load_schema(project.schema)
        reasons = tuple(reason.code for reason in schema.reasons)
        terms = Terms(schema.names, reasons, schema_version=schema.version)
    except ClaimtypesError as error:
        ledger.add("bad-schema", str(error).removeprefix(f"{project.schema}: "), project.schema)
    findings = check(project, terms)
    if any(finding.path == "annotation/schema.toml" for finding in findings):
        # What is wrong with the schema has been named more closely.
        ledger.findings.clear()
    if not findings and not ledger.findings and project.gold.exists():
        _check_derivation(project, ledger)
    return ledger.findings + findings


def _check_derivation(project: Project, ledger: Ledger) -> None:
    try:
        if not gold_is_current(project, gold(project)):
            ledger.add("gold-not-derivable", "the rounds now give other gold", project.gold)
    except ClaimtypesError as error:
        ledger.add("gold-not-derivable", str(error), project.gold)


@click.command("check")
@click.argument("path", default=".", metavar="[PROJECT]")
@click.option("--list", "as_list", is_flag=True, help="Print every finding id, as Markdown.")
@json_option
def check_command(path: str, as_list: bool, as_json: bool) -> None:
    """Check a project's files: articles, sentences, judgements, gold, splits and schema.

    Exits with 1 when an error is found. Every finding has a public id, the file and line, and
    what mends it.
    """
    if as_list:
        sys.stdout.write(render_rules())
        return
    sys.exit(print_findings(project_findings(Project.find(path)), as_json=as_json))


@click.command("hydrate")
@click.argument(
    "release", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--texts",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder of your copies, a .jsonl file, one text, or a list of addresses.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Where the hydrated RELEASE is written; RELEASE-hydrated unless given.",
)
@click.option(
    "--allow-private", is_flag=True, help="Fetch addresses of a list from private networks too."
)
@click.option("--project", default=".", metavar="FOLDER", help="A folder in the project.")
@json_option
def hydrate_command(
    *,
    release: Path | None,
    texts: Path,
    into: Path | None,
    allow_private: bool,
    project: str,
    as_json: bool,
) -> None:
    """Find withheld sentences in your own copies of the articles.

    Copies may be text, Markdown, HTML or JSON lines, under any name. What is found is added to
    corpus/hydrated.jsonl, or written with a RELEASE folder's rows into a new one; every sentence
    that is not found is named with the reason.
    """
    if release is not None:
        from claimtypes.release.hydrated import hydrate_release
        from claimtypes.release.load import cache_folder

        into = into or release.with_name(f"{release.name}-hydrated")
        copies = _own_copies(texts, cache_folder() / "pages", allow_private=allow_private)
        hydration = hydrate_release(release, copies, into).hydration
    else:
        home = Project.find(project)
        with locked(home.state):
            copies = _own_copies(texts, home.state / "pages", allow_private=allow_private)
            hydration = hydrate_project(home, copies)
    if as_json:
        print_json(
            {
                "found": len(hydration.found),
                "misses": [asdict(miss) for miss in hydration.misses],
                "copies": hydration.copies,
            }
        )
    else:
        _show_hydration(hydration)
    sys.exit(1 if hydration.misses else 0)


def _own_copies(texts: Path, pages: Path, *, allow_private: bool) -> list[OwnCopy]:
    """Read the user's copies; of addresses, name those that could not be fetched."""
    failures: list[BadInput] = []

    def fetch(url: str) -> bytes:
        try:
            return fetch_cached(url, pages, allow_private=allow_private).body
        except BadInput as error:
            failures.append(error)
            return b""

    copies = list(load_copies(texts, fetch))
    if failures and len(failures) == len(copies):
        raise failures[0]
    for failure in failures:
        console.print(f"not fetched: {failure}", markup=False, highlight=False)
    return copies


def _show_hydration(hydration: Hydration) -> None:
    missed = Counter(miss.sentence.rpartition(":")[0] for miss in hydration.misses)
    reasons = Counter(miss.reason for miss in hydration.misses)
    if missed:
        print_table(
            "Sentences not found",
            ["reason", "sentences"],
            [(REASONS[reason], count) for reason, count in sorted(reasons.items())],
        )
    for miss in hydration.misses[:_MISSES_SHOWN]:
        out.print(f"{miss.sentence}: {miss.reason}", markup=False, highlight=False)
    if len(hydration.misses) > _MISSES_SHOWN:
        out.print(f"and {len(hydration.misses) - _MISSES_SHOWN} more; --json lists them all")
    out.print(
        f"{len(hydration.found)} of {hydration.sentences} withheld sentences found, in "
        f"{len(hydration.copies)} copies; {len(missed)} articles have misses"
    )


@click.command("split")
@project_option
@json_option
def split_command(project: Project, as_json: bool) -> None:
    """Give every article that has no split one; articles that have one never move.

    Articles on the same event, near-duplicates and whole groups stay together, and the labels
    are shared out evenly. Shares, seed and held-out publishers are read from the table [split]
    of corpus/dataset.toml. Exits with 1 when an article can be in no split without a leak.
    """
    with locked(project.state):
        division = split_project(project)
    if as_json:
        print_json(asdict(division))
    else:
        print_table(
            "Splits",
            ["split", "articles", "sentences"],
            [(n, count, division.sentences[n]) for n, count in division.articles.items()],
        )
        print_table(
            "Distance of shares from the plan",
            ["split", "column", "error"],
            [(n, c, e) for n, part in division.errors.items() for c, e in part.items()],
        )
        out.print(
            f"{division.new} articles are new; the largest error is {division.worst_error:.4f}"
        )
        for article, reason in division.held.items():
            out.print(f"held back: {article}: {reason}", markup=False, highlight=False)
        if division.unread:
            out.print(
                f"{len(division.unread)} articles have no text here, so their likeness to others "
                "was not looked at (try: claimtypes hydrate --texts FOLDER)"
            )
    sys.exit(1 if division.held else 0)
