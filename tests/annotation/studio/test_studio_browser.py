"""Real keys in a real browser, and what an annotator sees."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from laboratory import Laboratory, reap

from claimtypes.annotation.exchange import pull, push
from claimtypes.corpus.articles import dump_article, join_blocks
from claimtypes.corpus.segment import load_sentences, segment_project
from claimtypes.project import Project
from claimtypes.records import Article, Judgement
from claimtypes.store import load_jsonl, sha256_bytes

pytestmark = pytest.mark.studio
CHROMIUM = shutil.which("chromium")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Set to docs/annotators to make the screenshots of docs/annotators.md anew.
DOCS = Path(os.environ.get("CLAIMTYPES_SCREENSHOTS", "/nowhere"))


def add_long_article(project: Project) -> list[str]:
    """Add an article of 80 sentences under two headings; return their ids."""
    lines: list[tuple[str, str]] = [("title", "Eighty sentences from the harbour")]
    for paragraph in range(16):
        if paragraph in {5, 11}:
            lines.append(("heading", f"Part {paragraph}"))
        numbers = range(paragraph * 5 + 1, paragraph * 5 + 6)
        lines.append(
            ("paragraph", " ".join(f"Ship number {n} left the harbour that day." for n in numbers))
        )
    text, blocks = join_blocks(lines)
    article = Article(
        id="eighty", title=lines[0][1], publisher="Port Courier", url="", published="2022-02-02",
        retrieved="", language="en", licence="CC-BY-4.0", origin="written-for-this-corpus",
        sha256=sha256_bytes(text.encode()), text=text, blocks=blocks,
    )  # fmt: skip
    dump_article(project, article)
    segment_project(project)
    return [s.id for s in load_sentences(project) if s.annotated and s.article == "eighty"]


@pytest.fixture
def page(laboratory: Laboratory) -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("needs Debian's chromium")
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    account = next(a for a in laboratory.studio.accounts if a.annotator == "reader-a")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        outside: list[str] = []
        url = laboratory.studio.url
        page.on(
            "request",
            lambda r: r.url.startswith((url, "data:", "blob:")) or outside.append(r.url),
        )
        page.goto(f"{url}/user/login/")
        page.fill("input[name=email]", account.email)
        page.fill("input[name=password]", account.password)
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
        yield page
        assert outside == []
        browser.close()


def open_round(laboratory: Laboratory, page: Any, name: str, regions: int = 0) -> None:
    number = laboratory.project_number(name, "reader-a")
    page.goto(f"{laboratory.studio.url}/projects/{number}/data?labeling=1")
    page.wait_for_selector("text=Labeling Instructions", timeout=120_000)
    page.wait_for_selector(".lsf-choices", timeout=120_000, state="attached")
    if DOCS.is_dir() and name.endswith("document"):
        page.screenshot(path=str(DOCS / "guidelines.png"))
    page.keyboard.press("Escape")
    page.wait_for_selector("text=Labeling Instructions", state="hidden", timeout=60_000)
    drawn = "n => document.querySelectorAll('[class*=htx-highlight]').length >= n"
    page.wait_for_function(drawn, arg=regions, timeout=60_000)
    if regions:
        # What is drawn may still be drawn again: keys pressed before that would go nowhere.
        page.wait_for_load_state("networkidle")
        insist(page, "Space", page.locator("text=s0001").is_visible)
        insist(page, "Escape", page.locator("text=s0001").is_hidden)


def count_annotations(laboratory: Laboratory, name: str) -> int:
    return sum(len(task["annotations"]) for task in laboratory.tasks(name, "reader-a").values())


def wait_for(true: Callable[[], bool], seconds: float = 90.0) -> bool:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(0.2)
    return True


def wait_for_annotation(laboratory: Laboratory, name: str, count: int = 1) -> None:
    assert wait_for(lambda: count_annotations(laboratory, name) >= count)


def insist(page: Any, key: str, until: Callable[[], bool]) -> None:
    """Press a key as somebody would who sees that nothing came of it."""
    for _ in range(6):
        page.keyboard.press(key)
        if wait_for(until, 10.0):
            return
    raise AssertionError(f"{key} did nothing")


def test_eighty_sentences_by_keys_without_a_gap_or_a_wrong_label(
    laboratory: Laboratory, page: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project = laboratory.project
    sentences = add_long_article(project)
    push(project, "pilot-document", annotators=["reader-a"], articles=frozenset({"eighty"}))
    open_round(laboratory, page, "pilot-document", regions=80)
    keys = "1234"
    labels = {"1": ("coercion_tactic",), "2": ("official_denial",), "3": ("government_response",)}
    wanted = {s: labels.get(keys[i % 4], ()) for i, s in enumerate(sentences)}
    pressed = 0
    started = time.monotonic()
    for place in range(80):
        page.keyboard.press("Space")
        pressed += 1
        if place != 40:
            page.keyboard.press(keys[place % 4])
            pressed += 1
        if place == 12:
            page.screenshot(path=str(DOCS / "document.png")) if DOCS.is_dir() else None
    # The gap at the 41st sentence is refused, and shown.
    page.keyboard.press("Enter")
    pressed += 1
    page.wait_for_selector("text=Every sentence needs a decision", timeout=30_000)
    page.wait_for_timeout(700)
    if DOCS.is_dir():
        page.screenshot(path=str(DOCS / "gap.png"))
    assert laboratory.tasks("pilot-document", "reader-a")["eighty"]["annotations"] == []
    page.keyboard.press("Escape")
    page.wait_for_selector("text=Every sentence needs a decision", state="hidden", timeout=30_000)
    page.keyboard.press(keys[40 % 4])
    page.keyboard.press("Enter")
    pressed += 3
    wait_for_annotation(laboratory, "pilot-document")
    seconds = time.monotonic() - started
    measured = f"{pressed / 80:.2f} keys and {seconds / 80:.2f} s a sentence"
    with capsys.disabled():
        sys.stdout.write(f"\n80 sentences in the browser: {measured}\n")
    pulled = pull(project, "pilot-document")
    assert pulled.findings == ()
    rows = load_jsonl(project.rounds / "pilot-document.jsonl", Judgement)
    assert {j.sentence: j.labels for j in rows} == wanted
    assert pressed / 80 <= 2.2


def test_both_designs_store_the_same_decisions(laboratory: Laboratory, page: Any) -> None:
    project = laboratory.project
    only = frozenset({"cup-final"})
    push(project, "pilot-sentence", annotators=["reader-a"], design="sentence", articles=only)
    open_round(laboratory, page, "pilot-sentence")
    for place, key in enumerate("124"):
        page.wait_for_selector(f"text=sentence {place + 1} of 3", timeout=60_000)
        insist(page, key, lambda: page.locator("input:checked").count() == 1)
        if DOCS.is_dir() and place == 1:
            page.screenshot(path=str(DOCS / "sentence.png"))
        page.keyboard.press("Enter")
        wait_for_annotation(laboratory, "pilot-sentence", place + 1)
    push(project, "pilot-whole", annotators=["reader-a"], articles=only)
    open_round(laboratory, page, "pilot-whole", regions=3)
    for place, key in enumerate("124"):
        page.keyboard.press("Space")
        page.wait_for_selector(f"text=s000{place + 1}", timeout=30_000)
        page.keyboard.press(key)
        page.wait_for_function("document.querySelectorAll('input:checked').length == 1")
    # The server dies with the article decided and not handed in; the page still has it.
    pid = laboratory.studio.pid
    os.killpg(pid, signal.SIGKILL)
    reap(pid)
    # A draft fails to be saved, without a word; that must not keep the article from going in.
    with page.expect_event("requestfailed", lambda request: "/drafts" in request.url):
        page.keyboard.press("4")
        page.keyboard.press("4")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Failed to fetch", timeout=60_000)
    assert "up:" in laboratory.run("studio", "up")
    page.keyboard.press("Escape")
    page.wait_for_selector("text=Failed to fetch", state="hidden", timeout=30_000)
    page.keyboard.press("Enter")
    wait_for_annotation(laboratory, "pilot-whole")
    decided = []
    for name in ("pilot-sentence", "pilot-whole"):
        assert pull(project, name).findings == ()
        rows = load_jsonl(project.rounds / f"{name}.jsonl", Judgement)
        decided.append(
            [(j.sentence, j.annotator, j.labels, j.text_fingerprint, j.origin) for j in rows]
        )
    assert decided[0] == decided[1]
    assert [row[2] for row in decided[0]] == [("coercion_tactic",), ("official_denial",), ()]
