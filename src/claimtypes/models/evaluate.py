"""One referee for every model: a release and probabilities in, a typed evaluation out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.ceiling import Ceiling, measure_ceiling
from claimtypes.models.examples import Examples
from claimtypes.models.external import External
from claimtypes.models.folder import load_model
from claimtypes.models.metrics import Floats
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe, Tuning
from claimtypes.models.scores import Scored, Scores, score
from claimtypes.models.slices import Slice, measure_slices
from claimtypes.models.suites import Suite, measure_suites
from claimtypes.models.train import train
from claimtypes.records import Record

FORMAT = "claimtypes-evaluation-1"
SPLITS = ("test", "validation")
PUBLISHERS = "test-publishers"


@dataclass(frozen=True, slots=True)
class About(Record):
    """What was evaluated on what; ``withheld`` and ``undecided`` count sentences by split."""

    model: str
    recipe: str
    kind: str
    trained_on: str
    data: str
    version: str
    digest: str
    split: str
    labels: tuple[str, ...]
    titles: tuple[str, ...]
    colors: tuple[str, ...]
    exclusive: bool
    draws: int
    seed: int
    withheld: dict[str, int]
    undecided: dict[str, int]


@dataclass(frozen=True, slots=True)
class Evaluation(Record):
    """Everything the referee says of one model on one release.

    ``scores`` are on the split named in ``about``, ``publishers`` on publishers that training
    never saw; slices are parts of both together.
    """

    format: str
    about: About
    scores: Scores
    publishers: Scores | None
    ceiling: Ceiling | None
    slices: tuple[Slice, ...]
    suites: tuple[Suite, ...]


def evaluate(
    model: Model | Path,
    release: Benchmark | Path,
    *,
    split: str = "test",
    other_data: bool = False,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Evaluation:
    """Score a model on a release.

    ``split`` is ``test``, or ``validation`` where a choice is still to be made. Sentences whose
    text the release may not ship are counted and left out; a hydrated release has them.

    Raises:
        Refused: when the model was made for other labels, or, without ``other_data``, on other
            data, where test sentences may have been among those it learnt from.
        BadInput: when the release has no sentence with a text in the split.
    """
    held = load_model(model) if isinstance(model, Path) else model
    benchmark = load_benchmark(release) if isinstance(release, Path) else release
    held.require_labels(benchmark.examples.names)
    if not other_data:
        held.require_release(benchmark.origin.digest)
    examples = benchmark.split(split)
    if not len(examples):
        missing = benchmark.withheld.get(split, 0)
        raise BadInput(
            f"no sentence to score in {split} ({missing} are withheld)",
            hint="claimtypes hydrate, then claimtypes release build" if missing else "",
        )
    more = benchmark.split(PUBLISHERS) if split == "test" else benchmark.split()
    together = benchmark.split(split, PUBLISHERS) if len(more) else examples
    return Evaluation(
        format=FORMAT,
        about=_about(held, benchmark, split, draws, seed),
        scores=score(score_sheet(held, examples), draws=draws, seed=seed),
        publishers=score(score_sheet(held, more), draws=draws, seed=seed) if len(more) else None,
        ceiling=_ceiling(benchmark, examples, draws, seed),
        slices=measure_slices(score_sheet(held, together), together, draws=draws, seed=seed),
        suites=measure_suites(
            benchmark.contrast,
            held.names,
            lambda items: held.decide(held.predict_proba(items)),
            draws=draws,
            seed=seed,
        )
        if held.recipe.kind != "external"
        else (),
    )


def score_sheet(model: Model, examples: Examples) -> Scored:
    """Return a model's probabilities and decisions beside gold and votes."""
    probability: Floats = model.predict_proba(examples)
    return Scored(
        names=model.names,
        documents=examples.documents,
        gold=examples.gold,
        predicted=model.decide(probability),
        probability=probability,
        thresholds=np.asarray(model.thresholds, dtype=np.float64),
        votes=examples.votes,
    )


def load_predictions(path: Path, benchmark: Benchmark) -> Model:
    """Return somebody else's probabilities as a model that the same referee scores.

    Thresholds are tuned on validation where every sentence of it is predicted, else they are .5.

    Raises:
        BadInput: for a label missing or unknown, a score outside 0 to 1, a sentence twice.
    """
    validation = benchmark.split("validation")
    known = set(External.of(path, benchmark.examples.names).ids)
    whole = len(validation) > 0 and known.issuperset(validation.ids)
    recipe = Recipe(
        name=path.stem,
        kind="external",
        title=f"Predictions of {path.name}",
        learner={"predictions": str(path)},
        tuning=Tuning(
            on="validation" if whole else "none",
            calibrate=False,
            thresholds="f1" if whole else "half",
        ),
    )
    return train(
        recipe, benchmark.examples, validation, styles=benchmark.styles, origin=benchmark.origin
    )


def _about(model: Model, benchmark: Benchmark, split: str, draws: int, seed: int) -> About:
    trained_on = f"{model.origin.name} {model.origin.version}".strip()
    return About(
        model=model.id,
        recipe=model.recipe.name,
        kind=model.recipe.kind,
        trained_on=trained_on,
        data=benchmark.origin.name,
        version=benchmark.origin.version,
        digest=benchmark.origin.digest,
        split=split,
        labels=model.names,
        titles=tuple(style.title for style in benchmark.styles or model.labels),
        colors=tuple(style.color for style in benchmark.styles or model.labels),
        exclusive=model.exclusive,
        draws=draws,
        seed=seed,
        withheld=benchmark.withheld,
        undecided=benchmark.undecided,
    )


def _ceiling(benchmark: Benchmark, examples: Examples, draws: int, seed: int) -> Ceiling | None:
    if benchmark.readings is None:
        return None
    return measure_ceiling(
        benchmark.readings.of(examples.ids),
        examples.names,
        examples.gold,
        examples.documents,
        draws=draws,
        seed=seed,
    )
