"""``score``, ``serve`` and ``status``: what comes next, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from claimtypes.cli.adjudication import morning_page_option, write_morning_page
from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_json,
    print_table,
    project_option,
    refuse_two_on_stdout,
)
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project

if TYPE_CHECKING:
    from claimtypes.annotation.studio_backend import Answered, Asked
    from claimtypes.models.model import Model

model_option = click.option(
    "--model",
    default="",
    metavar="MODEL",
    help="A trained model's folder or name; the packaged one without it.",
)


@click.command("score")
@click.argument("round_name", metavar="ROUND")
@model_option
@json_option
@project_option
def score_command(*, project: Project, round_name: str, model: str, as_json: bool) -> None:
    """Let the tasks of ROUND that a model is least sure of come first in Label Studio."""
    from claimtypes.annotation.uncertainty import confidence, score
    from claimtypes.models.predict import find_model
    from claimtypes.models.suggest import suggest

    found = find_model(model, project.trained)
    scores = {row.cut.id: confidence(row.scores.values()) for row in suggest(found, project)}
    scored = score(project, round_name, found.id, scores)
    if as_json:
        print_json(
            {"scored": scored.scored, "replaced": scored.replaced, "version": scored.version}
        )
        return
    out.print(
        f"{round_name}: {scored.scored} tasks scored by {found.id}, "
        f"{scored.replaced} older scores replaced",
        markup=False,
        highlight=False,
    )


@click.command("serve")
@model_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=9090,
    show_default=True,
    help="The port on loopback.",
)
@project_option
def serve_command(*, project: Project, model: str, port: int) -> None:
    """Serve a model to Label Studio as a machine-learning backend, until stopped."""
    from claimtypes.annotation.schema import load_schema
    from claimtypes.annotation.studio_backend import create_app, serve
    from claimtypes.models.predict import find_model

    schema = load_schema(project.schema)
    found = find_model(model, project.trained)
    found.require_labels(schema.names)
    app = create_app(labeller(found), none=schema.none.name, version=found.id)
    console.print(f"serving {found.id} at http://127.0.0.1:{port}", markup=False, highlight=False)
    serve(app, port=port)


class labeller:  # noqa: N801 - used as a function
    """A model as the backend asks it: sentences in context in, labels out."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __call__(self, asked: Sequence[Asked]) -> list[Answered]:
        """Label sentences, each with its neighbours and heading."""
        from claimtypes.annotation.studio_backend import Answered
        from claimtypes.models.examples import in_context

        examples, own = in_context(
            [one.text for one in asked],
            [one.before for one in asked],
            [one.after for one in asked],
            heading=[one.heading for one in asked],
        )
        found = self.model.predict_proba(examples)[own]
        chosen = self.model.decide(found)
        return [
            Answered(
                tuple(n for n, yes in zip(self.model.names, decisions, strict=True) if yes),
                tuple(float(p) for p in row),
            )
            for row, decisions in zip(found.tolist(), chosen.tolist(), strict=True)
        ]


@click.command("status")
@click.option("--round", "round_name", metavar="NAME", help="Show this round only.")
@morning_page_option
@json_option
@project_option
def status_command(
    *, project: Project, round_name: str | None, html_path: str | None, as_json: bool
) -> None:
    """Show how far each annotator is, how fast, what was found, and the agreement so far."""
    from claimtypes.annotation.audit import audit
    from claimtypes.annotation.standing import COLUMNS, cells, standings

    refuse_two_on_stdout(html_path, as_json=as_json)
    rows = standings(project, round_name)
    agreement = {name: _agreement(project, name) for name in dict.fromkeys(r.round for r in rows)}
    if html_path:
        write_morning_page(project, audit(project, round_name), html_path)
    if as_json:
        print_json({"rounds": [row.to_dict() for row in rows], "agreement": agreement})
    elif html_path != "-":
        print_table("How far the rounds have come", COLUMNS, [cells(row) for row in rows])
        for name, text in agreement.items():
            out.print(f"{name}: {text}", markup=False, highlight=False)


def _agreement(project: Project, round_name: str) -> str:
    from claimtypes.annotation.agreement import agree
    from claimtypes.annotation.figures import REASONS

    if not (project.rounds / f"{round_name}.jsonl").exists():
        return f"nothing pulled yet; try: claimtypes pull {round_name}"
    try:
        alpha = agree(project, round_name, draws=100).every.sets.alpha_masi
    except ClaimtypesError as error:
        return str(error)
    if alpha.value is None:
        return f"no agreement yet: {REASONS[alpha.reason]}"
    return f"alpha (MASI) {alpha.value:.3f} on {alpha.n_sentences} sentences with two votes"
