"""Gold labels derived from votes and third readings; ties are listed, never broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from claimtypes.annotation.schema import Schema
from claimtypes.errors import BadInput
from claimtypes.records import Adjudication, Gold, Judgement
from claimtypes.store import sha256_bytes

Votes = Mapping[str, tuple[str, ...]]

STATES = ("unanimous", "majority", "adjudicated", "unresolved")


def votes_digest(votes: Votes) -> str:
    """Return what binds a third reading to the votes it was made on, 16 hex digits.

    Any changed, added or withdrawn vote gives another digest and so re-opens the sentence.
    """
    lines = (f"{annotator} {' '.join(labels)}" for annotator, labels in sorted(votes.items()))
    return sha256_bytes("\n".join(lines).encode())[:16]


def collect_votes(
    judgements: Iterable[Judgement], schema: Schema
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return each sentence's votes by annotator, label sets in schema order.

    Raises:
        BadInput: when one annotator judged one sentence twice.
    """
    votes: dict[str, dict[str, tuple[str, ...]]] = {}
    for judgement in judgements:
        here = votes.setdefault(judgement.sentence, {})
        if judgement.annotator in here:
            raise BadInput(
                f"{judgement.annotator} judged {judgement.sentence} twice",
                hint="claimtypes check names both lines",
            )
        here[judgement.annotator] = schema.ordered(judgement.labels)
    return votes


def decide(sentence: str, votes: Votes, adjudication: Adjudication | None) -> Gold:
    """Return one sentence's gold.

    A third reading made on exactly these votes decides. Else two or more votes that agree do
    (``unanimous``), or one label set that more than half of the annotators chose (``majority``).
    Sets are compared whole: labels are never mixed into a set that nobody chose. Everything
    else, a single vote included, is ``unresolved``.
    """
    ordered = dict(sorted(votes.items()))
    if adjudication and adjudication.votes_digest == votes_digest(votes):
        return Gold(
            sentence=sentence,
            labels=adjudication.labels,
            votes=ordered,
            how="adjudicated",
            by=adjudication.adjudicator,
            reason=adjudication.reason,
        )
    labels, most = Counter(votes.values()).most_common(1)[0]
    if len(votes) > 1 and most == len(votes):
        return Gold(sentence, labels, ordered, "unanimous")
    if len(votes) > 2 and 2 * most > len(votes):
        return Gold(sentence, labels, ordered, "majority")
    return Gold(sentence, None, ordered, "unresolved")


def derive_gold(
    judgements: Iterable[Judgement], adjudications: Iterable[Adjudication], schema: Schema
) -> list[Gold]:
    """Return the gold of every judged sentence, in order of address.

    Raises:
        BadInput: for a repeated judgement, or two third readings of one sentence on the same votes.
    """
    votes = collect_votes(judgements, schema)
    readings: dict[tuple[str, str], Adjudication] = {}
    for adjudication in adjudications:
        key = (adjudication.sentence, adjudication.votes_digest)
        if key in readings:
            raise BadInput(
                f"{adjudication.sentence} is adjudicated twice on the same votes",
                hint="keep one line of annotation/adjudications.jsonl",
            )
        readings[key] = adjudication
    return [
        decide(sentence, here, readings.get((sentence, votes_digest(here))))
        for sentence, here in sorted(votes.items(), key=lambda item: address_key(item[0]))
    ]


def address_key(sentence: str) -> tuple[str, int, int]:
    """Return a sort key for a sentence address: article, then position."""
    article, _, span = sentence.rpartition(":")
    start, _, end = span.partition("-")
    return article, int(start), int(end)


@dataclass(frozen=True, slots=True)
class GoldSummary:
    """Counts of a gold set: sentences by state, and positives by label."""

    states: dict[str, int]
    labels: dict[str, int]
    none: int

    @property
    def sentences(self) -> int:
        """Every judged sentence; the states add up to it."""
        return sum(self.states.values())


def summarise(gold: Iterable[Gold], schema: Schema) -> GoldSummary:
    """Count a gold set by state and label."""
    states = dict.fromkeys(STATES, 0)
    labels = dict.fromkeys(schema.names, 0)
    none = 0
    for row in gold:
        states[row.how] += 1
        for label in row.labels or ():
            labels[label] += 1
        none += row.labels == ()
    return GoldSummary(states=states, labels=labels, none=none)
