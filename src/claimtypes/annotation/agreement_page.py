"""The agreement report as a section of a page: intervals, heat map, annotators' profiles."""

from __future__ import annotations

from collections.abc import Iterable

from claimtypes.annotation.agreement import AgreementReport
from claimtypes.annotation.agreement_plots import STYLE, Interval, heat_map, interval_plot
from claimtypes.annotation.figures import REASONS, Measure, Panel
from claimtypes.page import escape, page, render_number, table

_STYLE = (
    STYLE
    + """
#agreement td:first-child { white-space: nowrap; }
#agreement .two { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr));
  gap: .5rem 2.5rem; align-items: start; }
#agreement .two > * { min-width: 0; }
@media (min-width: 40rem) { #agreement .two .row {
  grid-template-columns: 7rem minmax(6rem, 1fr) 11rem; } }
"""
)


def render_measure(measure: Measure) -> str:
    """Return a figure with its interval as text, or the reason there is none.

    >>> render_measure(Measure("x", 0.5, 0.4, 0.6, "", 100, 10))
    '0.500 [0.400, 0.600]'
    >>> render_measure(Measure("x", None, None, None, "no-variation", 100, 10))
    'every vote is the same'
    """
    if measure.value is None:
        return REASONS[measure.reason]
    if measure.low is None or measure.high is None:
        return render_number(measure.value)
    bounds = f"[{render_number(measure.low)}, {render_number(measure.high)}]"
    return f"{render_number(measure.value)} {bounds}"


def _cell(measure: Measure) -> str:
    """Return the same text, whose interval does not break over lines."""
    return render_measure(measure).replace(", ", ",\N{NO-BREAK SPACE}")


def _interval(name: str, measure: Measure) -> Interval:
    note = REASONS.get(measure.reason, "")
    return Interval(name, measure.value, measure.low, measure.high, note)


def _headline(panel: Panel) -> list[tuple[str, Measure]]:
    return [
        ("label set (MASI)", panel.sets.alpha_masi),
        ("label set (Jaccard)", panel.sets.alpha_jaccard),
        ("label set (equal)", panel.sets.alpha_exact),
        ("any label", panel.detection.alpha),
        *((question.name, question.alpha) for question in panel.labels),
    ]


def describe(report: AgreementReport) -> str:
    """Return one sentence that says what the figures were computed on, and by whom."""
    panel = report.every
    kinds = [annotator.kind or "undeclared" for annotator in panel.annotators]
    who = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    where = f"round {report.round}" if report.round else "all rounds"
    return (
        f"{where}: {panel.n_judgements} judgements by {len(kinds)} annotators ({who}) on "
        f"{panel.n_judged_sentences} sentences; {panel.n_sentences} of them, in "
        f"{panel.n_documents} documents, have two votes or more and are measured here; "
        f"{report.n_prefilled} judgements were made on a suggestion"
    )


def _alphas(report: AgreementReport) -> str:
    every = _headline(report.every)
    plot = interval_plot(
        [_interval(name, measure) for name, measure in every],
        "Krippendorff's alpha with 95 % intervals from resampling documents; 0 is chance",
    )
    if not report.unaided:
        return plot
    rows = [
        [name, *map(_cell, both), *(measure.n_sentences for measure in both)]
        for (name, *both) in (
            (name, measure, unaided)
            for (name, measure), (_, unaided) in zip(every, _headline(report.unaided), strict=True)
        )
    ]
    columns = ["", "alpha, all votes", "alpha, without suggestions", "sentences", "without"]
    return plot + table(columns, rows)


def _questions(panel: Panel) -> str:
    columns = (
        "", "alpha", "raw agreement", "expected by chance", "Fleiss' kappa", "Cohen's kappa",
        "Gwet's AC1", "share of votes",
    )  # fmt: skip
    rows = [
        [
            name,
            _cell(question.alpha),
            _cell(question.raw_agreement),
            _cell(question.expected_agreement),
            _cell(question.fleiss_kappa),
            _cell(question.cohen_kappa),
            _cell(question.gwet_ac1),
            _cell(question.prevalence),
        ]
        for name, question in [("any label", panel.detection), *((q.name, q) for q in panel.labels)]
    ]
    return table(columns, rows)


def _pairs(panel: Panel) -> str:
    if not panel.pairs:
        return "<p>No two annotators judged the same sentence.</p>"
    names = [annotator.annotator for annotator in panel.annotators]
    found = {(pair.first, pair.second): pair.alpha_masi.value for pair in panel.pairs}
    cells = [[found.get((a, b), found.get((b, a))) for b in names] for a in names]
    heat = heat_map(names, names, cells, "Set-valued alpha (MASI) of every two annotators")
    labels = list(panel.pairs[0].label_kappas)
    rows = [
        [
            f"{pair.first} – {pair.second}",
            pair.alpha_masi.n_sentences,
            _cell(pair.alpha_masi),
            _cell(pair.raw_agreement),
            _cell(pair.detection_kappa),
            *(_cell(pair.label_kappas[label]) for label in labels),
        ]
        for pair in panel.pairs
    ]
    columns = ["", "sentences", "alpha (MASI)", "equal sets", "any label: kappa"]
    return heat + table([*columns, *(f"{label}: kappa" for label in labels)], rows)


def _annotators(panel: Panel) -> str:
    plot = interval_plot(
        [_interval(a.annotator, a.kappa_masi) for a in panel.annotators],
        "Each annotator against the rest (kappa, MASI); red where it includes guessing",
    )
    labels = [question.name for question in panel.labels]
    agreement = table(
        ["", "against the rest", "equal sets", "alpha without them", "gain without them"],
        [
            [
                annotator.annotator,
                _cell(annotator.kappa_masi),
                _cell(annotator.raw_agreement),
                _cell(annotator.alpha_masi_without),
                _cell(annotator.gain),
            ]
            for annotator in panel.annotators
        ],
    )
    names = [annotator.annotator for annotator in panel.annotators]
    rates = heat_map(
        names,
        ["none", *labels],
        [[a.none_rate, *(a.rates[label] for label in labels)] for a in panel.annotators],
        "Share of each annotator's judgements without any label, and with each",
    )
    people = table(
        ["", "kind", "judged", "on a suggestion"],
        [
            [
                annotator.annotator,
                ", ".join(filter(None, [annotator.kind, annotator.model])) or "undeclared",
                annotator.n_judged,
                annotator.n_prefilled,
            ]
            for annotator in panel.annotators
        ],
    )
    return f'<div class="two">{plot}{rates}</div>{agreement}<h3>Who judged</h3>{people}'


def _groups(report: AgreementReport) -> str:
    if not report.groups:
        return ""
    plot = interval_plot(
        [_interval(group.name or "not given", group.alpha_masi) for group in report.groups],
        f"Set-valued alpha (MASI) by {report.by}",
    )
    rows = [
        [
            group.name or "not given",
            group.alpha_masi.n_sentences,
            group.alpha_masi.n_documents,
            _cell(group.alpha_masi),
            _cell(group.detection_alpha),
            *(_cell(group.label_alphas[label]) for label in report.labels),
        ]
        for group in report.groups
    ]
    columns = ["", "sentences", "documents", "alpha (MASI)", "any label", *report.labels]
    return f"<h3>By {escape(report.by)}</h3>" + plot + table(columns, rows)


def _missing_intervals(panel: Panel) -> str:
    given: Iterable[Measure] = [measure for _, measure in _headline(panel)]
    reasons = sorted({m.reason for m in given if m.value is not None and m.reason})
    return "".join(f'<p class="soft">{escape(REASONS[reason])}</p>' for reason in reasons)


def agreement_section(report: AgreementReport) -> str:
    """Return the report as HTML for the body of a page; all text in it is escaped."""
    panel = report.every
    method = f"Intervals come from {report.draws} resamples of documents, seed {report.seed}."
    caution = "AC1 is no alpha: raters who guess at the rate of a rare label have a high one."
    parts = [
        f'<section id="agreement"><style>{_STYLE}</style><h2>Agreement between annotators</h2>',
        f"<p>{escape(describe(report))}. {escape(method)}</p>",
        _missing_intervals(panel),
        _alphas(report),
        _groups(report),
        "<h3>Label by label</h3>",
        _questions(panel),
        f'<p class="soft">{escape(caution)}</p>',
        "<h3>Annotators in pairs</h3>",
        _pairs(panel),
        "<h3>Each annotator against the rest</h3>",
        _annotators(panel),
    ]
    if report.unaided:
        parts += ["<h3>Label by label, without suggestions</h3>", _questions(report.unaided)]
    return "".join(parts) + "</section>"


def agreement_page(report: AgreementReport) -> str:
    """Return the report as a whole page that needs no network."""
    title = f"Round {report.round}" if report.round else "All rounds"
    return page(f"Agreement: {title}", f"<h1>{escape(title)}</h1>" + agreement_section(report))
