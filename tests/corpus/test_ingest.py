"""Articles are taken in once, whole, with what is known of them; the rest is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.corpus.articles import load_article, load_articles, valid_id
from claimtypes.corpus.drafts import slug
from claimtypes.corpus.ingest import Ingestion, ingest
from claimtypes.corpus.rewriting import restore
from claimtypes.corpus.segment import segment, segment_project
from claimtypes.project import Project
from claimtypes.records import Sentence
from claimtypes.store import load_jsonl

RIGHTS = {"licence": "CC-BY-4.0", "origin": "reported"}
STORY = """Harbour office closes
By Ana Reed
The harbour office in Lindhamn closed on Thursday after a complaint by the town. Nobody was there.
“We were never asked,” said the owner of the shop below. He hardly knew the man.
The ministry will send a report to parliament in May, and name those who paid.
"""
OTHER = """Ferry talks resume
Delegates from both islands met on Monday to speak about the ferry that stopped in March.
A second session is planned for Friday at the old customs house, where the first was held, too.
"""


def take(project: Project, *sources: Path, **options: Any) -> Ingestion:
    options.setdefault("defaults", RIGHTS)
    return ingest(project, [str(s) for s in sources], **options)


def snapshot(project: Project) -> dict[str, bytes]:
    corpus = project.root / "corpus"
    return {str(p): p.read_bytes() for p in sorted(corpus.rglob("*")) if p.is_file()}


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


def test_a_text_file_becomes_an_article(tiny: Project, story: Path) -> None:
    result = take(tiny, story)
    assert [t.id for t in result.taken] == ["harbour-office-closes"]
    article = load_article(tiny.articles / "harbour-office-closes.md")
    assert article.title == "Harbour office closes"
    assert [b.kind for b in article.blocks] == ["title", "byline", *["paragraph"] * 3]
    assert restore(article.text or "", article.changes) == STORY
    assert len(segment(article)) == 7


def test_the_same_again_changes_nothing(tiny: Project, story: Path) -> None:
    take(tiny, story)
    before = snapshot(tiny)
    result = take(tiny, story)
    assert [s.how for s in result.skipped] == ["unchanged"]
    assert snapshot(tiny) == before


def test_a_licence_and_an_origin_are_required(tiny: Project, story: Path) -> None:
    for rights in ({}, {"licence": "CC0-1.0"}, {"licence": "CC0-1.0", "origin": "somewhere"}):
        before = snapshot(tiny)
        result = take(tiny, story, defaults=rights)
        assert len(result.refused) == 1
        assert result.refused[0].hint
        assert snapshot(tiny) == before


def test_what_a_record_says_wins_over_the_options(tiny: Project, tmp_path: Path) -> None:
    record = {
        "id": "DOJ_foreign_0001", "title": "A title", "publisher": "The Office", "url": "http://a.example",
        "published": "2019", "licence": "public domain", "obtained": "elsewhere", "text": OTHER,
    }  # fmt: skip
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    take(tiny, path, defaults=RIGHTS | {"publisher": "Nobody", "genre": "wire-brief"})
    article = load_article(tiny.articles / "doj-foreign-0001.md")
    assert (article.licence, article.publisher, article.published, article.obtained) == (
        "public domain", "The Office", "2019", "elsewhere",
    )  # fmt: skip
    assert article.genre == "wire-brief"


def test_an_article_file_keeps_its_marks_and_takes_its_name_as_id(
    tiny: Project, tmp_path: Path
) -> None:
    path = tmp_path / "written-x01-harbour.md"
    path.write_text(
        '+++\ntitle = "Harbour"\npublisher = "Post"\npublished = "2022-10-06"\nevent = "harbour"\n'
        'countries = ["Osmark", "Brattmark"]\n+++\n\n# Harbour\n\n[byline] By Ana Reed\n\n'
        "The office was closed on Thursday.\n\nBy Friday nobody came\n\n- A bullet is here.\n",
        encoding="utf-8",
    )
    assert not take(tiny, path).refused
    article = load_article(tiny.articles / "written-x01-harbour.md")
    assert [b.kind for b in article.blocks] == [
        "title", "byline", "paragraph", "paragraph", "bullet",
    ]  # fmt: skip
    assert article.countries == ("Osmark", "Brattmark")
    assert article.changes == ()


def test_a_misspelt_field_is_refused(tiny: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text('+++\ntitel = "Harbour"\n+++\n\n' + OTHER, encoding="utf-8")
    assert "titel" in take(tiny, path).refused[0].reason


def test_withheld_articles_leave_no_text_behind(tiny: Project, story: Path) -> None:
    take(tiny, story, withhold=True)
    article = load_article(tiny.articles / "harbour-office-closes.md")
    assert article.text is None
    stored = b"".join(snapshot(tiny).values())
    assert b"Lindhamn" not in stored
    rows = [r for r in load_jsonl(tiny.sentences, Sentence) if r.article == article.id]
    assert [r.kind for r in rows] == ["title", "byline", *["paragraph"] * 5]
    assert [(r.start, r.end) for r in rows[:2]] == [(0, 21), (23, 34)]
    before = snapshot(tiny)
    assert [s.how for s in take(tiny, story, withhold=True).skipped] == ["unchanged"]
    segment_project(tiny)
    assert snapshot(tiny) == before


@pytest.mark.parametrize("withhold", [True, False])
def test_copies_and_near_copies_are_told(tiny: Project, tmp_path: Path, withhold: bool) -> None:
    long = " ".join(f"Sentence number {n} speaks of the ferry and of town {n}." for n in range(40))
    (tmp_path / "one.txt").write_text("One\n" + long, encoding="utf-8")
    take(tiny, tmp_path / "one.txt", withhold=withhold)
    (tmp_path / "two.txt").write_text("One\r\n" + long + "\r\n", encoding="utf-8")
    (tmp_path / "three.txt").write_text("Three\n" + long.replace("number 7", "No. 7"), "utf-8")
    (tmp_path / "four.txt").write_text(OTHER, encoding="utf-8")
    result = take(tiny, *(tmp_path / f"{n}.txt" for n in ("two", "three", "four")))
    assert [(s.how, s.article) for s in result.skipped] == [
        ("unchanged", "one"), ("near-copy", "one"),
    ]  # fmt: skip
    assert len(result.taken) == 1
    kept = take(tiny, tmp_path / "three.txt", keep_near_copies=True)
    assert [t.id for t in kept.taken] == ["three"]


def test_an_id_is_never_given_to_another_text(tiny: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    records = [{"id": "a", "text": STORY}, {"id": "A!", "text": OTHER}, {"id": "b", "text": STORY}]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    result = take(tiny, path)
    assert [t.id for t in result.taken] == ["a"]
    assert "another text" in result.refused[0].reason
    assert [s.how for s in result.skipped] == ["copy"]


def test_articles_of_one_title_get_different_ids(tiny: Project, tmp_path: Path) -> None:
    for number, text in enumerate((STORY, OTHER)):
        body = text.partition("\n")[2]
        (tmp_path / f"{number}.txt").write_text("Same title\n" + body, encoding="utf-8")
    sources = (tmp_path / "0.txt", tmp_path / "1.txt")
    result = take(tiny, *sources)
    first, second = (t.id for t in result.taken)
    assert first == "same-title"
    assert second.startswith("same-title-")
    assert [s.how for s in take(tiny, *sources).skipped] == ["unchanged"] * 2


@pytest.mark.parametrize("name", ["../../x", "CON", "x" * 300, "a/b\\c", "Ünï çödé", "  "])
def test_any_id_becomes_a_safe_file_name(name: str, tiny: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": name, "title": "T", "text": OTHER}), encoding="utf-8")
    taken = take(tiny, path).taken[0]
    assert valid_id(taken.id)
    assert (tiny.articles / f"{taken.id}.md").is_file()


@given(st.text(max_size=200))
def test_a_slug_is_an_id_or_nothing(text: str) -> None:
    assert not slug(text) or valid_id(slug(text))


def test_bad_input_is_refused_each_with_a_reason(tiny: Project, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    bad = {
        "binary.txt": bytes(range(256)) * 40,
        "empty.txt": b"",
        "blank.txt": b" \n\n ",
        "links.txt": b"http://a.example/1\nhttp://a.example/2\n",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "menu.txt": b"Home\nWorld\nSport\nWeather\n",
        "huge.txt": b"word " * (11 << 20),
        "page.html": b"<html><body>" + b"<div>" * 400 + b"Hidden text.",
        "numbers.txt": b"1.5 2.5 3.5\n" * 50,
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    before = snapshot(tiny)
    result = take(tiny, folder)
    assert sorted(Path(r.where).name for r in result.refused) == sorted(bad)
    assert all(r.reason and r.hint for r in result.refused)
    assert snapshot(tiny) == before


def test_a_page_in_a_record_is_extracted(tiny: Project, tmp_path: Path) -> None:
    pytest.importorskip("trafilatura")
    body = "".join(f"<p>{line}</p>" for line in STORY.split("\n")[2:])
    page = f"<html lang=en><body><article><h1>Harbour</h1>{body}</article></body></html>"
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"url": "https://www.post.example/x", "html": page}), "utf-8")
    assert take(tiny, path).taken[0].id == "harbour"
    article = load_article(tiny.articles / "harbour.md")
    assert article.publisher == "post.example"
    assert article.changes[0].startswith("extracted from HTML by trafilatura")


def test_all_reporting_is_taken_in_and_cut(tiny: Project, shared: Path) -> None:
    sources = sorted((shared / "reporting").glob("*.jsonl"))
    records = [json.loads(line) for path in sources for line in path.open(encoding="utf-8")]
    options = {"defaults": {"licence": "x", "origin": "government-work"}}
    result = take(tiny, *sources, **options)
    assert len(result.taken) + len(result.copies) == len(records)
    assert not result.refused
    texts = {slug(r["id"]): r["text"] for r in records}
    for article in load_articles(tiny):
        if article.id in texts:
            assert restore(article.text or "", article.changes) == texts[article.id]
    assert segment_project(tiny).cut == len(result.taken)
    assert len(take(tiny, *sources, **options).unchanged) == len(result.taken)
