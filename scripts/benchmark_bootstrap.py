"""Time the paired bootstrap and measure how often intervals cover the truth.

Usage: python scripts/benchmark_bootstrap.py [SIMULATIONS]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from claimtypes.annotation.resampling import document_weights
from claimtypes.models import metrics
from claimtypes.models.bootstrap import compare_pair, count_by_document

LABELS, SENTENCES = 5, 30


def draw(documents: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Draw documents whose label rates and difficulty differ, as those of real documents do."""
    rates = rng.beta(2, 6, size=(documents, 1, LABELS))
    skill = rng.beta(8, 2, size=(documents, 1, 1))
    gold = rng.random((documents, SENTENCES, LABELS)) < rates
    right = rng.random(gold.shape) < skill
    predicted = np.where(right, gold, rng.random(gold.shape) < 0.3)
    names = [f"d{i:05}" for i in range(documents) for _ in range(SENTENCES)]
    return gold.reshape(-1, LABELS), predicted.reshape(-1, LABELS), names


def time_pair() -> None:
    """Time 10,000 replicates of two systems on five labels and 250 documents."""
    rng = np.random.default_rng(1)
    gold, one, names = draw(250, rng)
    other = np.where(rng.random(gold.shape) < 0.9, one, ~one)
    start, processor = time.perf_counter(), time.process_time()
    counts = [count_by_document(gold, system, names) for system in (one, other)]
    found = compare_pair(*counts, metrics.macro_f1)
    wall, processor = time.perf_counter() - start, time.process_time() - processor
    print(f"10,000 replicates, two systems, five labels: {wall:.2f} s ({processor:.2f} s CPU)")
    print(found)


def cover(documents: int, simulations: int) -> float:
    """Return how often the 95 % interval of macro-F1 holds the value of the whole population."""
    rng = np.random.default_rng(documents)
    truth = float(metrics.macro_f1(metrics.count(*draw(20_000, rng)[:2])))
    held = 0
    for number in range(simulations):
        counts = count_by_document(*draw(documents, rng))
        drawn = [
            metrics.macro_f1(counts.weighted(w)) for w in document_weights(documents, 1000, number)
        ]
        low, high = np.quantile(np.concatenate(drawn), [0.025, 0.975])
        held += low <= truth <= high
    return held / simulations


if __name__ == "__main__":
    time_pair()
    for size in (30, 60, 120):
        share = cover(size, int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
        print(f"{size} documents: interval covers the truth in {share:.1%} of the simulations")
