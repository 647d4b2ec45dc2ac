"""The parts of a report that are read: mistakes, failed pairs, and labels that names turned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.mistakes import Mistake, Neighbour
from claimtypes.models.report_plots import Row, interval_rows, render_score, safe_color, shorten
from claimtypes.models.suites import Failure, Suite
from claimtypes.models.swaps import Flip
from claimtypes.page import escape, table

STYLE = """
.card { background: var(--panel); border-left: 4px solid var(--c, var(--line));
  border-radius: .4rem; padding: .7rem 1rem; margin: .8rem 0; max-width: 52rem; }
.card p { margin: .35rem 0; }
.card p.soft { font-size: .85rem; }
.card .context { color: var(--soft); font-size: .93rem; }
.card .words b { border-radius: .2em; padding: 0 .1em; font-weight: 600; }
.card .for { background: color-mix(in srgb, var(--good) 30%, transparent); }
.card .against { background: color-mix(in srgb, var(--bad) 30%, transparent); }
.card ul { margin: .2rem 0 0; padding-left: 1.1rem; font-size: .92rem; }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .88rem; }
summary { cursor: pointer; margin: .4rem 0; }
"""

_SHOWN = 20


def render_mistakes(evaluation: Evaluation) -> str:
    """Return the surest mistakes as cards, by label."""
    about, parts = evaluation.about, []
    titles = dict(zip(about.labels, about.titles, strict=True))
    colors = dict(zip(about.labels, about.colors, strict=True))
    for label in about.labels:
        held = [m for m in evaluation.mistakes if m.label == label]
        if not held:
            continue
        cards = "".join(_card(m, titles, colors[label]) for m in held)
        parts.append(
            f"<details><summary><b>{escape(titles[label])}</b>: {len(held)} to read</summary>"
            f"{cards}</details>"
        )
    note = (
        "The surest mistakes of either kind. Words tinted green speak for the label, red ones "
        "against it: without them its probability falls or rises most. Below, the nearest "
        "training sentences by the cosine of their features."
    )
    return f"<p>{escape(note)}</p>{''.join(parts)}" if parts else ""


def _card(mistake: Mistake, titles: Mapping[str, str], color: str) -> str:
    kind = "wrongly given" if mistake.kind == "false-positive" else "missed"
    votes = "" if mistake.votes is None else f"<span>readers for it: {mistake.votes:.0%}</span>"
    facts = (
        f"<b>{kind}</b><span>probability {shorten(mistake.probability)}, threshold "
        f"{shorten(mistake.threshold)}</span><span>gold: {escape(_named(mistake.gold, titles))}"
        f"</span><span>model: {escape(_named(mistake.predicted, titles))}</span>{votes}"
    )
    near = "".join(_near(neighbour, titles) for neighbour in mistake.neighbours)
    before = f"{escape(mistake.before)} " if mistake.before else ""
    after = f" {escape(mistake.after)}" if mistake.after else ""
    return (
        f'<div class="card" style="--c:{safe_color(color)}"><div class="facts">{facts}</div>'
        f'<p><span class="context">{before}</span><span class="words">{_marked(mistake)}</span>'
        f'<span class="context">{after}</span></p>'
        f'<p class="soft">{escape(mistake.title)} · {escape(mistake.sentence)}</p>'
        f"<ul>{near}</ul></div>"
    )


def _near(neighbour: Neighbour, titles: Mapping[str, str]) -> str:
    labels = escape(_named(neighbour.labels, titles))
    return f"<li>{shorten(neighbour.similarity)} · <b>{labels}</b> · {escape(neighbour.text)}</li>"


def _marked(mistake: Mistake) -> str:
    changes = {word.word: word.change for word in mistake.words}
    parts = []
    for word in mistake.text.split():
        change = changes.get(word)
        if change is None:
            parts.append(escape(word))
        else:
            side = "for" if change > 0 else "against"
            parts.append(f'<b class="{side}" title="{change:+.3f}">{escape(word)}</b>')
    return " ".join(parts)


def _named(labels: Sequence[str], titles: Mapping[str, str]) -> str:
    return " + ".join(titles[name] for name in labels) or "none"


def render_flips(evaluation: Evaluation) -> str:
    """Return what swapping names and countries did."""
    swaps, about = evaluation.swaps, evaluation.about
    if swaps is None:
        return ""
    titles = dict(zip(about.labels, about.titles, strict=True))
    colors = dict(zip(about.labels, about.colors, strict=True))
    rows = [Row("whole label set", swaps.unchanged)]
    rows += [Row(titles[name], score, colors[name]) for name, score in swaps.labels.items()]
    note = (
        f"In {swaps.n_sentences} sentences (or their context) people and countries were given "
        f"other names; {swaps.n_untouched} name none. A label must not depend on who or where."
    )
    flips = "".join(_flip(flip, titles) for flip in swaps.flips[:_SHOWN])
    more = (
        f"<details><summary>{len(swaps.flips)} sentences changed their labels</summary>{flips}"
        "</details>"
        if swaps.flips
        else ""
    )
    plot = interval_rows(rows, "Share of decisions unchanged")
    return f"<h3>Other names, other countries</h3><p>{escape(note)}</p>{plot}{more}"


def _flip(flip: Flip, titles: Mapping[str, str]) -> str:
    lines = [(flip.text, flip.before), (flip.swapped, flip.after)]
    inside = "".join(
        f"<p>{escape(text)} <b>→ {escape(_named(labels, titles))}</b></p>" for text, labels in lines
    )
    return f'<div class="card">{inside}</div>'


def render_suites(evaluation: Evaluation) -> str:
    """Return the contrast and invariance suites, and the groups that failed."""
    if not evaluation.suites:
        return ""
    rows: list[list[object]] = [
        [
            suite.name,
            suite.edit or "all",
            suite.groups,
            suite.failed,
            render_score(suite.failure_rate),
            render_score(suite.item_accuracy),
        ]
        for suite in evaluation.suites
    ]
    note = (
        "In a contrast group one edit changes the labels, and every item must be right; in an "
        "invariance group all items must get the same labels."
    )
    columns = ["suite", "edit", "groups", "failed", "failure rate", "items right"]
    about = evaluation.about
    titles = dict(zip(about.labels, about.titles, strict=True))
    failures = "".join(_failures(suite, titles) for suite in evaluation.suites)
    return f"<h3>Minimal pairs</h3><p>{escape(note)}</p>{table(columns, rows)}{failures}"


def _failures(suite: Suite, titles: Mapping[str, str]) -> str:
    if not suite.failures:
        return ""
    items = "".join(_failure(failure, titles) for failure in suite.failures[:_SHOWN])
    left = len(suite.failures) - _SHOWN
    more = f"<p>{left} more are in the JSON.</p>" if left > 0 else ""
    return (
        f"<details><summary>{len(suite.failures)} groups failed in {escape(suite.name)}</summary>"
        f"{items}{more}</details>"
    )


def _failure(failure: Failure, titles: Mapping[str, str]) -> str:
    lines = zip(failure.texts, failure.labels, failure.decided, strict=True)
    inside = "".join(
        f"<p>{escape(text)} <b>→ {escape(_named(decided, titles))}</b>"
        + ("" if gold == decided else f" (should be {escape(_named(gold, titles))})")
        + "</p>"
        for text, gold, decided in lines
    )
    facts = f'<div class="facts"><b>{escape(failure.edit or failure.pair)}</b></div>'
    return f'<div class="card">{facts}{inside}</div>'
