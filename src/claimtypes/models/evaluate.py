"""One referee for every model: a release and probabilities in, a typed evaluation out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.ceiling import Ceiling, measure_ceiling
from claimtypes.models.examples import Examples
from claimtypes.models.external import External
from claimtypes.models.folder import load_model
from claimtypes.models.metrics import Labels
from claimtypes.models.mistakes import (
    Confusion,
    Mistake,
    ReadArticle,
    choose_articles,
    count_confusions,
    find_mistakes,
)
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe, Tuning
from claimtypes.models.retraining import Retraining, retrain
from claimtypes.models.scores import Scored, Scores, score, score_sheet
from claimtypes.models.slices import Slice, measure_slices
from claimtypes.models.suites import Suite, measure_suites
from claimtypes.models.swaps import Swaps, measure_swaps
from claimtypes.models.train import train
from claimtypes.records import Record

FORMAT = "claimtypes-evaluation-1"
SPLITS = ("test", "validation")
PUBLISHERS = "test-publishers"


class Resampling(TypedDict):
    """How intervals are made: how many resamples, from which seed."""

    draws: int
    seed: int


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
    never saw, each with its ceiling; everything to read, and every part, is of both together.
    Sentences of ``withheld_documents`` are not to be passed on.
    """

    format: str
    about: About
    scores: Scores
    publishers: Scores | None
    ceiling: Ceiling | None
    publishers_ceiling: Ceiling | None
    slices: tuple[Slice, ...]
    suites: tuple[Suite, ...]
    swaps: Swaps | None
    confusions: tuple[Confusion, ...]
    mistakes: tuple[Mistake, ...]
    articles: tuple[ReadArticle, ...]
    retraining: Retraining | None
    withheld_documents: tuple[str, ...]


def evaluate(
    model: Model | Path,
    release: Benchmark | Path,
    *,
    split: str = "test",
    other_data: bool = False,
    again: bool = False,
    reading: bool = True,
    draws: int = REPLICATES,
    seed: int = SEED,
) -> Evaluation:
    """Score a model on a release.

    ``split`` is ``test``, or ``validation`` where a choice is still to be made. Sentences whose
    text the release may not ship are counted and left out; a hydrated release has them. With
    ``again`` the recipe is trained again for everything that only `retrain` can tell; without
    ``reading`` there are no slices, mistakes and articles, which is half of the work.

    Raises:
        Refused: when the model was made for other labels, or, without ``other_data``, on other
            data, where test sentences may have been among those it learnt from.
        BadInput: when the release has no sentence with a text in the split.
    """
    held = load_model(model) if isinstance(model, Path) else model
    benchmark = load_benchmark(release) if isinstance(release, Path) else release
    _require(held, benchmark, split, other_data=other_data)
    examples = benchmark.split(split)
    more = benchmark.split(PUBLISHERS) if split == "test" else examples.take([])
    together = benchmark.split(split, PUBLISHERS) if len(more) else examples
    sheet = score_sheet(held, together)
    resampling: Resampling = {"draws": draws, "seed": seed}
    return Evaluation(
        format=FORMAT,
        about=_about(held, benchmark, split, draws, seed),
        scores=score(score_sheet(held, examples), **resampling),
        publishers=score(score_sheet(held, more), **resampling) if len(more) else None,
        ceiling=_ceiling(benchmark, split, examples, resampling),
        publishers_ceiling=_ceiling(benchmark, PUBLISHERS, more, resampling),
        slices=measure_slices(sheet, together, benchmark.readings, **resampling) if reading else (),
        suites=_suites(held, benchmark, resampling),
        swaps=_swaps(held, benchmark, together, sheet, resampling),
        confusions=count_confusions(sheet),
        mistakes=find_mistakes(held, sheet, together, benchmark.split("train")) if reading else (),
        articles=choose_articles(sheet, together) if reading else (),
        retraining=retrain(held, benchmark, split, **resampling) if again else None,
        withheld_documents=tuple(sorted(benchmark.unshippable)),
    )


def _require(model: Model, benchmark: Benchmark, split: str, *, other_data: bool) -> None:
    model.require_labels(benchmark.examples.names)
    if not other_data:
        model.require_release(benchmark.origin.digest)
    if not len(benchmark.split(split)):
        missing = benchmark.withheld.get(split, 0)
        raise BadInput(
            f"no sentence to score in {split} ({missing} are withheld)",
            hint="claimtypes hydrate, then claimtypes release build" if missing else "",
        )


def _suites(model: Model, benchmark: Benchmark, resampling: Resampling) -> tuple[Suite, ...]:
    if model.recipe.kind == "external":
        return ()

    def decide(items: Examples) -> Labels:
        return model.decide(model.predict_proba(items))

    return measure_suites(benchmark.contrast, model.names, decide, **resampling)


def _swaps(
    model: Model,
    benchmark: Benchmark,
    examples: Examples,
    sheet: Scored,
    resampling: Resampling,
) -> Swaps | None:
    if model.recipe.kind == "external":
        return None
    return measure_swaps(
        model,
        examples,
        sheet.predicted,
        benchmark.countries,
        texts=benchmark.examples.texts,
        **resampling,
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
        undecided={name: len(held) for name, held in benchmark.undecided.items()},
    )


def _ceiling(
    benchmark: Benchmark, split: str, examples: Examples, resampling: Resampling
) -> Ceiling | None:
    if benchmark.readings is None or not len(examples):
        return None
    # Sentences that readers could not agree on are undecided and never scored; a ceiling
    # without them would be 1.
    more = benchmark.undecided.get(split, ())
    labels = np.zeros((len(more), len(examples.names)), dtype=np.uint8)
    return measure_ceiling(
        benchmark.readings.of([*examples.ids, *(sentence for sentence, _ in more)]),
        examples.names,
        np.concatenate([examples.gold, labels]),
        [*examples.documents, *(document for _, document in more)],
        decided=np.arange(len(examples) + len(more)) < len(examples),
        **resampling,
    )
