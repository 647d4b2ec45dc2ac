"""Disputes: sentences whose votes do not decide, and why each still waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimtypes.annotation.adjudication import derive_gold, votes_digest
from claimtypes.annotation.gold import load_adjudications, load_counted
from claimtypes.annotation.schema import Schema, load_schema
from claimtypes.project import Project
from claimtypes.records import Adjudication, Judgement, Record
from claimtypes.store import sha256_bytes


@dataclass(frozen=True, slots=True)
class Dispute(Record):
    """A sentence whose votes do not decide, and why.

    ``why`` is ``votes-differ``, ``one-vote``, or ``votes-changed`` where a third reading was
    made on other votes. ``votes`` and ``notes`` are by annotator.
    """

    sentence: str
    why: str
    votes: dict[str, tuple[str, ...]]
    votes_digest: str
    notes: dict[str, str]

    @property
    def article(self) -> str:
        """The article it is in."""
        return self.sentence.rpartition(":")[0]

    @property
    def readable(self) -> bool:
        """Whether a third reading can decide it; a single vote needs a second one instead."""
        return len(self.votes) > 1

    def shown(self) -> list[str]:
        """Return the annotators in the order a blinded reader sees them: vote 1, vote 2.

        The order is drawn from the sentence and its votes: no annotator is always first, and
        anybody can work out later who was.
        """

        def draw(annotator: str) -> str:
            return sha256_bytes(f"{self.sentence} {self.votes_digest} {annotator}".encode())

        return sorted(self.votes, key=draw)


def queue(project: Project) -> list[Dispute]:
    """Return every unresolved sentence in order of address.

    Raises:
        BadInput: for judgements or third readings that cannot be trusted.
        ClaimtypesError: when nothing was judged yet.
    """
    return [dispute for dispute in load_disputes(project) if dispute.why]


def load_disputes(project: Project) -> list[Dispute]:
    """Return a project's disputes, decided ones too, in order of address."""
    schema = load_schema(project.schema)
    return find_disputes(list(load_counted(project)), load_adjudications(project, schema), schema)


def find_disputes(
    judgements: Sequence[Judgement], readings: Sequence[Adjudication], schema: Schema
) -> list[Dispute]:
    """Return every sentence that votes alone leave open; ``why`` is empty for decided ones."""
    decided = {(r.sentence, r.votes_digest) for r in readings}
    read = {r.sentence for r in readings}
    notes: dict[str, dict[str, str]] = {}
    for judgement in judgements:
        if judgement.note:
            notes.setdefault(judgement.sentence, {})[judgement.annotator] = judgement.note
    disputes = []
    for row in derive_gold(judgements, [], schema):
        if row.how != "unresolved":
            continue
        digest = votes_digest(row.votes)
        if (row.sentence, digest) in decided:
            why = ""
        elif row.sentence in read:
            why = "votes-changed"
        else:
            why = "one-vote" if len(row.votes) == 1 else "votes-differ"
        here = dict(sorted(notes.get(row.sentence, {}).items()))
        disputes.append(Dispute(row.sentence, why, row.votes, digest, here))
    return disputes
