"""What training again told, as pictures: seeds, kinds of split, learning curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.report_plots import Row, interval_rows, render_score, shorten
from claimtypes.models.retraining import LearningPoint, Retraining
from claimtypes.page import escape, render_number, table

_COLORS = ("var(--accent)", "var(--bad)", "var(--good)", "var(--soft)")
_DASHES = ("", "7 4", "2 3", "9 3 2 3")


def render_retraining(evaluation: Evaluation) -> str:
    """Return seeds, kinds of split and learning curves; nothing where nothing was retrained."""
    held, about = evaluation.retraining, evaluation.about
    if held is None:
        return ""
    titles = dict(zip(about.labels, about.titles, strict=True))
    return _seeds(held, titles) + _splits(held, titles) + _learning(held, titles)


def _seeds(held: Retraining, titles: dict[str, str]) -> str:
    if not held.seeds:
        return "<p>Nothing in this model is left to chance.</p>"
    named = titles | {"macro_f1": "macro-F1", "micro_f1": "micro-F1"}
    rows = [
        [
            named[seed.name],
            shorten(seed.mean),
            shorten(seed.deviation),
            f"{shorten(min(seed.values))} to {shorten(max(seed.values))}",
        ]
        for seed in held.seeds
    ]
    count = len(held.seeds[0].values)
    columns = ["F1", "mean", "standard deviation", "range"]
    return f"<h3>From {count} seeds</h3>{table(columns, rows)}"


def _splits(held: Retraining, titles: dict[str, str]) -> str:
    if not held.splits:
        return ""
    note = (
        "The same recipe cross-validated on training and validation sentences, dealt out in three "
        "ways. Where sentences of one article are on both sides, scores look better than they are."
    )
    plot = interval_rows(
        [Row(f"{split.by} apart", split.macro_f1) for split in held.splits], "Macro-F1"
    )
    rows = [
        [
            f"{split.by} apart",
            split.folds,
            render_score(split.macro_f1),
            render_score(split.micro_f1),
            *(render_score(split.labels[name]) for name in titles),
        ]
        for split in held.splits
    ]
    columns = ["", "folds", "macro-F1", "micro-F1", *titles.values()]
    return f"<h3>Three kinds of split</h3><p>{escape(note)}</p>{plot}{table(columns, rows)}"


def _learning(held: Retraining, titles: dict[str, str]) -> str:
    if not held.learning:
        return ""
    on = held.learning[0].on
    note = (
        f"Cross-validated on training and validation sentences; tested on {on} texts of the "
        "articles held out."
    )
    rows = [
        [
            point.pool,
            point.articles,
            point.sentences,
            render_score(point.macro_f1),
            *(render_score(point.labels[name]) for name in titles),
        ]
        for point in held.learning
    ]
    columns = ["trained on", "articles", "sentences", "macro-F1", *titles.values()]
    more = f"<details><summary>As a table</summary>{table(columns, rows)}</details>"
    return f"<h3>Learning curves</h3><p>{escape(note)}</p>{_curves(held.learning)}{more}"


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 460, 280, 38, 40
_TICKS = 6


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where numbers of articles and scores are drawn."""

    low: float
    high: float
    most: int

    @classmethod
    def around(cls, points: Sequence[LearningPoint]) -> _Axes:
        values = [v for p in points for v in (p.macro_f1.low, p.macro_f1.high, p.macro_f1.value)]
        known = [v for v in values if v is not None] or [0.0, 1.0]
        # Tenths, so that the lines of the grid have short names.
        low, high = math.floor(min(known) * 10) / 10, math.ceil(max(known) * 10) / 10
        return cls(low, max(high, low + 0.1), max(p.articles for p in points))

    def at(self, articles: float, value: float) -> tuple[float, float]:
        x = _LEFT + (_WIDTH - _LEFT - 12) * articles / self.most
        return x, 10 + (_HEIGHT - 10 - _BOTTOM) * (self.high - value) / (self.high - self.low)

    def render(self) -> str:
        marks = []
        for tenths in range(round(self.low * 10), round(self.high * 10) + 1):
            y = self.at(0, tenths / 10)[1]
            marks.append(
                f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="soft" x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">'
                f"{render_number(tenths / 10, 1)}</text>"
            )
        steps = (10 ** (n // 3) * (1, 2, 5)[n % 3] for n in range(30))
        step = next(size for size in steps if self.most / size <= _TICKS)
        for articles in range(0, self.most + 1, step):
            x = self.at(articles, self.low)[0]
            marks.append(
                f'<text class="soft" x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" '
                f'text-anchor="middle">{articles}</text>'
            )
        return "".join(marks) + (
            f'<text class="soft" x="{(_LEFT + _WIDTH) / 2:.0f}" y="{_HEIGHT - 4}" '
            'text-anchor="middle">training articles</text>'
        )


def _curves(points: Sequence[LearningPoint]) -> str:
    """Return macro-F1 against the number of training articles, with intervals, one line a pool."""
    axes, lines, keys = _Axes.around(points), [], []
    for number, pool in enumerate(dict.fromkeys(p.pool for p in points)):
        stroke = f'stroke="{_COLORS[number % 4]}" stroke-dasharray="{_DASHES[number % 4]}"'
        lines.append(_curve([p for p in points if p.pool == pool], axes, number))
        keys.append(
            f'<span><svg class="key" aria-hidden="true" viewBox="0 0 34 10"><line x1="0" x2="34" '
            f'y1="5" y2="5" stroke-width="2.5" {stroke}/></svg> trained on {escape(pool)}</span>'
        )
    return (
        f'<figure class="wide"><svg role="img" aria-label="Learning curves" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{axes.render()}{"".join(lines)}</svg>'
        f'<figcaption class="facts">{"".join(keys)}</figcaption></figure>'
    )


def _curve(points: Sequence[LearningPoint], axes: _Axes, number: int) -> str:
    color, dash = _COLORS[number % 4], _DASHES[number % 4]
    places, marks = [], []
    for point in points:
        score = point.macro_f1
        if score.value is None:
            continue
        # Pools of equal size would hide each other's intervals.
        x, y = axes.at(point.articles, score.value)
        x += 3 * number
        places.append(f"{x:.1f},{y:.1f}")
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>')
        if score.low is not None and score.high is not None:
            top, end = axes.at(0, score.high)[1], axes.at(0, score.low)[1]
            marks.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{end:.1f}" '
                f'stroke="{color}" stroke-opacity=".45" stroke-width="2"/>'
            )
    return (
        f'<polyline points="{" ".join(places)}" fill="none" stroke="{color}" stroke-width="2.5" '
        f'stroke-dasharray="{dash}"/>{"".join(marks)}'
    )
