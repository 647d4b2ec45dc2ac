"""Several models on the same sentences: one table, and a paired test of every two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.models import metrics
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.bootstrap import (
    REPLICATES,
    SEED,
    DocumentCounts,
    compare_pair,
    count_by_document,
    holm,
)
from claimtypes.models.ceiling import Ceiling
from claimtypes.models.evaluate import About, Evaluation, evaluate
from claimtypes.models.figures import PLACES, Score
from claimtypes.models.model import Model
from claimtypes.models.scores import score_sheet
from claimtypes.progress import track
from claimtypes.records import Record

FORMAT = "claimtypes-comparison-1"
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Entrant(Record):
    """One model's row: F1 as a whole and by label, ranking, calibration, behaviour.

    ``unchanged`` is the share of label sets that swapped names leave alone, ``pairs_failed`` and
    ``invariance_failed`` the failure rates of the suites; null where the model cannot be asked.
    """

    name: str
    recipe: str
    kind: str
    macro_f1: Score
    micro_f1: Score
    untuned_macro_f1: Score
    example_f1_nonempty: Score
    subset_accuracy: Score
    macro_average_precision: Score
    publishers_macro_f1: Score | None
    unchanged: Score | None
    pairs_failed: Score | None
    invariance_failed: Score | None
    labels: dict[str, Score]


@dataclass(frozen=True, slots=True)
class PairOfModels(Record):
    """The difference in macro F1 of two models, ``first`` minus ``second``.

    ``p_holm`` is the larger of the two p-values, corrected for the number of pairs.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_randomisation: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Comparison(Record):
    """Models from the best macro F1 down, the annotator ceiling, and every pair tested."""

    format: str
    about: About
    n_sentences: int
    n_documents: int
    entrants: tuple[Entrant, ...]
    ceiling: Ceiling | None
    publishers_ceiling: Ceiling | None
    pairs: tuple[PairOfModels, ...]


def compare(
    models: Mapping[str, Model],
    release: Benchmark | Path,
    *,
    split: str = "test",
    other_data: bool = False,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Comparison:
    """Score models, by the name each is to have, on the same sentences.

    Raises:
        BadInput: for fewer than two models.
        Refused: as `evaluate` does.
    """
    benchmark = load_benchmark(release) if isinstance(release, Path) else release
    evaluations = {
        name: evaluate(
            model,
            benchmark,
            split=split,
            other_data=other_data,
            reading=False,
            draws=draws,
            seed=seed,
        )
        for name, model in track(sorted(models.items()), "scoring models")
    }
    return compare_evaluations(evaluations, models, benchmark)


def compare_evaluations(
    evaluations: Mapping[str, Evaluation], models: Mapping[str, Model], benchmark: Benchmark
) -> Comparison:
    """Compare models that were evaluated on the same split of a benchmark already.

    Raises:
        BadInput: for fewer than two models.
    """
    if len(models) < 2:
        raise BadInput("a comparison takes two models or more", hint="claimtypes train RECIPE")
    names = sorted(evaluations, key=lambda n: (-(evaluations[n].scores.macro_f1.value or 0.0), n))
    best = evaluations[names[0]]
    examples, counts = benchmark.split(best.about.split), {}
    for name in names:
        sheet = score_sheet(models[name], examples)
        counts[name] = count_by_document(sheet.gold, sheet.predicted, sheet.documents)
    return Comparison(
        format=FORMAT,
        about=best.about,
        n_sentences=best.scores.n_sentences,
        n_documents=best.scores.n_documents,
        entrants=tuple(_entrant(name, evaluations[name]) for name in names),
        ceiling=best.ceiling,
        publishers_ceiling=best.publishers_ceiling,
        pairs=_test_pairs(names, counts, best.about.draws, best.about.seed),
    )


def _entrant(name: str, evaluation: Evaluation) -> Entrant:
    scores, publishers = evaluation.scores, evaluation.publishers
    failed = {suite.name: suite.failure_rate for suite in evaluation.suites if not suite.edit}
    return Entrant(
        name=name,
        recipe=evaluation.about.recipe,
        kind=evaluation.about.kind,
        macro_f1=scores.macro_f1,
        micro_f1=scores.micro_f1,
        untuned_macro_f1=scores.untuned_macro_f1,
        example_f1_nonempty=scores.example_f1_nonempty,
        subset_accuracy=scores.subset_accuracy,
        macro_average_precision=scores.macro_average_precision,
        publishers_macro_f1=publishers.macro_f1 if publishers else None,
        unchanged=evaluation.swaps.unchanged if evaluation.swaps else None,
        pairs_failed=failed.get("contrast"),
        invariance_failed=failed.get("invariance"),
        labels={label.name: label.f1 for label in scores.labels},
    )


def _test_pairs(
    names: list[str], counts: Mapping[str, DocumentCounts], draws: int, seed: int
) -> tuple[PairOfModels, ...]:
    pairs = list(combinations(names, 2))
    tests = [
        compare_pair(counts[one], counts[other], metrics.macro_f1, replicates=draws, seed=seed)
        for one, other in track(pairs, "testing pairs")
    ]
    adjusted = holm([max(test.p_bootstrap, test.p_randomisation) for test in tests])
    return tuple(
        PairOfModels(
            first=one,
            second=other,
            difference=round(test.difference, PLACES) + 0.0,
            low=round(test.low, PLACES) + 0.0,
            high=round(test.high, PLACES) + 0.0,
            p_bootstrap=round(test.p_bootstrap, PLACES),
            p_randomisation=round(test.p_randomisation, PLACES),
            p_holm=round(p, PLACES),
        )
        for (one, other), test, p in zip(pairs, tests, adjusted, strict=True)
    )
