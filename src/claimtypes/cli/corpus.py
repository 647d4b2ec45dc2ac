"""``ingest`` and ``segment``: articles in, sentences out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from claimtypes.cli.output import json_option, out, print_json, print_table, project_option
from claimtypes.corpus.drafts import ORIGINS
from claimtypes.corpus.ingest import Ingestion, ingest
from claimtypes.corpus.segment import segment_project
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.store import locked

_SHOWN = 20


def _urls(path: str) -> list[str]:
    try:
        with click.open_file(path, encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}", hint="give a text file with one URL a line") from error
    return [line for line in lines if line and not line.startswith("#")]


def _print_ingestion(result: Ingestion, *, withhold: bool) -> None:
    if result.taken:
        rows = [(t.id, t.title, t.where) for t in result.taken[:_SHOWN]]
        print_table("Taken in", ("article", "title", "from"), rows)
        if len(result.taken) > _SHOWN:
            out.print(f"… and {len(result.taken) - _SHOWN} more", highlight=False)
    if result.copies:
        rows = [(c.where, f"{c.how} of {c.article}", f"{c.share:.0%}") for c in result.copies]
        print_table("Here already", ("from", "is a", "in common"), rows)
    if result.refused:
        rows = [(r.where, r.reason, r.hint) for r in result.refused]
        print_table("Refused", ("from", "because", "try"), rows)
    out.print(
        f"{len(result.taken)} taken in, {len(result.unchanged)} unchanged, "
        f"{len(result.copies)} copies skipped, {len(result.refused)} refused",
        highlight=False,
    )
    if result.taken:
        step = (
            "claimtypes hydrate --texts FOLDER, to see the withheld text"
            if withhold
            else "claimtypes segment"
        )
        out.print(f"next: {step}", highlight=False)


@click.command("ingest")
@click.argument("sources", nargs=-1, metavar="PATH|URL|-…")
@click.option("--urls", metavar="FILE", help="A file with one URL a line; - is stdin.")
@click.option("--licence", help="Licence of texts that do not bring theirs.")
@click.option("--origin", type=click.Choice(ORIGINS), help="How the texts came to be.")
@click.option("--publisher", help="Publisher of texts that do not name theirs.")
@click.option("--language", help="Language code of texts that do not name theirs.  [default: en]")
@click.option("--id", "article_id", help="Id of the article, for a single text.")
@click.option("--title", help="Title of the article, for a single text.")
@click.option("--url", help="Address of the article, for a single text.")
@click.option("--published", help="Day the article was published, as YYYY-MM-DD.")
@click.option("--retrieved", help="Day the article was retrieved, as YYYY-MM-DD.")
@click.option("--obtained", help="Where a withheld text can be had.")
@click.option("--genre", help="Genre of the texts.")
@click.option("--event", help="Event the texts are on; articles on one event share a split.")
@click.option("--case", help="Case the texts belong to.")
@click.option("--country", "countries", multiple=True, help="A country concerned; repeatable.")
@click.option("--withhold", is_flag=True, help="Store fingerprints and no text (stand-off).")
@click.option("--keep-near-copies", is_flag=True, help="Take in near-copies of articles, too.")
@click.option("--allow-private", is_flag=True, help="Let URLs lead to private addresses.")
@click.option("--refresh", is_flag=True, help="Fetch pages anew that were fetched before.")
@project_option
@json_option
def ingest_command(
    sources: tuple[str, ...],
    urls: str | None,
    article_id: str | None,
    project: Project,
    *,
    withhold: bool,
    keep_near_copies: bool,
    allow_private: bool,
    refresh: bool,
    as_json: bool,
    **fields: str | tuple[str, ...] | None,
) -> None:
    """Take articles in: text, Markdown, HTML, JSON lines, WARC, folders, archives, URLs.

    Each is cleaned, laid out and marked; copies are skipped and what is no article is refused
    with a reason. Fields that a text brings itself win over the options. Taking the same in
    again changes nothing. Exits with 1 when something was refused.
    """
    wanted = [*sources, *(_urls(urls) if urls else [])]
    if not wanted:
        raise BadInput("nothing to take in", hint="claimtypes ingest FILE, FOLDER or URL")
    for source in sources:
        if source != "-" and "://" not in source and not Path(source).exists():
            raise BadInput(f"{source} does not exist", hint="give a file, a folder or a URL")
    defaults = {key: value for key, value in {**fields, "id": article_id}.items() if value}
    with locked(project.state):
        result = ingest(
            project,
            wanted,
            defaults=defaults,
            withhold=withhold,
            keep_near_copies=keep_near_copies,
            allow_private=allow_private,
            refresh=refresh,
        )
    if as_json:
        print_json({key: list(value) for key, value in asdict(result).items()})
    else:
        _print_ingestion(result, withhold=withhold)
    if result.refused:
        raise click.exceptions.Exit(1)


@click.command("segment")
@click.option("--again", is_flag=True, help="Cut by today's rules what nobody has judged yet.")
@project_option
@json_option
def segment_command(project: Project, *, again: bool, as_json: bool) -> None:
    """Cut articles into sentences; a sentence somebody has judged never moves."""
    with locked(project.state):
        result = segment_project(project, again=again)
    if as_json:
        print_json(asdict(result))
        return
    out.print(
        f"{result.cut} articles cut, {result.kept} kept: {result.sentences} sentences",
        highlight=False,
    )
    if result.held:
        out.print(f"held at older rules, being judged: {', '.join(result.held)}", highlight=False)
