"""Gold recomputed from a release's own annotations, without the code that derived it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.release.columns import GOLD_SOURCES
from claimtypes.release.findings import Findings
from claimtypes.store import sha256_bytes

Row = dict[str, Any]
Rows = list[tuple[int, Row]]
Votes = dict[str, tuple[int, ...]]


def _votes_digest(votes: Votes, names: tuple[str, ...]) -> str:
    lines = (
        f"{annotator} {' '.join(names[i] for i in ids)}" for annotator, ids in sorted(votes.items())
    )
    return sha256_bytes("\n".join(lines).encode())[:16]


def _decide(votes: Votes, decision: Row | None) -> tuple[list[int] | None, str | None]:
    """Return the label ids and source that votes and a decision give; whole sets are compared."""
    if decision is not None:
        return decision["labels"], "adjudicated"
    ordered = Counter(votes.values()).most_common()
    if not ordered:
        return None, None
    ids, most = ordered[0]
    if len(votes) > 1 and most == len(votes):
        return list(ids), "unanimous"
    if len(votes) > 2 and 2 * most > len(votes):
        return list(ids), "majority"
    return None, None


def _collect(
    path: str, rows: Rows, known: set[str], names: tuple[str, ...], findings: Findings
) -> dict[str, Votes]:
    votes: dict[str, Votes] = {}
    for number, row in rows:
        sentence, annotator = row["sentence_id"], row["annotator_id"]
        if sentence not in known:
            findings.add("orphan-row", "no such sentence", path, number, sentence)
            continue
        here = votes.setdefault(sentence, {})
        if annotator in here:
            findings.add("repeated-judgement", f"again by {annotator}", path, number, sentence)
        ids = row["labels"] or []
        here[annotator] = tuple(i for i in ids if i is not None and 0 <= i < len(names))
    return votes


def _collect_decisions(
    table: tuple[str, Rows],
    known: set[str],
    votes: dict[str, Votes],
    schema: Schema,
    findings: Findings,
) -> dict[str, Row]:
    path, rows = table
    decisions: dict[str, Row] = {}
    reasons = {reason.code for reason in schema.reasons}
    for number, row in rows:
        sentence = row["sentence_id"]
        if sentence not in known:
            findings.add("orphan-row", "no such sentence", path, number, sentence)
        elif sentence in decisions:
            findings.add("duplicate-id", "adjudicated twice", path, number, sentence)
        elif row["votes_digest"] != _votes_digest(votes.get(sentence, {}), schema.names):
            findings.add("adjudication-stale", "made on other votes", path, number, sentence)
        else:
            decisions[sentence] = row
        if row["reason"] not in reasons:
            findings.add("reason-unknown", f"reason {row['reason']!r}", path, number, sentence)
    return decisions


def check_gold(
    paths: dict[str, str], found: dict[str, Rows], schema: Schema, findings: Findings
) -> None:
    """Recompute each sentence's votes and gold from the annotations and adjudications."""
    sentences = found.get("sentences", [])
    known = {row["sentence_id"] for _, row in sentences}
    names = schema.names
    votes = _collect(
        paths.get("annotations", ""), found.get("annotations", []), known, names, findings
    )
    adjudications = paths.get("adjudications", ""), found.get("adjudications", [])
    decisions = _collect_decisions(adjudications, known, votes, schema, findings)
    for number, row in sentences:
        where = paths["sentences"], number, row["sentence_id"]
        here = votes.get(row["sentence_id"], {})
        counts = [sum(i in ids for ids in here.values()) for i in range(len(names))]
        if row["n_annotators"] != len(here) or row["label_votes"] != counts:
            findings.add(
                "votes-mismatch",
                f"the annotations give {counts} of {len(here)}, the row {row['label_votes']} "
                f"of {row['n_annotators']}",
                *where,
            )
        ids, source = _decide(here, decisions.get(row["sentence_id"]))
        stated = row["gold_source"]
        told = GOLD_SOURCES[stated] if stated in range(len(GOLD_SOURCES)) else stated
        if (ids, source) != (row["labels"], told):
            findings.add(
                "gold-not-recomputable",
                f"annotations and adjudications give {ids} ({source}), the row {row['labels']} "
                f"({told})",
                *where,
            )
