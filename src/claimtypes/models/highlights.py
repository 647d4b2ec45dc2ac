"""Labelled sentences in their article, drawn by spaCy's displaCy where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claimtypes.models.mistakes import ReadArticle, ReadSentence
from claimtypes.page import escape

STYLE = """
.entities { line-height: 1.9 !important; max-width: 46rem; }
.entities mark { color: inherit; background: color-mix(in srgb, var(--c) 20%, transparent);
  border-bottom: 3px solid var(--c); border-radius: .2em; padding: .1em .15em;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.entities mark.missed { background: none; border-bottom-style: dotted; }
.entities mark.wrong, .entities mark.other { border-bottom-style: dashed; }
.entities mark > b { font-size: .72rem; font-weight: 600; margin-left: .4em; }
"""

_TEMPLATE = '<mark class="{state}" style="--c:{bg}" title="{tip}">{text}<b>{label}</b></mark>'


def displacy_input(article: ReadArticle, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return an article as what ``displacy.render(…, style="ent", manual=True)`` draws.

    Every sentence with a label, in gold or predicted, is one span; its ``state`` is ``right``,
    ``missed`` (nothing predicted), ``wrong`` (nothing in gold) or ``other`` (another set).
    """
    text, spans = "", []
    for sentence in article.sentences:
        start = len(text)
        text += sentence.text + " "
        shown = sentence.predicted or sentence.gold
        if shown:
            spans.append(
                {
                    "start": start,
                    "end": len(text) - 1,
                    "label": escape(_label(sentence, titles)),
                    "params": {"state": _state(sentence), "tip": escape(_tip(sentence, titles))},
                    "first": shown[0],
                }
            )
    return {"text": text.rstrip(), "ents": spans, "title": None}


def _state(sentence: ReadSentence) -> str:
    if sentence.gold == sentence.predicted:
        return "right"
    if not sentence.predicted:
        return "missed"
    return "other" if sentence.gold else "wrong"


def _named(names: tuple[str, ...], titles: Mapping[str, str]) -> str:
    return " + ".join(titles[name] for name in names) or "none"


def _label(sentence: ReadSentence, titles: Mapping[str, str]) -> str:
    predicted = _named(sentence.predicted, titles)
    if sentence.gold == sentence.predicted:
        return f"✓ {predicted}"
    if not sentence.predicted:
        return f"missed: {_named(sentence.gold, titles)}"
    return f"✗ {predicted}, gold: {_named(sentence.gold, titles)}"


def _tip(sentence: ReadSentence, titles: Mapping[str, str]) -> str:
    return f"gold: {_named(sentence.gold, titles)}; model: {_named(sentence.predicted, titles)}"


def render_article(
    article: ReadArticle, titles: Mapping[str, str], colors: Mapping[str, str]
) -> str:
    """Return the article's sentences as HTML, labelled ones marked; all text is escaped."""
    drawn = displacy_input(article, titles)
    for span in drawn["ents"]:
        span["params"]["bg"] = colors[span.pop("first")]
    try:
        from spacy import displacy
    except ImportError:
        return _draw(drawn)
    options = {"template": _TEMPLATE}
    return str(displacy.render([drawn], style="ent", manual=True, jupyter=False, options=options))


def _draw(drawn: dict[str, Any]) -> str:
    """Draw what displaCy is given in the same way, without it."""
    parts, at, text = [], 0, drawn["text"]
    for span in drawn["ents"]:
        parts.append(escape(text[at : span["start"]]))
        inside = escape(text[span["start"] : span["end"]])
        parts.append(_TEMPLATE.format(text=inside, label=span["label"], **span["params"]))
        at = span["end"]
    return f'<div class="entities">{"".join(parts)}{escape(text[at:])}</div>'
