"""A page that shows labelled sentences where they stand in their articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from claimtypes.models.model import LabelStyle, Model
from claimtypes.models.predict import Labelled
from claimtypes.page import escape, page

_COLOR = re.compile(r"#[0-9a-f]{6}")

_STYLE = """
main { max-width: 46rem; }
.bar { position: sticky; top: 0; z-index: 2; background: var(--paper); padding: .6rem 0;
  border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .4rem; }
.bar button { font: inherit; font-size: .88rem; padding: .25rem .7rem; border-radius: 1rem;
  border: 1.5px solid var(--c, var(--soft)); background: none; color: var(--ink); cursor: pointer; }
.bar button[aria-pressed="true"] { background: color-mix(in srgb, var(--c, var(--soft)) 24%,
  transparent); }
.bar i, .chips i { display: inline-block; width: .7em; height: .7em; border-radius: 50%;
  background: var(--c); margin-right: .35em; }
article { margin: 1.5rem 0 3rem; }
article p { font-size: 1.06rem; line-height: 1.75; }
mark { color: inherit; border-radius: .2em; padding: .12em .1em; position: relative;
  background: color-mix(in srgb, var(--c) 17%, transparent);
  box-shadow: inset 0 -.16em 0 var(--c); cursor: help;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
mark.two { background: linear-gradient(90deg, color-mix(in srgb, var(--c) 22%, transparent),
  color-mix(in srgb, var(--d) 22%, transparent)); box-shadow: inset 0 -.1em 0 var(--c),
  inset 0 -.24em 0 var(--d); }
.tip { display: none; position: absolute; left: 0; top: 100%; z-index: 3; min-width: 15rem;
  background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  padding: .5rem .7rem; font-size: .85rem; line-height: 1.5; box-shadow: 0 4px 16px #0003; }
mark:hover > .tip, mark:focus > .tip { display: block; }
.tip span { display: grid; grid-template-columns: 1fr 5rem 2.6rem; gap: .5rem;
  align-items: center; }
.tip b { font-weight: 400; }
.tip u { display: block; height: .45rem; border-radius: .3rem; background: var(--line);
  overflow: hidden; }
.tip u::before { content: ""; display: block; height: 100%; width: var(--p);
  background: var(--c); }
.tip em { font-style: normal; text-align: right; font-variant-numeric: tabular-nums; }
.dim mark:not(.on) { background: none; box-shadow: none; }
.only p:not(:has(mark.on)), .only li:not(:has(mark.on)) { display: none; }
.aside { color: var(--soft); font-size: .9rem; }
@media (prefers-color-scheme: dark) {
  mark, .bar button, .bar i, .tip span { --light: color-mix(in srgb, var(--c) 60%, white); }
  mark { background: color-mix(in srgb, var(--c) 40%, transparent);
    box-shadow: inset 0 -.16em 0 var(--light); }
  mark.two { background: linear-gradient(90deg, color-mix(in srgb, var(--c) 45%, transparent),
    color-mix(in srgb, var(--d) 45%, transparent)); box-shadow: inset 0 -.1em 0 var(--light),
    inset 0 -.24em 0 color-mix(in srgb, var(--d) 60%, white); }
  .bar button[data-label] { border-color: var(--light); }
  .bar i, .tip u::before { background: var(--light); }
}
"""

_SCRIPT = """
const buttons = [...document.querySelectorAll('.bar button[data-label]')];
const only = document.querySelector('#only');
function show() {
  const on = buttons.filter(b => b.getAttribute('aria-pressed') === 'true')
    .map(b => b.dataset.label);
  document.querySelectorAll('mark').forEach(m => m.classList.toggle('on',
    m.dataset.labels.split(' ').some(l => on.includes(l))));
  document.body.classList.toggle('dim', on.length < buttons.length);
  document.body.classList.toggle('only', only.getAttribute('aria-pressed') === 'true');
}
[...buttons, only].forEach(b => b.addEventListener('click', () => {
  b.setAttribute('aria-pressed', b.getAttribute('aria-pressed') !== 'true'); show(); }));
document.querySelectorAll('mark').forEach(m => m.addEventListener('pointerenter', () => {
  const tip = m.querySelector('.tip'); tip.style.left = '0';
  const over = tip.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
  if (over > 0) tip.style.left = -over + 'px'; }));
show();
"""


def render_highlights(rows: Sequence[Labelled], model: Model) -> str:
    """Return a self-contained page of the articles that the sentences make up."""
    styles = {style.name: number for number, style in enumerate(model.labels)}
    counts = {style.name: sum(style.name in row.labels for row in rows) for style in model.labels}
    asked = sum(row.cut.annotated for row in rows)
    labelled = sum(bool(row.labels) for row in rows)
    buttons = "".join(
        f'<button type="button" aria-pressed="true" data-label="{number}" '
        f'style="--c:{_color(style)}"><i></i>{escape(style.title)} {counts[style.name]}</button>'
        for number, style in enumerate(model.labels)
        if len(model.labels) <= 8 or counts[style.name]
    )
    note = (
        f"Model {escape(model.id)}. Point at a marked sentence, or step to it with the Tab key, "
        "for its probabilities."
    )
    only = '<button type="button" id="only" aria-pressed="false">Labelled paragraphs only</button>'
    body = [
        f"<h1>{labelled} of {asked} sentences labelled</h1>",
        f'<p class="soft">{note}</p>',
        f'<div class="bar" role="toolbar" aria-label="Labels shown">{buttons}{only}</div>',
    ]
    for _, article in groupby(rows, key=lambda row: row.cut.article):
        body.append(_render_article(list(article), model.labels, styles))
    return page("Labelled sentences", "\n".join(body), style=_STYLE, script=_SCRIPT)


def _render_article(
    rows: Sequence[Labelled], labels: Sequence[LabelStyle], numbers: dict[str, int]
) -> str:
    parts = ["<article>"]
    if rows[0].cut.kind != "title":
        parts.append(f"<h2>{escape(rows[0].cut.title or rows[0].cut.article)}</h2>")
    for _, block in groupby(rows, key=lambda row: row.cut.paragraph):
        held = list(block)
        inside = " ".join(_render_sentence(row, labels, numbers) for row in held)
        parts.append(_in_block(held[0].cut.kind, inside))
    return "\n".join([*parts, "</article>"])


def _in_block(kind: str, inside: str) -> str:
    if kind in ("title", "heading"):
        tag = "h2" if kind == "title" else "h3"
        return f"<{tag}>{inside}</{tag}>"
    if kind == "bullet":
        return f"<ul><li>{inside}</li></ul>"
    return f"<p>{inside}</p>" if kind == "paragraph" else f'<p class="aside">{inside}</p>'


def _render_sentence(row: Labelled, labels: Sequence[LabelStyle], numbers: dict[str, int]) -> str:
    if not row.labels:
        return escape(row.cut.text)
    mine = sorted(row.labels, key=lambda name: (-row.scores[name], numbers[name]))
    colors = [_color(labels[numbers[name]]) for name in mine]
    style = f"--c:{colors[0]}" + (f";--d:{colors[1]}" if len(mine) > 1 else "")
    titles = ", ".join(labels[numbers[name]].title for name in mine)
    return (
        f'<mark tabindex="0"{" class=two" if len(mine) > 1 else ""} style="{style}" '
        f'data-labels="{" ".join(str(numbers[name]) for name in mine)}" '
        f'aria-label="{escape(titles)}: {escape(row.cut.text)}">{escape(row.cut.text)}'
        f'<span class="tip" role="tooltip">{_render_tip(row, labels)}</span></mark>'
    )


def _render_tip(row: Labelled, labels: Iterable[LabelStyle]) -> str:
    shown = sorted(labels, key=lambda style: -row.scores[style.name])[:6]
    return "".join(
        f'<span style="--c:{_color(style)};--p:{100 * row.scores[style.name]:.1f}%">'
        f"<b>{escape(style.title)}</b><u></u><em>{row.scores[style.name]:.2f}</em></span>"
        for style in shown
    )


def _color(style: LabelStyle) -> str:
    # A colour goes into a style attribute, so it must be nothing but a colour.
    return style.color if _COLOR.fullmatch(style.color) else "#5f6368"
