"""Sentences told of other people and other countries: a label must not change with them."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.examples import FIELDS, Examples
from claimtypes.models.figures import Score, resampled
from claimtypes.models.metrics import Labels
from claimtypes.models.model import Model
from claimtypes.records import Record

_COUNTRIES = Path(__file__).parent / "countries.csv"
# Hyphens join what goes on with a capital, so that Turkey-based is two words, Jean-Luc one.
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+|-[A-ZÀ-Þ][^\W\d_]*)*")
_END = re.compile(r"[.!?:“”\"‘—]\s*$")
_LONGEST = 4
# Capitalised inside a sentence, never small, and yet no names.
_NO_NAMES = frozenset(
    "January February March April May June July August September October November December "
    "Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec Monday Tuesday Wednesday Thursday Friday "
    "Saturday Sunday Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays "
    "Mrs Gen Brig Col Maj Capt Cmdr Sgt Lieut Gov Sen Rep Rev Prof Atty English".split()
)


@dataclass(frozen=True, slots=True)
class Flip(Record):
    """A sentence whose labels changed when names and countries were swapped."""

    sentence: str
    document: str
    text: str
    swapped: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swaps(Record):
    """What swapping names and countries did to decisions.

    ``unchanged`` is the share of the ``n_sentences`` in which something was swapped (in the
    sentence or its context) that keep their whole label set; ``labels`` that by label.
    """

    n_sentences: int
    n_untouched: int
    unchanged: Score
    labels: dict[str, Score]
    flips: tuple[Flip, ...]


def measure_swaps(
    model: Model,
    examples: Examples,
    decided: Labels,
    countries: Mapping[str, Sequence[str]],
    *,
    texts: Iterable[str] = (),
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Swaps | None:
    """Swap names and countries, decide again, and compare with ``decided``, [n, k].

    ``texts`` are further texts that show which words are written small. Returns None where
    nothing can be swapped.
    """
    swapped = swap_names(examples, countries, texts)
    changed = np.array(
        [
            any(examples.column(f)[row] != swapped.column(f)[row] for f in FIELDS)
            for row in range(len(examples))
        ],
        dtype=bool,
    )
    rows = np.flatnonzero(changed)
    if not len(rows):
        return None
    before = np.asarray(decided)[rows]
    after = np.asarray(model.decide(model.predict_proba(swapped)))[rows]
    same = before == after
    kept = np.concatenate([same.all(axis=1, keepdims=True), same, np.ones((len(rows), 1))], axis=1)
    found = resampled(
        kept.astype(float),
        [examples.documents[row] for row in rows],
        lambda sums: (sums[:, :-1] / sums[:, -1:]).T,
        ["few-sentences"] * (1 + same.shape[1]),
        draws=draws,
        seed=seed,
    )

    def names(chosen: Iterable[int]) -> tuple[str, ...]:
        return tuple(n for n, held in zip(examples.names, chosen, strict=True) if held)

    return Swaps(
        n_sentences=len(rows),
        n_untouched=len(examples) - len(rows),
        unchanged=found[0],
        labels=dict(zip(examples.names, found[1:], strict=True)),
        flips=tuple(
            Flip(
                sentence=examples.ids[row],
                document=examples.documents[row],
                text=examples.texts[row],
                swapped=swapped.texts[row],
                before=names(before[i]),
                after=names(after[i]),
            )
            for i, row in enumerate(rows)
            if not same[i].all()
        ),
    )


def swap_names(
    examples: Examples, countries: Mapping[str, Sequence[str]], texts: Iterable[str] = ()
) -> Examples:
    """Return the examples with every name and country replaced by another.

    Countries keep their kind (name, adjective, capital) and every name its replacement within a
    document. A name is a capitalised word inside a sentence that the same texts never write
    small; words all in capitals are left alone. ``countries`` gives the countries that a
    document's metadata names, which may be invented.
    """
    names = _find_names(examples, texts)
    swapper = _Swapper(
        names=names,
        known=frozenset(names),
        invented=tuple(sorted({c for named in countries.values() for c in named} - set(_table()))),
    )
    # A sentence is also its neighbours' neighbour, and a title that of all sentences.
    pairs = {
        pair
        for field in FIELDS
        for pair in zip(examples.column(field), examples.documents, strict=True)
    }
    swapped = {pair: swapper.swap(*pair) for pair in sorted(pairs)}
    columns: dict[str, Any] = {
        "texts" if field == "text" else field: tuple(
            swapped[pair] for pair in zip(examples.column(field), examples.documents, strict=True)
        )
        for field in FIELDS
    }
    return replace(examples, **columns)


@cache
def _table() -> dict[str, tuple[int, str]]:
    """Return the column and country of every name, adjective and capital."""
    with _COUNTRIES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return {cell: (column, row[0]) for row in reversed(rows) for column, cell in enumerate(row)}


@cache
def _forms() -> tuple[dict[str, list[str]], list[str]]:
    with _COUNTRIES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return {row[0]: row for row in rows}, [row[0] for row in rows]


def _pick(options: Sequence[str], document: str, name: str) -> str:
    """Choose another than ``name``; always the same one for the same document and name."""
    number = int.from_bytes(hashlib.sha256(f"{document}\n{name}".encode()).digest()[:8], "big")
    chosen = options[number % len(options)]
    return options[(number + 1) % len(options)] if chosen == name else chosen


def _find_names(examples: Examples, texts: Iterable[str]) -> tuple[str, ...]:
    small = {word.group() for text in texts for word in _WORD.finditer(text)}
    small = {word for word in small if word[0].islower()}
    capital: set[str] = set()
    for text in {t for field in FIELDS for t in examples.column(field)}:
        for match in _WORD.finditer(text):
            word = match.group().removesuffix("’s").removesuffix("'s")
            if word[:1].islower():
                small.add(word.lower())
            elif not word.isupper() and match.start() and not _END.search(text[: match.start()]):
                capital.add(word)
    countries = {part for name in _table() for part in _WORD.findall(name)}
    named = {word for word in capital - _NO_NAMES - countries if word.lower() not in small}
    return tuple(sorted(word for word in named if len(word) > 2 and word[1].islower()))


@dataclass(frozen=True, slots=True)
class _Swapper:
    names: tuple[str, ...]
    known: frozenset[str]
    invented: tuple[str, ...]

    def swap(self, text: str, document: str) -> str:
        words = list(_WORD.finditer(text))
        parts, at, number = [], 0, 0
        while number < len(words):
            length, other = self._other(text, words[number : number + _LONGEST], document)
            if other:
                parts += [text[at : words[number].start()], other]
                at = words[number + length - 1].end()
            number += length
        return "".join([*parts, text[at:]])

    def _other(self, text: str, words: list[re.Match[str]], document: str) -> tuple[int, str]:
        """Return how many words the name here has, and what to write for it, if anything."""
        forms, every = _forms()
        for length in range(len(words), 0, -1):
            found = text[words[0].start() : words[length - 1].end()]
            name = found.removesuffix("’s").removesuffix("'s")
            ending = found[len(name) :]
            if name in _table():
                column, country = _table()[name]
                return length, forms[_pick(every, document, country)][column] + ending
            if name in self.invented:
                options = self.invented if len(self.invented) > 1 else every
                return length, _pick(options, document, name) + ending
            if length == 1 and name in self.known:
                return 1, _pick(self.names, document, name) + ending
        return 1, ""
