"""Faults of single records: labels and texts that do not exist, judgements given twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from claimtypes.annotation.audit_rules import make_finding
from claimtypes.annotation.schema import Schema
from claimtypes.records import Adjudication, Article, Finding, Judgement, Sentence


@dataclass(slots=True)
class _Faults:
    """Faults as they turn up, gathered by kind, round and annotator."""

    found: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def add(self, fault: str, judgement: Judgement, detail: str = "") -> None:
        key = (fault, judgement.round, judgement.annotator)
        self.found.setdefault(key, []).append(judgement.sentence + detail)

    def findings(self) -> list[Finding]:
        return [
            make_finding(
                fault,
                annotator,
                f"{len(records)} of {annotator}: {', '.join(sorted(records)[:3])}"
                + (" and more" if len(records) > 3 else ""),
                {"judgements": str(len(records)), "first": sorted(records)[0]},
                path=f"annotation/rounds/{round_name}.jsonl",
            )
            for (fault, round_name, annotator), records in sorted(self.found.items())
        ]


def find_record_faults(
    judgements: Iterable[Judgement],
    sentences: Mapping[str, Sentence],
    schema: Schema,
    annotators: Iterable[str] = (),
) -> tuple[list[Finding], list[Judgement]]:
    """Return the faults of records, and the judgements that have none.

    One finding holds all faults of a kind of one annotator in one round. ``annotators`` are the
    known ones; where there are none, nobody is unknown.
    """
    faults, sound, known = _Faults(), [], set(annotators)
    seen: dict[tuple[str, str], Judgement] = {}
    for judgement in judgements:
        if known and judgement.annotator not in known:
            faults.add("unknown-annotator", judgement)
        key = judgement.sentence, judgement.annotator
        first = seen.get(key)
        seen.setdefault(key, judgement)
        stray = sorted(set(judgement.labels) - set(schema.names))
        sentence = sentences.get(judgement.sentence)
        if stray:
            faults.add("unknown-label", judgement, f" ({', '.join(stray)})")
        elif sentence is None:
            faults.add("unknown-sentence", judgement)
        elif sentence.fingerprint != judgement.text_fingerprint:
            faults.add("stale-fingerprint", judgement)
        elif not sentence.annotated:
            faults.add("unannotated-kind", judgement)
        elif first is not None:
            same = set(first.labels) == set(judgement.labels)
            faults.add("duplicate-judgement" if same else "contradicting-judgements", judgement)
        else:
            sound.append(judgement)
    return faults.findings(), sound


def find_article_faults(
    articles: Iterable[Article], judged: set[str], own_origin: str = "written-for-this-corpus"
) -> list[Finding]:
    """Return the judged articles that came from elsewhere and do not say from where."""
    lost = sorted(a.id for a in articles if a.id in judged and not a.url and a.origin != own_origin)
    if not lost:
        return []
    return [
        make_finding(
            "article-without-link",
            lost[0],
            f"{len(lost)} judged article{'s have' if len(lost) > 1 else ' has'} no url: "
            f"{', '.join(lost[:3])}" + (" and more" if len(lost) > 3 else ""),
            {"articles": str(len(lost))},
            path="corpus/articles",
        )
    ]


def find_own_adjudications(
    adjudications: Sequence[Adjudication], judgements: Iterable[Judgement]
) -> list[Finding]:
    """Return, by adjudicator, how many disputes they decided in which they had voted."""
    voted = {(j.sentence, j.annotator) for j in judgements}
    own: dict[str, list[str]] = defaultdict(list)
    for reading in adjudications:
        if (reading.sentence, reading.adjudicator) in voted:
            own[reading.adjudicator].append(reading.sentence)
    return [
        make_finding(
            "adjudicated-own-vote",
            adjudicator,
            f"{adjudicator} decided {len(rows)} disputes in which they had voted",
            {"decisions": str(len(rows)), "first": sorted(rows)[0]},
            path="annotation/adjudications.jsonl",
        )
        for adjudicator, rows in sorted(own.items())
    ]
