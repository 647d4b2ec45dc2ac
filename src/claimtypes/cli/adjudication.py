"""``gold``, ``adjudicate`` and ``audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_findings,
    print_json,
    print_table,
    project_option,
    refuse_two_on_stdout,
    write_or_print,
)
from claimtypes.cli.sheets import (
    answer_files,
    at_option,
    print_sheets,
    read_answers,
    replace_option,
)
from claimtypes.cli.studio_adjudication import (
    apply_command,
    pull_decisions_command,
    push_disputes_command,
)
from claimtypes.project import Project
from claimtypes.records import Gold
from claimtypes.store import locked

if TYPE_CHECKING:
    from claimtypes.annotation.agreement import AgreementReport
    from claimtypes.annotation.audit import Audited, AuditReport

MORNING_PAGE = "reports/annotation.html"
"""Where the morning page is written unless somebody says otherwise."""

morning_page_option = click.option(
    "--html",
    "html_path",
    is_flag=False,
    flag_value=MORNING_PAGE,
    metavar="PATH",
    help="Write the morning page as well, to reports/annotation.html unless PATH is given; "
    "- for stdout.",
)


@click.command("gold")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file is stale.")
@json_option
@project_option
def gold_command(*, project: Project, check: bool, as_json: bool) -> None:
    """Derive the gold labels from rounds and third readings into corpus/gold.jsonl."""
    from claimtypes.annotation.adjudication import summarise
    from claimtypes.annotation.gold import dump_gold, gold, gold_is_current
    from claimtypes.annotation.schema import load_schema

    rows = gold(project)
    summary = summarise(rows, load_schema(project.schema))
    current = gold_is_current(project, rows)
    if not check:
        with locked(project.state):
            dump_gold(project, rows)
    open_rows = [row for row in rows if row.how == "unresolved"]
    if as_json:
        print_json(
            {
                "sentences": summary.sentences,
                "states": summary.states,
                "labels": summary.labels,
                "none": summary.none,
                "unresolved": [row.sentence for row in open_rows],
                "current": current or not check,
            }
        )
    else:
        print_table("How each sentence was decided", ["state", "sentences"], summary.states.items())
        labels = [*summary.labels.items(), ("none of them", summary.none)]
        print_table("Decided sentences with each label", ["label", "sentences"], labels)
        _print_open(open_rows)
    if check and not current:
        console.print(f"{project.gold} is stale; try: claimtypes gold", markup=False)
        click.get_current_context().exit(1)


def _print_open(rows: list[Gold], most: int = 20) -> None:
    if not rows:
        return
    table = [[row.sentence, _render_votes(row.votes)] for row in rows[:most]]
    print_table(f"Unresolved: {len(rows)}", ["sentence", "votes"], table)
    if len(rows) > most:
        out.print(f"and {len(rows) - most} more: claimtypes adjudicate queue", highlight=False)


def _render_votes(votes: dict[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{name}: {' '.join(labels) or 'none'}" for name, labels in votes.items())


@click.group("adjudicate")
def adjudicate_command() -> None:
    """Decide the sentences whose votes do not: the queue, and third readings of it."""


@adjudicate_command.command("queue")
@json_option
@project_option
def queue_command(*, project: Project, as_json: bool) -> None:
    """List the sentences whose votes do not decide, and why."""
    from claimtypes.annotation.disputes import queue

    disputes = queue(project)
    if as_json:
        print_json([dispute.to_dict() for dispute in disputes])
        return
    rows = [[d.sentence, d.why, _render_votes(d.votes)] for d in disputes]
    print_table(f"Unresolved: {len(rows)}", ["sentence", "why", "votes"], rows)


@adjudicate_command.command("sheets")
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write the sheets to.",
)
@click.option(
    "--size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="About how many sentences a sheet holds.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the articles' order.")
@json_option
@project_option
def sheets_command(*, project: Project, folder: Path, size: int, seed: int, as_json: bool) -> None:
    """Write sheets for a third reader: each sentence in context, votes blinded and shuffled."""
    from claimtypes.annotation.third_readings import dump_third_sheets

    print_sheets(dump_third_sheets(project, folder, size=size, seed=seed), as_json=as_json)


@adjudicate_command.command("take")
@answer_files
@click.option("--adjudicator", required=True, metavar="ID", help="Who decided.")
@at_option
@replace_option
@json_option
@project_option
def take_command(
    *,
    project: Project,
    answers: tuple[Path, ...],
    adjudicator: str,
    at: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Add the third readings in ANSWERS; taking them again changes nothing."""
    from claimtypes.annotation.disputes import queue
    from claimtypes.annotation.third_readings import take_third_readings

    taken = take_third_readings(project, adjudicator, at, read_answers(answers), replace=replace)
    left = len(queue(project))
    if as_json:
        counts = {"added": taken.added, "known": taken.known, "replaced": taken.replaced}
        print_json({**counts, "unresolved": left})
        return
    out.print(
        f"{taken.added} third readings added, {taken.known} known, {taken.replaced} replaced; "
        f"{left} sentences still unresolved",
        highlight=False,
        markup=False,
    )


for _command in (push_disputes_command, pull_decisions_command, apply_command):
    adjudicate_command.add_command(_command)


def _list_rules(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from claimtypes.annotation.audit_rules import render_audit_rules

        click.echo(render_audit_rules(), nl=False)
        context.exit()


@click.command("audit")
@click.option("--round", "round_name", metavar="NAME", help="Audit this round only.")
@morning_page_option
@click.option("--cleanlab", is_flag=True, help="Rank likely label errors by cleanlab's score.")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="Print every finding id, as Markdown.",
)
@json_option
@project_option
def audit_command(
    *,
    project: Project,
    round_name: str | None,
    html_path: str | None,
    cleanlab: bool,
    as_json: bool,
) -> None:
    """Find what is wrong with the judgements, with evidence and effect on alpha.

    Exits with 1 when a finding is an error.
    """
    from claimtypes.annotation.audit import audit

    refuse_two_on_stdout(html_path, as_json=as_json)
    audited = audit(project, round_name, with_cleanlab=cleanlab)
    if html_path:
        write_morning_page(project, audited, html_path)
    report = audited.report
    if as_json:
        print_json(report.to_dict())
        code = int(any(finding.severity == "error" for finding in report.findings))
    elif html_path == "-":
        code = 0
    else:
        code = print_findings(report.findings, as_json=False)
        _print_advice(report)
    click.get_current_context().exit(code)


def write_morning_page(
    project: Project, audited: Audited, path: str, agreement: AgreementReport | None = None
) -> None:
    """Write the page of an audit, or print it for ``-``; agreement is measured unless given."""
    from claimtypes.annotation.morning import gather_morning
    from claimtypes.annotation.morning_page import morning_page

    where = str(project.reports / "annotation.html") if path == MORNING_PAGE else path
    write_or_print(where, morning_page(gather_morning(project, audited, agreement)))
    if where != "-":
        console.print(f"wrote {where}", markup=False, highlight=False)


def _print_advice(report: AuditReport) -> None:
    rows = [
        [f.id, f.record, "; ".join(f"{k.replace('_', ' ')} {v}" for k, v in f.evidence.items())]
        for f in report.findings
    ]
    if rows:
        print_table("Evidence", ["finding", "who", "what speaks for it"], rows)
    if report.diagnosis.competences:
        print_table(
            "How far models of the votes would trust each annotator",
            ["annotator", "Dawid-Skene", "MACE"],
            [[c.annotator, c.dawid_skene, c.mace] for c in report.diagnosis.competences],
        )
    if report.suspects:
        print_table(
            f"Likely label errors, advisory: {len(report.suspects)}",
            ["sentence", "gold", "model"],
            [
                [s.sentence, f"{'has' if s.given else 'lacks'} {s.label}", s.probability]
                for s in report.suspects[:20]
            ],
        )
