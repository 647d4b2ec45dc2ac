"""An evaluation as one page that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claimtypes.models import highlights, report_plots
from claimtypes.models.ceiling import Ceiling
from claimtypes.models.evaluate import Evaluation
from claimtypes.models.report_cards import STYLE as CARD_STYLE
from claimtypes.models.report_cards import render_flips, render_mistakes, render_suites
from claimtypes.models.report_plots import (
    Panel,
    Row,
    heat_table,
    interval_rows,
    panels,
    render_score,
    safe_color,
)
from claimtypes.models.report_retraining import render_retraining
from claimtypes.models.report_slices import render_slices
from claimtypes.models.scores import LabelScores, Scores
from claimtypes.page import escape, page, table

_STYLE = """
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: .8rem 0 0; font-size: .92rem; }
section { scroll-margin-top: 1rem; }
"""


def evaluation_page(evaluation: Evaluation) -> str:
    """Return the whole page; all text in it is escaped."""
    about = evaluation.about
    title = f"{about.recipe} on {about.data} {about.version}".strip()
    sections: dict[str, tuple[str, Callable[[Evaluation], str]]] = {
        "labels": ("Label by label", _labels),
        "curves": ("Precision and recall", _curves),
        "probabilities": ("Probabilities", _probabilities),
        "confusions": ("Confusions", _confusions),
        "people": ("The annotator ceiling", _ceiling),
        "slices": ("Slices", render_slices),
        "behaviour": ("Behaviour", _behaviour),
        "again": ("Trained again", render_retraining),
        "mistakes": ("Mistakes to read", render_mistakes),
        "articles": ("Articles to read", _articles),
        "provenance": ("Where this comes from", _provenance),
    }
    drawn = {key: (name, draw(evaluation)) for key, (name, draw) in sections.items()}
    held = {key: (name, body) for key, (name, body) in drawn.items() if body}
    links = "".join(f'<a href="#{key}">{escape(name)}</a>' for key, (name, _) in held.items())
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(evaluation),
        f'<nav aria-label="Sections">{links}</nav>',
        _headline(evaluation),
        *(
            f'<section id="{key}"><h2>{escape(name)}</h2>{body}</section>'
            for key, (name, body) in held.items()
        ),
    ]
    style = report_plots.STYLE + CARD_STYLE + highlights.STYLE + _STYLE
    return page(title, "\n".join(filter(None, parts)), style=style)


def _titles(evaluation: Evaluation) -> dict[str, str]:
    return dict(zip(evaluation.about.labels, evaluation.about.titles, strict=True))


def _colors(evaluation: Evaluation) -> dict[str, str]:
    about = evaluation.about
    return {n: safe_color(c) for n, c in zip(about.labels, about.colors, strict=True)}


def _summary(evaluation: Evaluation) -> str:
    about, scores = evaluation.about, evaluation.scores
    what = (
        f"{scores.n_sentences} sentences of {scores.n_documents} documents ({about.split}) were "
        f"scored. Intervals hold 95 % of {about.draws:,} resamples of whole documents."
    )
    lines = [what]
    if missing := sum(about.withheld.values()):
        named = ", ".join(f"{n} in {split}" for split, n in about.withheld.items())
        left = (
            f"{missing} labelled sentences ({named}) were left out: the release may not ship their "
            "texts. Hydrate them from your own copies to score them too."
        )
        lines.append(left)
    if set(evaluation.withheld_documents) & {m.document for m in evaluation.mistakes}:
        lines.append("This page quotes texts that may not be passed on: keep it to yourself.")
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _headline(evaluation: Evaluation) -> str:
    scores, ceiling = evaluation.scores, evaluation.ceiling
    unseen = evaluation.publishers
    figures = [
        ("macro-F1", scores.macro_f1, ceiling, "macro_f1"),
        ("… untuned: thresholds of one half", scores.untuned_macro_f1, None, ""),
        ("micro-F1", scores.micro_f1, ceiling, "micro_f1"),
        ("example F1", scores.example_f1, ceiling, "example_f1"),
        ("… without empty rows", scores.example_f1_nonempty, ceiling, "example_f1_nonempty"),
        ("whole set right", scores.subset_accuracy, ceiling, "subset_accuracy"),
        ("mean average precision", scores.macro_average_precision, None, ""),
    ]
    if unseen:
        publishers = ("macro-F1, unseen publishers", unseen.macro_f1, evaluation.publishers_ceiling)
        figures.insert(2, (*publishers, "macro_f1"))
    rows = []
    for name, score, people, figure in figures:
        rows.append(Row(name, score))
        if people:
            rows.append(Row("… of the annotators", getattr(people, figure), people=True))
    return interval_rows(rows, "The whole, with 95 % intervals; hollow points are annotators")


def _label_table(scores: Scores, ceiling: Ceiling | None, titles: dict[str, str]) -> str:
    columns = ["", "gold", "predicted", "threshold", "precision", "recall", "F1", "avg. precision"]
    rows: list[list[object]] = []
    for label in scores.labels:
        figures = (label.precision, label.recall, label.f1, label.average_precision)
        counts = [label.support, label.predicted, label.threshold]
        rows.append([titles[label.name], *counts, *map(render_score, figures)])
        if ceiling:
            held = (ceiling.precision, ceiling.recall, ceiling.labels)
            people = [render_score(figure[label.name]) for figure in held]
            rows.append(["… of the annotators", "", "", "", *people, "no probabilities"])
    return table(columns, rows)


def _labels(evaluation: Evaluation) -> str:
    titles, colors, ceiling = _titles(evaluation), _colors(evaluation), evaluation.ceiling
    rows = []
    for label in evaluation.scores.labels:
        rows.append(Row(titles[label.name], label.f1, colors[label.name]))
        if ceiling:
            rows.append(Row("… of the annotators", ceiling.labels[label.name], people=True))
    body = interval_rows(rows, "F1") + _label_table(evaluation.scores, ceiling, titles)
    if evaluation.publishers:
        body += "<h3>On publishers that training never saw</h3>"
        body += _label_table(evaluation.publishers, evaluation.publishers_ceiling, titles)
    return body


def _curves(evaluation: Evaluation) -> str:
    titles, colors = _titles(evaluation), _colors(evaluation)

    def panel(label: LabelScores) -> Panel:
        points = [(point.recall, point.precision) for point in label.curve]
        note = f"average precision {render_score(label.average_precision)}"
        return Panel(titles[label.name], colors[label.name], points, note)

    return panels([panel(label) for label in evaluation.scores.labels], "recall", "precision")


def _probabilities(evaluation: Evaluation) -> str:
    titles, colors = _titles(evaluation), _colors(evaluation)

    def panel(label: LabelScores) -> Panel:
        held = label.reliability
        largest = max((b.sentences for b in held), default=1)
        return Panel(
            titles[label.name],
            colors[label.name],
            [(b.probability, b.positive) for b in held],
            f"Brier skill {render_score(label.brier_skill)}",
            [2 + 6 * (b.sentences / largest) ** 0.5 for b in held],
            ideal=True,
        )

    drawn = panels(
        [panel(label) for label in evaluation.scores.labels], "mean probability", "share in gold"
    )
    rows = [
        [
            titles[label.name],
            *map(
                render_score,
                (
                    label.brier_skill,
                    label.calibration_error,
                    label.soft_cross_entropy,
                    label.vote_entropy,
                    label.jensen_shannon,
                ),
            ),
        ]
        for label in evaluation.scores.labels
    ]
    note = (
        "On the broken line probabilities mean what they say; larger points stand for more "
        "sentences. Brier skill is 0 for always answering the base rate. The last columns compare "
        "with the shares of readers' votes, in nats and in bits; the entropy of the votes is the "
        "least that a cross-entropy can be, and a Jensen-Shannon divergence can be 0."
    )
    columns = ["", "Brier skill", "calibration error", "cross-entropy"]
    columns += ["entropy of the votes", "Jensen-Shannon"]
    return f"<p>{escape(note)}</p>{drawn}{table(columns, rows)}"


def _confusions(evaluation: Evaluation) -> str:
    titles, colors = _titles(evaluation), _colors(evaluation)
    names = [*evaluation.about.labels, ""]
    counts = [
        [
            sum(
                c.sentences
                for c in evaluation.confusions
                if _holds(c.gold, gold) and _holds(c.predicted, predicted)
            )
            for predicted in names
        ]
        for gold in names
    ]
    shown = [titles.get(name, "none") for name in names]
    tints = [colors.get(name, "#5f6368") for name in names]
    caption = "Rows: in gold; columns: predicted. A sentence counts once for each of its labels."
    wrong = [c for c in evaluation.confusions if c.gold != c.predicted][:10]
    rows: list[list[object]] = [
        [_named(c.gold, titles), _named(c.predicted, titles), c.sentences] for c in wrong
    ]
    sets = table(["in gold", "predicted", "sentences"], rows) if rows else ""
    heat = heat_table(shown, counts, tints, caption) if len(names) <= 12 else ""
    return f"{heat}<h3>Commonest wrong label sets</h3>{sets}" if rows else heat


def _holds(labels: tuple[str, ...], name: str) -> bool:
    return name in labels if name else not labels


def _named(labels: tuple[str, ...], titles: dict[str, str]) -> str:
    return " + ".join(titles[name] for name in labels) or "none"


def _ceiling(evaluation: Evaluation) -> str:
    ceiling, titles = evaluation.ceiling, _titles(evaluation)
    if ceiling is None:
        return ""
    columns = ["reader", "sentences", "macro-F1", *titles.values(), "macro-F1 against gold"]
    rows: list[list[object]] = [
        [
            reader.reader,
            reader.n_sentences,
            render_score(reader.macro_f1),
            *(render_score(reader.labels[name]) for name in titles),
            render_score(reader.against_gold),
        ]
        for reader in ceiling.readers
    ]
    note = (
        "Each reader scored like a model, against the majority of the others. Against gold the "
        "same readers look better, because their own votes are in it."
    )
    return f"<p>{escape(note)}</p>{table(columns, rows)}"


def _behaviour(evaluation: Evaluation) -> str:
    return render_flips(evaluation) + render_suites(evaluation)


def _articles(evaluation: Evaluation) -> str:
    titles, colors = _titles(evaluation), _colors(evaluation)
    note = (
        "Annotated sentences only. Filled: predicted; broken line: predicted otherwise than in "
        "gold; dotted: missed."
    )
    parts = [
        f"<details{'' if number else ' open'}><summary><b>"
        f"{escape(article.title or article.document)}</b> · {escape(article.publisher)}</summary>"
        + highlights.render_article(article, titles, colors)
        + "</details>"
        for number, article in enumerate(evaluation.articles)
    ]
    return f"<p>{escape(note)}</p>{''.join(parts)}" if parts else ""


def _provenance(evaluation: Evaluation) -> str:
    about = evaluation.about
    rows: Sequence[Sequence[object]] = [
        ["model", about.model],
        ["kind", about.kind],
        ["trained on", about.trained_on],
        ["data", f"{about.data} {about.version}"],
        ["digest of the data", about.digest],
        ["seed of the resamples", str(about.seed)],
        ["undecided sentences", ", ".join(f"{n} in {s}" for s, n in about.undecided.items())],
    ]
    return table(["", ""], [row for row in rows if row[1]])
