"""Verification of the card: what loaders read from it, and every number it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimtypes.errors import require
from claimtypes.release.columns import columns, yaml_feature
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import Manifest
from claimtypes.release.verify_rows import Seen

CARD = "README.md"

PLACEHOLDER = re.compile(
    r"\[more information needed\]|\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX\b|lorem ipsum|\{\{.*?\}\}",
    re.IGNORECASE,
)
SECTIONS = (
    "Dataset Description", "Languages", "Labels", "Uses", "Out-of-Scope Use", "Loading",
    "Dataset Structure", "Data Instances", "Data Fields", "Data Splits", "Dataset Creation",
    "Data Collection and Processing", "Source Data Producers", "Annotation Process", "Annotators",
    "Annotator Agreement", "Personal and Sensitive Information",
    "Considerations for Using the Data", "Social Impact", "Biases", "Limitations",
    "Licensing Information", "Citation Information", "Maintenance and Versions",
    "Datasheet and Data Statement",
)  # fmt: skip


def parse_strict(text: str) -> Any:
    """Read YAML as every reader must read it: no key twice.

    Raises:
        ValueError: for what is no YAML, or has a key twice, which readers resolve differently.
    """
    yaml = require("yaml", "release")

    class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
        if repeated := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise ValueError(f"line {node.start_mark.line + 1}: twice: {', '.join(repeated)}")
        return dict(loader.construct_pairs(node, deep=True))

    Strict.add_constructor("tag:yaml.org,2002:map", mapping)
    try:
        return yaml.load(text, Loader=Strict)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def split_card(text: str) -> tuple[str, str]:
    """Return a card's YAML and its body.

    Raises:
        ValueError: when it does not begin with YAML between ``---`` lines.
    """
    if not text.startswith("---\n") or (end := text.find("\n---\n", 3)) < 0:
        raise ValueError("no YAML between --- lines")
    return text[4 : end + 1], text[end + 5 :]


def card_tables(body: str) -> Iterator[list[list[str]]]:
    """Yield the tables of Markdown text as rows of cells, their headers first."""
    rows: list[list[str]] = []
    for line in [*body.split("\n"), ""]:
        if line.startswith("|"):
            rows.append([c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            yield [row for i, row in enumerate(rows) if i != 1]
            rows = []


def _check_values(values: Any, seen: Seen, findings: Findings) -> bool:
    if not isinstance(values, dict):
        findings.add("card-unreadable", "its YAML is no mapping", CARD)
        return False
    languages = values.get("language")
    if not isinstance(languages, list) or not all(isinstance(x, str) for x in languages):
        findings.add("card-unreadable", f"language is {languages!r}, not a list of texts", CARD)
    elif sorted(languages) != sorted({row["language"] for row in seen.documents.values()}):
        findings.add("card-count", f"language is {languages}, the documents say other", CARD)
    if not isinstance(values.get("license"), str):
        findings.add("licence-missing", "the card gives no licence", CARD)
    for key in ("configs", "dataset_info"):
        if not isinstance(values.get(key), list) or not all(
            isinstance(entry, dict) for entry in values[key]
        ):
            findings.add("card-unreadable", f"{key} is no list of mappings", CARD)
            return False
    return True


def _check_configs(
    values: Any, tables: dict[str, dict[str, str]], manifest: Manifest, findings: Findings
) -> None:
    expected = {
        table: [{"split": s, "path": path} for s, path in splits.items()]
        for table, splits in tables.items()
    }
    found = {c.get("config_name"): c.get("data_files") for c in values["configs"]}
    if found != expected or list(found) != list(expected):
        findings.add("card-files", "its configurations are not exactly the tables", CARD)
    if [c.get("config_name") for c in values["configs"] if c.get("default")] != ["sentences"]:
        findings.add("card-files", "the default configuration is not sentences", CARD)
    for config in values["configs"]:
        if config.get("version") != manifest.version:
            findings.add(
                "card-stamp", f"version {config.get('version')!r}", CARD,
                record=str(config.get("config_name")),
            )  # fmt: skip


def _check_info(
    info: Any,
    tables: dict[str, dict[str, str]],
    manifest: Manifest,
    seen: Seen,
    findings: Findings,
) -> None:
    table = info.get("config_name")
    if table not in tables:
        findings.add("card-files", f"{table!r} is no table", CARD)
        return
    expected = [yaml_feature(column) for column in columns(table, seen.schema.names)]
    if info.get("features") != expected:
        findings.add("card-features", f"the features of {table} are not its columns", CARD)
    for entry in info.get("splits", []):
        file = manifest.files.get(tables[table].get(entry.get("name"), ""))
        if not file or (file.rows, file.bytes) != (entry["num_examples"], entry["num_bytes"]):
            findings.add(
                "card-count", f"{entry} is not what the manifest says", CARD, record=str(table)
            )
    if [entry.get("name") for entry in info.get("splits", [])] != list(tables[table]):
        findings.add("card-count", f"the splits of {table} are not its files", CARD)
    stamp = str(info.get("description"))
    if (
        info.get("version") != manifest.version
        or f"content-sha256:{manifest.digest}" not in stamp
        or manifest.texts_digest not in stamp
    ):
        findings.add("card-stamp", "version or digest is not the manifest's", CARD, record=table)
    if not info.get("license"):
        findings.add("licence-missing", f"the card gives {table} no licence", CARD)


def _check_sections(body: str, findings: Findings) -> None:
    parts = re.split(r"^#{1,3} (.+)$", body, flags=re.MULTILINE)
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name in SECTIONS:
        if not texts.get(name, "").strip():
            findings.add("card-section", f"no text under {name!r}", CARD)
    # An example row is a source's words, whatever they are.
    if found := PLACEHOLDER.search(re.sub(r"```.*?```", "", body, flags=re.DOTALL)):
        findings.add("card-placeholder", f"it still says {found[0]!r}", CARD)


def _check_numbers(body: str, seen: Seen, findings: Findings) -> None:
    tables = {tuple(rows[0]): rows[1:] for rows in card_tables(body)}
    names = seen.schema.names
    header = ("split", "documents", "sentences", "decided", "none", *names, "without text")
    total = {key: sum(c[key] for c in seen.counts.values()) for key in header[1:]}
    expected = [
        [split, *(str(counts[key]) for key in header[1:])]
        for split, counts in [*seen.counts.items(), ("all", total)]
    ]
    found = tables.get(header)
    if found is None:
        findings.add("card-count", "no table of the splits' counts", CARD)
    for row in expected if found is not None else []:
        if row not in (found or []):
            findings.add("card-count", f"the rows give {' '.join(row)}", CARD, record=row[0])
    agreement = next((rows for key, rows in tables.items() if key[:2] == ("measure", "alpha")), [])
    stated = {row[0]: row for row in agreement}
    for name, alpha in seen.reliability.alphas().items():
        shown = stated.get(name, ["", "", "", "", ""])
        value = "" if alpha is None else f"{alpha:.3f}"
        if not _same(shown[1], value):
            findings.add(
                "agreement-mismatch",
                f"alpha of {name} is {value or 'not to be had'}, not {shown[1] or 'missing'}",
                CARD,
                record=name,
            )
        elif (shown[2] or shown[3]) and not _is_interval(shown[2], shown[1], shown[3]):
            findings.add("agreement-mismatch", f"{shown[1:4]} is no interval", CARD, record=name)


def _is_interval(low: str, value: str, high: str) -> bool:
    try:
        return float(low) <= float(value) <= float(high)
    except ValueError:
        return False


def _same(shown: str, value: str) -> bool:
    """Whether two rendered numbers agree but for the last digit's rounding."""
    try:
        return abs(float(shown) - float(value)) < 0.0011
    except ValueError:
        return shown == value


def check_card(
    folder: Path,
    tables: dict[str, dict[str, str]],
    manifest: Manifest,
    seen: Seen,
    findings: Findings,
) -> None:
    """Check the card's YAML strictly, its sections, and its numbers against the rows."""
    try:
        front, body = split_card((folder / CARD).read_text(encoding="utf-8"))
        values = parse_strict(front)
    except (OSError, ValueError) as error:
        findings.add("card-unreadable", str(error), CARD)
        return
    if _check_values(values, seen, findings):
        _check_configs(values, tables, manifest, findings)
        for info in values["dataset_info"]:
            _check_info(info, tables, manifest, seen, findings)
        if {info.get("config_name") for info in values["dataset_info"]} != set(tables):
            findings.add("card-files", "dataset_info does not describe every table", CARD)
    _check_sections(body, findings)
    _check_numbers(body, seen, findings)
