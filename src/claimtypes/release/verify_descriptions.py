"""Verification of what describes a release: written anew from its own tables, and compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.release.changes import CHANGELOG, changes_path
from claimtypes.release.describe import DATASET, describer, render_descriptions
from claimtypes.release.facts import gather_facts
from claimtypes.release.findings import RULES, Findings
from claimtypes.release.manifest import Manifest
from claimtypes.release.tables import arrow_schema, read_batches
from claimtypes.release.versions import VERSION, version_key

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, BadInput)


def check_descriptions(folder: Path, manifest: Manifest, findings: Findings) -> None:
    """Describe the release again and compare every line with what is there.

    Nothing in card, Croissant, citation, deposit or licence pages can then be changed by hand.
    Only the code that wrote them writes the same, so a release that other code described is
    held to the other rules alone; so is one whose tables are not sound.
    """
    if manifest.build.get("describer") != describer():
        return
    tables = {path: entry for path, entry in manifest.files.items() if entry.rows is not None}
    try:
        texts = render_descriptions(folder, gather_facts(folder), manifest, tables)
    except _UNREADABLE as error:
        findings.add("description-differs", f"cannot be described: {error!r}", DATASET)
        return
    for name, text in texts.items():
        try:
            stated = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            stated = ""
        if stated != text:
            line, what = _first_difference(stated, text)
            findings.add("description-differs", f"the tables give {what!r}", name, line)
    pages = {p.relative_to(folder).as_posix() for p in folder.glob("LICENSES/*.md")}
    for name in sorted(pages - set(texts)):
        findings.add("description-differs", "no document has this licence", name)


def _first_difference(stated: str, text: str) -> tuple[int, str]:
    there, expected = stated.split("\n"), text.split("\n")
    for number, line in enumerate(expected):
        if number >= len(there) or there[number] != line:
            return number + 1, line[:200]
    return len(expected) + 1, "no more lines"


def check_history(folder: Path, manifest: Manifest, findings: Findings) -> None:
    """Check that ``CHANGELOG.md`` and ``changes/`` tell of this version and the ones before."""
    before = manifest.previous.get("version", "")
    if before and (not VERSION.fullmatch(before) or not _rises(before, manifest.version)):
        findings.add("history-wrong", f"{manifest.version} after {before}", "manifest.json")
    own = changes_path(manifest.version)
    if not before and (folder / own).is_file():
        findings.add("history-wrong", "changes since no release", own)
    counts: Counter[tuple[str, str]] = Counter()
    for path in sorted(folder.glob("changes/*.parquet")):
        name = path.relative_to(folder).as_posix()
        if VERSION.fullmatch(path.stem) and _rises(manifest.version, path.stem):
            findings.add("history-wrong", "changes of a later version", name)
        found = _read_changes(path, name, findings)
        counts = found if name == own else counts
    _check_log(folder, manifest, counts, findings)


def _rises(old: str, new: str) -> bool:
    return version_key(old) < version_key(new)


def _read_changes(path: Path, name: str, findings: Findings) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    try:
        for batch in read_batches(path):
            if not batch.schema.equals(arrow_schema("changes", ()), check_metadata=False):
                findings.add("columns-wrong", "not the columns of changes", name)
                break
            for row in batch.select(["table", "field", "old"]).to_pylist():
                whole = "added" if row["old"] is None else "removed"
                counts[row["table"], whole if row["field"] == "row" else row["field"]] += 1
    except BadInput as error:
        findings.add("table-unreadable", str(error).splitlines()[0], name)
    return counts


def _check_log(
    folder: Path, manifest: Manifest, counts: Counter[tuple[str, str]], findings: Findings
) -> None:
    try:
        text = (folder / CHANGELOG).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    entries = re.split(r"^## (\S+) \((\S+)\)$", text, flags=re.MULTILINE)
    told = dict(zip(entries[1::3], entries[3::3], strict=True))
    versions = [*told][:1]
    if versions != [manifest.version] or entries[2] != manifest.date:
        findings.add("history-wrong", f"it does not begin with {manifest.version}", CHANGELOG)
        return
    for path in sorted(folder.glob("changes/*.parquet")):
        if path.stem not in told:
            findings.add("history-wrong", f"no entry for {path.stem}", CHANGELOG)
    listed = re.findall(r"^- (\w+): (\w+) (\d+)$", told[manifest.version], flags=re.MULTILINE)
    if {(table, kind): int(count) for table, kind, count in listed} != dict(counts):
        findings.add("history-wrong", "its counts are not those of changes/", CHANGELOG)


def check_record(folder: Path, manifest: Manifest, findings: Findings) -> None:
    """Check the names that stand in ``dataset.json``, and ``checks.json``."""
    try:
        named = json.loads((folder / DATASET).read_text(encoding="utf-8"))["name"]
        if named != manifest.name:
            findings.add("manifest-mismatch", f"its name is {named!r} there", DATASET)
    except _UNREADABLE as error:
        findings.add("manifest-mismatch", f"cannot be read: {error!r}", DATASET)
    try:
        checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
        if not checks["rules"] or any(f["severity"] == "error" for f in checks["findings"]):
            findings.add("manifest-mismatch", "it records no clean verification", "checks.json")
        elif manifest.build.get("describer") == describer() and checks["rules"] != sorted(RULES):
            findings.add("manifest-mismatch", "its rules are not all there are", "checks.json")
    except FileNotFoundError:
        return  # it is written once everything else is verified
    except _UNREADABLE as error:
        findings.add("manifest-mismatch", f"cannot be read: {error!r}", "checks.json")
