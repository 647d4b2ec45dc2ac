"""The dataset card: YAML that loaders obey, and sections whose every number is computed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from claimtypes.annotation.figures import Measure
from claimtypes.errors import require
from claimtypes.release.columns import TABLE_MEANINGS, TABLES, Column, columns, yaml_feature
from claimtypes.release.facts import Facts
from claimtypes.release.layout import table_paths
from claimtypes.release.manifest import Manifest
from claimtypes.release.statements import contacts, listed, make_statements
from claimtypes.release.tables import read_batches

_CREATORS = {True: "expert-generated", False: "machine-generated"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def content_stamp(manifest: Manifest) -> str:
    """Return what names a release's content wherever a loader shows a description."""
    texts = f" texts-sha256:{manifest.texts_digest}" if manifest.texts_digest else ""
    return f"content-sha256:{manifest.digest}{texts}"


def card_metadata(
    folder: Path, facts: Facts, manifest: Manifest, dataset: dict[str, Any]
) -> dict[str, Any]:
    """Return the card's YAML values.

    Version, digest and licence stand in every ``dataset_info`` because ``datasets`` keys its
    cache by them and not by the files: without them a rebuilt folder loads its old rows.
    """
    infos, configs = [], []
    for table, splits in table_paths(folder).items():
        sizes = facts.sizes[table]
        whole = sum(size for _, size in sizes.values())
        infos.append(
            {
                "config_name": table,
                "description": content_stamp(manifest),
                "license": dataset["licence"],
                "version": manifest.version,
                "features": [yaml_feature(c) for c in columns(table, facts.schema.names)],
                "splits": [
                    {"name": split, "num_bytes": sizes[split][1], "num_examples": sizes[split][0]}
                    for split in splits
                ],
                "download_size": whole,
                "dataset_size": whole,
            }
        )
        configs.append(
            {"config_name": table}
            | ({"default": True} if table == TABLES[0] else {})
            | {
                "version": manifest.version,
                "data_files": [{"split": s, "path": path} for s, path in splits.items()],
            }
        )
    sentences = facts.total.sentences
    return {
        "pretty_name": dataset["title"],
        "language": sorted(facts.documents["language"]),
        "license": dataset["licence"].lower(),
        "task_categories": ["text-classification"],
        "task_ids": ["multi-label-classification"],
        "annotations_creators": sorted({_CREATORS[a["kind"] == "human"] for a in facts.annotators}),
        "source_datasets": ["original"],
        "size_categories": [next((n for most, n in _SIZES if sentences < most), "n>1M")],
        "tags": [*dataset.get("keywords", ()), "croissant"],
        "configs": configs,
        "dataset_info": infos,
    }


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Render a table; cells are escaped so that they stay cells."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(re.sub(r"\s+", " ", str(c)).replace("|", "\\|") for c in line) + " |"
        for line in lines
    )


def splits_table(facts: Facts) -> str:
    """Render the counts of sentences and labels by split."""
    names = facts.schema.names
    header = ["split", "documents", "sentences", "decided", "none", *names, "without text"]
    parts = [*facts.splits.items(), ("all", facts.total)]
    return markdown_table(
        header,
        [
            [s, p.documents, p.sentences, p.decided, p.none, *(p.labels[n] for n in names),
             p.withheld]
            for s, p in parts
        ],
    )  # fmt: skip


def agreement_rows(facts: Facts) -> list[list[object]]:
    """Return the agreement of the annotations: measure, alpha, interval, counts, or a reason."""
    panel = facts.agreement
    if panel is None:
        return []
    measures = {"sets": panel.sets.alpha_masi, "detection": panel.detection.alpha}
    measures |= {question.name: question.alpha for question in panel.labels}

    def cells(measure: Measure) -> list[object]:
        numbers = (measure.value, measure.low, measure.high)
        shown = ["" if n is None else f"{n:.3f}" for n in numbers]
        return [*shown, measure.reason, measure.n_sentences, measure.n_documents]

    return [[name, *cells(measure)] for name, measure in measures.items()]


AGREEMENT_HEADER = ("measure", "alpha", "low", "high", "reason", "sentences", "documents")


def _agreement(facts: Facts) -> str:
    if not (rows := agreement_rows(facts)):
        return "There are no annotations to measure agreement on."
    return (
        "Krippendorff's alpha, with 95 % intervals from resampling documents. `sets` compares "
        "whole label sets by MASI distance, `detection` asks whether a sentence has any label, and "
        "each label is a yes-or-no question. An empty label set is a value like any other. Where a "
        "figure cannot be had, the reason stands in its place.\n\n"
        + markdown_table(AGREEMENT_HEADER, rows)
    )


def _instance(folder: Path) -> str:
    """Return the first row that has a text and a label, or else the first row."""
    paths = [folder / path for path in table_paths(folder)[TABLES[0]].values()]
    rows = (row for path in paths for batch in read_batches(path) for row in batch.to_pylist())
    first = next(rows)
    shown = (
        first
        if first["text"] and first["labels"]
        else next((row for row in rows if row["text"] and row["labels"]), first)
    )
    return "```json\n" + json.dumps(shown, ensure_ascii=False, indent=2) + "\n```"


def _tables(facts: Facts) -> str:
    rows = [
        [f"`{table}`", TABLE_MEANINGS[table], sum(size for size, _ in sizes.values())]
        for table, sizes in facts.sizes.items()
    ]
    return markdown_table(["table", "one row is", "rows"], rows)


def _type_name(column: Column) -> str:
    kind = f"id of {', '.join(column.names)}" if column.names else column.kind
    return f"list of {kind}" if column.many else kind


def _fields(folder: Path, facts: Facts) -> str:
    parts = []
    for table in table_paths(folder):
        rows = [
            [f"`{c.name}`", "list of label ids" if c.name == "labels" else _type_name(c), c.meaning]
            for c in columns(table, facts.schema.names)
        ]
        parts.append(f"#### `{table}`\n\n" + markdown_table(["field", "type", "meaning"], rows))
    return "\n\n".join(parts)


def _loading(dataset: dict[str, Any], manifest: Manifest) -> str:
    return (
        "Every table is a configuration; the default is `sentences`.\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        "# This folder; or the repository it was published in, with its tag:\n"
        f'# load_dataset("OWNER/{dataset["name"]}", "sentences", revision="v{manifest.version}")\n'
        f'sentences = load_dataset("{dataset["name"]}-{manifest.version}", "sentences")\n```\n\n'
        "A `revision=` is not looked at when a hub cannot be reached, so check what was loaded: "
        f"`sentences['train'].info.version` is {manifest.version} and its description holds "
        f"`{manifest.digest[:16]}…`. `claimtypes.load(source, version={manifest.version!r})` does "
        "so, and verifies the files first. pandas, polars and DuckDB read the Parquet files as "
        "they are; each label has a true-or-false column of its own name, so no table of ids is "
        "needed. `[]` is the decision that no label applies; null is no decision."
    )


def _licensing(facts: Facts, dataset: dict[str, Any]) -> str:
    rows = [
        [origin, licence, free, count]
        for (origin, licence, free), count in sorted(facts.sources.items())
    ]
    return (
        f"The annotations, labels, guidelines and metadata are licensed under "
        f"{dataset['licence']} (`LICENSE`). Each text keeps the licence of its source (column "
        "`license` of `documents`; `LICENSES/` lists them with their documents). Texts that are "
        "not shipped are null; their sentences are there as offsets and keyed fingerprints, and "
        "`claimtypes hydrate` finds them in your own copies (column `obtained`: where to get "
        "one).\n\n"
        + markdown_table(["origin", "licence of the text", "text shipped", "documents"], rows)
    )


def _datasheet(datasheet: str) -> str:
    """Return the project's own datasheet, its headings two levels down, or where to look."""
    if not datasheet.strip():
        return "This page is the datasheet: the project keeps no other."
    text = re.sub(r"\A---\n.*?\n---\n", "", datasheet, flags=re.DOTALL)
    # The section it becomes has a heading already.
    text = re.sub(r"\A\s*# .*\n", "", text)
    # Neither what links lead to in the project is here, nor what its comments are for.
    text = re.sub(r"\[([^\]\n]+)\]\((?!\w+:|#)[^)\n]*\)", r"`\1`", text)
    text = re.sub(r"<!--.*?-->\n*", "", text, flags=re.DOTALL)
    return re.sub(r"^(#{1,4}) ", r"##\1 ", text, flags=re.MULTILINE).strip()


def _sections(
    folder: Path, facts: Facts, manifest: Manifest, dataset: dict[str, Any], datasheet: str
) -> list[tuple[str, str]]:
    said = make_statements(facts, dataset)
    hydrated = (
        "**This copy is hydrated**: texts that the release does not ship were filled in from its "
        "owner's own copies. It is for their use, and must not be passed on.\n\n"
        if manifest.texts_digest
        else ""
    )
    labels = markdown_table(
        ["id", "label", "title", "definition"],
        [
            [i, f"`{label.name}`", label.title, label.definition]
            for i, label in enumerate(facts.schema.labels)
        ],
    )
    return [
        ("## Dataset Description", hydrated + said["rationale"]),
        ("### Languages", listed(facts.documents["language"])),
        ("### Labels", labels),
        ("## Uses", said["use_cases"]),
        ("### Out-of-Scope Use", said["misuse"]),
        ("## Loading", _loading(dataset, manifest)),
        ("## Dataset Structure", _tables(facts)),
        ("### Data Instances", _instance(folder)),
        ("### Data Fields", _fields(folder, facts)),
        ("### Data Splits", f"{said['splits']}\n\n{splits_table(facts)}"),
        ("## Dataset Creation", "Where the texts come from, and who labelled them and how."),
        ("### Data Collection and Processing", said["collection"]),
        ("### Source Data Producers", said["producers"]),
        ("### Annotation Process", said["annotation"]),
        ("### Annotators", said["annotators"]),
        ("### Annotator Agreement", _agreement(facts)),
        ("### Personal and Sensitive Information", said["personal_information"]),
        ("## Considerations for Using the Data", said["recommendations"]),
        ("### Social Impact", said["social_impact"]),
        ("### Biases", said["biases"]),
        ("### Limitations", said["limitations"]),
        ("## Licensing Information", _licensing(facts, dataset)),
        ("## Citation Information", _citation(manifest, dataset)),
        ("## Maintenance and Versions", said["maintenance"]),
        ("## Datasheet and Data Statement", _datasheet(datasheet)),
    ]


def _citation(manifest: Manifest, dataset: dict[str, Any]) -> str:
    authors = "; ".join(dataset.get("authors") or contacts(dataset))
    return (
        f"{authors} ({manifest.date[:4]}). *{dataset['title']}* (version {manifest.version}). "
        f"Data set, content SHA-256 {manifest.digest}. See `CITATION.cff`."
    )


def render_card(
    folder: Path, facts: Facts, manifest: Manifest, dataset: dict[str, Any], datasheet: str = ""
) -> str:
    """Return the text of a release's ``README.md``; ``datasheet`` is the project's own."""
    yaml = require("yaml", "release")
    values = card_metadata(folder, facts, manifest, dataset)
    front = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    sections = _sections(folder, facts, manifest, dataset, datasheet)
    body = "\n\n".join(f"{heading}\n\n{text}" for heading, text in sections)
    return f"---\n{front}---\n\n# {dataset['title']}, version {manifest.version}\n\n{body}\n"
