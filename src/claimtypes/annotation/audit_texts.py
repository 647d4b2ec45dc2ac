"""What texts tell: highlights of other sentences, labels without reasons, unequal twins."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from claimtypes.annotation.audit_rules import make_finding
from claimtypes.annotation.evidence import Evidence, Suspicion, upper_tail
from claimtypes.corpus.duplicates import find_duplicates
from claimtypes.corpus.fingerprint import letters
from claimtypes.records import Finding, Gold, Judgement

_MINIMUM = 10
_MISALIGNED = 0.5
_TWINS = 0.8
"""How alike two sentences are that ought to have the same labels."""

_TELLING = 30
"""Letters below which a sentence says too little to be compared out of its context."""

LAGS = (-3, -2, -1, 1, 2, 3)


def find_misplaced_highlights(
    judgements: Iterable[Judgement], texts: Mapping[str, str]
) -> list[Finding]:
    """Return what highlights are not words of their sentences, one finding an annotator.

    Most of them misplaced is an error, a column that belongs to other sentences; a few are a
    note. ``texts`` are in order of address; letters and digits alone are compared.
    """
    marked: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        if judgement.highlights and texts.get(judgement.sentence):
            marked[judgement.annotator].append(judgement)
    order = list(texts)
    place = {sentence: index for index, sentence in enumerate(order)}
    folded = [letters(text) for text in texts.values()]
    findings = []
    for annotator, rows in sorted(marked.items()):
        wrong = [j for j in rows if not _occurs(j, folded[place[j.sentence]])]
        if not wrong:
            continue
        share = len(wrong) / len(rows)
        misaligned = len(rows) >= _MINIMUM and share > _MISALIGNED
        evidence = {"wrong": str(len(wrong)), "highlighted": str(len(rows))}
        if misaligned:
            evidence |= _best_lag(rows, place, folded)
        evidence["first"] = ", ".join(sorted(j.sentence for j in wrong)[:5])
        message = (
            f"{len(wrong)} of {len(rows)} highlighted sentences of {annotator} do not have the "
            "words that were highlighted"
        )
        rule = "highlights-misaligned" if misaligned else "highlight-not-in-text"
        findings.append(make_finding(rule, annotator, message, evidence))
    return findings


def _occurs(judgement: Judgement, folded: str) -> bool:
    return all(letters(words) in folded for words in judgement.highlights)


def _best_lag(
    rows: Sequence[Judgement], place: Mapping[str, int], folded: Sequence[str]
) -> dict[str, str]:
    """Return how far away the highlighted words are found, where that is the same for most."""
    shares = {}
    for lag in LAGS:
        at = [(j, place[j.sentence] + lag) for j in rows]
        known = [(j, p) for j, p in at if 0 <= p < len(folded)]
        shares[lag] = sum(_occurs(j, folded[p]) for j, p in known) / max(len(known), 1)
    lag = max(shares, key=lambda x: shares[x])
    return (
        {"fits_lag": f"{lag:+d}", "fits_share": f"{shares[lag]:.3f}"} if shares[lag] > 0.5 else {}
    )


def find_unequal_twins(gold: Iterable[Gold], texts: Mapping[str, str]) -> list[Finding]:
    """Return, as one finding, the pairs of sentences of nearly the same text with other gold.

    Short sentences are left out: what they say depends on where they stand.
    """
    rows = [
        row
        for row in gold
        if row.labels is not None and len(letters(texts.get(row.sentence, ""))) >= _TELLING
    ]
    pairs = [
        (rows[pair.first], rows[pair.second])
        for pair in find_duplicates([texts[row.sentence] for row in rows], _TWINS)
        if rows[pair.first].labels != rows[pair.second].labels
    ]
    if not pairs:
        return []
    named = [f"{one.sentence} and {other.sentence}" for one, other in pairs]
    return [
        make_finding(
            "twins-with-different-labels",
            pairs[0][0].sentence,
            f"{len(pairs)} pairs of nearly equal sentences have different gold: "
            f"{'; '.join(named[:3])}" + (" and more" if len(named) > 3 else ""),
            {"pairs": str(len(pairs)), "first": named[0]},
            path="corpus/gold.jsonl",
        )
    ]


def _table(labelled: NDArray[np.bool_], marked: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the logarithm of the odds ratio, its variance (Haldane-Anscombe) and phi."""
    a, b = (labelled & marked).sum() + 0.5, (labelled & ~marked).sum() + 0.5
    c, d = (~labelled & marked).sum() + 0.5, (~labelled & ~marked).sum() + 0.5
    phi = (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d, float(phi)


def suspect_unreasoned(evidence: Evidence) -> Iterator[Suspicion]:
    """Yield annotators whose labels do not go with their own highlights or notes.

    Only where those of the others do: whether people mark what they label is theirs to say.
    """
    any_label = np.asarray(evidence.votes.sets.any(axis=1))
    labelled = any_label[evidence.votes.codes] & evidence.judged
    for what, marked in (("highlights", evidence.highlighted), ("notes", evidence.noted)):
        tables = {}
        for column in range(marked.shape[1]):
            rows = evidence.judged[:, column]
            yes, hits = labelled[rows, column], marked[rows, column]
            if min(yes.sum(), (~yes).sum(), hits.sum(), (~hits).sum()) >= _MINIMUM:
                tables[column] = _table(yes, hits)
        for column, (ratio, variance, phi) in tables.items():
            others = [table for other, table in tables.items() if other != column]
            if not others:
                continue
            usual = float(np.median([table[0] for table in others]))
            name = evidence.votes.annotators[column]
            usual_phi = float(np.median([table[2] for table in others]))
            yield Suspicion(
                id="labels-without-reasons",
                annotator=name,
                chance=upper_tail((0.5 * usual - ratio) / math.sqrt(variance)),
                matters=usual_phi >= 0.4 and phi < 0.15,
                message=f"the labels of {name} are independent of their own {what}",
                about=evidence.of_annotator(column),
                evidence={"what": what, "phi": f"{phi:.3f}", "phi_of_others": f"{usual_phi:.3f}"},
            )
