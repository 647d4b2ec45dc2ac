"""Contrast groups must be right, invariance groups the same; names and countries must not count."""

from __future__ import annotations

import re

import numpy as np

from claimtypes.models.benchmark import Benchmark
from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.model import Model
from claimtypes.models.suites import measure_suites
from claimtypes.models.swaps import measure_swaps, swap_names
from claimtypes.records import ContrastItem

NAMES = ("act", "denial")


def item(pair: str, number: int, suite: str, edit: str, text: str, *labels: str) -> ContrastItem:
    return ContrastItem(f"{pair}-{number}", pair, suite, edit, text, labels)


def by_words(examples: Examples) -> np.ndarray:
    return np.array([["took" in text, "denied" in text] for text in examples.texts], dtype=np.uint8)


def test_a_contrast_group_fails_when_any_item_is_wrong() -> None:
    items = [
        item("a", 0, "contrast", "", "The consul denied it.", "denial"),
        item("a", 1, "contrast", "side", "The baker denied it."),
        item("b", 0, "contrast", "", "Officers took it.", "act"),
        item("b", 1, "contrast", "act", "Officers saw it."),
    ]
    whole, act, side = measure_suites(items, NAMES, by_words, draws=50)
    assert (whole.edit, whole.groups, whole.items, whole.failed) == ("", 2, 4, 1)
    assert whole.failure_rate.value == 0.5
    assert whole.item_accuracy.value == 0.75
    assert [f.pair for f in whole.failures] == ["a"]
    assert whole.failures[0].decided == (("denial",), ("denial",))
    assert (act.edit, act.groups, act.failed) == ("act", 1, 0)
    assert (side.edit, side.groups, side.failed) == ("side", 1, 1)


def test_an_invariance_group_fails_when_its_labels_differ_right_or_wrong() -> None:
    items = [
        item("a", 0, "invariance", "", "Wrong but equal.", "act"),
        item("a", 1, "invariance", "name", "Wrong and equal.", "act"),
        item("b", 0, "invariance", "", "Officers took it.", "act"),
        item("b", 1, "invariance", "name", "Officers seized it.", "act"),
    ]
    (whole,) = measure_suites(items, NAMES, by_words, draws=50)
    assert (whole.groups, whole.failed) == (2, 1)
    assert [f.pair for f in whole.failures] == ["b"]


def test_no_items_give_no_suites() -> None:
    assert measure_suites([], NAMES, by_words) == ()


TEXTS = (
    "Officers of Osterland took the passport of Lena Voss, a Chinese student in Beijing.",
    "The Chinese embassy in Osterland said Ms. Voss was free on Monday; China denied it.",
    "An embassy can deny. Interpol’s police and the FBI spoke to Voss’s mother in North Korea.",
)


def test_swapped_names_are_others_and_the_same_within_a_document() -> None:
    examples = examples_of(TEXTS, documents=["d", "d", "e"])
    one, two, three = swap_names(examples, {"d": ("Osterland",), "e": ("Kestria",)}).texts
    assert "Lena Voss" not in one
    assert "Voss" not in two + three
    assert "Osterland" not in one + two
    country = re.search(r"Officers of (\w+) took", one)
    assert country is not None
    assert f"embassy in {country.group(1)} said" in two
    assert "Chin" not in one + two
    assert "North Korea" not in three
    assert "Monday" in two
    assert "FBI" in three
    assert "embassy" in two
    assert one.startswith("Officers of ")


def test_swapping_is_the_same_every_time() -> None:
    examples = examples_of(TEXTS)
    assert swap_names(examples, {}).texts == swap_names(examples, {}).texts


def test_decisions_before_and_after_swapping_are_compared(
    model: Model, benchmark: Benchmark
) -> None:
    examples = benchmark.split("test")
    decided = model.decide(model.predict_proba(examples))
    found = measure_swaps(model, examples, decided, benchmark.countries, draws=50)
    assert found is not None
    assert found.n_sentences + found.n_untouched == len(examples)
    assert found.unchanged.value == 1 - len(found.flips) / found.n_sentences
    turned = measure_swaps(model, examples, 1 - decided, benchmark.countries, draws=50)
    assert turned is not None
    assert len(turned.flips) == turned.n_sentences
