"""Intervals on an axis and shaded tables, as HTML: the text stays readable at every width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from claimtypes.page import escape, render_number

STYLE = """
.intervals { overflow: visible; }
.intervals .row { display: grid; grid-template-columns: 9.5rem minmax(6rem, 1fr) 11.5rem;
  gap: .9rem; align-items: center; min-height: 1.75rem; font-variant-numeric: tabular-nums; }
.intervals .name { text-align: right; min-width: 0; overflow-wrap: break-word; line-height: 1.2; }
.intervals .track { position: relative; align-self: stretch; }
.intervals .track i { position: absolute; top: 50%; translate: 0 -50%; }
.intervals .tick { width: 1px; height: 100%; background: var(--line); }
.intervals .zero { width: 2px; background: var(--soft); }
.intervals .bar { height: .5rem; border-radius: .25rem; min-width: 2px;
  background: color-mix(in srgb, var(--accent) 45%, var(--paper)); }
.intervals .track .dot { width: .55rem; height: .55rem; border-radius: 50%; translate: -50% -50%;
  background: var(--accent); }
.intervals .chance .bar { background: color-mix(in srgb, var(--bad) 45%, var(--paper)); }
.intervals .track.chance .dot { background: var(--bad); }
.intervals .axis { font-size: .82rem; color: var(--soft); }
.intervals .axis .track span { position: absolute; translate: -50% 0; }
.intervals figcaption { margin-bottom: .4rem; }
.heat { border-collapse: separate; border-spacing: 2px; margin: 0; }
.heat th, .heat td { border: 0; padding: .45rem .6rem; border-radius: .25rem; }
.heat thead th { font-weight: 500; max-width: 8rem; line-height: 1.2; vertical-align: bottom;
  text-align: center; }
.heat tbody th { font-weight: 500; white-space: nowrap; text-align: right; }
.heat td { min-width: 4rem; text-align: center; font-variant-numeric: tabular-nums;
  background: color-mix(in srgb, var(--shade) var(--part), var(--paper)); }
@media (max-width: 40rem) {
  .intervals .row { grid-template-columns: 5.6rem minmax(5rem, 1fr) 6.2rem; gap: .6rem;
    font-size: .88rem; line-height: 1.25; padding: .15rem 0; }
}
"""

_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of an interval plot; ``value`` is None where no number can be had."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def interval_plot(rows: Sequence[Interval], caption: str) -> str:
    """Return points with intervals, one a row, values beside them; what reaches 0 is marked.

    The axis begins at 0 unless something lies below it, and ends at 1.
    """
    lowest = min((row.low or row.value or 0.0 for row in rows), default=0.0)
    first = min(0, math.floor(lowest / _TICK))
    ticks = [round(_TICK * step, 1) for step in range(first, 6)]

    def place(value: float) -> float:
        return 100 * (min(max(value, ticks[0]), 1.0) - ticks[0]) / (1.0 - ticks[0])

    lines = "".join(
        f'<i class="tick{"" if tick else " zero"}" style="left:{place(tick):.2f}%"></i>'
        for tick in ticks
    )
    marks = [_row(row, lines, place(row.low or 0.0), place(row.high or 0.0), place(row.value or 0))
             for row in rows]  # fmt: skip
    axis = "".join(f'<span style="left:{place(tick):.2f}%">{tick:g}</span>' for tick in ticks)
    return (
        f'<figure class="intervals"><figcaption>{escape(caption)}</figcaption>{"".join(marks)}'
        '<div class="row axis" aria-hidden="true"><span></span>'
        f'<span class="track">{axis}</span><span></span></div></figure>'
    )


def _row(row: Interval, lines: str, low: float, high: float, at: float) -> str:
    value, drawn, kind = row.note, "", ""
    if row.value is not None:
        value = render_number(row.value)
        drawn = f'<i class="dot" style="left:{at:.2f}%"></i>'
        if row.low is not None and row.high is not None:
            drawn = f'<i class="bar" style="left:{low:.2f}%;width:{high - low:.2f}%"></i>' + drawn
            value += f" [{render_number(row.low)}, {render_number(row.high)}]"
            kind = " chance" if row.low <= 0 else ""
    shown = value.replace(", ", ",\N{NO-BREAK SPACE}")
    return (
        f'<div class="row" title="{escape(f"{row.name}: {value}")}">'
        f'<span class="name">{escape(row.name).replace("_", "_<wbr>")}</span>'
        f'<span class="track{kind}">{lines}{drawn}</span><span>{escape(shown)}</span></div>'
    )


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    caption: str,
) -> str:
    """Return a table whose cells are shaded by their values from 0 to 1, negative ones in red."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(map(_cell, values))}</tr>'
        for name, values in zip(rows, cells, strict=True)
    )
    return (
        f'<figure tabindex="0"><table class="heat" aria-label="{escape(caption)}">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _cell(value: float | None) -> str:
    if value is None:
        return '<td style="--shade:var(--line);--part:25%">–</td>'
    shade = "accent" if value >= 0 else "bad"
    part = min(6 + 54 * abs(value), 60) if value >= 0 else min(12 + 60 * -value, 60)
    return f'<td style="--shade:var(--{shade});--part:{part:.0f}%">{render_number(value, 2)}</td>'
