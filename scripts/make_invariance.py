"""Write the invariance suite of corpus/contrast.jsonl: one sentence, other names, same labels.

From held-out written articles: countries, titled names, weekdays, months and numbers are swapped,
each sentence in two ways, so that neither is a sentence of the corpus. The contrast suite in the
same file was written by hand and is kept as it is.
"""

from __future__ import annotations

import random
import re
from itertools import groupby

from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.corpus.split_rows import parse_splits
from claimtypes.project import Project
from claimtypes.records import ContrastItem, Gold
from claimtypes.store import dump_jsonl, load_jsonl

SUITE = "invariance"
PER_ARTICLE = 4
SWAPS = {
    "country": (("Osterlund", "Marvane", "Tolmeria"), ("Quenda", "Sifaria", "Beluz")),
    "name": (("Halvorsen", "Okonjo", "Pirelli"), ("Nakagawa", "Abrantes", "Szabo")),
    "weekday": (("Monday", "Thursday"), ("Tuesday", "Saturday")),
    "month": (("March", "October"), ("January", "August")),
}
TITLED = re.compile(
    r"\b(Mr|Ms|Mrs|Dr|Col|Gen|Capt|Sgt|Judge|Justice|Minister|President|Senator|Ambassador|Consul)"
    r"(\.?) ((?:[A-Z][\w’'-]+)(?: [A-Z][\w’'-]+){0,2})"
)
WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
MONTH = re.compile(
    r"\b(?:January|February|April|June|July|August|September|October|November|December)\b"
)
NUMBER = re.compile(r"(?<![\d.,-])[1-9]\d{1,3}(?![\d,.-]|th|st|nd|rd)")


def swap(text: str, countries: tuple[str, ...], way: int, chance: random.Random) -> str:
    """Return the sentence with what it names swapped the first or the second way."""
    for number, country in enumerate(countries):
        names = SWAPS["country"][way]
        text = re.sub(rf"\b{re.escape(country)}(?![a-z])", names[number % len(names)], text)
    text = TITLED.sub(lambda m: f"{m[1]}{m[2]} {chance.choice(SWAPS['name'][way])}", text)
    text = WEEKDAY.sub(lambda _: SWAPS["weekday"][way][0], text)
    text = MONTH.sub(lambda _: SWAPS["month"][way][0], text)
    return NUMBER.sub(lambda m: str(int(m[0]) + 3 + 4 * way), text)


def main() -> None:
    """Write the suite again; nothing changes when its sources have not."""
    project = Project.find()
    path = project.root / "corpus" / "contrast.jsonl"
    kept = [item for item in load_jsonl(path, ContrastItem) if item.suite != SUITE]
    gold = {g.sentence: g for g in load_jsonl(project.gold, Gold)}
    held = {
        row.article
        for row in parse_splits(project.splits.read_text())
        if row.split.startswith("test")
    }
    articles = {a.id: a for a in load_articles(project) if a.id in held and a.text is not None}
    sentences = [s for s in load_sentences(project) if s.article in articles and s.annotated]
    made: list[ContrastItem] = []
    for article, group in groupby(sentences, key=lambda s: s.article):
        chance = random.Random(article)
        countries = articles[article].countries

        chosen = [s for s in group if gold[s.id].labels is not None]
        chance.shuffle(chosen)
        found = 0
        for sentence in chosen:
            text = sentence.text or ""
            named = any(c in text for c in countries) or bool(TITLED.search(text))
            ways = [swap(text, countries, way, chance) for way in (0, 1)]
            # An adjective made of a country's name may be left as it is: then nothing changed.
            if found == PER_ARTICLE or not named or len({text, *ways}) < 3:
                continue
            found += 1
            pair = f"{SUITE}-{article}-{sentence.index}"
            made += [
                ContrastItem(
                    id=f"{pair}-{number}",
                    pair=pair,
                    suite=SUITE,
                    edit="names-and-numbers",
                    text=swapped,
                    labels=gold[sentence.id].labels or (),
                )
                for number, swapped in enumerate(ways, 1)
            ]
    count = dump_jsonl(path, [*kept, *made], key=lambda item: item.id)
    print(f"{count} items, {len(made) // 2} pairs of the invariance suite")


if __name__ == "__main__":
    main()
