"""What statistical models make of the votes: a diagnostic beside the vote, never instead of it.

Both models learn how far to trust each annotator from agreement alone. For two to five trained
annotators third readings beat them; where a model and the gold differ is worth a look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.rounds import Votes
from claimtypes.records import Gold, Record

Floats = NDArray[np.float64]

_ROUNDS = 200
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Probabilities of each class for each sentence, (n, c), and each annotator's worth, (m,).

    ``competence`` is the probability of an annotator answering from knowledge, chance taken out.
    """

    probabilities: Floats
    competence: Floats


def _one_hot(codes: NDArray[np.integer], classes: int) -> Floats:
    """Return the votes as indicators, (n, m, c); missing ones are all 0."""
    votes = np.zeros((*codes.shape, classes))
    rows, columns = np.nonzero(codes >= 0)
    votes[rows, columns, codes[rows, columns]] = 1.0
    return votes


def _normalised(logarithms: Floats) -> Floats:
    shifted = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def dawid_skene(codes: NDArray[np.integer], classes: int) -> Posterior:
    """Fit Dawid and Skene's (1979) model to votes (n, m), codes from 0 and -1 for missing.

    Each annotator has a confusion matrix; the truth is latent; expectation-maximisation from
    the shares of the votes, section 2 of the paper, smoothed by a hundredth of a vote.
    """
    votes = _one_hot(codes, classes)
    probabilities = votes.sum(axis=1) + 0.01
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    confusion = np.empty((codes.shape[1], classes, classes))
    for _ in range(_ROUNDS):
        prior = np.log(probabilities.mean(axis=0) + 1e-12)
        confusion = np.einsum("nc,nmd->mcd", probabilities, votes) + 0.01
        confusion /= confusion.sum(axis=2, keepdims=True)
        updated = _normalised(prior + np.einsum("nmd,mcd->nc", votes, np.log(confusion)))
        moved = float(np.abs(updated - probabilities).max())
        probabilities = updated
        if moved < _CLOSE:
            break
    prior = probabilities.mean(axis=0)
    hit = np.einsum("mcc,c->m", confusion, prior)
    habit = np.einsum("mcd,c->md", confusion, prior)
    chance = habit @ prior
    competence = np.divide(hit - chance, 1 - chance, out=np.zeros_like(hit), where=chance < 1)
    return Posterior(probabilities, competence)


def mace(codes: NDArray[np.integer], classes: int) -> Posterior:
    """Fit a model in the style of MACE (Hovy et al. 2013) to votes (n, m).

    An annotator knows and copies the truth, or guesses from habits of their own; the probability
    of knowing is their competence. Expectation-maximisation from the shares of the votes with
    the paper's uniform prior on the truth replaced by the classes' share, since most sentences
    here carry no label; counts are smoothed by a tenth of a vote.
    """
    votes = _one_hot(codes, classes)
    given = votes.sum(axis=2)
    knows = np.full(codes.shape[1], 0.8)
    habits = (votes.sum(axis=0) + 0.1) / (votes.sum(axis=(0, 2))[:, None] + 0.1 * classes)
    probabilities = votes.sum(axis=1) + 0.01
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        prior = probabilities.mean(axis=0) + 1e-12
        guessed = ((1 - knows)[:, None] * habits)[None, :, :]
        copied = guessed + knows[None, :, None]
        # For each class as the truth: a vote for it was copied or guessed, any other guessed.
        logarithms = np.log(prior) + (votes * (np.log(copied) - np.log(guessed + 1e-12))).sum(
            axis=1
        )
        updated = _normalised(logarithms)
        right = (votes * updated[:, None, :]).sum(axis=2)
        own = (votes * habits[None]).sum(axis=2)
        copying = right * knows / (knows + (1 - knows) * own + 1e-12)
        knows = (copying.sum(axis=0) + 0.1) / (given.sum(axis=0) + 0.2)
        guesses = (votes * (1 - copying)[:, :, None]).sum(axis=0) + 0.1
        habits = guesses / guesses.sum(axis=1, keepdims=True)
        moved = float(np.abs(updated - probabilities).max())
        probabilities = updated
        if moved < _CLOSE:
            break
    return Posterior(probabilities, knows)


@dataclass(frozen=True, slots=True)
class Competence(Record):
    """How far two models would trust an annotator: 0 for guessing, 1 for never being wrong."""

    annotator: str
    dawid_skene: float
    mace: float


@dataclass(frozen=True, slots=True)
class Contradiction(Record):
    """A sentence whose gold differs from what a model makes of its votes.

    ``labels`` are the gold's, null where it is unresolved; ``model`` is ``dawid-skene`` or
    ``mace`` and ``probability`` what it gives its own choice ``instead``.
    """

    sentence: str
    how: str
    labels: tuple[str, ...] | None
    model: str
    instead: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Diagnosis(Record):
    """What the models say of annotators, and where they contradict the gold, surest first."""

    competences: tuple[Competence, ...]
    contradictions: tuple[Contradiction, ...]


def diagnose(votes: Votes, gold: Iterable[Gold] = ()) -> Diagnosis:
    """Return what both models make of the votes, each label set being one class."""
    if not votes.sentences or len(votes.annotators) < 2:
        return Diagnosis((), ())
    classes = len(votes.sets)
    fitted = {"dawid-skene": dawid_skene(votes.codes, classes), "mace": mace(votes.codes, classes)}
    names = [
        tuple(label for label, held in zip(votes.labels, row, strict=True) if held)
        for row in votes.sets
    ]
    known = {row.sentence: row for row in gold}
    contradictions = []
    for model, posterior in fitted.items():
        best = posterior.probabilities.argmax(axis=1)
        for index, sentence in enumerate(votes.sentences):
            row = known.get(sentence)
            if row is None or row.labels is None or len(row.votes) < 2:
                continue
            instead = names[best[index]]
            if instead != row.labels:
                sure = float(posterior.probabilities[index, best[index]])
                contradictions.append(
                    Contradiction(sentence, row.how, row.labels, model, instead, round(sure, 4))
                )
    competences = tuple(
        Competence(
            annotator,
            _rounded(fitted["dawid-skene"].competence[column]),
            _rounded(fitted["mace"].competence[column]),
        )
        for column, annotator in enumerate(votes.annotators)
    )
    ordered = sorted(contradictions, key=lambda c: (-c.probability, c.model, c.sentence))
    return Diagnosis(competences, tuple(ordered))


def _rounded(value: float) -> float:
    return 0.0 if math.isnan(value) else round(float(value), 4) + 0.0
