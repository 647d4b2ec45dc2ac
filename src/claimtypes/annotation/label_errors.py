"""Likely label errors: gold labels that a model of the texts, trained on other articles, doubts.

Advisory only: a ranked list to read again, never a correction.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from claimtypes.corpus.fingerprint import letters
from claimtypes.errors import require
from claimtypes.progress import track
from claimtypes.records import Record
from claimtypes.store import sha256_bytes

Floats = NDArray[np.float64]

FOLDS = 5
MINIMUM = 100
"""Fewer sentences than this teach a model nothing worth printing."""

_SIZE = 1 << 18
_STEPS = 250
_PENALTY = 0.1
_LEARNT = 0.7
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Suspect(Record):
    """One label of one sentence that the model doubts; ``given`` says whether gold has it.

    ``probability`` is what the model gives the label, cross-fitted: it never saw the article.
    ``doubt`` orders suspects: the logit of the label, or for one that gold has, by how much the
    model's falls short of that of the label's share. ``likely`` says whether the model holds the
    label as it stands for wrong, and can tell the label at all.
    """

    sentence: str
    label: str
    given: bool
    probability: float
    doubt: float
    likely: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """Hashed words and pairs of words of all texts: sentence, term and weight of each."""

    row: NDArray[np.int64]
    term: NDArray[np.int64]
    weight: Floats
    sentences: int
    terms: int


def _terms(texts: Sequence[str]) -> _Terms:
    rows, hashes = [], []
    for row, text in enumerate(texts):
        words = [folded for word in _WORD.findall(text) if (folded := letters(word))]
        grams = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
        hashes += sorted(zlib.crc32(gram.encode()) % _SIZE for gram in grams)
        rows += [row] * len(grams)
    row_of = np.array(rows, dtype=np.int64)
    kept, term_of = np.unique(np.array(hashes, dtype=np.int64), return_inverse=True)
    frequency = np.bincount(term_of, minlength=len(kept))
    weight = np.log((1 + len(texts)) / (1 + frequency))[term_of] + 1.0
    length = np.sqrt(np.bincount(row_of, weight**2, minlength=len(texts)))
    # Terms of one sentence tell nothing about another; dropping them makes this twice as fast.
    shared = frequency[term_of] > 1
    scaled = (weight / length[row_of])[shared]
    return _Terms(row_of[shared], term_of[shared], scaled, len(texts), len(kept))


def _summed(places: NDArray[np.int64], values: Floats, size: int) -> Floats:
    return np.bincount(places, values, size).astype(np.float64)


def _curvature(terms: _Terms) -> float:
    """Return the largest eigenvalue of the terms' Gram matrix, by power iteration."""
    vector: Floats = np.ones(terms.terms)
    largest = 1.0
    for _ in range(20):
        scores = _summed(terms.row, terms.weight * vector[terms.term], terms.sentences)
        vector = _summed(terms.term, terms.weight * scores[terms.row], terms.terms)
        largest = float(np.sqrt((vector**2).sum())) or 1.0
        vector = vector / largest
    return largest


def _fit(terms: _Terms, wanted: Floats, train: NDArray[np.bool_], curvature: float) -> Floats:
    """Return the probabilities of all sentences by logistic regression on the ``train`` ones.

    Half the squared weights are penalised by a tenth. Nesterov's accelerated gradient, each step
    as long as the curvature allows: the same result on any machine, and no library needed.
    """
    used = train[terms.row]
    row, term, value = terms.row[used], terms.term[used], terms.weight[used]
    share = min(max(float(wanted[train].mean()), 1e-4), 1 - 1e-4)
    weights: Floats = np.zeros(terms.terms)
    past: Floats = np.zeros(terms.terms)
    bias = past_bias = float(np.log(share / (1 - share)))
    # Half of what each part alone allows, since the bias and the weights move together.
    step, bias_step = 0.5 / (0.25 * curvature + _PENALTY), 2.0 / int(train.sum())
    for turn in range(_STEPS):
        momentum = turn / (turn + 3)
        ahead = weights + momentum * (weights - past)
        ahead_bias = bias + momentum * (bias - past_bias)
        scores = _summed(row, value * ahead[term], terms.sentences) + ahead_bias
        error = np.where(train, 1 / (1 + np.exp(-scores)) - wanted, 0.0)
        gradient = _summed(term, value * error[row], terms.terms) + _PENALTY * ahead
        past, past_bias = weights, bias
        weights = ahead - step * gradient
        bias = ahead_bias - bias_step * float(error.sum())
    scores = _summed(terms.row, terms.weight * weights[terms.term], terms.sentences)
    result: Floats = 1 / (1 + np.exp(-(scores + bias)))
    return result


def fold_of(articles: Sequence[str], folds: int = FOLDS) -> NDArray[np.int64]:
    """Return a fold for each sentence, the same for all of an article."""
    return np.array([int(sha256_bytes(a.encode())[:8], 16) % folds for a in articles])


def cross_fit(texts: Sequence[str], articles: Sequence[str], wanted: Floats) -> Floats:
    """Return the probability of each label (n, k), each from a model of the other articles."""
    terms, folds = _terms(texts), fold_of(articles)
    probabilities, curvature = np.zeros(wanted.shape), _curvature(terms)
    for fold in track(range(FOLDS), "looking for label errors"):
        held = folds == fold
        if not held.any() or held.all():
            continue
        for label in range(wanted.shape[1]):
            fitted = _fit(terms, wanted[:, label], ~held, curvature)
            probabilities[held, label] = fitted[held]
    return probabilities


def rank_suspects(
    sentences: Sequence[str],
    texts: Sequence[str],
    wanted: NDArray[np.bool_],
    labels: Sequence[str],
    *,
    with_cleanlab: bool = False,
) -> list[Suspect]:
    """Return every label of every sentence, the most doubted first; none for too few sentences.

    ``wanted`` (n, k) says which labels gold has. ``with_cleanlab`` orders sentences by
    cleanlab's score from the same probabilities (Northcutt et al. 2021).

    Raises:
        MissingExtra: when cleanlab is asked for and not installed.
    """
    if len(texts) < MINIMUM:
        return []
    articles = [sentence.rpartition(":")[0] for sentence in sentences]
    probabilities = cross_fit(texts, articles, wanted.astype(np.float64))
    shares = np.clip(wanted.mean(axis=0), 1e-4, 1 - 1e-4)
    logits = _logit(probabilities)
    doubt = np.where(wanted, _logit(shares) - logits, logits)
    learnt = [_ranks_above(p, w) >= _LEARNT for p, w in zip(probabilities.T, wanted.T, strict=True)]
    likely = np.where(wanted, probabilities < shares / 2, probabilities > 0.5) & np.array(learnt)
    ranking = _cleanlab_doubt(wanted, probabilities, doubt) if with_cleanlab else doubt
    order = np.lexsort((np.arange(ranking.size), -ranking.ravel()))
    return [
        Suspect(
            sentences[index // len(labels)],
            labels[index % len(labels)],
            bool(wanted.flat[index]),
            round(float(probabilities.flat[index]), 4),
            round(float(doubt.flat[index]), 4),
            bool(likely.flat[index]),
        )
        for index in order.tolist()
    ]


def _logit(probabilities: Floats) -> Floats:
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    result: Floats = np.log(bounded / (1 - bounded))
    return result


def _ranks_above(probabilities: Floats, wanted: NDArray[np.bool_]) -> float:
    """Return how often a sentence with the label is ranked above one without (ROC area)."""
    with_label, without = int(wanted.sum()), int((~wanted).sum())
    if not with_label or not without:
        return 0.0
    places = np.empty(len(wanted))
    places[np.argsort(probabilities, kind="stable")] = np.arange(1, len(wanted) + 1)
    above = float(places[wanted].sum()) - with_label * (with_label + 1) / 2
    return above / (with_label * without)


def _cleanlab_doubt(wanted: NDArray[np.bool_], probabilities: Floats, doubt: Floats) -> Floats:
    rank = require("cleanlab.multilabel_classification", "label-errors")
    given = [np.flatnonzero(row).tolist() for row in wanted]
    quality = np.asarray(rank.get_label_quality_scores(given, probabilities))
    # Its score is one a sentence: the label the model doubts most stands for it.
    worst = doubt == doubt.max(axis=1, keepdims=True)
    result: Floats = np.where(worst, 1 - quality[:, None], -1.0)
    return result
