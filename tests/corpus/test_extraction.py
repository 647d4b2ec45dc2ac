"""Web pages give their articles; bombs are refused with a reason, and the run goes on."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimtypes.corpus.cleaning import clean
from claimtypes.corpus.extraction import Extractor
from claimtypes.corpus.structure import structure, structure_marked, why_no_article
from claimtypes.errors import BadInput

pytest.importorskip("trafilatura")

SENTENCE = "The harbour office in Lindhamn was closed on Thursday after a complaint by the town. "
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Office closes | The Harbour Post</title>
<meta property="og:site_name" content="The Harbour Post">
<meta property="article:published_time" content="2022-10-06T10:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>Office closes</h1>
<p class="byline">By Ana Reed</p><p>{SENTENCE * 3}</p><h2>What the town says</h2>
<p>{SENTENCE} He said <q>we were never asked</q> and left.</p>
<ul><li>A first demand is made here.</li><li>A second demand is made here.</li></ul>
<p>{SENTENCE * 2}</p></article><footer>© 2022 The Harbour Post</footer></body></html>"""

BOMBS = {
    "depth 300": "<html><body>" + "<div>" * 300 + f"<p>{SENTENCE}</p>" * 9 + "</div>" * 300,
    "depth 100,000": "<div>" * 100_000 + "x",
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(200_000)) + ">x</p>",
    "attributes behind a quote": '<p x=">" ' + " ".join(f"a{i}" for i in range(200_000)) + ">x",
    "formatting": "".join(f"<b a{i}><i b{i}>" for i in range(5000)) + "x" + "</b></i>" * 5000,
    "crossed formatting": "<html><b><i></b>" * 20_000,
    "10 MB of paragraphs": "<html>" + "<p>Some words in a paragraph here.</p>" * 280_000,
    "open comments": "<html>" + "<!--" * 500_000,
    "open scripts": "<html>" + "<script>" * 100_000,
    "line breaks": "<html><p>" + "<br>" * 1_000_000,
    "open links": "<html>" + "<a href=x>" * 100_000,
    "open tables": "<html>" + "<table><tr><td>" * 5000,
    "open lists": "<html>" + "<ul><li>" * 50_000,
    "less-than signs": "<html>" + "<" * 3_000_000,
    "one long attribute": '<html><p title="' + "x" * 9_000_000 + '">x</p>',
    "nested drawings": "<html><svg>" + "<g>" * 3000 + "</svg>",
    "blanks": "<html><p>" + " " * 5_000_000,
    "entities": "<html><p>" + "&amp;" * 1_000_000,
    "declared entities": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<html><body><p>&b;</p></body></html>",
    "an outside entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<html><body><p>&a;</p></body></html>",
}


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor() as extractor:
        yield extractor


def test_a_page_gives_its_article_and_what_it_says_of_itself(extractor: Extractor) -> None:
    page = extractor.extract(PAGE, "http://a.example/x")
    assert page.title == "Office closes"
    assert (page.publisher, page.published, page.language) == (
        "The Harbour Post", "2022-10-06", "en",
    )  # fmt: skip
    laid_out = structure_marked(clean(page.body), title=page.title, certain=False)
    assert [b.kind for b in laid_out.blocks] == [
        "title", "byline", "paragraph", "heading", "paragraph", "bullet", "bullet", "paragraph",
    ]  # fmt: skip
    assert "said “we were never asked” and" in laid_out.body.text
    assert "Home" not in laid_out.body.text


def test_the_first_article_survives_a_page_around_it(extractor: Extractor, shared: Path) -> None:
    source = (shared / "reporting" / "overseas_policing.txt").read_text(encoding="utf-8")
    plain = structure(clean(source))
    tags = {"title": "h1", "heading": "h2", "bullet": "li"}
    lines = []
    for block in plain.blocks:
        tag = tags.get(block.kind, "p")
        line = f"<{tag}>{html.escape(plain.body.text[block.start : block.end])}</{tag}>"
        lines.append(f"<ul>{line}</ul>" if tag == "li" else line)
    page = f"<html><body><nav>Menu</nav><article>{''.join(lines)}</article></body></html>"
    found = structure_marked(clean(extractor.extract(page).body), certain=False)
    kinds = [b.kind for b in found.blocks]
    assert kinds == [b.kind for b in plain.blocks]
    for one, other in zip(plain.blocks, found.blocks, strict=True):
        if one.kind in ("paragraph", "bullet"):
            text = plain.body.text[one.start : one.end]
            assert found.body.text[other.start : other.end] == text


@pytest.fixture(scope="module")
def impatient() -> Iterator[Extractor]:
    """An extractor of a smaller budget, so that the bombs need not burn all of the usual one."""
    with Extractor(cpu_seconds=1.5) as extractor:
        yield extractor


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_the_next_page_read(name: str, impatient: Extractor) -> None:
    began = time.monotonic()
    try:
        cleaned = clean(impatient.extract(BOMBS[name]).body)
    except BadInput as error:
        reason = str(error)
    else:
        reason = why_no_article(structure_marked(cleaned, certain=False), cleaned.text)
    assert reason
    # No measure of speed: without the budget some of these take minutes.
    assert time.monotonic() - began < 60
    assert impatient.extract(PAGE).title == "Office closes"


def test_a_table_of_links_is_named_as_one(extractor: Extractor) -> None:
    links = "".join(f"<li><a href=/{i}>A headline of some length</a></li>" for i in range(300))
    with pytest.raises(BadInput, match="links"):
        extractor.extract(f"<html><body><ul>{links}</ul></body></html>")
