"""What something adds: the same sentences scored with it and without it, tested in pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claimtypes.errors import BadInput
from claimtypes.models import metrics
from claimtypes.models.bootstrap import REPLICATES, SEED, compare_pair, count_by_document
from claimtypes.models.examples import Examples
from claimtypes.models.figures import PLACES
from claimtypes.models.model import Model
from claimtypes.models.retraining import WRITTEN
from claimtypes.models.scores import score_sheet
from claimtypes.records import Record


@dataclass(frozen=True, slots=True)
class Addition(Record):
    """Macro F1 with and without something, and a paired test of the difference."""

    what: str
    on: str
    n_sentences: int
    n_documents: int
    macro_f1: float
    macro_f1_without: float
    difference: float
    low: float
    high: float
    p: float


def measure_addition(
    what: str,
    on: str,
    model: Model,
    without: Model,
    examples: Examples,
    *,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Addition:
    """Score two models on the same examples; ``p`` is the larger of the two of `compare_pair`."""
    sheets = [score_sheet(held, examples) for held in (model, without)]
    counts = [count_by_document(s.gold, s.predicted, s.documents) for s in sheets]
    ones = np.ones((1, counts[0].documents))
    values = [float(metrics.macro_f1(held.weighted(ones))[0]) for held in counts]
    test = compare_pair(counts[0], counts[1], metrics.macro_f1, replicates=draws, seed=seed)
    return Addition(
        what=what,
        on=on,
        n_sentences=len(examples),
        n_documents=counts[0].documents,
        macro_f1=round(values[0], PLACES),
        macro_f1_without=round(values[1], PLACES),
        difference=round(test.difference, PLACES) + 0.0,
        low=round(test.low, PLACES) + 0.0,
        high=round(test.high, PLACES) + 0.0,
        p=round(max(test.p_bootstrap, test.p_randomisation), PLACES),
    )


def part_by_origin(examples: Examples, *, written: bool) -> Examples:
    """Return the sentences of texts written for the corpus, or those of all others.

    Raises:
        BadInput: when there are none.
    """
    origins = examples.metadata.get("origin", ("",) * len(examples))
    rows = [row for row, origin in enumerate(origins) if (origin == WRITTEN) == written]
    if not rows:
        raise BadInput(f"no sentence here is {'' if written else 'not '}written for the corpus")
    return examples.take(rows)
