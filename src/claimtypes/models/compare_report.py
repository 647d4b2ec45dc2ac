"""A comparison written down: JSON, one page, and a table for papers."""

from __future__ import annotations

import json
from pathlib import Path

from claimtypes.models import report_plots
from claimtypes.models.compare import ALPHA, Comparison, PairOfModels
from claimtypes.models.figures import Score
from claimtypes.models.report import ReportFiles
from claimtypes.models.report_plots import Row, interval_rows, render_score, shorten
from claimtypes.page import escape, page, table
from claimtypes.store import write_text


def write_comparison(comparison: Comparison, folder: Path, name: str = "comparison") -> ReportFiles:
    """Write ``NAME.html``, ``NAME.json`` and ``NAME.md`` into a folder."""
    files = ReportFiles(folder / f"{name}.html", folder / f"{name}.json", folder / f"{name}.md")
    values = json.dumps(comparison.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(files.html, comparison_page(comparison))
    write_text(files.json, values + "\n")
    write_text(files.markdown, render_comparison(comparison))
    return files


def comparison_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the columns and rows of the table, as text, the ceiling last."""
    more = {
        "untuned macro-F1": "untuned_macro_f1",
        "avg. precision": "macro_average_precision",
        "unseen publishers": "publishers_macro_f1",
        "unchanged by names": "unchanged",
        "invariance failed": "invariance_failed",
        "contrast failed": "pairs_failed",
    }
    told = {
        name: [getattr(held, figure) for held in comparison.entrants]
        for name, figure in more.items()
    }
    told = {name: scores for name, scores in told.items() if any(scores)}
    columns = ["model", "macro-F1", "micro-F1", *comparison.about.titles, *told]
    rows = []
    for number, held in enumerate(comparison.entrants):
        figures: list[Score | None] = [held.macro_f1, held.micro_f1, *held.labels.values()]
        figures += [scores[number] for scores in told.values()]
        rows.append([held.name, *(render_score(f) if f else "–" for f in figures)])
    if ceiling := comparison.ceiling:
        people = [ceiling.macro_f1, ceiling.micro_f1, *ceiling.labels.values()]
        cells = ["annotator ceiling", *map(render_score, people), *("–" for _ in told)]
        if (unseen := comparison.publishers_ceiling) and "unseen publishers" in told:
            cells[columns.index("unseen publishers")] = render_score(unseen.macro_f1)
        rows.append(cells)
    return columns, rows


def _note(comparison: Comparison) -> str:
    about = comparison.about
    return (
        f"F1 on {comparison.n_sentences} sentences of {comparison.n_documents} documents "
        f"({about.split} of {about.data} {about.version}), with 95 % intervals from "
        f"{about.draws:,} resamples of whole documents."
    )


def render_comparison(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    columns, rows = comparison_rows(comparison)
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines += ["", _note(comparison), "", "| | difference in macro-F1 | p (Holm) |", "|---|---|---|"]
    lines += [
        f"| {pair.first} – {pair.second} | {_difference(pair)} | {_p(pair.p_holm)} |".replace(
            "\n", " "
        )
        for pair in comparison.pairs
    ]
    return "\n".join([*lines, ""])


def _difference(pair: PairOfModels) -> str:
    return f"{shorten(pair.difference)} [{shorten(pair.low)}, {shorten(pair.high)}]"


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else shorten(value)


def comparison_page(comparison: Comparison) -> str:
    """Return the comparison as a whole page that needs no network."""
    about = comparison.about
    title = f"Models on {about.data} {about.version}".strip()
    columns, rows = comparison_rows(comparison)
    ceiling, cut = comparison.ceiling, 3 + len(about.labels)
    whole = [Row(held.name, held.macro_f1) for held in comparison.entrants]
    whole += [Row("annotator ceiling", ceiling.macro_f1, people=True)] if ceiling else []
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(_note(comparison))}</p>",
        interval_rows(whole, "Macro-F1; the hollow point is the annotators"),
        table(columns[:cut], [row[:cut] for row in rows]),
        "<h2>Untuned, ranking, new publishers, behaviour</h2>",
        table([columns[0], *columns[cut:]], [[row[0], *row[cut:]] for row in rows]),
        "<h2>Label by label</h2>",
        *(_label(comparison, index) for index in range(len(about.labels))),
        "<h2>Every two models</h2>",
        _pairs(comparison),
    ]
    return page(title, "\n".join(parts), style=report_plots.STYLE)


def _label(comparison: Comparison, index: int) -> str:
    about, ceiling = comparison.about, comparison.ceiling
    name, color = about.labels[index], about.colors[index]
    rows = [Row(held.name, held.labels[name], color) for held in comparison.entrants]
    rows += [Row("annotator ceiling", ceiling.labels[name], people=True)] if ceiling else []
    return interval_rows(rows, f"F1, {about.titles[index]}")


def _pairs(comparison: Comparison) -> str:
    note = (
        "Differences in macro-F1 with intervals from resampling the same documents for both. The "
        "p-value is the larger of paired bootstrap and approximate randomisation over documents, "
        "corrected for the number of pairs after Holm."
    )
    rows = [
        [
            f"{pair.first} – {pair.second}",
            _difference(pair),
            _p(pair.p_bootstrap),
            _p(pair.p_randomisation),
            _p(pair.p_holm),
            "differ" if pair.p_holm < ALPHA else "not told apart",
        ]
        for pair in comparison.pairs
    ]
    columns = ["", "difference", "p, bootstrap", "p, randomisation", "p, Holm", ""]
    return f"<p>{escape(note)}</p>{table(columns, rows)}"
