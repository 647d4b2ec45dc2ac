"""The page a project leader opens every morning: agreement, audit, disagreements, the queue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claimtypes.annotation.adjudication import GoldSummary, summarise
from claimtypes.annotation.agreement import AgreementReport
from claimtypes.annotation.agreement_page import agreement_section, render_measure
from claimtypes.annotation.audit import Audited, AuditReport
from claimtypes.annotation.disputes import Dispute
from claimtypes.annotation.morning_script import SCRIPT, STYLE
from claimtypes.annotation.schema import Schema
from claimtypes.annotation.standing import COLUMNS, Standing, cells
from claimtypes.page import escape, page, table
from claimtypes.records import Article, Finding, Gold, Judgement, Sentence

CONTEXT = 2
MOST_DISAGREEMENTS = 3000
"""A page with more of them would open slowly; the command line lists every one."""

_WITHHELD = "(text withheld)"

WHY = {
    "votes-differ": "votes differ",
    "one-vote": "one vote only",
    "votes-changed": "votes changed since its third reading",
}


@dataclass(frozen=True, slots=True, eq=False)
class Morning:
    """Everything the page shows; each figure in it was computed once, elsewhere."""

    schema: Schema
    agreement: AgreementReport | None
    audited: Audited
    queue: Sequence[Dispute]
    articles: Mapping[str, Article]
    standings: Sequence[Standing]

    @property
    def summary(self) -> GoldSummary:
        """Gold counted by state and label."""
        return summarise(self.audited.gold, self.schema)


def morning_page(morning: Morning) -> str:
    """Return the whole page; it needs no network and works from a file."""
    parts = [
        "<h1>Annotation today</h1>",
        _today(morning),
        _navigation(),
        _findings(morning.audited.report),
        _progress(morning.standings),
        agreement_section(morning.agreement) if morning.agreement else _no_agreement(),
        _disagreements(morning),
        _queue(morning),
        _gold(morning.summary),
        _suspects(morning),
        _diagnosis(morning.audited.report),
    ]
    return page("Annotation today", "\n".join(parts), style=STYLE, script=SCRIPT)


def _no_agreement() -> str:
    return (
        '<section id="agreement"><h2>Agreement</h2>'
        "<p>No judgement is sound enough to measure: see the findings.</p></section>"
    )


def _today(morning: Morning) -> str:
    findings = morning.audited.report.findings
    counts = {s: sum(f.severity == s for f in findings) for s in ("error", "warning", "note")}
    summary = morning.summary
    headline = morning.agreement.every.sets.alpha_masi if morning.agreement else None
    alpha, bounds = (render_measure(headline) if headline else "–").partition(" [")[::2]
    decided = summary.sentences - summary.states["unresolved"]
    tiles = [
        ("alpha, whole label sets", alpha, bounds and f"[{bounds}", "#agreement"),
        ("sentences judged", str(summary.sentences), "", "#gold"),
        ("decided", str(decided), f"{decided / max(summary.sentences, 1):.0%}", "#gold"),
        ("in the queue", str(len(morning.queue)), "", "#queue"),
        (
            "findings",
            str(len(findings)) if findings else "none",
            ", ".join(f"{n} {s}{'s' * (n != 1)}" for s, n in counts.items() if n),
            "#findings",
        ),
    ]
    cells = "".join(
        f'<a class="tile" href="{target}"><span class="soft">{escape(name)}</span>'
        f'<span><strong>{escape(value)}</strong> <span class="soft more">{escape(more)}</span>'
        "</span></a>"
        for name, value, more, target in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _navigation() -> str:
    links = {
        "findings": "Findings",
        "progress": "Progress",
        "agreement": "Agreement",
        "disagreements": "Disagreements",
        "queue": "Queue",
        "gold": "Gold",
        "suspects": "Likely label errors",
        "models": "Models of the votes",
    }
    items = "".join(f'<a href="#{anchor}">{name}</a>' for anchor, name in links.items())
    return f'<nav aria-label="Sections">{items}</nav>'


def _finding(finding: Finding) -> str:
    evidence = "".join(
        f"<div><dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(value)}</dd></div>"
        for name, value in finding.evidence.items()
        if value
    )
    where = ":".join(filter(None, [finding.path, str(finding.line or ""), finding.record]))
    hint = f'<p class="soft">Next: {escape(finding.hint)}</p>' if finding.hint else ""
    return (
        f'<article class="finding {escape(finding.severity)}"><h3>'
        f'<span class="tag">{escape(finding.severity)}</span> {escape(finding.id)}</h3>'
        f"<p>{escape(finding.message)}</p>"
        f'<p class="soft">{escape(where)}</p><dl>{evidence}</dl>{hint}</article>'
    )


def _findings(report: AuditReport) -> str:
    what = f"{report.n_judgements} judgements read, {report.n_sound} of them sound."
    body = "".join(map(_finding, report.findings)) or "<p>Nothing was found.</p>"
    return f'<section id="findings"><h2>Findings</h2><p>{escape(what)}</p>{body}</section>'


def _progress(standings: Sequence[Standing]) -> str:
    return (
        '<section id="progress"><h2>Progress</h2>'
        f"{table(COLUMNS, [cells(row) for row in standings])}</section>"
    )


def _disagreements(morning: Morning) -> str:
    items, total = _disagreement_items(morning)
    colors = {label.name: label.color for label in morning.schema.labels}
    data = json.dumps({"colors": colors, "items": items}, ensure_ascii=False)
    # Inside a script element only these three could end it or start a comment.
    data = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    data = data.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    cut = f"The first {len(items)} of {total} are here. " if total > len(items) else ""
    selects = "".join(
        f'<label>{name}<select id="filter-{name}"><option value="">all</option></select></label>'
        for name in ("label", "pair", "kind", "source", "block", "state")
    )
    return (
        '<section id="disagreements"><h2>Disagreements</h2>'
        f"<p>{cut}Sentences whose votes are not all the same, in context. Keys: j next, k back, "
        "/ search.</p>"
        f'<form id="filters">{selects}<label>words<input id="filter-words" type="search"></label>'
        '<button type="reset">Clear</button></form>'
        '<p id="count" role="status" class="soft"></p><div id="items"></div>'
        '<button id="more" type="button" hidden>Show more</button>'
        "<noscript><p>This part needs JavaScript; claimtypes adjudicate queue lists the same "
        "sentences.</p></noscript>"
        f'<script type="application/json" id="data">{data}</script></section>'
    )


def _disagreement_items(morning: Morning) -> tuple[list[dict[str, object]], int]:
    by_sentence: dict[str, list[Judgement]] = {}
    for judgement in morning.audited.judgements:
        by_sentence.setdefault(judgement.sentence, []).append(judgement)
    differing = [row for row in morning.audited.gold if len(set(row.votes.values())) > 1]
    texts: dict[str, list[Sentence]] = {}
    for sentence in morning.audited.sentences:
        if sentence.annotated:
            texts.setdefault(sentence.article, []).append(sentence)
    places = {s.id: i for group in texts.values() for i, s in enumerate(group)}
    items = [
        _disagreement(row, by_sentence[row.sentence], texts, places, morning.articles)
        for row in differing[:MOST_DISAGREEMENTS]
    ]
    return items, len(differing)


def _disagreement(
    row: Gold,
    judgements: Iterable[Judgement],
    texts: Mapping[str, Sequence[Sentence]],
    places: Mapping[str, int],
    articles: Mapping[str, Article],
) -> dict[str, object]:
    article = row.sentence.rpartition(":")[0]
    around, at = texts[article], places[row.sentence]
    known = articles.get(article)
    return {
        "id": row.sentence,
        "title": known.title if known else article,
        "source": (known.publisher or known.origin) if known else "",
        "block": around[at].kind,
        "state": row.how,
        "gold": None if row.labels is None else list(row.labels),
        "reason": row.reason,
        "before": [s.text for s in around[max(at - CONTEXT, 0) : at] if s.text],
        "text": around[at].text or f"{_WITHHELD}; claimtypes hydrate --texts FOLDER",
        "after": [s.text for s in around[at + 1 : at + 1 + CONTEXT] if s.text],
        "votes": [
            {
                "by": judgement.annotator,
                "labels": list(row.votes[judgement.annotator]),
                "note": judgement.note,
                "origin": judgement.origin,
                "marked": list(judgement.highlights),
            }
            for judgement in sorted(judgements, key=lambda j: j.annotator)
        ],
    }


def _votes(votes: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name}: {', '.join(labels) or 'none'}" for name, labels in votes.items())


def _queue(morning: Morning, most: int = 300) -> str:
    texts = {s.id: s.text for s in morning.audited.sentences}
    rows = [
        [WHY[d.why], texts.get(d.sentence) or _WITHHELD, _votes(d.votes), d.sentence]
        for d in morning.queue[:most]
    ]
    waiting = {why: sum(d.why == why for d in morning.queue) for why in WHY}
    counts = ", ".join(f"{number} {WHY[why]}" for why, number in waiting.items() if number)
    link = ' <a href="#disagreements" id="unresolved">See them in context</a>'
    note = f"<p>The first {most} are here.</p>" if len(morning.queue) > most else ""
    body = table(["why", "sentence", "votes", "address"], rows) if rows else ""
    return (
        '<section id="queue"><h2>Adjudication queue</h2>'
        f"<p>{len(morning.queue)} unresolved{escape(': ' + counts if counts else '')}."
        f"{link if rows else ''}</p>"
        f'{note}<div class="tall">{body}</div></section>'
    )


def _gold(summary: GoldSummary) -> str:
    labels = [*summary.labels.items(), ("none of them", summary.none)]
    return (
        '<section id="gold"><h2>Gold</h2><div class="beside">'
        f"{table(['state', 'sentences'], [*map(list, summary.states.items())])}"
        f"{table(['label, where decided', 'sentences'], [list(row) for row in labels])}"
        "</div></section>"
    )


def _suspects(morning: Morning) -> str:
    texts = {s.id: s.text for s in morning.audited.sentences}
    rows = [
        [
            f"{'has' if s.given else 'lacks'} {s.label}",
            s.probability,
            texts.get(s.sentence) or _WITHHELD,
            s.sentence,
        ]
        for s in morning.audited.report.suspects
    ]
    body = table(["gold", "model says", "sentence", "address"], rows) if rows else "<p>None.</p>"
    return (
        '<section id="suspects"><h2>Likely label errors</h2><p>Gold labels that a model of the '
        "texts doubts, the most doubted first. The model never saw the article. Advisory: read "
        f'them again, change nothing for this alone.</p><div class="tall">{body}</div></section>'
    )


def _diagnosis(report: AuditReport, most: int = 50) -> str:
    diagnosis = report.diagnosis
    competences = table(
        ["annotator", "Dawid–Skene", "MACE"],
        [[c.annotator, c.dawid_skene, c.mace] for c in diagnosis.competences],
    )
    rows = [
        [
            c.model,
            ", ".join(c.instead) or "none",
            c.probability,
            f"{', '.join(c.labels or ()) or 'none'} ({c.how})",
            c.sentence,
        ]
        for c in diagnosis.contradictions[:most]
    ]
    columns = ["model", "would choose", "probability", "gold", "address"]
    body = table(columns, rows) if rows else "<p>Both models agree with every decided label.</p>"
    return (
        '<section id="models"><h2>Models of the votes</h2><p>How far two models would trust each '
        "annotator (1 is always, 0 is guessing), and where they contradict the gold. A diagnostic "
        f'beside the vote; gold never comes from it.</p>{competences}<div class="tall">{body}</div>'
        "</section>"
    )
