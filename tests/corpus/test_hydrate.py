import hashlib
import html
import json
import random
import re
import subprocess
import sys
import textwrap
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.corpus.articles import dump_article, join_blocks, load_articles
from claimtypes.corpus.check_articles import check_hydrated
from claimtypes.corpus.findings import Ledger
from claimtypes.corpus.fingerprint import letters
from claimtypes.corpus.hydrate import Wanted, hydrate, hydrate_project
from claimtypes.corpus.locate import locate
from claimtypes.corpus.own_copies import OwnCopy, load_copies, read_text
from claimtypes.corpus.pages import Page
from claimtypes.corpus.segment import load_hydrated, segment, segment_project
from claimtypes.project import Project
from claimtypes.records import Article, Sentence

WORDS = (
    "harbour minister permit embassy courier passport ferry inquiry critic officer notice bakery "
    "league stadium licence consul student market winter bridge"
).split()


def article(name: str, parts: list[tuple[str, str]], **fields: str) -> Article:
    text, blocks = join_blocks(parts)
    values = {"title": parts[0][1], "publisher": "p", "url": "", "published": "", "retrieved": ""}
    values |= {"language": "en", "licence": "x", "origin": "reported", **fields}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Article(id=name, sha256=digest, text=text, blocks=blocks, **values)


def made_up(name: str, seed: int, sentences: int = 24) -> Article:
    """An article of invented sentences in paragraphs, with a heading and a few very short ones."""
    rng = random.Random(seed)
    parts = [("title", f"The {rng.choice(WORDS)} and the {rng.choice(WORDS)} of {name}")]
    for paragraph in range(sentences // 4):
        lines = []
        for _ in range(4):
            words = " ".join(rng.choices(WORDS, k=rng.randint(6, 18)))
            lines.append(f"“The {words},” it said — in {rng.randint(1900, 2100)}.")
        if paragraph % 3 == 1:
            lines[1] = rng.choice(["No.", "He denied it.", "Why?"])
            parts.append(("heading", f"{rng.choice(WORDS).title()} act"))
        parts.append(("paragraph", " ".join(lines)))
    return article(name, parts)


def wanted(one: Article) -> Wanted:
    return Wanted(one.id, one.sha256, segment(one), title=one.title, url=one.url)


def as_page(one: Article, rng: random.Random) -> str:
    """The article as a web page with other quotes, markup inside sentences and adverts between."""
    parts = [f"<!doctype html><html><head><title>Site | {html.escape(one.title)}</title></head>"]
    parts.append("<body><nav><a href='/'>Home</a></nav><script>var a = '<p>No.</p>';</script>")
    for block in one.blocks:
        text = (one.text or "")[block.start : block.end]
        words = html.escape(text.replace("“", '"').replace("”", '"')).split(" ")
        words[rng.randrange(len(words))] += "<sup></sup>"
        parts.append(f"<p class=x>\n{rng.choice([' ', chr(10)]).join(words)}</p>")
        if rng.random() < 0.4:
            parts.append("<div class=ad>Advertisement: boats from $5. Buy now!</div>")
    return "\n".join([*parts, "</body></html>"])


CHANGES = {
    "nothing": lambda t: t,
    "straight quotes": lambda t: t.replace("“", '"').replace("”", '"').replace("—", "-"),
    "wrapped lines": lambda t: "\n\n".join(textwrap.fill(p, 40) for p in t.split("\n\n")),
    "one line": lambda t: t.replace("\n\n", " "),
    "Windows line ends": lambda t: t.replace("\n", "\r\n").replace(" ", "\u00a0"),
    "entities": lambda t: html.escape(t).replace("“", "&ldquo;").replace("”", "&#8221;"),
    "an advert a paragraph": lambda t: t.replace("\n\n", "\n\nSubscribe now for less.\n\n"),
    "an advert in brackets": lambda t: re.sub("(?<=[a-z][.]) (?=[A-Z])", " [Advertisement] ", t),
    "soft hyphens": lambda t: re.sub(r"([a-z]{4})([a-z]{3})", "\\1\u00ad\\2", t),
    "capitals": str.upper,
}


@pytest.mark.parametrize("change", CHANGES)
def test_form_does_not_matter(change: str) -> None:
    one = made_up("ferry-report", 3)
    rows = segment(one)
    located = locate(rows, one.sha256, Page.read(read_text(CHANGES[change](one.text or ""))))
    assert located.misses == ()
    assert list(located.found) == [row.id for row in rows]
    assert all(letters(located.found[row.id]) == letters(row.text or "") for row in rows)


def test_a_copy_of_the_same_characters_gives_the_same_characters() -> None:
    one = article(
        "spaced",
        [
            ("title", "What they said"),
            ("paragraph", "“We will not,” he said . . . She laughed. ‘Why?’ (No one knew.)"),
            ("paragraph", "— Well, it was —"),
            ("bullet", "a permit for 4.5 km²;"),
        ],
    )
    rows = segment(one)
    located = locate(rows, one.sha256, Page.read(one.text or ""))
    assert located.found == {row.id: row.text for row in rows}


def test_items_of_a_numbered_list_are_found_without_their_numbers() -> None:
    items = ["who have returned to the harbour since;", "who are subject to extradition; or"]
    one = article("memo", [("title", "A memorandum"), *(("bullet", item) for item in items)])
    copy = f"A memorandum\n\n(1) {items[0]}\n\n(2) {items[1]}\n"
    assert list(locate(segment(one), one.sha256, Page.read(copy)).found.values())[1:] == items


def edits(text: str, how: str) -> str:
    words = text.split(" ")
    if how == "lengthened at the end":
        return re.sub(r"([.!?]?[”\"]?)$", r" last week\1", text, count=1)
    if how == "lengthened at the start":
        return "Yesterday " + text
    if how == "a word changed":
        return " ".join([*words[:-1], "zebra."])
    if how == "a word inserted":
        return " ".join([words[0], "indeed", *words[1:]])
    return ""


@pytest.mark.parametrize(
    "how",
    [
        "lengthened at the end", "lengthened at the start", "a word changed", "a word inserted",
        "cut out",
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(4))
def test_the_misses_are_exactly_the_edited_sentences(how: str, seed: int) -> None:
    rng = random.Random(seed)
    one = made_up("permit-story", seed)
    rows = segment(one)
    edited = {row.id for row in rows if row.letters > 12 and rng.random() < 0.2}
    text, end = "", 0
    for row in rows:
        text += (one.text or "")[end : row.start]
        text += edits(row.text or "", how) if row.id in edited else row.text or ""
        end = row.end
    located = locate(rows, one.sha256, Page.read(text))
    assert {miss.sentence for miss in located.misses} == edited
    assert {miss.reason for miss in located.misses} <= {"not-in-copy"}
    assert all(
        letters(located.found[r.id]) == letters(r.text or "") for r in rows if r.id not in edited
    )


def test_a_short_sentence_is_found_only_in_its_place() -> None:
    one = article(
        "notes",
        [
            ("title", "Notes on the port"),
            ("paragraph", "He was asked about the port. No. He left."),
        ],
    )
    rows = segment(one)
    moved = "Notes on the port\n\nNo. 5 was first. He was asked about the port. He left."
    located = locate(rows, one.sha256, Page.read(moved))
    assert [m.sentence for m in located.misses] == [r.id for r in rows if r.text == "No."]


def test_repeated_sentences_keep_their_order() -> None:
    said = ["The consul opened the door of the office.", "He denied that anybody had been there."]
    story = [
        f"{said[n % 2]} In {1990 + n} the harbour was closed for {n + 2} days." for n in range(6)
    ]
    one = article("refrain", [("title", "The refrain"), *(("paragraph", p) for p in story)])
    rows = segment(one)
    second = [row for row in rows if row.text == said[0]][1]
    text = one.text or ""
    copy = text[: second.start] + "Nobody opened it." + text[second.end :]
    located = locate(rows, one.sha256, Page.read(copy))
    assert [miss.sentence for miss in located.misses] == [second.id]


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=150, deadline=None)
def test_any_text_is_searched_without_a_wrong_find(copy: str, inside: str) -> None:
    one = made_up("any", 1, sentences=4)
    rows = segment(one)
    located = locate(rows, one.sha256, Page.read(copy + (one.text or "") + inside))
    assert all(
        letters(located.found[r.id]) == letters(r.text or "") for r in rows if r.id in located.found
    )
    assert len(located.found) + len(located.misses) == len(rows)


def test_copies_are_matched_without_names() -> None:
    rng = random.Random(5)
    articles = [made_up(f"story-{n}", n) for n in range(60)]
    copies = [OwnCopy(f"{n}.html", read_text(as_page(a, rng))) for n, a in enumerate(articles)]
    copies += [OwnCopy(f"x{n}", read_text(as_page(made_up("x", 900 + n), rng))) for n in range(20)]
    rng.shuffle(copies)
    result = hydrate([wanted(a) for a in articles], copies)
    assert result.misses == ()
    assert result.copies == {f"story-{n}": f"{n}.html" for n in range(60)}


def test_an_article_without_a_copy_is_named_so() -> None:
    result = hydrate([wanted(made_up("lost", 1))], [OwnCopy("a.txt", made_up("b", 2).text or "")])
    assert result.found == {}
    assert {miss.reason for miss in result.misses} == {"no-copy"}


def test_a_misleading_name_does_not_hide_the_right_copy() -> None:
    one, other = made_up("one", 1), made_up("other", 2)
    copies = [OwnCopy("one.txt", other.text or ""), OwnCopy("17.txt", one.text or "")]
    assert hydrate([wanted(one)], copies).copies == {"one": "17.txt"}


@pytest.fixture
def withheld(tiny: Project) -> tuple[Project, list[Article]]:
    """The tiny project with two articles more, whose texts are not in it."""
    articles = [made_up("withheld-one", 11), made_up("withheld-two", 12)]
    for one in articles:
        dump_article(tiny, one)
    segment_project(tiny)
    for one in articles:
        values = one.to_dict() | {"text": None, "blocks": [], "obtained": "the archive"}
        dump_article(tiny, Article.from_dict(values))
    return tiny, articles


def rows_of(articles: list[Article]) -> dict[str, str | None]:
    return {row.id: row.text for one in articles for row in segment(one)}


def test_a_project_keeps_what_earlier_copies_gave(withheld: tuple[Project, list[Article]]) -> None:
    project, (one, two) = withheld
    first = hydrate_project(project, [OwnCopy("a.txt", one.text or "")])
    assert {miss.sentence for miss in first.misses} == rows_of([two]).keys()
    second = hydrate_project(project, [OwnCopy("b.txt", two.text or "")])
    assert second.misses == ()
    assert load_hydrated(project) == rows_of([one, two])
    ledger = Ledger(project)
    sentences = {r.id: r for a in (one, two) for r in segment(a)}
    check_hydrated(ledger, {a.id: a for a in load_articles(project)}, sentences)
    assert ledger.findings == []


def test_formats_are_read(tmp_path: Path) -> None:
    rng = random.Random(1)
    articles = [made_up(f"format-{n}", n) for n in range(6)]
    texts = [one.text or "" for one in articles]
    folder = tmp_path / "texts"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.html").write_text(as_page(articles[0], rng))
    (folder / "deep" / "b.txt").write_bytes(texts[1].encode("cp1252"))
    (folder / "c.txt").write_bytes(texts[2].encode("utf-16"))
    (folder / "d.md").write_text(
        texts[3].replace("it said", "[it](https://example.org/a_(b)) said")
    )
    rows = [
        {"headline": "x", "body": texts[4]},
        {"id": "format-5", "text": as_page(articles[5], rng)},
    ]
    (folder / "e.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "binary.png").write_bytes(b"\x89PNG\0\0\0")
    (folder / ".hidden").write_text(texts[0])
    copies = list(load_copies(folder, lambda url: b""))
    assert [copy.name for copy in copies] == [
        "a.html", "c.txt", "d.md", "deep/b.txt", "e.jsonl:1", "e.jsonl:2",
    ]  # fmt: skip
    result = hydrate([wanted(one) for one in articles], copies)
    missed = {miss.sentence.partition(":")[0] for miss in result.misses}
    assert missed <= {"format-3"}


def test_one_folder_on_the_command_line(
    withheld: tuple[Project, list[Article]], tmp_path: Path
) -> None:
    project, (one, two) = withheld
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "first.html").write_text(as_page(one, random.Random(2)))
    command = [sys.executable, "-m", "claimtypes", "hydrate", "--project", str(project.root)]
    done = subprocess.run(
        [*command, "--texts", str(tmp_path / "texts"), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["copies"] == {one.id: "first.html"}
    assert {miss["sentence"] for miss in told["misses"]} == rows_of([two]).keys()
    refused = subprocess.run(
        [*command, "--texts", str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, "does not exist" in " ".join(refused.stderr.split())) == (2, True)


def test_a_list_of_addresses_on_the_command_line(
    withheld: tuple[Project, list[Article]], tmp_path: Path
) -> None:
    project, articles = withheld
    for number, one in enumerate(articles):
        (tmp_path / f"{number}.html").write_text(as_page(one, random.Random(number)))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        (tmp_path / "urls.txt").write_text(f"# mine\n{address}/0.html\n{address}/1.html\n")
        command = [sys.executable, "-m", "claimtypes", "hydrate", "--project", str(project.root)]
        command += ["--texts", str(tmp_path / "urls.txt")]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        done = subprocess.run(
            [*command, "--allow-private"], capture_output=True, text=True, check=False
        )
        server.shutdown()
    assert refused.returncode == 2
    assert done.returncode == 0, done.stdout + done.stderr
    assert load_hydrated(project).keys() == rows_of(articles).keys()


def reported(shared: Path) -> list[Article]:
    articles = []
    for path in sorted((shared / "reporting").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            paragraphs = [p.strip() for p in row["text"].split("\n") if p.strip()]
            title = " ".join(row["title"].split())
            parts = [("title", title), *(("paragraph", p) for p in paragraphs)]
            articles.append(article(row["id"].replace("_", "-"), parts, url=row["url"]))
    return articles


def test_all_real_reporting_is_found_in_its_own_files(shared: Path) -> None:
    articles = reported(shared)
    copies = [
        copy
        for path in sorted((shared / "reporting").glob("*.jsonl"))
        for copy in load_copies(path, lambda url: b"")
    ]
    result = hydrate([wanted(one) for one in articles], copies)
    assert result.misses == ()
    texts: dict[str, Sentence] = {row.id: row for one in articles for row in segment(one)}
    assert all(letters(texts[key].text or "") == letters(t) for key, t in result.found.items())


@pytest.mark.slow
def test_all_real_reporting_is_found_in_unnamed_pages(shared: Path) -> None:
    rng = random.Random(9)
    articles = reported(shared)
    copies = [OwnCopy(f"{n}", read_text(as_page(a, rng))) for n, a in enumerate(articles)]
    rng.shuffle(copies)
    result = hydrate([wanted(one) for one in articles], copies)
    texts: dict[str, Sentence] = {row.id: row for one in articles for row in segment(one)}
    assert all(letters(texts[key].text or "") == letters(t) for key, t in result.found.items())
    # Lines of asterisks have no letters to be found by; where an advert stands beside them
    # nothing says which line is theirs.
    assert {miss.reason for miss in result.misses} <= {"no-letters"}
