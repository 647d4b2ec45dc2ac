"""Releases loaded: fetched by version, verified, and never from a cache that answers wrongly."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, Refused, require
from claimtypes.release.card import content_stamp
from claimtypes.release.columns import TABLES
from claimtypes.release.describe import DATASET
from claimtypes.release.findings import Findings
from claimtypes.release.layout import table_paths
from claimtypes.release.manifest import MANIFEST, Manifest, load_manifest
from claimtypes.release.parcel import check, refuse_errors, wrap
from claimtypes.release.publish import open_target
from claimtypes.release.tables import read_table
from claimtypes.release.verify_files import check_files
from claimtypes.release.verify_tables import check_labels, check_tables
from claimtypes.release.versions import VERSION, version_key
from claimtypes.store import sha256_bytes, writing_folder


def cache_folder() -> Path:
    """Return where fetched releases are kept: ``CLAIMTYPES_CACHE``, else the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("CLAIMTYPES_CACHE") or Path(home) / "claimtypes")


def check_integrity(folder: Path) -> Manifest:
    """Hold every byte and row of a release to its checksums and digest; return its manifest.

    This is the part of `verify` that takes a moment only, and is done on every load.

    Raises:
        BadInput: when the folder is no release.
        Refused: naming the first file that is not as it was released.
    """
    manifest = load_manifest(folder)
    findings = Findings()
    check_files(folder, findings)
    refuse_errors(wrap(folder), findings.all)
    if (schema := check_labels(folder, manifest, findings)) is not None:
        check_tables(folder, manifest, schema, findings)
    refuse_errors(wrap(folder), findings.all)
    return manifest


def _local(source: Path, version: str | None) -> Path:
    manifest = check_integrity(source)
    if version not in (None, manifest.version):
        raise Refused(
            f"{source} is version {manifest.version}, not {version}",
            hint="give the folder of that version, or no version",
        )
    return source


def fetch(source: str | Path, version: str | None = None) -> Path:
    """Return a folder with a verified release.

    ``source`` is a release folder or a place that `publish` takes; ``OWNER/NAME`` is a data set
    on the Hugging Face hub. A version once fetched is kept, and checked again each time; which
    version is the last is asked of the source, never of a cache.

    Raises:
        BadInput: when there is no such release or version.
        Refused: when what came is another version, or does not verify.
        ClaimtypesError: when the source cannot be reached.
    """
    place = str(source)
    if (Path(source) / MANIFEST).is_file():
        return _local(Path(source), version)
    if version is not None and not VERSION.fullmatch(version):
        raise BadInput(f"not a version: {version!r}", hint="use MAJOR.MINOR.PATCH, such as 1.0.0")
    if re.fullmatch(r"[\w.-]+/[\w.-]+", place) and not Path(source).exists():
        place = f"hf://datasets/{place}"
    kept = cache_folder() / "releases" / sha256_bytes(_absolute(place).encode())[:16]
    if version and (kept / version / MANIFEST).is_file():
        return _local(kept / version, version)
    target = open_target(place)
    found = sorted(target.versions(), key=version_key)
    wanted = version or (found[-1] if found else "")
    if wanted not in found:
        raise BadInput(
            f"{place} has no version {wanted}" if wanted else f"{place} has no release",
            hint=f"it has {', '.join(found)}" if found else "claimtypes release publish",
        )
    if (kept / wanted / MANIFEST).is_file():
        return _local(kept / wanted, wanted)
    with writing_folder(kept / wanted) as folder:
        target.read(wanted, folder)
        parcel = wrap(folder)
        if parcel.version != wanted:
            raise Refused(f"{place} gave version {parcel.version} for {wanted}")
        refuse_errors(parcel, check(parcel))
    return kept / wanted


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).resolve())


def load(source: str | Path, table: str = TABLES[0], *, version: str | None = None) -> Any:
    """Return a release's table as a ``datasets.DatasetDict`` by split.

    The rows are read from the verified files themselves: the cache of ``datasets`` is not asked,
    which can hold another build's rows. Version, digest and licence stand in each split's
    ``info``.

    Raises:
        BadInput: when there is no such release, version or table.
        Refused: when it is another version than asked for, or not as it was released.
    """
    datasets = require("datasets", "release")
    folder = fetch(source, version)
    manifest = load_manifest(folder)
    paths = table_paths(folder).get(table)
    if paths is None:
        raise BadInput(
            f"{folder} has no table {table!r}", hint=f"it has {', '.join(table_paths(folder))}"
        )
    said = json.loads((folder / DATASET).read_text(encoding="utf-8"))
    parts = {}
    for split, path in paths.items():
        rows = read_table(folder / path)
        info = datasets.DatasetInfo(
            description=content_stamp(manifest),
            license=said["licence"],
            version=manifest.version,
            features=datasets.Features.from_arrow_schema(rows.schema),
            dataset_name=manifest.name,
            config_name=table,
        )
        parts[split] = datasets.Dataset(rows, info=info, split=datasets.NamedSplit(split))
    return datasets.DatasetDict(parts)
