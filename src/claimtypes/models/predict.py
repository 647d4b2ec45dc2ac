"""Prediction: sentences in, labelled sentences out, in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claimtypes.errors import BadInput
from claimtypes.models.examples import examples_of
from claimtypes.models.folder import load_model
from claimtypes.models.model import Model
from claimtypes.models.reading import Cut

DEFAULT_MODEL = Path(__file__).parent / "default"
"""The packaged default model, which needs nothing but numpy."""

DIGITS = 6
_BATCH = 4096
"""A batch ends with the article at hand once it holds so many sentences; an article that has no
end is cut at four times as many."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence with the labels it was given; ``scores`` is empty for what is not annotated."""

    cut: Cut
    labels: tuple[str, ...]
    scores: dict[str, float]

    def to_dict(self, model: str) -> dict[str, Any]:
        """Return plain values; with those of `Prediction` among them."""
        return {
            "sentence": self.cut.id,
            "article": self.cut.article,
            "start": self.cut.start,
            "end": self.cut.end,
            "text": self.cut.text,
            "labels": list(self.labels),
            "scores": self.scores,
            "model": model,
        }


def predict(model: Model, cuts: Iterable[Cut]) -> Iterator[Labelled]:
    """Label sentences as they come, in their order, holding one batch at a time.

    Neighbours are the annotated sentences before and after in the same article.
    """
    batch: list[Cut] = []
    before: Cut | None = None
    for cut in cuts:
        ended = bool(batch) and cut.article != batch[-1].article
        if (ended and len(batch) >= _BATCH) or (cut.annotated and len(batch) >= 4 * _BATCH):
            yield from _label(model, batch, before, cut)
            before = next((c for c in reversed(batch) if c.annotated), before)
            batch = []
        batch.append(cut)
    yield from _label(model, batch, before, None)


def _label(
    model: Model, batch: list[Cut], before: Cut | None, after: Cut | None
) -> Iterator[Labelled]:
    asked = [cut for cut in batch if cut.annotated]
    line = [before, *asked, after]

    def beside(place: int, step: int) -> str:
        other = line[place + step]
        here = line[place]
        return other.text if other and here and other.article == here.article else ""

    places = range(1, len(asked) + 1)
    examples = examples_of(
        [cut.text for cut in asked],
        ids=[cut.id for cut in asked],
        documents=[cut.article for cut in asked],
        previous=[beside(place, -1) for place in places],
        following=[beside(place, 1) for place in places],
        heading=[cut.heading for cut in asked],
        title=[cut.title for cut in asked],
        position=np.array([cut.position for cut in asked], dtype=np.float64),
    )
    found = model.predict_proba(examples)
    chosen = model.decide(found)
    names, rows = model.names, iter(zip(found.tolist(), chosen.tolist(), strict=True))
    for cut in batch:
        if not cut.annotated:
            yield Labelled(cut, (), {})
            continue
        scores, decisions = next(rows)
        yield Labelled(
            cut,
            tuple(name for name, yes in zip(names, decisions, strict=True) if yes),
            {name: round(score, DIGITS) for name, score in zip(names, scores, strict=True)},
        )


def find_model(name: str, trained: Path | None = None) -> Model:
    """Load a model by folder, by a name in ``trained``, or, for an empty name, the default.

    Raises:
        BadInput: when there is no such model.
        Refused: when it is damaged.
    """
    places = [DEFAULT_MODEL] if not name else [Path(name), *([trained / name] if trained else [])]
    for place in places:
        if (place / "config.json").is_file():
            return load_model(place)
    raise BadInput(
        f"no model {name}" if name else "no default model is packaged here",
        hint="claimtypes train, then --model FOLDER",
    )
