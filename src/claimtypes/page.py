"""Self-contained HTML pages: escaped text, inline SVG, no network, light and dark."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
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
