"""Verification of a release's licences, and of what it says of its annotators."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from claimtypes.release.citation import licence_page
from claimtypes.release.findings import Findings
from claimtypes.release.rows import redistributable
from claimtypes.release.verify_card import CARD, parse_strict, split_card
from claimtypes.release.verify_metadata import CITATION, CROISSANT, DEPOSIT
from claimtypes.release.verify_rows import Seen

ANNOTATORS = "annotators.csv"

_COLUMNS = ["annotator_id", "kind", "model", "training", "language"]
_KINDS = ("human", "language-model")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")


def _check_own_licence(folder: Path, findings: Findings) -> None:
    """Hold the places that name the release's own licence to one another."""
    told: dict[str, object] = {}
    try:
        licence = str(json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["licence"])
        front = parse_strict(split_card((folder / CARD).read_text(encoding="utf-8"))[0])
        told[CARD] = str(front["license"])
        told |= {f"{CARD} {i['config_name']}": str(i["license"]) for i in front["dataset_info"]}
        told[CITATION] = str(
            parse_strict((folder / CITATION).read_text(encoding="utf-8"))["license"]
        )
        told[DEPOSIT] = json.loads((folder / DEPOSIT).read_text(encoding="utf-8"))["license"]
        told[CROISSANT] = json.loads((folder / CROISSANT).read_text(encoding="utf-8"))["license"]
        told["LICENSE"] = (folder / "LICENSE").read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return  # each has a check of its own
    for place, text in told.items():
        if licence.lower() not in str(text).lower():
            findings.add(
                "licence-differs", f"dataset.json says {licence}", place.split()[0],
                record=place.partition(" ")[2],
            )  # fmt: skip


def check_licences(folder: Path, seen: Seen, findings: Findings) -> None:
    """Check that every text's licence allows what the release does with it, and is listed."""
    _check_own_licence(folder, findings)
    for name, row in seen.documents.items():
        licence, path = row["license"] or "", f"documents/{row['split']}.parquet"
        if row["redistributable"] and not redistributable(licence):
            findings.add(
                "licence-not-open", f"its text is shipped under {licence!r}", path, record=name
            )
    for licence in sorted({row["license"] for row in seen.documents.values() if row["license"]}):
        page = f"LICENSES/{licence_page(licence)}"
        if not (folder / page).is_file():
            findings.add("licence-file-missing", f"no page of {licence}", page)


def check_people(folder: Path, seen: Seen, findings: Findings) -> None:
    """Check that annotators are listed, bear pseudonyms, and that no address slipped in."""
    listed = _listed_annotators(folder, findings)
    if listed is None:
        return
    for name in sorted(set(listed) | seen.annotators):
        if not re.fullmatch(r"annotator-\d{2,}", name):
            findings.add("annotator-not-pseudonymous", f"{name!r}", ANNOTATORS, listed.get(name, 0))
        if name not in listed:
            findings.add("annotator-unknown", f"{name!r} has judged sentences", ANNOTATORS)
    for path in (ANNOTATORS, "splits.csv", "labels.json"):
        try:
            text = (folder / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if found := _EMAIL.search(text):
            findings.add("personal-data", f"an e-mail address: {found[0]}", path)


def _listed_annotators(folder: Path, findings: Findings) -> dict[str, int] | None:
    """Return the lines of ``annotators.csv`` by pseudonym, or None when it cannot be read."""
    try:
        with (folder / ANNOTATORS).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        findings.add("annotator-unknown", f"cannot be read: {error}", ANNOTATORS)
        return None
    if not rows or rows[0] != _COLUMNS:
        findings.add("personal-data", f"its columns are {rows[:1]}", ANNOTATORS, 1)
    listed: dict[str, int] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(_COLUMNS) or row[1] not in _KINDS:
            findings.add("value-wrong", f"not an annotator: {row}", ANNOTATORS, number)
        elif row[0] in listed:
            findings.add("duplicate-id", f"{row[0]} is listed twice", ANNOTATORS, number)
        if row:
            listed[row[0]] = number
    return listed


def check_guidelines(folder: Path, seen: Seen, findings: Findings) -> None:
    """Check that the guidelines that were followed are there, each under its own version."""
    there = {p.stem for p in (folder / "guidelines").glob("*.md")}
    for version in sorted(there):
        path = f"guidelines/{version}.md"
        with (folder / path).open(encoding="utf-8", errors="replace") as stream:
            if not re.fullmatch(rf"# .*\bversion {re.escape(version)}\s*", stream.readline()):
                findings.add("guideline-missing", "its first line names another version", path, 1)
    for version in sorted(seen.guidelines - there):
        findings.add(
            "guideline-missing",
            f"annotations follow version {version}",
            f"guidelines/{version}.md",
            severity="warning",
            hint=f"keep its text as annotation/guidelines/{version}.md",
        )
