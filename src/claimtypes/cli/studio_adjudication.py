"""``adjudicate push``, ``pull`` and ``apply``: disputes decided in Label Studio."""

from __future__ import annotations

import click

from claimtypes.cli.output import json_option, out, print_findings, print_json, project_option
from claimtypes.project import Project

adjudicator_option = click.option(
    "--adjudicator", required=True, metavar="ID", help="Who decides; an annotator of the project."
)


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@click.command("push")
@adjudicator_option
@json_option
@project_option
def push_disputes_command(*, project: Project, adjudicator: str, as_json: bool) -> None:
    """Make a task in Label Studio for each dispute, votes blinded and shuffled; once."""
    from claimtypes.annotation.studio_adjudication import push_disputes

    pushed = push_disputes(project, adjudicator)
    if as_json:
        counts = {"made": pushed.made, "known": pushed.known, "removed": pushed.removed}
        print_json({**counts, "url": pushed.url})
        return
    _say(f"{pushed.made} disputes pushed, {pushed.known} known, {pushed.removed} removed")
    _say(f"  {adjudicator}: {pushed.url}")


@click.command("pull")
@adjudicator_option
@click.option("--replace", is_flag=True, help="Replace earlier decisions that differ.")
@json_option
@project_option
def pull_decisions_command(
    *, project: Project, adjudicator: str, replace: bool, as_json: bool
) -> None:
    """Take the decisions in as third readings; exits with 1 for findings."""
    from claimtypes.annotation.studio_adjudication import pull_decisions

    pulled = pull_decisions(project, adjudicator, replace=replace)
    taken = pulled.taken
    if as_json:
        counts = {"added": taken.added, "known": taken.known, "replaced": taken.replaced}
        print_json({**counts, "findings": [f.to_dict() for f in pulled.findings]})
        code = int(bool(pulled.findings))
    else:
        _say(f"{taken.added} decisions added, {taken.known} known, {taken.replaced} replaced")
        code = print_findings(pulled.findings, as_json=False)
    click.get_current_context().exit(code)


@click.command("apply")
@json_option
@project_option
def apply_command(*, project: Project, as_json: bool) -> None:
    """Derive the gold labels again, with the decisions that were pulled."""
    from claimtypes.annotation.adjudication import summarise
    from claimtypes.annotation.gold import dump_gold, gold
    from claimtypes.annotation.schema import load_schema
    from claimtypes.store import locked

    rows = gold(project)
    with locked(project.state):
        dump_gold(project, rows)
    states = summarise(rows, load_schema(project.schema)).states
    if as_json:
        print_json({"sentences": len(rows), "states": states})
    else:
        counts = ", ".join(f"{count} {state}" for state, count in states.items())
        _say(f"{len(rows)} sentences: {counts}")
