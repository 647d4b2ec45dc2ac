"""Article files hold text and metadata so that nothing is lost between disk and record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.corpus.articles import (
    dump_article,
    join_blocks,
    load_article,
    load_articles,
    parse_article,
    render_article,
    valid_id,
)
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import BLOCK_KINDS, Article
from claimtypes.store import sha256_bytes

line = st.text(min_size=1, max_size=60).filter(lambda t: t.strip() and "\n" not in t)
marked = st.sampled_from(["# ", "## ", "- ", "[byline] ", "\\", "+++", "+++ ", ""])
parts = st.lists(
    st.tuples(st.sampled_from(BLOCK_KINDS), st.tuples(marked, line).map("".join)), min_size=1
)


def article(blocks: list[tuple[str, str]], **values: str) -> Article:
    text, spans = join_blocks(blocks)
    known = {"title": "T", "publisher": "P", "url": "", "published": "", "retrieved": ""}
    return Article(
        id="an-article",
        language="en",
        licence="CC-BY-4.0",
        origin="reported",
        sha256=sha256_bytes(text.encode(errors="surrogatepass")),
        text=text,
        blocks=spans,
        **(known | values),
    )


@given(parts, st.text(max_size=40))
def test_any_article_reads_back_from_its_file(blocks: list[tuple[str, str]], title: str) -> None:
    original = article(blocks, title=title)
    assert parse_article(render_article(original)) == original


@given(parts)
def test_blocks_are_slices_of_the_text(blocks: list[tuple[str, str]]) -> None:
    made = article(blocks)
    assert [(b.kind, (made.text or "")[b.start : b.end]) for b in made.blocks] == blocks


def test_a_withheld_text_leaves_a_file_without_body(tiny: Project) -> None:
    withheld = replace(next(load_articles(tiny)), text=None, blocks=())
    path = dump_article(tiny, withheld)
    assert load_article(path) == withheld
    assert path.read_text().count("+++") == 2


def test_a_changed_text_is_refused(tiny: Project) -> None:
    path = tiny.articles / "cup-final.md"
    path.write_text(path.read_text().replace("June", "July"))
    with pytest.raises(BadInput, match="not the one that sha256 names"):
        load_article(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "no front matter"),
        ("+++\nid = 'x'\n", "no front matter"),
        ("+++\nid = \n+++\n", "front matter"),
        ("+++\nid = 'x'\n+++\n", "lacks title"),
    ],
)
def test_a_file_that_is_no_article_says_why(content: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        parse_article(content)


def test_a_file_must_be_named_after_its_article(tiny: Project) -> None:
    path = tiny.articles / "cup-final.md"
    moved = path.rename(path.with_name("cup.md"))
    with pytest.raises(BadInput, match=r"name it cup-final\.md|holds the article"):
        load_article(moved)


@pytest.mark.parametrize("name", ["../x", "con", "A", "a b", "", "-a", "a" * 101, "a/b", "com1"])
def test_ids_that_are_no_file_names_are_refused(name: str) -> None:
    assert not valid_id(name)
