"""Withheld sentences found again in the user's own copies, whatever these are called."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.corpus.locate import FEW_LETTERS, Located, Miss, locate
from claimtypes.corpus.own_copies import OwnCopy
from claimtypes.corpus.pages import Page
from claimtypes.corpus.segment import load_hydrated
from claimtypes.errors import BadInput
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Hydrated, Sentence
from claimtypes.store import dump_jsonl, load_jsonl

# A sentence holds few edges inside (initials, quotations), so a span of this many is enough.
_SPAN_EDGES = 8
_PROBES = 30
_PROBE_LETTERS = 30
_AGREEING = 2
_COPIES_TRIED = 4
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An article whose sentences are looked for; only ``sha256`` and the rows are needed."""

    id: str
    sha256: str
    sentences: tuple[Sentence, ...]
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Hydration:
    """What `hydrate` found: texts by address, misses with reasons, and each article's copy."""

    found: dict[str, str]
    misses: tuple[Miss, ...]
    copies: dict[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> int:
        """How many sentences were looked for."""
        return len(self.found) + len(self.misses)


def _web_address(url: str) -> str:
    return re.sub(r"^https?://(www\.)?|[?#].*$|/+$", "", url.strip().lower())


def _hints(copy: OwnCopy) -> set[str]:
    """Return what a copy's name and fields say of which article it is."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", copy.name.rsplit("/", 1)[-1])
    names = {"id " + letters(name) for name in (stem, copy.id) if letters(name)}
    if copy.url:
        names.add("url " + _web_address(copy.url))
    if copy.title and len(letters(copy.title)) >= FEW_LETTERS:
        names.add("title " + letters(copy.title))
    return names


def _hinted(wanted: Sequence[Wanted], copies: Sequence[OwnCopy]) -> dict[int, list[int]]:
    """Return for each article the copies that name it, by id, address or title."""
    holders: dict[str, list[int]] = defaultdict(list)
    for number, copy in enumerate(copies):
        for hint in sorted(_hints(copy)):
            holders[hint].append(number)
    hinted: dict[int, list[int]] = {}
    for number, article in enumerate(wanted):
        own = OwnCopy(name=article.id, text="", url=article.url, title=article.title)
        numbers = sorted({n for hint in _hints(own) for n in holders.get(hint, ())})
        # What many copies share is no hint: a section's title, a site's address.
        hinted[number] = numbers if len(numbers) <= _COPIES_TRIED else []
    return hinted


class _Probes:
    """Every stretch between likely sentence ends of the copies, by its number of letters.

    Fingerprints are keyed by article, so no table of them can be shared. The length can: only
    stretches of exactly a sentence's length are hashed, a handful in a thousand copies.
    """

    def __init__(self, pages: Iterable[Page]) -> None:
        self.stretches: dict[int, list[tuple[Page, int, int]]] = defaultdict(list)
        for number, page in enumerate(pages):
            starts = page.starts
            for here, start in enumerate(starts):
                for end in starts[here + 1 : here + 1 + _SPAN_EDGES]:
                    if end - start >= _PROBE_LETTERS:
                        self.stretches[end - start].append((page, number, start))

    def copies_of(self, article: Wanted) -> list[int]:
        """Return the copies that hold some of the article's long sentences, most first."""
        long = [s for s in article.sentences if s.letters in self.stretches]
        long.sort(key=lambda s: (len(self.stretches[s.letters]), s.index))
        agreeing: Counter[int] = Counter()
        for sentence in long[:_PROBES]:
            agreeing.update(
                {
                    number
                    for page, number, start in self.stretches[sentence.letters]
                    if number not in agreeing or agreeing[number] < _AGREEING
                    if fingerprint(page.letters[start : start + sentence.letters], article.sha256)
                    == sentence.fingerprint
                }
            )
            if agreeing and agreeing.most_common(1)[0][1] >= _AGREEING:
                break
        enough = min(_AGREEING, len(long))
        ranked = sorted(agreeing.items(), key=lambda item: (-item[1], item[0]))
        return [number for number, count in ranked if count >= enough][:_COPIES_TRIED]


class _Trial:
    """One article tried on one copy after another; the copy that gives most is the article's."""

    def __init__(self, article: Wanted) -> None:
        self.article = article
        self.best = Located({}, tuple(Miss(s.id, "no-copy") for s in article.sentences))
        self.copy = ""

    @property
    def wanting(self) -> bool:
        """Whether no copy yet gave at least half of the sentences."""
        return len(self.best.found) < len(self.best.misses)

    def on(self, copy: OwnCopy, page: Page) -> None:
        """Look for the sentences in one copy; never mix them from two texts."""
        located = locate(self.article.sentences, self.article.sha256, page)
        if len(located.found) > len(self.best.found):
            self.best, self.copy = located, copy.name


def hydrate(wanted: Sequence[Wanted], copies: Sequence[OwnCopy]) -> Hydration:
    """Find the sentences of many articles in many copies.

    A copy that names an article (by id, address or title) is tried on it first. Articles that
    still lack most of their sentences are matched to the other copies by several of them.
    """
    hinted = _hinted(wanted, copies)
    trials = [_Trial(article) for article in wanted]
    for number, trial in track(list(enumerate(trials)), "finding sentences"):
        for copy in hinted[number]:
            if trial.best.misses:
                trial.on(copies[copy], Page.read(copies[copy].text))
    wanting = [trial for trial in trials if trial.wanting]
    if wanting:
        pages = [Page.read(copy.text) for copy in track(copies, "reading copies")]
        probes = _Probes(pages)
        for trial in track(wanting, "matching copies"):
            for number in probes.copies_of(trial.article):
                trial.on(copies[number], pages[number])
    return _gather(trials)


def _gather(trials: Iterable[_Trial]) -> Hydration:
    found: dict[str, str] = {}
    misses: list[Miss] = []
    names: dict[str, str] = {}
    for trial in trials:
        found |= trial.best.found
        misses.extend(trial.best.misses)
        if trial.copy:
            names[trial.article.id] = trial.copy
    return Hydration(found, tuple(misses), names)


def withheld(project: Project) -> list[Wanted]:
    """Return the project's articles whose text is not shipped, with their sentences.

    Raises:
        BadInput: when the project has no sentences yet.
    """
    if not project.sentences.exists():
        raise BadInput(f"{project.sentences} does not exist", hint="claimtypes segment")
    rows: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in load_jsonl(project.sentences, Sentence):
        rows[sentence.article].append(sentence)
    return [
        Wanted(a.id, a.sha256, tuple(rows[a.id]), title=a.title, url=a.url)
        for a in load_articles(project)
        if a.text is None
    ]


def hydrate_project(project: Project, copies: Sequence[OwnCopy]) -> Hydration:
    """Find the project's withheld sentences and add them to ``corpus/hydrated.jsonl``.

    What an earlier run found is kept, so copies can be brought one folder after another; a
    sentence counts as missed only while no run has found it.
    """
    wanted = withheld(project)
    known = {s.id: a.id for a in wanted for s in a.sentences}
    hydration = hydrate(wanted, copies)
    old = load_hydrated(project)
    kept = {address: text for address, text in old.items() if address in known}
    texts = kept | hydration.found
    order = {address: number for number, address in enumerate(known)}
    dump_jsonl(
        project.hydrated,
        (Hydrated(address, texts[address]) for address in sorted(texts, key=order.__getitem__)),
    )
    misses = tuple(miss for miss in hydration.misses if miss.sentence not in texts)
    return Hydration(texts, misses, hydration.copies)
