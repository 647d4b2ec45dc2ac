"""The record of changes inside a release: ``changes/X.Y.Z.parquet`` and ``CHANGELOG.md``."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, Refused
from claimtypes.release.diff import Change, Difference, diff
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import Manifest, load_manifest
from claimtypes.release.tables import TableWriter, read_batches
from claimtypes.release.versions import LEVELS, bump_level, next_version
from claimtypes.store import write_text

CHANGELOG = "CHANGELOG.md"


def changes_path(version: str) -> str:
    """Return the path in a release of the changes that a version made."""
    return f"changes/{version}.parquet"


def load_reasons(path: Path) -> list[dict[str, str]]:
    """Read a project's ``changes.toml``: why rows changed, for the maintainer to write.

    Each ``[[changes]]`` has a ``reason``, perhaps an ``issue``, and any of ``version``,
    ``table``, ``id`` and ``field`` that say which changes it explains; a later one wins.

    Raises:
        BadInput: when it is not TOML or an entry has no reason.
    """
    if not path.exists():
        return []
    try:
        entries: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("changes", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error
    known = {"reason", "issue", "version", "table", "id", "field"}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not entry.get("reason") or set(entry) - known:
            raise BadInput(f"{path}: entry {number} needs a reason, and only {sorted(known)}")
    return list(entries)


def _explain(change: Change, version: str, reasons: list[dict[str, str]]) -> Change:
    """Return a change with the last reason that is meant for it."""
    told = asdict(change) | {"version": version}
    for entry in reversed(reasons):
        if all(told[k] == v for k, v in entry.items() if k not in ("reason", "issue")):
            return replace(change, reason=entry["reason"], issue=entry.get("issue"))
    return change


def refuse_low_version(difference: Difference) -> None:
    """Refuse a version that does not say how much has changed.

    Raises:
        Refused: naming the level needed and the first change that needs it.
    """
    given = bump_level(difference.old_version, difference.new_version)
    needed = difference.level
    if LEVELS.index(given) >= LEVELS.index(needed):
        return
    first = next((c for c in difference.changes if needed != "major" or not c.added), None)
    what = f"; {first.table} {first.id} changed its {first.field}" if first else ""
    raise Refused(
        f"{difference.new_version} is too low after {difference.old_version}: "
        f"this is a {needed} change{what}",
        hint=f"claimtypes release build {next_version(difference.old_version, needed)}",
    )


def dump_changes(
    folder: Path, previous: Path, reasons: list[dict[str, str]]
) -> tuple[Difference, Manifest]:
    """Write what changed since the previous release, with everything it said of earlier ones.

    The folder must hold a manifest of the new version. Returns the difference, and the manifest
    of the previous release.

    Raises:
        Refused: when the version does not say how much has changed.
    """
    difference = diff(previous, folder)
    refuse_low_version(difference)
    for path in sorted(previous.glob("changes/*.parquet")):
        (folder / "changes").mkdir(exist_ok=True)
        shutil.copyfile(path, folder / "changes" / path.name)
    version = difference.new_version
    with TableWriter(folder / changes_path(version), "changes", ()) as table:
        table.add_all(asdict(_explain(c, version, reasons)) for c in difference.changes)
    return difference, load_manifest(previous)


def _changelog(manifest: Manifest, difference: Difference | None, earlier: str) -> str:
    """Return ``CHANGELOG.md``: this version's changes, then what earlier ones said."""
    entry = [f"## {manifest.version} ({manifest.date})", ""]
    if difference is None:
        entry.append("First release.")
    else:
        entry.append(
            f"After {difference.old_version}: a {difference.level} change. Every changed value is "
            f"in `{changes_path(manifest.version)}`."
            if difference.changes
            else f"After {difference.old_version}: the same content."
        )
        for (table, kind), count in difference.counts.items():
            entry.append(f"- {table}: {kind} {count}")
        entry += [
            f"- alpha of {a.label}: {a.change:+.3f} [{a.low:+.3f}, {a.high:+.3f}]"
            for a in difference.agreement
        ]
    return "# Changes\n\n" + "\n".join(entry) + "\n" + earlier.removeprefix("# Changes\n")


def dump_changelog(
    folder: Path, manifest: Manifest, difference: Difference | None, previous: Path | None
) -> None:
    """Write ``CHANGELOG.md``."""
    earlier = (previous / CHANGELOG).read_text(encoding="utf-8") if previous else ""
    write_text(folder / CHANGELOG, _changelog(manifest, difference, earlier))


def check_changes(folder: Path, previous: Path, findings: Findings) -> None:
    """Check that a release's entries are exactly the changes since the previous release."""
    before, after = load_manifest(previous), load_manifest(folder)
    if after.previous != {"version": before.version, "digest": before.digest}:
        findings.add(
            "previous-mismatch",
            f"it was built after {after.previous.get('version') or 'no release'}, not after this "
            f"{before.version}",
            "manifest.json",
            hint=f"claimtypes release build {after.version} --previous {previous}",
        )
    difference = diff(previous, folder)
    try:
        refuse_low_version(difference)
    except Refused as error:
        findings.add("version-too-low", str(error), "manifest.json", hint=error.hint)
    path = changes_path(after.version)
    listed: dict[tuple[str, str, str], tuple[Any, Any]] = {}
    if (folder / path).is_file():
        for batch in read_batches(folder / path):
            for row in batch.to_pylist():
                listed[row["table"], row["id"], row["field"]] = row["old"], row["new"]
    actual = {change.place: (change.old, change.new) for change in difference.changes}
    for place in sorted(actual.keys() | listed.keys()):
        table, name, field = place
        if place not in listed or (place in actual and actual[place] != listed[place]):
            findings.add(
                "change-without-entry", f"{table}: {field} changed to {actual[place][1]}", path,
                record=name,
            )  # fmt: skip
        elif place not in actual:
            findings.add("change-not-made", f"{table}: {field}", path, record=name)
