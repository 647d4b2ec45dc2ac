"""Measure finding withheld sentences in perturbed copies, and check what was found.

    python scripts/benchmark_hydration.py [--articles 1000] [--seed 0]

Makes invented articles (20 sentences each), turns every one into a nameless web page with straight
quotes, other line breaks, markup inside of sentences and advertisements between paragraphs, and
edits one sentence in twenty. Nothing may be found that is not the sentence, and the misses must be
exactly the sentences that were edited.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import time

from claimtypes.corpus.articles import join_blocks
from claimtypes.corpus.fingerprint import letters
from claimtypes.corpus.hydrate import Wanted, hydrate
from claimtypes.corpus.own_copies import OwnCopy, read_text
from claimtypes.corpus.segment import segment
from claimtypes.records import Article
from claimtypes.store import sha256_bytes

SENTENCES = 20
WORDS = [
    "".join(random.Random(n).choices("abcdefghiklmnoprstuvw", k=3 + n % 7)) for n in range(5000)
]


def write_article(number: int, chance: random.Random) -> Article:
    """Invent an article; one sentence in four quotes somebody."""
    parts = [("title", f"Report {number} on {' '.join(chance.choices(WORDS, k=4))}")]
    for _ in range(SENTENCES // 2):
        said = " ".join(chance.choices(WORDS, k=chance.randint(6, 18)))
        told = " ".join(chance.choices(WORDS, k=chance.randint(8, 22))).capitalize()
        quoted = f"“{said.capitalize()},” she said." if chance.random() < 0.5 else f"It {said}."
        parts.append(("paragraph", f"{told}. {quoted}"))
    text, blocks = join_blocks(parts)
    return Article(
        id=f"report-{number}", title=parts[0][1], publisher="None", url="", published="",
        retrieved="", language="en", licence="CC0-1.0", origin="written-for-this-corpus",
        sha256=sha256_bytes(text.encode()), text=text, blocks=blocks,
    )  # fmt: skip


def perturb(article: Article, edited: set[str], chance: random.Random) -> str:
    """Return a page of an article, with a word changed in the sentences to be edited."""
    text, end, body = article.text or "", 0, ""
    for row in segment(article):
        body += text[end : row.start]
        words = text[row.start : row.end].split(" ")
        if row.id in edited:
            words[len(words) // 2] = "zebras"
        body += " ".join(words)
        end = row.end
    page = ["<html><head><title>Site</title></head><body><nav>Home</nav>"]
    for block in body.split("\n\n"):
        words = html.escape(block.replace("“", '"').replace("”", '"')).split(" ")
        words[chance.randrange(len(words))] += "<sup></sup>"
        page.append("<p>" + chance.choice(["\n", " ", "&nbsp;"]).join(words) + "</p>")
        if chance.random() < 0.4:
            page.append("<div>Advertisement: boats from $5. Buy now!</div>")
    return "\n".join([*page, "</body></html>"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    articles = [write_article(number, chance) for number in range(given.articles)]
    rows = {row.id: row for article in articles for row in segment(article)}
    edited = {name for name, row in rows.items() if row.letters > 30 and chance.random() < 0.05}
    pages = [perturb(article, edited, chance) for article in articles]
    chance.shuffle(pages)
    wanted = [Wanted(a.id, a.sha256, segment(a)) for a in articles]

    wall, cpu = time.perf_counter(), time.process_time()
    copies = [OwnCopy(str(number), read_text(page)) for number, page in enumerate(pages)]
    found = hydrate(wanted, copies)
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    wrong = [n for n, text in found.found.items() if letters(text) != letters(rows[n].text or "")]
    missed = {miss.sentence for miss in found.misses}
    print(
        json.dumps(
            {
                "articles": len(articles),
                "sentences": len(rows),
                "edited": len(edited),
                "wrong": len(wrong),
                "missed": len(missed),
                "missed but not edited": len(missed - edited),
                "edited but not missed": len(edited - missed),
                "wall_seconds": round(seconds[0], 2),
                "cpu_seconds": round(seconds[1], 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
