"""Verification of Croissant, citation and deposit in a release."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import warnings
from pathlib import Path
from typing import Any

from claimtypes.progress import track
from claimtypes.release.citation import SPDX
from claimtypes.release.columns import columns
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import Manifest
from claimtypes.release.verify_card import (
    CARD,
    PLACEHOLDER,
    card_tables,
    parse_strict,
)
from claimtypes.release.verify_rows import Seen

CROISSANT = "croissant.json"
CITATION = "CITATION.cff"
DEPOSIT = ".zenodo.json"

RESPONSIBLE = (
    "rai:dataCollection", "rai:dataAnnotationProtocol", "rai:annotatorDemographics",
    "rai:personalSensitiveInformation", "rai:dataUseCases", "rai:dataLimitations",
    "rai:dataBiases", "rai:dataSocialImpact", "rai:dataReleaseMaintenancePlan",
    "rai:dataAnnotationAnalysis",
)  # fmt: skip

_KINDS = {
    "string": "sc:Text", "bool": "sc:Boolean", "int16": "cr:Int16", "int32": "cr:Int32",
    "int64": "cr:Int64", "float32": "cr:Float32", "date32": "sc:Date", "timestamp": "sc:DateTime",
}  # fmt: skip
_SPLIT_KINDS = {"train": "TrainingSplit", "validation": "ValidationSplit"}

ITERATED_ROWS = 200
"""Rows read from each Croissant record set; a smaller one is read whole and counted."""


def check_croissant(
    folder: Path,
    tables: dict[str, dict[str, str]],
    manifest: Manifest,
    seen: Seen,
    findings: Findings,
) -> list[str]:
    """Compare Croissant with manifest and tables; return the names of its record sets."""
    try:
        values = json.loads((folder / CROISSANT).read_text(encoding="utf-8"))
        files = {f["contentUrl"]: f for f in values["distribution"]}
        records = {r["@id"]: r for r in values["recordSet"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        findings.add("croissant-invalid", f"cannot be read: {error!r}", CROISSANT)
        return []
    if values.get("version") != manifest.version or manifest.digest not in str(values):
        findings.add("croissant-mismatch", "version or digest is not the manifest's", CROISSANT)
    if values.get("datePublished") != manifest.date:
        findings.add("croissant-mismatch", "datePublished is not the manifest's", CROISSANT)
    if not str(values.get("license", "")).startswith("https://spdx.org/licenses/"):
        findings.add("licence-missing", "no licence of the SPDX list", CROISSANT)
    for key in RESPONSIBLE:
        if not str(values.get(key, "")).strip():
            findings.add("croissant-incomplete", f"no {key}", CROISSANT)
    if found := PLACEHOLDER.search(json.dumps(values, ensure_ascii=False)):
        findings.add("card-placeholder", f"it still says {found[0]!r}", CROISSANT)
    _check_files(files, tables, manifest, findings)
    _check_records(records, tables, seen, findings)
    _check_agreement(folder, str(values.get("rai:dataAnnotationAnalysis")), findings)
    return sorted(records)


def _check_files(
    files: dict[str, Any],
    tables: dict[str, dict[str, str]],
    manifest: Manifest,
    findings: Findings,
) -> None:
    paths = {path for splits in tables.values() for path in splits.values()}
    if set(files) != paths:
        findings.add("croissant-mismatch", "its files are not exactly the tables", CROISSANT)
    for path, file in files.items():
        entry = manifest.files.get(path)
        if entry and file.get("sha256") != entry.sha256:
            findings.add("croissant-mismatch", "sha256 is another", CROISSANT, record=path)
        if entry and file.get("contentSize") != f"{entry.bytes} B":
            findings.add("croissant-mismatch", "contentSize is another", CROISSANT, record=path)


def _check_records(
    records: dict[str, Any], tables: dict[str, dict[str, str]], seen: Seen, findings: Findings
) -> None:
    for table, splits in tables.items():
        described = columns(table, seen.schema.names)
        for split in splits:
            name = f"{table}/{split}"
            expected = [(c.name, c.many, _KINDS[c.kind.split("[")[0]], c.name) for c in described]
            fields = records.get(name, {}).get("field", [])
            sources = {f.get("source", {}).get("fileObject", {}).get("@id") for f in fields}
            if [_field(field) for field in fields] != expected or sources != {f"file/{name}"}:
                findings.add(
                    "croissant-mismatch", "its fields are not the columns", CROISSANT, record=name
                )
    _check_enumerations(records, seen, findings)


def _check_enumerations(records: dict[str, Any], seen: Seen, findings: Findings) -> None:
    labels = [{"labels/id": i, "labels/name": n} for i, n in enumerate(seen.schema.names)]
    splits = [
        {"splits/name": n, "splits/url": f"cr:{_SPLIT_KINDS.get(n, 'TestSplit')}"}
        for n in seen.counts
    ]
    rows: list[Any]
    for name, rows in (("labels", labels), ("splits", splits)):
        found = records.get(name, {}).get("data") or []
        keys = [*rows[0]] if rows else []
        if [{key: row.get(key) for key in keys} for row in found] != rows:
            findings.add("croissant-incomplete", f"no record set of the {name}", CROISSANT)


def _field(field: dict[str, Any]) -> tuple[Any, ...]:
    column = field.get("source", {}).get("extract", {}).get("column")
    return field.get("name"), bool(field.get("isArray")), field.get("dataType"), column


def _check_agreement(folder: Path, analysis: str, findings: Findings) -> None:
    """Compare with the card, whose figures are compared with the annotations."""
    try:
        card = (folder / CARD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for rows in card_tables(card):
        if rows[0][:2] == ["measure", "alpha"]:
            for name, alpha, low, high, *_ in rows[1:]:
                interval = f" [{low}, {high}]" if low else ""
                if f"{name} {alpha or 'not available'}{interval}" not in analysis:
                    findings.add(
                        "agreement-mismatch", "Croissant and card differ", CROISSANT, record=name
                    )


def read_records(folder: Path, records: list[str], manifest: Manifest, findings: Findings) -> None:
    """Let mlcroissant, where it is installed, validate and read every record set."""
    if importlib.util.find_spec("mlcroissant") is None:
        return
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # it repeats on stderr what it collects as issues
    with warnings.catch_warnings(action="ignore"):
        _read_records(folder, records, manifest, findings)
    logging.disable(before)


def _read_records(folder: Path, records: list[str], manifest: Manifest, findings: Findings) -> None:
    import mlcroissant

    try:
        dataset = mlcroissant.Dataset(str(folder / CROISSANT))
        for issue in sorted(dataset.metadata.ctx.issues.warnings):
            findings.add("croissant-invalid", str(issue), CROISSANT, severity="warning")
        for name in track(records, "reading record sets"):
            entry = manifest.files.get(f"{name}.parquet")
            count = 0
            for _ in dataset.records(name):
                count += 1
                if count == ITERATED_ROWS:
                    break
            expected = min(entry.rows or 0, ITERATED_ROWS) if entry else count
            if count != expected:
                findings.add(
                    "croissant-mismatch", f"{count} rows, not {expected}", CROISSANT, record=name
                )
    except Exception as error:  # noqa: BLE001 - it raises whatever its readers raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        findings.add("croissant-invalid", " ".join(lines)[:300], CROISSANT)


def check_citation(folder: Path, manifest: Manifest, findings: Findings) -> None:
    """Check ``CITATION.cff`` and ``.zenodo.json`` for what they need, and against the manifest."""
    try:
        values = parse_strict((folder / CITATION).read_text(encoding="utf-8"))
        problems = list(_citation_problems(values, manifest))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        problems = [f"cannot be read: {error}"]
    for problem in problems:
        findings.add("citation-invalid", problem, CITATION)
    try:
        deposit = json.loads((folder / DEPOSIT).read_text(encoding="utf-8"))
        needed = ("upload_type", "title", "creators", "description", "access_right", "license")
        if missing := [key for key in needed if not deposit.get(key)]:
            findings.add("citation-invalid", f"no {', '.join(missing)}", DEPOSIT)
        if deposit.get("publication_date") != manifest.date:
            findings.add("citation-invalid", "publication_date is not the manifest's", DEPOSIT)
        if deposit.get("version") != manifest.version:
            findings.add("citation-invalid", "version is not the manifest's", DEPOSIT)
    except (OSError, ValueError, AttributeError) as error:
        findings.add("citation-invalid", f"cannot be read: {error}", DEPOSIT)


def _citation_problems(values: Any, manifest: Manifest) -> list[str]:
    problems = [
        f"no {key}"
        for key in ("cff-version", "message", "title", "authors", "version", "date-released")
        if not values.get(key)
    ]
    if values.get("type") != "dataset":
        problems.append(f"type is {values.get('type')!r}, not 'dataset'")
    if values.get("version") != manifest.version:
        problems.append(f"version is {values.get('version')!r}")
    if str(values.get("date-released")) != manifest.date:
        problems.append(f"date-released is {values.get('date-released')}, not {manifest.date}")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(values.get("date-released"))):
        problems.append("date-released is no date")
    if not all(
        isinstance(author, dict) and (author.get("name") or author.get("family-names"))
        for author in values.get("authors") or []
    ):
        problems.append("an author has no name")
    if manifest.digest not in str(values.get("identifiers")):
        problems.append("its identifier is not the manifest's digest")
    if not SPDX.fullmatch(str(values.get("license"))):
        problems.append(f"license is {values.get('license')!r}")
    return problems
