"""Write the counted part of corpus/README.md; ``--check`` fails when it is stale."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from claimtypes.annotation.agreement import agree
from claimtypes.annotation.figures import REASONS
from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.articles import load_articles
from claimtypes.corpus.segment import load_sentences
from claimtypes.corpus.variety import measure_variety
from claimtypes.project import Project
from claimtypes.records import Gold
from claimtypes.store import load_jsonl, write_text

BEGIN, END = "<!-- counted by scripts/describe_corpus.py -->", "<!-- end of what is counted -->"
PAGE = Path("corpus") / "README.md"
SAMPLE = 1000


def row(*cells: object) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |"


def head(*names: str) -> list[str]:
    """A Markdown table's head."""
    return [row(*names), row(*("---" for _ in names))]


def counts(project: Project) -> list[str]:
    """Sentences and labels by publisher kind, and how each label set came about."""
    schema = load_schema(project.schema)
    articles = {a.id: a for a in load_articles(project)}
    gold = list(load_jsonl(project.gold, Gold))
    groups: dict[tuple[str, str], list[Gold]] = {}
    for item in gold:
        article = articles[item.sentence.rpartition(":")[0]]
        source = "many invented ones" if article.origin.startswith("written") else article.publisher
        groups.setdefault((article.origin, source), []).append(item)
    lines = head("origin", "publisher", "articles", "sentences", *schema.names, "none")
    for (origin, source), rows in sorted(groups.items()):
        labels = Counter(label for item in rows for label in item.labels or ())
        lines.append(
            row(
                origin,
                source,
                len({item.sentence.rpartition(":")[0] for item in rows}),
                len(rows),
                *(labels[name] for name in schema.names),
                sum(item.labels == () for item in rows),
            )
        )
    labels = Counter(label for item in gold for label in item.labels or ())
    lines.append(
        row(
            "**all**",
            "",
            len({item.sentence.rpartition(":")[0] for item in gold}),
            len(gold),
            *(labels[name] for name in schema.names),
            sum(item.labels == () for item in gold),
        )
    )
    states = Counter(item.how for item in gold)
    said = ", ".join(
        f"{states[s]} {s}" for s in ("unanimous", "majority", "adjudicated", "unresolved")
    )
    return [*lines, "", f"How the label sets came about: {said}."]


def agreement(project: Project) -> list[str]:
    """Agreement by label, over all, by origin and by real publisher, with document intervals."""
    report = agree(project, by="origin")
    real = {a.publisher for a in load_articles(project) if not a.origin.startswith("written")}
    publishers = [g for g in agree(project, by="source").groups if g.name in real]
    rows = [
        ("all", "whole sets (MASI)", report.every.sets.alpha_masi),
        *(("all", question.name, question.alpha) for question in report.every.labels),
    ]
    for group in (*report.groups, *publishers):
        rows.append((group.name, "whole sets (MASI)", group.alpha_masi))
        rows += [(group.name, name, alpha) for name, alpha in group.label_alphas.items()]
    lines = head("texts", "on", "alpha", "95 % interval", "sentences", "articles")
    for texts, name, alpha in rows:
        value = REASONS[alpha.reason] if alpha.value is None else alpha.value
        between = "–" if alpha.low is None else f"{alpha.low:.3f} to {alpha.high:.3f}"
        lines.append(row(texts, name, value, between, alpha.n_sentences, alpha.n_documents))
    return lines


def variety(project: Project) -> list[str]:
    """Variety of the written texts beside the real ones."""
    articles = {a.id: a for a in load_articles(project)}
    texts: dict[str, list[str]] = {}
    for sentence in load_sentences(project):
        if sentence.annotated and sentence.text:
            article = articles[sentence.article]
            written = article.origin.startswith("written")
            texts.setdefault("written" if written else article.publisher, []).append(sentence.text)
    lines = head(
        "texts",
        "sentences",
        "words",
        "distinct words",
        "openings met once",
        "commonest opening",
        "words a sentence",
    )
    for name, sentences in sorted(texts.items()):
        v = measure_variety(sentences, sample=SAMPLE)
        lines.append(
            row(name, v.sentences, v.tokens, v.types, v.openings, v.commonest_opening, v.mean_words)
        )
    return lines


def main() -> None:
    """Write or check the page."""
    project = Project.find()
    page = project.root / PAGE
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [
        BEGIN,
        "",
        "### Counts",
        "",
        *counts(project),
        "",
        "### Agreement of the two passes",
        "",
        *agreement(project),
        "",
        f"### Variety, over {SAMPLE} sentences drawn from each",
        "",
        *variety(project),
        "",
        END,
    ]
    made = before + "\n".join(parts) + after
    if "--check" in sys.argv[1:]:
        sys.exit(0 if made == text else f"{page} is stale: run scripts/describe_corpus.py")
    write_text(page, made)


if __name__ == "__main__":
    main()
