"""A release verified from its folder alone, by other code than built it."""

from __future__ import annotations

from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.records import Finding
from claimtypes.release.changes import check_changes
from claimtypes.release.findings import Findings
from claimtypes.release.verify_card import check_card
from claimtypes.release.verify_descriptions import (
    check_descriptions,
    check_history,
    check_record,
)
from claimtypes.release.verify_files import check_files
from claimtypes.release.verify_metadata import (
    check_citation,
    check_croissant,
    read_records,
)
from claimtypes.release.verify_rights import check_guidelines, check_licences, check_people
from claimtypes.release.verify_rows import check_rows
from claimtypes.release.verify_splits import (
    check_near_duplicates,
    check_repeated_sentences,
    check_split_file,
)
from claimtypes.release.verify_tables import check_labels, check_tables

UNSOUND = ("table-unreadable", "columns-wrong", "value-missing", "file-missing", "label-unknown")
"""Where one of these is found, the tables cannot be counted."""


def verify(
    folder: Path, previous: Path | None = None, *, read_croissant: bool = True
) -> list[Finding]:
    """Check everything a release claims against what is in its folder.

    Files and hashes, columns and embedded features, label ids and bools, offsets and
    fingerprints, gold recomputed from annotations, splits and near-duplicates, the numbers of
    card and Croissant, licences, pseudonyms; with ``previous``, the release before it, that its
    changes are exactly those it lists and its version says how much they are. Each finding
    names file, row and rule; the rules are in `claimtypes.release.findings.RULES`.
    ``read_croissant`` lets mlcroissant, where it is installed, read every record set as well:
    that is for makers of a release, and takes longer than all other checks of a small one.

    Raises:
        BadInput: when there is no such folder.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder", hint="claimtypes release build")
    findings = Findings()
    manifest = check_files(folder, findings)
    if manifest is None:
        return findings.all
    schema = check_labels(folder, manifest, findings)
    if schema is None:
        return findings.all
    tables = check_tables(folder, manifest, schema, findings)
    hydrated = bool(manifest.texts_digest)
    seen = check_rows(folder, tables, schema, findings, hydrated=hydrated)
    check_split_file(folder, seen, findings)
    check_near_duplicates(folder, tables, findings)
    check_repeated_sentences(folder, tables, findings)
    check_people(folder, seen, findings)
    check_guidelines(folder, seen, findings)
    check_licences(folder, seen, findings)
    check_card(folder, tables, manifest, seen, findings)
    records = check_croissant(folder, tables, manifest, seen, findings)
    # Where a file is not the one described, reading it only says so again.
    if read_croissant and not findings.has("croissant-mismatch"):
        read_records(folder, records, manifest, findings)
    check_citation(folder, manifest, findings)
    check_record(folder, manifest, findings)
    check_history(folder, manifest, findings)
    if not findings.has(*UNSOUND):
        check_descriptions(folder, manifest, findings)
    if previous is not None:
        check_changes(folder, previous, findings)
    return findings.all
