"""Write the scores in README.md from a report: scripts/describe_scores.py REPORT.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from claimtypes.store import write_text

PAGE = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- scores -->", "<!-- end of scores -->"


def shown(score: dict[str, Any]) -> str:
    """A score with its interval, or why there is none."""
    if score["value"] is None:
        return str(score["reason"])
    if score["low"] is None:
        return f"{score['value']:.2f}"
    return f"{score['value']:.2f} ({score['low']:.2f} to {score['high']:.2f})"


def render(report: dict[str, Any]) -> str:
    """Tables of the scores on both tests, by origin, and of behaviour."""
    about = report["about"]
    lines = [
        f"`{about['model']}` on {about['data']} {about['version']}, every text hydrated; F1 with",
        "95 % intervals over documents. The annotators' column scores each pass against the gold",
        "of the other votes: passes of one language model, not people.",
        "",
        "| test sentences | | macro-F1 | annotators |",
        "| --- | --- | --- | --- |",
    ]
    for name, key, top in (
        ("test", "scores", "ceiling"),
        ("publishers unseen", "publishers", "publishers_ceiling"),
    ):
        scores, bound = report[key], shown(report[top]["macro_f1"])
        lines.append(
            f"| {name} | {scores['n_sentences']} | {shown(scores['macro_f1'])} | {bound} |"
        )
    for part in report["slices"]:
        if part["by"] == "origin":
            macro = shown(part["macro_f1"])
            lines.append(f"| both tests, {part['name']} | {part['n_sentences']} | {macro} | |")
    whole = {suite["name"]: suite for suite in report["suites"] if not suite["edit"]}
    lines += ["", "| behaviour | |", "| --- | --- |"]
    if swaps := report["swaps"]:
        unchanged = swaps["unchanged"]["value"]
        lines.append(
            f"| predictions unchanged when names and countries are swapped | {unchanged:.1%} |"
        )
    for name, suite in whole.items():
        lines.append(
            f"| {name} suite: share of {suite['groups']} groups with a fault | "
            f"{suite['failure_rate']['value']:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    write_text(PAGE, f"{before}{BEGIN}\n\n{render(report)}\n\n{END}{after}")
