"""The pictures of a report: they scale to the width they get, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from claimtypes.models.figures import REASONS, Score
from claimtypes.page import escape, render_number

_COLOR = re.compile(r"#[0-9a-f]{6}")

STYLE = """
.plot { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(9rem, 30rem) auto;
  gap: .3rem .9rem; align-items: center; margin: .9rem 0; }
.plot .track { position: relative; height: 1.5rem; min-width: 9rem;
  background: repeating-linear-gradient(90deg, var(--line) 0 1px, transparent 1px 20%);
  border-right: 1px solid var(--line); }
.plot .bar { position: absolute; top: .62rem; height: .26rem; border-radius: .13rem;
  background: var(--c, var(--accent)); opacity: .55; }
.plot .dot { position: absolute; top: .38rem; width: .74rem; height: .74rem; margin-left: -.37rem;
  border-radius: 50%; background: var(--c, var(--accent)); }
.plot .people .dot { background: var(--paper); border: 2px solid var(--soft); }
.plot .people .bar { background: var(--soft); }
.plot .name, .plot .value { font-variant-numeric: tabular-nums; }
.plot .value { white-space: nowrap; }
.plot .axis { color: var(--soft); font-size: .8rem; display: flex;
  justify-content: space-between; }
.plot .row { display: contents; }
@media (max-width: 42rem) { .plot { display: block; }
  .plot .row { display: grid; grid-template-columns: 1fr auto; margin-bottom: .5rem; }
  .plot .track { grid-column: 1 / -1; grid-row: 2; } .plot .value { font-size: .9rem; }
  .plot .axis { grid-column: 1 / -1; } }
@media (prefers-color-scheme: dark) { .plot [style*="--c"] i, .panels polyline, .panels circle
  { filter: brightness(1.5); } }
td, th { white-space: nowrap; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem;
  margin: .8rem 0; }
.panels figure { margin: 0; }
.panels svg, .wide svg { width: 100%; height: auto; display: block; }
.wide { max-width: 40rem; overflow: visible; }
svg.key { width: 34px !important; display: inline !important; vertical-align: middle; }
svg .grid { stroke: var(--line); } svg .ideal { stroke: var(--soft); stroke-dasharray: 3 4; }
.heat td, .heat th { border: 2px solid var(--paper); text-align: center; padding: .5rem .7rem; }
.heat tbody th { text-align: right; font-weight: 400; }
.heat td { background: color-mix(in srgb, var(--c) calc(var(--v) * 70%), var(--panel)); }
.heat td small { color: var(--soft); display: block; }
.heat td.strong small { color: inherit; }
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an interval plot; ``people`` marks human figures, drawn hollow."""

    name: str
    score: Score
    color: str = ""
    people: bool = False


def safe_color(color: str) -> str:
    """Return a colour that is nothing but one: it goes into a style attribute."""
    return color if _COLOR.fullmatch(color) else "#5f6368"


def render_score(score: Score) -> str:
    """Return a figure with its interval as text, or the reason there is none.

    >>> render_score(Score(0.5, 0.4, 0.6))
    '.500 [.400, .600]'
    >>> render_score(Score(None, reason="few-sentences"))
    'too few sentences to score'
    """
    if score.value is None:
        return REASONS[score.reason]
    if score.low is None or score.high is None:
        return f"{shorten(score.value)} (no interval)"
    return f"{shorten(score.value)} [{shorten(score.low)}, {shorten(score.high)}]"


def shorten(value: float) -> str:
    """Return a number without the zero before its point, as papers print scores."""
    text = render_number(value)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def interval_rows(rows: Sequence[Row], caption: str) -> str:
    """Return points with intervals on an axis from 0 to 1, values beside them."""
    marks = []
    for row in rows:
        style = f' style="--c:{safe_color(row.color)}"' if row.color else ""
        drawn = ""
        if row.score.value is not None:
            if row.score.low is not None and row.score.high is not None:
                low, high = _percent(row.score.low), _percent(row.score.high)
                drawn = f'<i class="bar" style="left:{low:.2f}%;width:{high - low:.2f}%"></i>'
            drawn += f'<i class="dot" style="left:{_percent(row.score.value):.2f}%"></i>'
        kind = "track people" if row.people else "track"
        value = escape(render_score(row.score))
        marks.append(
            f'<div class="row"><span class="name">{escape(row.name)}</span>'
            f'<span class="{kind}"{style}>{drawn}</span>'
            f'<span class="value{" soft" if row.people else ""}">{value}</span></div>'
        )
    axis = (
        '<div class="row" aria-hidden="true"><span></span><span class="axis"><span>0</span>'
        "<span>.2</span><span>.4</span><span>.6</span><span>.8</span><span>1</span></span>"
        "<span></span></div>"
    )
    return (
        f'<figure><figcaption>{escape(caption)}</figcaption><div class="plot">{"".join(marks)}'
        f"{axis}</div></figure>"
    )


def _percent(value: float) -> float:
    return 100 * min(max(value, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Panel:
    """One small square plot: a line through points, or points as large as ``sizes`` say."""

    title: str
    color: str
    points: Sequence[tuple[float, float]]
    note: str = ""
    sizes: Sequence[float] = ()
    ideal: bool = False


def panels(held: Sequence[Panel], x_title: str, y_title: str) -> str:
    """Return small plots with axes from 0 to 1, as many beside each other as fit."""
    return f'<div class="panels">{"".join(_panel(p, x_title, y_title) for p in held)}</div>'


def _panel(panel: Panel, x_title: str, y_title: str) -> str:
    left, top, size = 46, 8, 190

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return left + size * point[0], top + size * (1 - point[1])

    marks = [_grid(left, top, size)]
    if panel.ideal:
        marks.append(
            f'<line class="ideal" x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}"/>'
        )
    places = [at(point) for point in panel.points]
    if places:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        marks.append(
            f'<polyline points="{path}" fill="none" stroke="{safe_color(panel.color)}" '
            'stroke-width="2.5" stroke-linejoin="round"/>'
        )
    marks += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{safe_color(panel.color)}"/>'
        for (x, y), r in zip(places, panel.sizes, strict=False)
    ]
    marks.append(
        f'<text class="soft" x="{left + size / 2}" y="{top + size + 32}" text-anchor="middle">'
        f'{escape(x_title)}</text><text class="soft" transform="translate(9 {top + size / 2}) '
        f'rotate(-90)" text-anchor="middle">{escape(y_title)}</text>'
    )
    caption = f"<b>{escape(panel.title)}</b> {escape(panel.note)}"
    label = f"{panel.title}: {y_title} against {x_title}"
    return (
        f'<figure><svg role="img" aria-label="{escape(label)}" viewBox="0 0 {left + size + 10} '
        f'{top + size + 38}">{"".join(marks)}</svg><figcaption>{caption}</figcaption></figure>'
    )


def _grid(left: float, top: float, size: float) -> str:
    marks = []
    for tick in (0.0, 0.5, 1.0):
        x, y = left + size * tick, top + size * (1 - tick)
        marks.append(
            f'<line class="grid" x1="{left}" x2="{left + size}" y1="{y}" y2="{y}"/>'
            f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{top + size}"/>'
            f'<text class="soft" x="{left - 5}" y="{y + 4}" text-anchor="end">{tick:g}</text>'
            f'<text class="soft" x="{x}" y="{top + size + 16}" text-anchor="middle">{tick:g}</text>'
        )
    return "".join(marks)


def heat_table(
    names: Sequence[str], counts: Sequence[Sequence[int]], colors: Sequence[str], caption: str
) -> str:
    """Return a table of counts, each shaded by its share of its row."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    lines = []
    for name, row, color in zip(names, counts, colors, strict=True):
        total = max(sum(row), 1)
        cells = "".join(
            f'<td{" class=strong" if count / total > 0.4 else ""} style="--v:{count / total:.3f};'
            f'--c:{safe_color(color)}">{count}<small>{count / total:.0%}</small></td>'
            for count in row
        )
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        f'<figure><figcaption>{escape(caption)}</figcaption><div class="scroll" tabindex="0">'
        f'<table class="heat"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(lines)}'
        "</tbody></table></div></figure>"
    )
