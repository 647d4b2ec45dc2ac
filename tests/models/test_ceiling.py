"""The annotator ceiling: readers scored against the rest, as a plain loop does it."""

from __future__ import annotations

import numpy as np
import pytest

from claimtypes.models.benchmark import Readings
from claimtypes.models.ceiling import measure_ceiling

NAMES = ("first", "second")


def readings(readers: int, seed: int = 1, rows: int = 60) -> tuple[Readings, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    gold = rng.random((rows, 2)) < 0.4
    labels = np.where(rng.random((readers, rows, 2)) < 0.85, gold, ~gold)
    judged = rng.random((readers, rows)) < 0.8
    names = tuple(f"reader-{i}" for i in range(readers))
    held = Readings(names, tuple(map(str, range(rows))), labels & judged[:, :, None], judged)
    return held, gold.astype(np.uint8), [f"document-{i % 10}" for i in range(rows)]


def f1(pairs: list[tuple[bool, bool]]) -> float:
    true = sum(own and rest for own, rest in pairs)
    wrong = sum(own != rest for own, rest in pairs)
    return 2 * true / (2 * true + wrong)


def majority(held: Readings, number: int, row: int) -> np.ndarray | None:
    """What most of the others chose, None where half of them chose some label."""
    others = [r for r in range(len(held.readers)) if r != number and held.judged[r, row]]
    votes = held.labels[others, row].sum(axis=0)
    return 2 * votes > len(others) if others and (2 * votes != len(others)).all() else None


@pytest.mark.parametrize("readers", [2, 3, 4])
def test_each_reader_is_scored_against_the_majority_of_the_rest(readers: int) -> None:
    held, gold, documents = readings(readers)
    found = measure_ceiling(held, NAMES, gold, documents, draws=100)
    assert found is not None
    means = []
    for number, scored in enumerate(found.readers):
        scores = []
        for label in range(2):
            pairs = []
            for row in np.flatnonzero(held.judged[number]):
                others = [r for r in range(readers) if r != number and held.judged[r, row]]
                votes = sum(held.labels[r, row, label] for r in others)
                if others and 2 * votes != len(others):
                    pairs.append((held.labels[number, row, label], 2 * votes > len(others)))
            scores.append(f1(pairs))
            assert scored.labels[NAMES[label]].value == pytest.approx(scores[-1], abs=1e-6)
        assert scored.macro_f1.value == pytest.approx(np.mean(scores), abs=1e-6)
        means.append(np.mean(scores))
        whole = [
            set(np.flatnonzero(held.labels[number, row])) == set(np.flatnonzero(rest))
            for row in np.flatnonzero(held.judged[number])
            if (rest := majority(held, number, row)) is not None
        ]
        assert scored.subset_accuracy.value == pytest.approx(np.mean(whole), abs=1e-6)
    assert found.macro_f1.value == pytest.approx(np.mean(means), abs=1e-6)
    assert found.macro_f1.low is not None


def test_one_reader_alone_is_no_ceiling() -> None:
    held, gold, documents = readings(1)
    assert measure_ceiling(held, NAMES, gold, documents, draws=50) is None


def test_readings_are_aligned_by_sentence_and_absence_is_no_judgement() -> None:
    held, _, _ = readings(2, rows=5)
    aligned = held.of(["3", "unknown", "0"])
    assert aligned.ids == ("3", "unknown", "0")
    np.testing.assert_array_equal(aligned.judged[:, 0], held.judged[:, 3])
    assert not aligned.judged[:, 1].any()
    np.testing.assert_array_equal(aligned.labels[:, 2], held.labels[:, 0])
