"""``studio``, ``push`` and ``pull``: rounds in Label Studio."""

from __future__ import annotations

from pathlib import Path

import click

from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_findings,
    print_json,
    print_table,
    project_option,
)
from claimtypes.project import Project

annotator_option = click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="ID",
    help="Who annotates; give it once for each annotator.",
)


def say(text: str) -> None:
    """Print a line of the result, without markup."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@click.group("studio")
def studio_command() -> None:
    """Run a Label Studio of the project's own, on this machine only."""


@studio_command.command("up")
@annotator_option
@click.option(
    "--token",
    "token_kind",
    type=click.Choice(["legacy", "personal"]),
    help="The kind of token to work with; legacy unless another was chosen before.",
)
@click.option(
    "--database",
    metavar="URL",
    help="A PostgreSQL database, for teams; SQLite in .studio without it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port, if it is free.")
@json_option
@project_option
def up_command(
    *,
    project: Project,
    annotators: tuple[str, ...],
    token_kind: str | None,
    database: str | None,
    port: int,
    as_json: bool,
) -> None:
    """Start Label Studio, wait until it is healthy, and print where to sign in.

    An annotator's account is ID or ID=EMAIL. The first start installs Label Studio into .studio
    and takes some minutes.
    """
    from claimtypes.annotation.studio import up

    console.print("starting Label Studio; the first time takes some minutes", style="dim")
    studio = up(project, annotators=annotators, token_kind=token_kind, database=database, port=port)
    secrets = str(project.root / ".studio" / "studio.json")
    if as_json:
        accounts = [{"annotator": a.annotator, "email": a.email} for a in studio.accounts]
        print_json({"url": studio.url, "accounts": accounts, "secrets": secrets})
        return
    rows = [[a.annotator or "admin", a.email, a.password] for a in studio.accounts]
    print_table(f"Label Studio is up: {studio.url}", ["who", "email", "password"], rows)
    say(f"kept in {secrets}, which only you can read")


@studio_command.command("down")
@project_option
def down_command(*, project: Project) -> None:
    """Stop Label Studio; everything in it is kept."""
    from claimtypes.annotation.studio import down

    say("stopped" if down(project) else "it was not running")


@studio_command.command("status")
@json_option
@project_option
def status_command(*, project: Project, as_json: bool) -> None:
    """Say whether Label Studio runs; exits with 1 when it does not."""
    from claimtypes.annotation.studio import is_healthy, is_running
    from claimtypes.annotation.studio_record import load_studio

    studio = load_studio(project)
    running = is_running(project, studio)
    healthy = running and is_healthy(studio.url)
    state = {"url": studio.url, "process": running, "healthy": healthy}
    if as_json:
        print_json(state)
    elif healthy:
        say(f"Label Studio is up: {studio.url}")
    else:
        say("Label Studio is not running; try: claimtypes studio up")
    click.get_current_context().exit(0 if healthy else 1)


@studio_command.command("doctor")
@json_option
@project_option
def doctor_command(*, project: Project, as_json: bool) -> None:
    """Explain what is wrong with server, token or network, and mend what can be mended."""
    from claimtypes.annotation.studio_doctor import diagnose

    code = print_findings(diagnose(project), as_json=as_json)
    click.get_current_context().exit(code)


@studio_command.command("configs")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where one is stale.")
@project_option
def configs_command(*, project: Project, check: bool) -> None:
    """Write the labelling interfaces of the schema to annotation/studio."""
    from claimtypes.annotation.schema import load_schema
    from claimtypes.annotation.studio_planning import stale_configs, write_configs

    if check:
        stale = stale_configs(project, load_schema(project.schema))
        for path in stale:
            say(f"{path} is stale; try: claimtypes studio configs")
        click.get_current_context().exit(int(bool(stale)))
    for design in write_configs(project, load_schema(project.schema)):
        say(str(project.studio / f"{design}.xml"))


def _read_ids(path: Path | None) -> frozenset[str] | None:
    return frozenset(path.read_text(encoding="utf-8").split()) if path else None


_ids = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("push")
@click.argument("round_name", metavar="ROUND")
@annotator_option
@click.option(
    "--design",
    type=click.Choice(["document", "sentence"]),
    help="A task for each article, or one for each sentence; document unless the round has one.",
)
@click.option(
    "--overlap",
    type=click.IntRange(min=0),
    default=0,
    help="How many of the annotators get each task; all of them without it.",
)
@click.option("--articles", type=_ids, help="A file of article ids; all articles without it.")
@click.option("--sentences", type=_ids, help="A file of sentence ids, for the sentence design.")
@click.option("--prefill", metavar="MODEL", help="Show this model's labels; in a pilot round only.")
@click.option(
    "--return", "send_back", is_flag=True, help="Send irregular annotations back to their makers."
)
@json_option
@project_option
def push_command(
    *,
    project: Project,
    round_name: str,
    annotators: tuple[str, ...],
    design: str | None,
    overlap: int,
    articles: Path | None,
    sentences: Path | None,
    prefill: str | None,
    send_back: bool,
    as_json: bool,
) -> None:
    """Make the tasks of ROUND in Label Studio, a project for each annotator; once."""
    from claimtypes.annotation.exchange import push

    if send_back:
        from claimtypes.annotation.studio_return import return_round

        sent = return_round(project, round_name)
        if as_json:
            print_json({"returned": [list(pair) for pair in sent]})
        else:
            say(f"{round_name}: {len(sent)} annotations sent back")
        return
    pushed = push(
        project,
        round_name,
        annotators=annotators,
        design=design or "",
        overlap=overlap,
        articles=_read_ids(articles),
        only=_read_ids(sentences),
        prefill=_suggestions(project, prefill) if prefill else None,
    )
    if as_json:
        counts = {"made": pushed.made, "known": pushed.known, "removed": pushed.removed}
        print_json({**counts, "projects": dict(pushed.projects)})
        return
    done = f"{pushed.made} tasks made, {pushed.known} known, {pushed.removed} copies removed"
    say(f"{round_name}: {done}")
    for name, url in pushed.projects:
        say(f"  {name}: {url}")


def _suggestions(project: Project, name: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    from claimtypes.models.predict import find_model
    from claimtypes.models.suggest import suggest

    model = find_model(name, project.trained)
    return model.id, {row.cut.id: row.labels for row in suggest(model, project)}


@click.command("pull")
@click.argument("round_name", metavar="ROUND")
@click.option("--whole", is_flag=True, help="Ask for everything, not only for what changed.")
@json_option
@project_option
def pull_command(*, project: Project, round_name: str, whole: bool, as_json: bool) -> None:
    """Take the annotations of ROUND into annotation/rounds; exits with 1 for findings."""
    from claimtypes.annotation.exchange import pull

    pulled = pull(project, round_name, whole=whole)
    if as_json:
        names = ("added", "known", "changed", "withdrawn", "annotations")
        counts = {name: getattr(pulled, name) for name in names}
        print_json({**counts, "findings": [f.to_dict() for f in pulled.findings]})
        code = int(any(f.severity == "error" for f in pulled.findings))
    else:
        say(
            f"{round_name}: {pulled.added} judgements added, {pulled.known} known, "
            f"{pulled.changed} changed, {pulled.withdrawn} set aside"
        )
        code = print_findings(pulled.findings, as_json=False)
    click.get_current_context().exit(code)
