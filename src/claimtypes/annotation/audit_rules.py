"""Every finding of `audit`: its public id, how bad it is, what it means and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from claimtypes.corpus.findings import Rule
from claimtypes.records import Finding

_EXPORT = "compare the export with what the annotator sees"
_TALK = "talk it over with the guidelines"

RULES: dict[str, Rule] = {
    # records
    "judgement-unreadable": Rule(
        "error", "a line of a round is no judgement",
        "restore the line from version control, or remove it",
    ),
    "unknown-annotator": Rule(
        "error", "judgements are by somebody whom annotation/annotators.toml does not know",
        "add an [[annotators]] entry to annotation/annotators.toml",
    ),
    "unknown-label": Rule(
        "error", "judgements have a label that the schema does not have",
        "correct the label in the round, or add it to annotation/schema.toml",
    ),
    "unknown-sentence": Rule(
        "error", "judgements are on an address that no sentence has",
        "take the article in again, or remove the judgements",
    ),
    "stale-fingerprint": Rule(
        "error", "judgements were made on another text than the sentence now has",
        "the text was judged before it was changed: judge it again",
    ),
    "unannotated-kind": Rule(
        "error", "judgements are on headings, bylines or the like",
        "only sentences of paragraphs and bullets are annotated",
    ),
    "duplicate-judgement": Rule(
        "error", "an annotator judged a sentence twice, with the same labels",
        "keep one line of the round",
    ),
    "contradicting-judgements": Rule(
        "error", "an annotator judged a sentence twice, with different labels",
        "ask the annotator which one holds, and keep that line",
    ),
    "article-without-link": Rule(
        "warning", "judged articles came from elsewhere and do not say from where",
        "add url to their front matter, so that texts can be checked and found again",
    ),
    "adjudicated-own-vote": Rule(
        "note", "somebody decided disputes in which they had voted",
        "a third reading is worth more from somebody else",
    ),
    # texts
    "highlights-misaligned": Rule(
        "error", "most words that an annotator highlighted are not in their sentences",
        "were the highlights exported in another order than the sentences?",
    ),
    "highlight-not-in-text": Rule(
        "note", "some words that an annotator highlighted are not in their sentences", ""
    ),
    "labels-without-reasons": Rule(
        "error", "an annotator's labels are independent of their own highlights or notes, and the "
        "others' are not", "were labels and highlights exported in the same order?",
    ),
    "twins-with-different-labels": Rule(
        "warning", "nearly equal sentences have different gold",
        "read both again; where the context does not tell them apart, one is wrong",
    ),
    # annotators
    "annotator-at-chance": Rule(
        "error", "an annotator's agreement with the rest includes chance, far below the others'",
        "look at some of their sentences; claimtypes agree shows the gain",
    ),
    "agreement-at-chance": Rule(
        "error", "what all annotators agree on includes chance",
        "was one export shuffled? else clear up the guidelines, and run a pilot",
    ),
    "always-none": Rule(
        "warning", "an annotator never gives a label, where the others do", _TALK
    ),
    "label-never-given": Rule(
        "warning", "an annotator never gives one of the labels, where the others do", _TALK
    ),
    "suggestions-waved-through": Rule(
        "warning", "an annotator changes suggestions far more rarely than the others",
        "have some judged without suggestions",
    ),
    # stretches and time
    "block-shuffled": Rule(
        "error", "a stretch of an annotator's judgements agrees with the others as if shuffled",
        _EXPORT,
    ),
    "block-shifted": Rule(
        "error", "a stretch of an annotator's judgements fits the sentences next to its own",
        _EXPORT,
    ),
    "one-answer-run": Rule(
        "warning", "an annotator gives one answer on end where the others do not",
        "have the run judged again",
    ),
    "annotator-drifts": Rule(
        "warning", "an annotator's agreement, or rate of labels, moves from first to last",
        "have some early sentences judged again",
    ),
    "too-fast": Rule(
        "warning", "an annotator answers faster than anybody reads, and than the others do",
        "have the fast ones judged again",
    ),
}  # fmt: skip
"""Every rule by finding id, in the order in which an audit looks."""


def make_finding(
    rule: str, record: str, message: str, evidence: Mapping[str, str], *, path: str = ""
) -> Finding:
    """Return a finding with its rule's severity and hint; ``record`` says whose or which."""
    return Finding(
        id=rule,
        severity=RULES[rule].severity,
        message=message,
        path=path,
        record=record,
        hint=RULES[rule].mend,
        evidence=dict(evidence),
    )


def render_audit_rules() -> str:
    """Return the page that lists every finding of an audit, as Markdown."""
    lines = [
        "# Findings of `claimtypes audit`",
        "",
        "Ids are public: they are never renamed and never change their meaning. This page is what",
        "`claimtypes audit --list` prints. What is said against annotators is held against chance,",
        "all tests and annotators together, and has to matter: a faultless project is suspected of",
        "nothing 99 times in 100.",
        "",
        "| id | severity | what is wrong | what to do next |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{name}` | {rule.severity} | {rule.meaning} | {rule.mend} |"
        for name, rule in RULES.items()
    ]
    return "\n".join(lines) + "\n"
