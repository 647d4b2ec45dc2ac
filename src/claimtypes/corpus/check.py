"""Everything that can be wrong with a project's files, each fault as a finding."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from claimtypes.corpus.check_articles import check_articles, check_hydrated, check_sentences
from claimtypes.corpus.check_labels import (
    Terms,
    check_adjudications,
    check_annotators,
    check_contrast,
    check_gold,
    check_judgements,
)
from claimtypes.corpus.check_splits import check_splits
from claimtypes.corpus.findings import Ledger
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.records import Finding

_GUIDELINES = re.compile(r"# Annotation guidelines, version (\d+\.\d+\.\d+)\s*")
_REQUIRED = ("name", "title", "version", "licence", "description")


def check(project: Project, terms: Terms | None) -> list[Finding]:
    """Return every fault found in the project's files; files that are not there yet have none.

    ``terms`` are the schema's; without them (it cannot be read) decisions are left unchecked.
    """
    ledger = Ledger(project)
    _check_schema(ledger)
    _check_dataset(ledger)
    guidelines = _check_guidelines(ledger)
    articles = check_articles(ledger)
    sentences = check_sentences(ledger, articles)
    hydrated = check_hydrated(ledger, articles, sentences)
    annotators = check_annotators(ledger)
    if terms is not None:
        terms = replace(terms, guideline_version=guidelines)
        judged = check_judgements(ledger, sentences, annotators, terms)
        check_adjudications(ledger, sentences, annotators, judged, terms)
        check_gold(ledger, sentences, terms)
        check_contrast(ledger, articles, sentences, terms)
    texts: dict[str, list[str]] = defaultdict(list)
    for row in sentences.values():
        whole = articles[row.article].text if row.article in articles else None
        text = whole[row.start : row.end] if whole else hydrated.get(row.id)
        if row.annotated and text:
            texts[row.article].append(text)
    check_splits(ledger, articles, texts)
    return ledger.findings


def _check_schema(ledger: Ledger) -> None:
    """Note labels that cannot be told apart; whatever else is wrong, reading the schema says."""
    path = ledger.project.schema
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        ledger.add("bad-schema", str(error), path)
        return
    labels = [t for t in [*_tables(data.get("labels")), data.get("none")] if isinstance(t, dict)]
    for rule, key in (
        ("two-equal-hotkeys", "hotkey"), ("two-equal-labels", "name"), ("two-equal-labels", "title")
    ):  # fmt: skip
        values = Counter(str(label[key]) for label in labels if key in label)
        for value, count in values.items():
            if count > 1:
                ledger.add(rule, f"{count} labels have the {key} {value!r}", path, record=value)


def _tables(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_dataset(ledger: Ledger) -> None:
    path = ledger.project.root / "corpus" / "dataset.toml"
    try:
        values = ledger.project.dataset()
    except BadInput as error:
        ledger.add("bad-dataset", str(error).removeprefix(f"{path}: "), path)
        return
    missing = [key for key in _REQUIRED if not str(values.get(key, "")).strip()]
    if missing:
        ledger.add("bad-dataset", f"it lacks {', '.join(missing)}", path)


def _check_guidelines(ledger: Ledger) -> str:
    """Note guidelines without a version; return the version, or nothing."""
    path = ledger.project.guidelines
    try:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        ledger.add("missing-guideline-version", str(error), path)
        return ""
    match = _GUIDELINES.fullmatch(first)
    if not match:
        ledger.add("missing-guideline-version", f"the first line is {first[:60]!r}", path, line=1)
    return match[1] if match else ""
