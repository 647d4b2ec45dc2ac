"""The lines of a news text are told apart, and nothing of it is lost on the way."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.corpus.articles import parse_article, render_article
from claimtypes.corpus.cleaning import clean
from claimtypes.corpus.line_kinds import iso_date
from claimtypes.corpus.rewriting import describe, restore
from claimtypes.corpus.structure import Structure, structure, structure_marked, why_no_article
from claimtypes.errors import BadInput
from claimtypes.records import Article
from claimtypes.store import sha256_bytes

PARAGRAPHS = [
    (
        "The harbour office in Lindhamn closed on Thursday after a complaint by the town. Nobody "
        "was there when the police came at 5 p.m., and the door stood open."
    ),
    (
        "“We were never asked,” said the owner of the phone shop below, who had let the rooms to "
        "a man he knew only by his first name."
    ),
    "The ministry will send a report to parliament in May.",
]


def kinds(laid_out: Structure) -> list[tuple[str, str]]:
    return [(b.kind, laid_out.body.text[b.start : b.end]) for b in laid_out.blocks]


def test_the_first_article_is_laid_out_as_it_is(shared: Path) -> None:
    source = (shared / "reporting" / "overseas_policing.txt").read_text(encoding="utf-8")
    laid_out = structure(clean(source))
    counts = Counter(kind for kind, _ in kinds(laid_out))
    assert counts == {
        "title": 1, "byline": 1, "paragraph": 17, "heading": 4, "bullet": 8, "boilerplate": 2,
    }  # fmt: skip
    assert laid_out.title.startswith("CCP’s overseas policing")
    assert laid_out.first("byline") == "By Indo-Pacific Defense Forum"
    assert restore(laid_out.body.text, describe(laid_out.body)) == source


def test_each_kind_of_line_is_marked() -> None:
    source = (
        "Office closes in Lindhamn\r\nBy Ana Reed\r\nLINDHAMN, Oct. 6, 2022\r\n"
        f"{PARAGRAPHS[0]}\r\nPhoto: The harbour office in May\r\nWhat the town says\r\n"
        f"{PARAGRAPHS[1]}\r\n• The first demand is a lease.\r\n• The second is an apology.\r\n"
        f"{PARAGRAPHS[2]}\r\nSign up for our newsletter\r\n© 2022 The Harbour Post\r\n"
    )
    laid_out = structure(clean(source))
    assert [kind for kind, _ in kinds(laid_out)] == [
        "title", "byline", "date", "paragraph", "caption", "heading", "paragraph", "bullet",
        "bullet", "paragraph", "boilerplate", "boilerplate",
    ]  # fmt: skip
    assert laid_out.published == "2022-10-06"
    assert restore(laid_out.body.text, describe(laid_out.body)) == source


@pytest.mark.parametrize(
    ("width", "between"),
    [(60, "\n\n"), (72, "\n\n"), (79, "\n\n"), (100, "\n\n"), (60, "\n"), (72, "\n"), (100, "\n")],
)
def test_hard_wrapped_paragraphs_become_one_line_each(width: int, between: str) -> None:
    source = between.join(textwrap.fill(p, width) for p in PARAGRAPHS[:2] * 4)
    laid_out = structure(clean(source), title="known")
    assert [text for _, text in kinds(laid_out)] == PARAGRAPHS[:2] * 4
    assert restore(laid_out.body.text, describe(laid_out.body)) == source


def test_one_paragraph_a_line_stays_as_it_is() -> None:
    laid_out = structure(clean("\n".join(PARAGRAPHS)), title="known")
    assert [text for _, text in kinds(laid_out)] == PARAGRAPHS


def test_markdown_loses_its_marks() -> None:
    source = (
        "# Office closes\n\n*By Ana Reed*\n\n![The office](a.jpg)\n\n"
        "The **office** in [Lindhamn](http://a.example/x) closed\non Thursday, *he* said.\n\n"
        "What now\n--------\n\n1. The first point is made.\n2. The second point is made.\n\n---\n\n"
        "A last paragraph with snake_case_name in it.\n"
    )
    laid_out = structure(clean(source), markdown=True)
    assert kinds(laid_out) == [
        ("title", "Office closes"),
        ("byline", "By Ana Reed"),
        ("caption", "The office"),
        ("paragraph", "The office in Lindhamn closed on Thursday, he said."),
        ("heading", "What now"),
        ("bullet", "The first point is made."),
        ("bullet", "The second point is made."),
        ("paragraph", "A last paragraph with snake_case_name in it."),
    ]
    assert restore(laid_out.body.text, describe(laid_out.body)) == source


def test_a_sentence_that_starts_with_by_is_no_byline() -> None:
    source = "Office closes\nBy Monday the office had closed its doors.\n" + PARAGRAPHS[0]
    assert [kind for kind, _ in kinds(structure(clean(source)))] == [
        "title", "paragraph", "paragraph",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("LINDHAMN, Oct. 6, 2022", "2022-10-06"),
        ("6 October 2022", "2022-10-06"),
        ("Published: Thursday, 6th Sept 2022 10:14 GMT", "2022-09-06"),
        ("2022-10-06T10:00:00Z", "2022-10-06"),
        ("Feb. 30, 2022", ""),
        ("in October 2022", ""),
    ],
)
def test_dates_are_read(line: str, day: str) -> None:
    assert iso_date(line) == day


ODD = st.one_of(
    st.sampled_from(
        [
            *"abA .\n\r\t\0\xad\u200b\u202e\ufeff\u0301\u2000\u2028\x85é\ud800",
            *'[](){}*_-#=\\+"!1•<>`‘—',
            *("\r\n", "\n\n", "# ", "- ", "**", "](http://x)", "+++\n", "[byline] ", "A word. "),
        ]
    ),
    st.characters(),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ODD, max_size=40).map("".join), st.sampled_from(["plain", "markdown", "marked"]))
def test_any_text_is_laid_out_stored_and_restored(source: str, form: str) -> None:
    cleaned = clean(source)
    try:
        laid_out = (
            structure_marked(cleaned, certain=False)
            if form == "marked"
            else structure(cleaned, markdown=form == "markdown")
        )
    except BadInput:
        assert form == "marked"
        return
    text = laid_out.body.text
    notes = describe(laid_out.body)
    assert restore(text, notes) == source
    if text:
        article = Article(
            "a", "t", "p", "", "", "", "en", "l", "o", sha256_bytes(text.encode()),
            text=text, changes=notes, blocks=laid_out.blocks,
        )  # fmt: skip
        assert parse_article(render_article(article)) == article


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "empty"),
        ("*** --- ***", "empty"),
        ("http://a.example/one\nhttp://a.example/two\nhttp://a.example/three", "links"),
        ("12.5 14.7 88.1 91.4\n" * 20, "not prose"),
        ("Home\nWorld\nSport\nBusiness news and markets\nWeather", "no sentences"),
    ],
)
def test_what_is_no_article_is_refused_with_a_reason(source: str, reason: str) -> None:
    cleaned = clean(source)
    assert reason in why_no_article(structure(cleaned), cleaned.text)
