"""How good probabilities and decisions are, each figure with an interval over documents.

Every figure but average precision is made of sums over sentences, so that all of them are
resampled by one product of document weights and sums by document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.resampling import document_weights
from claimtypes.models import metrics
from claimtypes.models.bootstrap import REPLICATES, SEED
from claimtypes.models.examples import Examples
from claimtypes.models.figures import PLACES, Score, resampled, score_of
from claimtypes.models.metrics import Counts, Floats, Labels
from claimtypes.models.model import Model
from claimtypes.records import Record

BINS = 10
RANKING_REPLICATES = 1_000
"""Replicates for average precision, which needs every sentence of each, not sums."""


@dataclass(frozen=True, slots=True)
class Reliability(Record):
    """Sentences of one range of probability: how many, mean probability, share that is gold."""

    low: float
    high: float
    sentences: int
    probability: float
    positive: float


@dataclass(frozen=True, slots=True)
class CurvePoint(Record):
    """Precision and recall at one threshold."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class LabelScores(Record):
    """One label: ``support`` sentences have it, ``predicted`` were given it.

    ``soft_cross_entropy`` (nats) and ``jensen_shannon`` (bits) are against the shares of votes;
    no cross-entropy can be below ``vote_entropy``, that of the votes themselves.
    """

    name: str
    support: int
    predicted: int
    threshold: float
    precision: Score
    recall: Score
    f1: Score
    average_precision: Score
    brier_skill: Score
    calibration_error: Score
    soft_cross_entropy: Score
    vote_entropy: Score
    jensen_shannon: Score
    reliability: tuple[Reliability, ...]
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class Scores(Record):
    """All figures of one model on one set of sentences.

    ``example_f1`` counts a sentence with neither gold nor predicted labels as 1;
    ``example_f1_nonempty`` leaves it out. The ``untuned`` figures are of the same scores without
    calibration and thresholds.
    """

    n_sentences: int
    n_documents: int
    macro_f1: Score
    micro_f1: Score
    example_f1: Score
    example_f1_nonempty: Score
    subset_accuracy: Score
    untuned_macro_f1: Score
    untuned_micro_f1: Score
    macro_average_precision: Score
    labels: tuple[LabelScores, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What is scored: matrices [n, k] of gold, decisions, probabilities and shares of votes.

    ``votes`` holds nan in rows nobody voted on, and is None where there are no votes at all;
    ``untuned`` are the decisions of the same scores at one half.
    """

    names: tuple[str, ...]
    documents: tuple[str, ...]
    gold: Labels
    predicted: Labels
    probability: Floats
    thresholds: Floats
    untuned: Labels
    votes: Floats | None = None

    def take(self, rows: NDArray[np.int64]) -> Scored:
        """Return the given rows."""
        return Scored(
            self.names,
            tuple(self.documents[row] for row in rows),
            self.gold[rows],
            self.predicted[rows],
            self.probability[rows],
            self.thresholds,
            self.untuned[rows],
            None if self.votes is None else self.votes[rows],
        )


def score_sheet(model: Model, examples: Examples) -> Scored:
    """Return a model's probabilities and decisions beside gold and votes."""
    scores = model.score(examples)
    probability: Floats = model.calibrate(scores)
    return Scored(
        names=model.names,
        documents=examples.documents,
        gold=examples.gold,
        predicted=model.decide(probability),
        probability=probability,
        thresholds=np.asarray(model.thresholds, dtype=np.float64),
        untuned=model.decide_untuned(scores),
        votes=examples.votes,
    )


def score(
    scored: Scored, *, draws: int = REPLICATES, seed: int = SEED, ranking: bool = True
) -> Scores:
    """Score decisions and probabilities, resampling documents ``draws`` times.

    Without ``ranking`` average precision has no interval, which is most of the work.
    """
    k = len(scored.names)
    found = resampled(
        _columns(scored),
        scored.documents,
        lambda sums: _figures(sums, k),
        [_reason(i, k) for i in range(len(_WHOLE) + len(_EACH) * k)],
        draws=draws,
        seed=seed,
    )
    whole, each = dict(zip(_WHOLE, found, strict=False)), found[len(_WHOLE) :]
    at = list(_EACH).index("calibration_error") * k
    for i in range(at, at + k):
        # Fewer distinct sentences calibrate worse by chance alone: resampling inflates it.
        each[i] = Score(each[i].value, reason=each[i].reason or "inflated")
    ranked = _ranking(scored, min(draws, RANKING_REPLICATES) if ranking else 1, seed)
    return Scores(
        n_sentences=len(scored.documents),
        n_documents=len(set(scored.documents)),
        **whole,
        macro_average_precision=ranked[-1],
        labels=tuple(_label(scored, i, each[i::k], ranked[i]) for i in range(k)),
    )


_WHOLE = (
    "macro_f1", "micro_f1", "example_f1", "example_f1_nonempty", "subset_accuracy",
    "untuned_macro_f1", "untuned_micro_f1",
)  # fmt: skip
# What each figure of a label is called, and why it is undefined where it is.
_EACH = {
    "precision": "nothing-predicted",
    "recall": "no-positive",
    "f1": "never-there-nor-predicted",
    "brier_skill": "no-variation",
    "calibration_error": "few-sentences",
    "soft_cross_entropy": "no-votes",
    "vote_entropy": "no-votes",
    "jensen_shannon": "no-votes",
}


def _reason(index: int, k: int) -> str:
    whole = len(_WHOLE)
    return _EACH[list(_EACH)[(index - whole) // k]] if index >= whole else _EACH["f1"]


def _columns(scored: Scored) -> Floats:
    """Return what is summed, [n, 5 + 11 k + bins * k]; the order is that `_figures` reads."""
    y: NDArray[np.bool_] = np.asarray(scored.gold, dtype=bool)
    p: NDArray[np.bool_] = np.asarray(scored.predicted, dtype=bool)
    u: NDArray[np.bool_] = np.asarray(scored.untuned, dtype=bool)
    n, k = y.shape
    sizes = y.sum(axis=1) + p.sum(axis=1)
    overlap = np.where(sizes > 0, 2 * (y & p).sum(axis=1) / np.maximum(sizes, 1), 0.0)
    rows = [np.ones(n), overlap, sizes > 0, (y == p).all(axis=1)]
    votes = np.full(y.shape, np.nan) if scored.votes is None else scored.votes
    voted = np.asarray(~np.isnan(votes).any(axis=1))
    known = np.where(voted[:, None], votes, 0.0)
    probability = scored.probability
    soft = metrics.soft_cross_entropies(known, probability) * voted[:, None]
    entropy = metrics.vote_entropies(known) * voted[:, None]
    shannon = metrics.jensen_shannons(known, probability) * voted[:, None]
    gaps = np.zeros((n, k * BINS))
    column = metrics.bin_numbers(probability, BINS) + np.arange(k) * BINS
    np.put_along_axis(gaps, column, probability - y, axis=1)
    columns = [
        *(np.asarray(row, dtype=float)[:, None] for row in (*rows, voted)),
        y & p, ~y & p, y & ~p, y & u, ~y & u, y & ~u,
        y, (probability - y) ** 2, soft, entropy, shannon, gaps,
    ]  # fmt: skip
    return np.asarray(np.concatenate(columns, axis=1), dtype=float)


def _figures(sums: Floats, k: int) -> Floats:
    """Return the figures of the whole, then those of each label, from sums [b, columns]: [f, b]."""
    n, overlap, filled, same, voted = sums[:, :5].T
    parts = [sums[:, 5 + i * k : 5 + (i + 1) * k] for i in range(11)]
    counts, untuned = Counts(*parts[:3]), Counts(*parts[3:6])
    positives, squares, soft, entropy, shannon = parts[6:]
    gaps = sums[:, 5 + 11 * k :].reshape(len(sums), k, BINS)
    share = positives / n[:, None]
    base = share * (1 - share)
    asked = np.where(voted > 0, voted, np.nan)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = [
            metrics.macro_f1(counts),
            metrics.micro_f1(counts),
            (overlap + n - filled) / n,
            overlap / np.where(filled > 0, filled, np.nan),
            same / n,
            metrics.macro_f1(untuned),
            metrics.micro_f1(untuned),
        ]
        labels = [
            metrics.precision(counts),
            metrics.recall(counts),
            metrics.f1(counts),
            1 - squares / n[:, None] / np.where(base > 0, base, np.nan),
            np.abs(gaps).sum(axis=2) / n[:, None],
            soft / asked,
            entropy / asked,
            shannon / asked,
        ]
    return np.concatenate([np.stack(whole), *(figure.T for figure in labels)])


def _sentence_weights(documents: Sequence[str], draws: int, seed: int) -> Iterator[Floats]:
    names, index = np.unique(np.asarray(documents, dtype=str), return_inverse=True)
    step = max(1, (1 << 21) // max(len(documents), 1))
    for weights in document_weights(len(names), draws, seed):
        for start in range(0, len(weights), step):
            yield weights[start : start + step][:, index]


def _ranking(scored: Scored, draws: int, seed: int) -> list[Score]:
    """Return each label's average precision, and last their mean."""
    y, probability = np.asarray(scored.gold, dtype=bool), scored.probability
    ranked = [metrics.Ranking.of(y[:, i], probability[:, i]) for i in range(y.shape[1])]

    def precisions(weights: Floats) -> Floats:
        each = np.stack([ranking.average_precision(weights) for ranking in ranked])
        return np.concatenate([each, each.mean(axis=0, keepdims=True)])

    points = precisions(np.ones((1, len(y))))[:, 0]
    pieces = [precisions(w) for w in _sentence_weights(scored.documents, draws, seed)]
    drawn = np.concatenate(pieces, axis=1)
    documents = len(set(scored.documents))
    reasons = ["no-positive"] * y.shape[1] + ["label-absent"]
    return [score_of(points[i], drawn[i], documents, r) for i, r in enumerate(reasons)]


def _label(scored: Scored, i: int, figures: list[Score], ranking: Score) -> LabelScores:
    gold, probability = np.asarray(scored.gold[:, i], dtype=bool), scored.probability[:, i]
    return LabelScores(
        name=scored.names[i],
        support=int(gold.sum()),
        predicted=int(np.asarray(scored.predicted[:, i]).sum()),
        threshold=round(float(scored.thresholds[i]), PLACES),
        average_precision=ranking,
        reliability=tuple(
            Reliability(
                b.low,
                b.high,
                b.sentences,
                round(b.probability, PLACES),
                round(b.positive, PLACES),
            )
            for b in metrics.reliability(gold, probability, BINS)
        ),
        curve=_curve(gold, probability),
        **dict(zip(_EACH, figures, strict=True)),
    )


def _curve(gold: NDArray[np.bool_], probability: Floats, most: int = 100) -> tuple[CurvePoint, ...]:
    if not gold.any():
        return ()
    points = metrics.precision_recall_points(gold, probability)
    chosen = np.unique(np.linspace(0, len(points.recall) - 1, most).round().astype(int))
    return tuple(
        CurvePoint(
            *(
                round(float(v[i]), PLACES)
                for v in (points.threshold, points.precision, points.recall)
            )
        )
        for i in chosen
    )
