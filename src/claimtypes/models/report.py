"""An evaluation written down: JSON for machines, a page for people, a table for papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.mistakes import Mistake, ReadArticle
from claimtypes.models.report_page import evaluation_page
from claimtypes.models.report_plots import render_score
from claimtypes.store import write_text


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
    """Return the report as JSON: the same evaluation gives the same bytes.

    Texts of documents that the release may not ship are left empty.
    """
    values = strip_texts(evaluation).to_dict()
    return json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def strip_texts(evaluation: Evaluation) -> Evaluation:
    """Return the evaluation without the texts of documents that are not to be passed on."""
    hidden = set(evaluation.withheld_documents)

    def mistake(held: Mistake) -> Mistake:
        near = tuple(replace(n, text="") if n.document in hidden else n for n in held.neighbours)
        held = replace(held, neighbours=near)
        if held.document not in hidden:
            return held
        return replace(held, title="", before="", text="", after="", words=())

    def article(held: ReadArticle) -> ReadArticle:
        if held.document not in hidden:
            return held
        sentences = tuple(replace(sentence, text="") for sentence in held.sentences)
        return replace(held, title="", sentences=sentences)

    swaps = evaluation.swaps
    return replace(
        evaluation,
        mistakes=tuple(map(mistake, evaluation.mistakes)),
        articles=tuple(map(article, evaluation.articles)),
        swaps=swaps
        and replace(
            swaps,
            flips=tuple(
                replace(flip, text="", swapped="") if flip.document in hidden else flip
                for flip in swaps.flips
            ),
        ),
    )


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
        rows.append(["annotator ceiling", *map(render_score, figures)])
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    scores = evaluations[0].scores
    note = (
        f"F1 on {scores.n_sentences} sentences of {scores.n_documents} documents ({about.split} of "
        f"{about.data} {about.version}), with 95 % intervals from {about.draws} resamples of "
        "documents. The ceiling scores each reader against the other readers."
    )
    return "\n".join([*lines, "", note, ""])
