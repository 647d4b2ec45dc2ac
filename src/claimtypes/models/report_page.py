"""An evaluation as one page that needs no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.figures import REASONS, Score
from claimtypes.models.scores import LabelScores, Scores
from claimtypes.models.suites import Failure, Suite
from claimtypes.page import (
    Interval,
    escape,
    interval_plot,
    line_plot,
    page,
    render_number,
    table,
)


def evaluation_page(evaluation: Evaluation) -> str:
    """Return the whole page; all text in it is escaped."""
    about = evaluation.about
    title = f"{about.recipe} on {about.data} {about.version}".strip()
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(evaluation),
        _headline(evaluation),
        _labels(evaluation),
        _curves(evaluation),
        _calibration(evaluation),
        _ceiling(evaluation),
        _slices(evaluation),
        _suites(evaluation),
        _provenance(evaluation),
    ]
    return page(title, "\n".join(filter(None, parts)))


def _cell(score: Score) -> str:
    if score.value is None:
        return REASONS[score.reason]
    if score.low is None:
        return render_number(score.value)
    return f"{render_number(score.value)} [{render_number(score.low)}, {render_number(score.high)}]"


def _interval(name: str, score: Score) -> Interval:
    return Interval(name, score.value, score.low, score.high, REASONS.get(score.reason, ""))


def _titles(evaluation: Evaluation) -> dict[str, str]:
    return dict(zip(evaluation.about.labels, evaluation.about.titles, strict=True))


def _summary(evaluation: Evaluation) -> str:
    about, scores = evaluation.about, evaluation.scores
    missing = sum(about.withheld.values())
    what = (
        f"{scores.n_sentences} sentences of {scores.n_documents} documents ({about.split}) were "
        f"scored. Every interval holds 95 % of {about.draws} resamples of documents."
    )
    lines = [what]
    if missing:
        named = ", ".join(f"{n} in {split}" for split, n in about.withheld.items())
        lines.append(
            f"{missing} labelled sentences ({named}) were left out: the release may not ship their "
            "texts. Hydrate them from your own copies to score them too."
        )
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _headline(evaluation: Evaluation) -> str:
    scores, ceiling = evaluation.scores, evaluation.ceiling
    rows = [
        _interval("macro-F1", scores.macro_f1),
        _interval("micro-F1", scores.micro_f1),
        _interval("example F1", scores.example_f1),
        _interval("… without empty rows", scores.example_f1_nonempty),
        _interval("whole set right", scores.subset_accuracy),
        _interval("mean average precision", scores.macro_average_precision),
    ]
    if ceiling:
        rows.insert(1, _interval("human ceiling, macro-F1", ceiling.macro_f1))
    if evaluation.publishers:
        rows.insert(1, _interval("unseen publishers", evaluation.publishers.macro_f1))
    plot = interval_plot(rows, caption="The whole, with 95 % intervals")
    return f"<section><h2>Scores</h2>{plot}</section>"


def _label_table(scores: Scores, titles: dict[str, str]) -> str:
    columns = [
        "", "gold", "predicted", "threshold", "precision", "recall", "F1", "average precision",
    ]  # fmt: skip
    rows = [
        [
            titles[label.name],
            label.support,
            label.predicted,
            label.threshold,
            *map(_cell, (label.precision, label.recall, label.f1, label.average_precision)),
        ]
        for label in scores.labels
    ]
    return table(columns, rows)


def _labels(evaluation: Evaluation) -> str:
    titles, ceiling = _titles(evaluation), evaluation.ceiling
    rows = []
    for label in evaluation.scores.labels:
        rows.append(_interval(titles[label.name], label.f1))
        if ceiling:
            rows.append(_interval("human ceiling", ceiling.labels[label.name]))
    body = interval_plot(rows, caption="F1 by label") + _label_table(evaluation.scores, titles)
    if evaluation.publishers:
        body += "<h3>Publishers that training never saw</h3>"
        body += _label_table(evaluation.publishers, titles)
    return f"<section><h2>Label by label</h2>{body}</section>"


def _curves(evaluation: Evaluation) -> str:
    titles = _titles(evaluation)
    series = [
        (titles[label.name], [(p.recall, p.precision) for p in label.curve])
        for label in evaluation.scores.labels
    ]
    plot = line_plot(series, x_title="recall", y_title="precision", caption="Precision and recall")
    return f"<section><h2>Precision and recall</h2>{plot}</section>"


def _calibration(evaluation: Evaluation) -> str:
    titles = _titles(evaluation)

    def points(label: LabelScores) -> list[tuple[float, float]]:
        return [(b.probability, b.positive) for b in label.reliability]

    plot = line_plot(
        [("ideal", [(0.0, 0.0), (1.0, 1.0)])]
        + [(titles[label.name], points(label)) for label in evaluation.scores.labels],
        x_title="mean probability",
        y_title="share that is gold",
        caption="Reliability in ten ranges of probability",
    )
    rows = [
        [
            titles[label.name],
            *map(
                _cell,
                (
                    label.brier_skill,
                    label.calibration_error,
                    label.soft_cross_entropy,
                    label.jensen_shannon,
                ),
            ),
        ]
        for label in evaluation.scores.labels
    ]
    columns = ["", "Brier skill", "calibration error", "cross-entropy to votes", "Jensen-Shannon"]
    return f"<section><h2>Probabilities</h2>{plot}{table(columns, rows)}</section>"


def _ceiling(evaluation: Evaluation) -> str:
    ceiling, titles = evaluation.ceiling, _titles(evaluation)
    if ceiling is None:
        return ""
    columns = ["reader", "sentences", "macro-F1", *titles.values(), "macro-F1 against gold"]
    rows: list[list[object]] = [
        [
            reader.reader,
            reader.n_sentences,
            _cell(reader.macro_f1),
            *(_cell(reader.labels[name]) for name in titles),
            _cell(reader.against_gold),
        ]
        for reader in ceiling.readers
    ]
    note = (
        "Each reader scored like a model, against the majority of the others. Against gold the "
        "same readers look better, because their own votes are in it."
    )
    body = f"<p>{escape(note)}</p>{table(columns, rows)}"
    return f"<section><h2>The human ceiling</h2>{body}</section>"


def _slices(evaluation: Evaluation) -> str:
    titles, parts = _titles(evaluation), []
    for by in dict.fromkeys(part.by for part in evaluation.slices):
        held = [part for part in evaluation.slices if part.by == by]
        plot = interval_plot(
            [_interval(part.name, part.micro_f1) for part in held], caption=f"Micro-F1 by {by}"
        )
        rows: list[list[object]] = [
            [
                part.name,
                part.n_sentences,
                part.n_documents,
                _cell(part.macro_f1),
                *(f"{_cell(part.labels[name])} of {part.support[name]}" for name in titles),
            ]
            for part in held
        ]
        columns = ["", "sentences", "documents", "macro-F1", *titles.values()]
        parts.append(f"<h3>By {escape(by)}</h3>{plot}{table(columns, rows)}")
    return f"<section><h2>Slices</h2>{''.join(parts)}</section>" if parts else ""


def _suites(evaluation: Evaluation) -> str:
    if not evaluation.suites:
        return ""
    rows = [
        [
            suite.name,
            suite.edit or "all",
            suite.groups,
            _cell(suite.failure_rate),
            _cell(suite.item_accuracy),
        ]
        for suite in evaluation.suites
    ]
    columns = ["suite", "edit", "groups", "failure rate", "items right"]
    failures = "".join(map(_failures, evaluation.suites))
    return f"<section><h2>Minimal pairs</h2>{table(columns, rows)}{failures}</section>"


def _failures(suite: Suite) -> str:
    if not suite.failures:
        return ""
    items = "".join(map(_failure, suite.failures[:30]))
    more = len(suite.failures) - 30
    rest = f"<p>and {more} more</p>" if more > 0 else ""
    return (
        f"<details><summary>{len(suite.failures)} groups failed in {escape(suite.name)}</summary>"
        f"{items}{rest}</details>"
    )


def _failure(failure: Failure) -> str:
    lines = zip(failure.texts, failure.labels, failure.decided, strict=True)
    rows = [[text, gold or "none", decided or "none"] for text, gold, decided in lines]
    return table([f"{failure.edit or failure.pair}", "should be", "was"], rows)


def _provenance(evaluation: Evaluation) -> str:
    about = evaluation.about
    rows: Iterable[Sequence[object]] = [
        ["model", about.model],
        ["kind", about.kind],
        ["trained on", about.trained_on],
        ["data", f"{about.data} {about.version}"],
        ["digest", about.digest],
        ["seed", str(about.seed)],
    ]
    return f"<section><h2>Where this comes from</h2>{table(['', ''], list(rows))}</section>"
