"""Self-contained HTML pages: escaped text, inline SVG, no network, light and dark."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
$body
</main>
<script>$script</script>
</body>
</html>
""")  # noqa: E501 - a policy is one attribute

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5b6169; --paper: #fdfdfc;
  --panel: #f3f3f0; --line: #d9d9d4; --accent: #1a5fb4; --good: #0b6e4f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --soft: #a2a8b0; --paper: #17191c;
  --panel: #212429; --line: #3a3f46; --accent: #78aeed; --good: #57c79b; --bad: #f0857d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .2rem 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p, li { max-width: 46rem; }
a { color: var(--accent); }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
td.number, th.number { text-align: right; }
figure { margin: .8rem 0; overflow-x: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .soft { fill: var(--soft); }
.tag { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .82rem;
  border: 1px solid currentColor; white-space: nowrap; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""


def escape(value: object) -> str:
    """Escape text for element content and quoted attributes."""
    return html.escape(str(value), quote=True)


def page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Return a whole document; ``body`` is HTML whose text is already escaped."""
    return _PAGE.substitute(title=escape(title), body=body, style=STYLE + style, script=script)


def render_number(value: float | None, digits: int = 3) -> str:
    """Return a number as text, an en dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an HTML table; cells are escaped, numbers to the right."""
    numeric = [
        bool(rows) and all(isinstance(r[i], int | float) or r[i] is None for r in rows)
        for i in range(len(columns))
    ]

    def cell(tag: str, value: object, index: int) -> str:
        shown = render_number(value) if isinstance(value, float) or value is None else value
        kind = ' class="number"' if numeric[index] else ""
        return f"<{tag}{kind}>{escape(shown)}</{tag}>"

    head = "".join(cell("th", column, i) for i, column in enumerate(columns))
    lines = "".join(
        "<tr>" + "".join(cell("td", value, i) for i, value in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of an interval plot; ``value`` is None where no number can be had."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def interval_plot(
    rows: Sequence[Interval], *, low: float = 0.0, high: float = 1.0, caption: str = ""
) -> str:
    """Return an SVG of points with intervals, one a row, on one axis."""
    left, right, step, width = 190, 70, 28, 720
    span = width - left - right

    def x(value: float) -> float:
        return left + span * (min(max(value, low), high) - low) / (high - low)

    marks = []
    for tick in range(6):
        at = low + (high - low) * tick / 5
        marks.append(
            f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="4" y2="{len(rows) * step + 8}" '
            f'stroke="var(--line)"/><text class="soft" x="{x(at):.1f}" '
            f'y="{len(rows) * step + 24}" text-anchor="middle">{at:.1f}</text>'
        )
    for index, row in enumerate(rows):
        y = index * step + 20
        marks.append(
            f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
        )
        if row.value is None:
            marks.append(f'<text class="soft" x="{left + 6}" y="{y + 4}">{escape(row.note)}</text>')
            continue
        if row.low is not None and row.high is not None:
            marks.append(
                f'<line x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}" '
                'stroke="var(--accent)" stroke-width="3"/>'
            )
        marks.append(
            f'<circle cx="{x(row.value):.1f}" cy="{y}" r="5" fill="var(--accent)"/>'
            f'<text x="{width - right + 12}" y="{y + 4}">{row.value:.3f}</text>'
        )
    height = len(rows) * step + 32
    return _figure(width, height, "".join(marks), caption)


def heat_map(
    names: Sequence[str], cells: Sequence[Sequence[float | None]], *, caption: str = ""
) -> str:
    """Return an SVG heat map of values from 0 to 1 (negative ones as 0), each printed."""
    left, size = 130, 64
    marks = []
    for i, name in enumerate(names):
        middle = left + i * size + size / 2
        marks.append(f'<text x="{middle}" y="16" text-anchor="middle">{escape(name[:9])}</text>')
        y = 24 + i * size
        marks.append(
            f'<text x="{left - 8}" y="{y + size / 2 + 4}" text-anchor="end">'
            f"{escape(name[:16])}</text>"
        )
        for j, value in enumerate(cells[i]):
            shade = 0.0 if value is None else min(max(value, 0.0), 1.0)
            marks.append(
                f'<rect x="{left + j * size}" y="{y}" width="{size - 2}" height="{size - 2}" '
                f'fill="var(--accent)" fill-opacity="{0.06 + 0.6 * shade:.3f}"/>'
                f'<text x="{left + j * size + size / 2 - 1}" y="{y + size / 2 + 4}" '
                f'text-anchor="middle">{render_number(value, 2)}</text>'
            )
    return _figure(left + size * len(names) + 4, 28 + size * len(names), "".join(marks), caption)


def line_plot(
    series: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    *,
    x_title: str,
    y_title: str,
    y_range: tuple[float, float] = (0.0, 1.0),
    caption: str = "",
) -> str:
    """Return an SVG of lines through points, told apart by dash and by name at their end."""
    width, height, left, bottom, right = 720, 320, 56, 44, 150
    points = [p for _, line in series for p in line] or [(0.0, 0.0)]
    x_low, x_high = min(p[0] for p in points), max(p[0] for p in points)
    x_span = (x_high - x_low) or 1.0
    y_low, y_high = y_range

    def at(point: tuple[float, float]) -> tuple[float, float]:
        x = left + (width - left - right) * (point[0] - x_low) / x_span
        share = (min(max(point[1], y_low), y_high) - y_low) / (y_high - y_low)
        return x, 12 + (height - 12 - bottom) * (1 - share)

    marks = []
    for tick in range(6):
        value = y_low + (y_high - y_low) * tick / 5
        y = at((x_low, value))[1]
        marks.append(
            f'<line x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="var(--line)"/><text class="soft" x="{left - 8}" y="{y + 4:.1f}" '
            f'text-anchor="end">{value:.1f}</text>'
        )
        place = x_low + x_span * tick / 5
        label = f"{place:.0f}" if x_span > 5 else f"{place:.1f}"
        marks.append(
            f'<text class="soft" x="{at((place, y_low))[0]:.1f}" y="{height - bottom + 18}" '
            f'text-anchor="middle">{label}</text>'
        )
    marks.append(
        f'<text class="soft" x="{(left + width - right) / 2}" y="{height - 6}" '
        f'text-anchor="middle">{escape(x_title)}</text>'
        f'<text class="soft" x="4" y="10">{escape(y_title)}</text>'
    )
    colors = ("var(--accent)", "var(--bad)", "var(--good)", "var(--soft)")
    dashes = ("", "6 4", "2 3", "9 3 2 3")
    ends: list[float] = []
    for index, (name, line) in enumerate(series):
        if not line:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, line))
        color, dash = colors[index % 4], dashes[(index // 4 + index) % 4]
        x, y = at(line[-1])
        while any(abs(y - other) < 15 for other in ends):
            y += 15
        ends.append(y)
        marks.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/><text x="{x + 8:.1f}" y="{y + 4:.1f}" '
            f'style="fill:{color}">{escape(name)}</text>'
        )
    return _figure(width, height, "".join(marks), caption)


def _figure(width: float, height: float, marks: str, caption: str) -> str:
    return (
        f'<figure tabindex="0"><svg role="img" aria-label="{escape(caption)}" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">{marks}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
