"""An evaluation written down: JSON for machines, a page for people, a table for papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.figures import REASONS, Score
from claimtypes.models.report_page import evaluation_page
from claimtypes.page import render_number
from claimtypes.store import write_text

SCHEMA = Path(__file__).parent / "report.schema.json"


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of one report."""

    html: Path
    json: Path
    markdown: Path


def write_report(evaluation: Evaluation, folder: Path, name: str = "") -> ReportFiles:
    """Write ``NAME.html``, ``NAME.json`` and ``NAME.md`` into a folder; NAME is the recipe's."""
    stem = name or evaluation.about.recipe
    files = ReportFiles(folder / f"{stem}.html", folder / f"{stem}.json", folder / f"{stem}.md")
    write_text(files.html, evaluation_page(evaluation))
    write_text(files.json, render_json(evaluation))
    write_text(files.markdown, render_markdown([evaluation]))
    return files


def render_json(evaluation: Evaluation) -> str:
    """Return the report as JSON: the same evaluation gives the same bytes."""
    values = evaluation.to_dict()
    return json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def render_score(score: Score, digits: int = 3) -> str:
    """Return a figure with its interval as text, or the reason there is none.

    >>> render_score(Score(0.5, 0.4, 0.6))
    '.500 [.400, .600]'
    >>> render_score(Score(None, reason="few-sentences"))
    'too few sentences to score'
    """
    if score.value is None:
        return REASONS[score.reason]
    value = _short(score.value, digits)
    if score.low is None or score.high is None:
        return value
    return f"{value} [{_short(score.low, digits)}, {_short(score.high, digits)}]"


def _short(value: float, digits: int) -> str:
    text = render_number(value, digits)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def render_markdown(evaluations: Sequence[Evaluation]) -> str:
    """Return a table for papers: one row a model, F1 with 95 % intervals, and the ceiling."""
    about = evaluations[0].about
    columns = ["model", "macro-F1", "micro-F1", *about.titles]
    rows = [
        [
            evaluation.about.recipe,
            *map(render_score, (evaluation.scores.macro_f1, evaluation.scores.micro_f1)),
            *(render_score(label.f1) for label in evaluation.scores.labels),
        ]
        for evaluation in evaluations
    ]
    if ceiling := evaluations[0].ceiling:
        figures = [ceiling.macro_f1, ceiling.micro_f1, *ceiling.labels.values()]
        rows.append(["human ceiling", *map(render_score, figures)])
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    scores = evaluations[0].scores
    note = (
        f"F1 on {scores.n_sentences} sentences of {scores.n_documents} documents ({about.split} of "
        f"{about.data} {about.version}), with 95 % intervals from {about.draws} resamples of "
        "documents. The ceiling scores each reader against the other readers."
    )
    return "\n".join([*lines, "", note, ""])
