"""The parts of the test and how the model does on each, beside the annotators."""

from __future__ import annotations

from collections.abc import Sequence

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.figures import REASONS
from claimtypes.models.report_plots import Row, interval_rows, render_score
from claimtypes.models.slices import MINIMUM_SENTENCES, Slice
from claimtypes.page import escape, table

_FEW_PARTS = 8


def render_slices(evaluation: Evaluation) -> str:
    """Return every kind of part as a plot and a table; kinds of many parts are folded away."""
    parts = []
    for by in dict.fromkeys(part.by for part in evaluation.slices):
        held = [part for part in evaluation.slices if part.by == by]
        scored = [part for part in held if part.micro_f1.reason != "few-sentences"]
        few = [f"{part.name} ({part.n_sentences})" for part in held if part not in scored]
        left = f"Fewer than {MINIMUM_SENTENCES} sentences, not scored: {', '.join(few)}."
        body = _slice_plot(by, scored) + _slice_table(evaluation, scored) if scored else ""
        body += f'<p class="soft">{escape(left)}</p>' if few else ""
        count = f"{len(scored)} parts" if len(scored) != 1 else "1 part"
        parts.append(
            f"<details{' open' if len(scored) <= _FEW_PARTS else ''}><summary><b>By {escape(by)}"
            f"</b>: {count}</summary>{body}</details>"
        )
    return "".join(parts)


def _slice_plot(by: str, held: Sequence[Slice]) -> str:
    marks = []
    for part in held:
        marks.append(Row(f"{part.name} ({part.n_sentences})", part.micro_f1))
        if part.annotators_micro_f1:
            marks.append(Row("… of the annotators", part.annotators_micro_f1, people=True))
    return interval_rows(marks, f"Micro-F1 by {by}, number of sentences in brackets")


def _slice_table(evaluation: Evaluation, held: Sequence[Slice]) -> str:
    titles = dict(zip(evaluation.about.labels, evaluation.about.titles, strict=True))
    rows: list[list[object]] = [
        [
            part.name,
            part.n_sentences,
            part.n_documents,
            render_score(part.macro_f1),
            render_score(part.annotators_macro_f1) if part.annotators_macro_f1 else "–",
            *(
                f"{render_score(part.labels[name])} of {part.support[name]}"
                if part.labels[name].value is not None
                else REASONS[part.labels[name].reason]
                for name in titles
            ),
        ]
        for part in held
    ]
    columns = ["", "sentences", "documents", "macro-F1", "annotators", *titles.values()]
    return f"<details><summary>F1 by label</summary>{table(columns, rows)}</details>"
