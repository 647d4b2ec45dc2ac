"""What a release says about its making and its limits, computed from what is in it.

The card and Croissant print the same statements. A project adds its own words to each under
``[statements]`` in ``dataset.toml``; what can be counted is never left to them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from claimtypes.release.facts import Facts

STATEMENTS = (
    "rationale", "collection", "producers", "annotation", "annotators", "personal_information",
    "use_cases", "misuse", "splits", "limitations", "biases", "social_impact", "recommendations",
    "maintenance",
)  # fmt: skip


def share(part: int, whole: int) -> str:
    """Render a share as a percentage with one decimal.

    >>> share(1, 3)
    '33.3 %'
    """
    return f"{100 * part / whole:.1f} %" if whole else "none"


def listed(counts: Counter[str]) -> str:
    """Render counts as ``name (n)``, the most frequent first, ties by name."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count})" for name, count in ordered) or "none"


def _collection(facts: Facts) -> str:
    total = facts.total
    days = f", published from {facts.published[0]} to {facts.published[1]}" * bool(
        facts.published[0]
    )
    return (
        f"{total.documents} documents by {len(facts.documents['publisher'])} publishers{days}. "
        f"How the texts came to be: {listed(facts.documents['origin'])}. "
        f"Kinds of text: {listed(facts.documents['genre'])}. Texts were cleaned, their blocks "
        "marked (title, byline, heading, paragraph, bullet, caption, boilerplate), and paragraphs "
        "and bullets cut into sentences by rules, at fixed offsets."
    )


def _producers(facts: Facts) -> str:
    written = facts.documents["origin"].get("written-for-this-corpus", 0)
    invented = (
        f" {written} documents were written for this corpus and report invented events; the "
        "publishers they name are invented too." * bool(written)
    )
    return (
        f"The publishers named in the table `documents`; the most frequent are "
        f"{listed(Counter(dict(_most(facts.documents['publisher'], 5))))}.{invented}"
    )


def _most(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]


def _annotation(facts: Facts) -> str:
    rounds: Counter[str] = Counter()
    for (round_, _, _), count in facts.annotations.items():
        rounds[round_] += count
    preannotated = (
        f"{facts.preannotated} annotations were made on a model's suggestion."
        if facts.preannotated
        else "No annotation was made on a model's suggestion."
    )
    return (
        f"{sum(facts.annotations.values())} annotations of whole sentences, each a set of labels "
        f"or the decision that none applies, in the rounds {listed(rounds)}, by the guidelines "
        f"{listed(facts.guidelines)}. {preannotated} Labels are those that all annotators chose, "
        "else those that more than half of three or more chose, else a third reading's; where "
        f"none of these decides, they are null: {listed(facts.gold_sources)}."
    )


def _annotators(facts: Facts) -> tuple[str, str]:
    """Return what must be said first of who labelled, if anything, and the rest."""
    by_kind: Counter[str] = Counter()
    kinds = {a["annotator_id"]: a for a in facts.annotators}
    for (_, annotator, _), count in facts.annotations.items():
        by_kind[kinds.get(annotator, {}).get("kind", "unknown")] += count
    models = sorted({a["model"] for a in facts.annotators if a["model"]})
    machine = by_kind.get("language-model", 0)
    everybody = sum(by_kind.values())
    part = "All" if machine == everybody else share(machine, everybody)
    honest = (
        f"{part} of the annotations were made by language models "
        f"({', '.join(models) or 'unnamed'}), not by people. "
        if machine
        else ""
    )
    return honest, (
        f"Annotations by kind of annotator: {listed(by_kind)}. Annotators bear "
        "pseudonyms; their kind, training and language are in `annotators.csv`."
    )


def _limitations(facts: Facts) -> str:
    total = facts.total
    rarest = min(facts.schema.names, key=lambda name: (total.labels[name], name))
    return (
        f"{total.decided} of {total.sentences} sentences have decided labels; "
        f"{share(total.none, total.decided)} of these have none. The rarest label, `{rarest}`, has "
        f"{total.labels[rarest]} sentences. The texts are in {listed(facts.documents['language'])}."
        f" {total.withheld} sentences are shipped without their text. Labels say what a sentence "
        "claims, not whether it is true."
    )


def _splits(facts: Facts) -> str:
    unseen = (
        " `test_publishers` is a second test, of publishers that are in no other split."
        if "test_publishers" in facts.splits
        else ""
    )
    return (
        "Splits are drawn by document: no document, near-duplicate group or event is in two of "
        f"them, and `splits.csv` freezes them.{unseen} `without text` counts the sentences whose "
        "text is not shipped."
    )


def _biases(facts: Facts) -> str:
    publishers, countries = facts.documents["publisher"], facts.documents["countries"]
    name, most = _most(publishers, 1)[0]
    spread = f" Countries the documents speak of: {listed(Counter(dict(_most(countries, 10))))}" * (
        bool(countries)
    )
    more = f", and {len(countries) - 10} more" if len(countries) > 10 else ""
    if facts.documents["origin"]["written-for-this-corpus"]:
        more += "; documents written for this corpus speak mostly of invented ones"
    return (
        f"{share(most, facts.total.documents)} of the documents are by {name}."
        + (f"{spread}{more}." if spread else "")
        + " Which publishers, countries and kinds of text were chosen decides what a model trained "
        "on it takes to be usual."
    )


def make_statements(facts: Facts, dataset: dict[str, Any]) -> dict[str, str]:
    """Return every statement: what can be computed, then what the project adds."""
    labels = ", ".join(f"`{label.name}`" for label in facts.schema.labels)
    total = facts.total
    computed = {
        "rationale": f"{_annotators(facts)[0]}{dataset['description']}",
        "collection": _collection(facts),
        "producers": _producers(facts),
        "annotation": _annotation(facts),
        "annotators": "".join(_annotators(facts)),
        "personal_information": (
            f"Texts name people as their sources do; {total.documents - total_withheld(facts)} of "
            f"{total.documents} documents are shipped with their text. Annotators bear pseudonyms; "
            "no e-mail address of theirs, user name or note is in the release."
        ),
        "use_cases": (
            f"Training and testing multi-label sentence classifiers for {labels}; studying "
            "agreement and disagreement of annotators; measuring transfer between kinds of text."
        ),
        "misuse": (
            "It is no evidence about any person, organisation or state, and no basis for a "
            "decision on one. Labels of single sentences should not be read without their document."
        ),
        "splits": _splits(facts),
        "limitations": _limitations(facts),
        "biases": _biases(facts),
        "social_impact": (
            "Classifiers trained on it can help readers find claims in more reporting than they "
            "could read; the same can be used to watch those who make the claims."
        ),
        "recommendations": (
            "Report scores by label and source beside the agreement given here. Use the splits as "
            "they are: no document, group or event is in two of them."
        ),
        "maintenance": (
            "Released versions never change. What changed between versions is listed row by row in "
            f"`changes/` and in `CHANGELOG.md`. Contact: {', '.join(contacts(dataset))}."
        ),
    }
    added = dataset.get("statements", {})
    return {key: " ".join(filter(None, (computed[key], added.get(key)))) for key in STATEMENTS}


def total_withheld(facts: Facts) -> int:
    """Return how many documents are shipped without their text."""
    return sum(count for (_, _, free), count in facts.sources.items() if free == "no")


def contacts(dataset: dict[str, Any]) -> list[str]:
    """Return whom to write to, as ``dataset.toml`` gives them."""
    given = dataset.get("contacts") or [dataset["title"] + " contributors"]
    return [str(entry) for entry in given]
