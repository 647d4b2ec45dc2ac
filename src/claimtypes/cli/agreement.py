"""``claimtypes agree``."""

from __future__ import annotations

import click

from claimtypes.annotation.agreement import BREAKDOWNS, DRAWS, SEED, AgreementReport, agree
from claimtypes.annotation.agreement_page import agreement_page, describe, render_measure
from claimtypes.annotation.figures import REASONS, Measure, Panel
from claimtypes.cli.adjudication import MORNING_PAGE, write_morning_page
from claimtypes.cli.output import (
    console,
    json_option,
    out,
    print_json,
    print_table,
    project_option,
    refuse_two_on_stdout,
    write_or_print,
)
from claimtypes.page import render_number
from claimtypes.project import Project


@click.command("agree")
@click.option("--round", "round_name", metavar="NAME", help="Measure this round only.")
@click.option(
    "--by", type=click.Choice(list(BREAKDOWNS)), help="Add the alphas by what articles are."
)
@click.option(
    "--draws",
    type=click.IntRange(min=100),
    default=DRAWS,
    show_default=True,
    help="Resamples of documents for the intervals.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Of the resamples."
)
@click.option(
    "--html",
    "html_path",
    is_flag=False,
    flag_value=MORNING_PAGE,
    metavar="PATH",
    help="Write a page of the figures to PATH, - for stdout; without PATH, the morning page.",
)
@json_option
@project_option
def agree_command(
    *,
    project: Project,
    round_name: str | None,
    by: str | None,
    draws: int,
    seed: int,
    html_path: str | None,
    as_json: bool,
) -> None:
    """Measure inter-annotator agreement, with intervals from resampling documents.

    Exits with 1 when there is too little to compute the set-valued alpha.
    """
    refuse_two_on_stdout(html_path, as_json=as_json)
    report = agree(project, round_name, by=by, draws=draws, seed=seed)
    if html_path == MORNING_PAGE:
        from claimtypes.annotation.audit import audit

        write_morning_page(project, audit(project, round_name), html_path, report)
    elif html_path:
        write_or_print(html_path, agreement_page(report))
    if as_json:
        print_json(report.to_dict())
    elif html_path != "-":
        _print_report(report)
    headline = report.every.sets.alpha_masi
    if headline.value is None:
        console.print(f"no agreement to measure: {REASONS[headline.reason]}", markup=False)
        click.get_current_context().exit(1)
    if html_path not in (None, "-", MORNING_PAGE):
        console.print(f"wrote {html_path}", markup=False, highlight=False)


def _print_report(report: AgreementReport) -> None:
    out.print(describe(report), markup=False, highlight=False)
    columns, panels = ["whole label sets", "all votes"], [report.every]
    if report.unaided:
        columns, panels = [*columns, "without suggestions"], [*panels, report.unaided]
    rows = [[name, *map(render_measure, measures)] for name, measures in _set_rows(panels)]
    print_table("Alpha on whole sets, 95 % intervals over documents", columns, rows)
    headline = report.every.sets.alpha_masi
    if headline.value is not None and headline.reason:
        out.print(REASONS[headline.reason], markup=False, highlight=False)
    for panel, title in zip(panels, columns[1:], strict=True):
        _print_questions(panel, f"Label by label, {title}")
    if report.groups:
        print_table(
            f"Alpha by {report.by}",
            ["", "sentences", "whole sets (MASI)", "any label"],
            [
                [
                    group.name or "not given",
                    group.alpha_masi.n_sentences,
                    render_measure(group.alpha_masi),
                    render_measure(group.detection_alpha),
                ]
                for group in report.groups
            ],
        )
    _print_annotators(report.every)


def _set_rows(panels: list[Panel]) -> list[tuple[str, list[Measure]]]:
    return [
        ("alpha, MASI", [panel.sets.alpha_masi for panel in panels]),
        ("alpha, Jaccard", [panel.sets.alpha_jaccard for panel in panels]),
        ("alpha, equal sets", [panel.sets.alpha_exact for panel in panels]),
        ("raw agreement", [panel.sets.raw_agreement for panel in panels]),
        ("expected by chance", [panel.sets.expected_agreement for panel in panels]),
    ]


def _print_questions(panel: Panel, title: str) -> None:
    """Print what fits a terminal; the page and the JSON have every figure and interval."""
    questions = [("any label", panel.detection), *((q.name, q) for q in panel.labels)]
    print_table(
        title,
        ["", "alpha", "raw", "chance", "AC1", "share"],
        [
            [
                name,
                render_measure(question.alpha),
                *(
                    render_number(measure.value)
                    for measure in (
                        question.raw_agreement,
                        question.expected_agreement,
                        question.gwet_ac1,
                        question.prevalence,
                    )
                ),
            ]
            for name, question in questions
        ],
    )


def _print_annotators(panel: Panel) -> None:
    pairs = [
        [
            pair.first,
            pair.second,
            pair.alpha_masi.n_sentences,
            render_measure(pair.alpha_masi),
            render_number(pair.detection_kappa.value),
        ]
        for pair in panel.pairs
    ]
    if pairs:
        print_table("Pairs", ["", "", "both", "alpha (MASI)", "any label: kappa"], pairs)
    print_table(
        "Each annotator against the rest",
        ["", "judged", "none", "kappa (MASI)", "gain without them"],
        [
            [
                annotator.annotator,
                annotator.n_judged,
                annotator.none_rate,
                render_measure(annotator.kappa_masi),
                render_measure(annotator.gain),
            ]
            for annotator in panel.annotators
        ],
    )
