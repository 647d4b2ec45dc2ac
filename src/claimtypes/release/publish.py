"""Releases and models published where others find them, each version once and for ever.

Every target does the same: a version that exists is refused, files are put under a staging name
first, read back and compared, and the name that makes the version exist comes last.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import SUMS
from claimtypes.release.parcel import Parcel, check, refuse_errors, wrap
from claimtypes.release.verify_files import check_sums, list_files
from claimtypes.release.versions import version_key


class Target(Protocol):
    """A place for versions; what is staged can be read but is no version yet."""

    def versions(self) -> list[str]:
        """Return the versions that exist."""

    def stage(self, parcel: Parcel) -> None:
        """Put a parcel's files where they can be read back, under no version's name."""

    def tag(self, parcel: Parcel) -> None:
        """Make what was staged the version; refuse when that exists by now."""

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Fetch a version's files, or the staged ones, into an empty folder."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published where."""

    kind: str
    name: str
    version: str
    target: str
    files: int


def open_target(place: str, kind: str = "dataset") -> Target:
    """Return the target that a place names.

    ``s3://BUCKET/PREFIX``, ``hf://datasets/OWNER/NAME`` or ``hf://models/OWNER/NAME``,
    ``git+URL`` or a path or URL that ends in ``.git``, a path that ends in ``.tar.gz`` for an
    archive to deposit, and any other path for a folder of versions.

    Raises:
        BadInput: for a place of no such form.
    """
    if place.startswith("s3://"):
        from claimtypes.release.bucket import Bucket

        return Bucket.parse(place)
    if place.startswith("hf://"):
        from claimtypes.release.hub import Hub

        return Hub.parse(place, kind)
    if place.startswith("git+") or place.rstrip("/").endswith(".git"):
        from claimtypes.release.git import Git

        return Git(place.removeprefix("git+"))
    if "://" in place:
        raise BadInput(f"no target for {place}", hint="a path, git+URL, s3://… or hf://…")
    from claimtypes.release.folders import Archive, Folders

    return Archive(Path(place)) if place.endswith(".tar.gz") else Folders(Path(place))


def _compare(parcel: Parcel, target: Target, *, staged: bool) -> None:
    """Read back and hold every byte against the parcel's checksums."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        copy.mkdir()
        target.read(parcel.version, copy, staged=staged)
        findings = Findings()
        check_sums(copy, list_files(copy, findings), findings)
        if not (copy / SUMS).is_file() or (copy / SUMS).read_bytes() != parcel.sums:
            findings.add("checksum-mismatch", "not the checksums that were published", SUMS)
        if findings.all:
            first = findings.all[0]
            raise ClaimtypesError(
                f"what was read back differs: {first.id} {first.path}: {first.message}",
                hint="nothing was tagged; look at the target, then publish again"
                if staged
                else "the version is damaged at its target: publish a higher one",
            )


def _fetch_previous(parcel: Parcel, target: Target, scratch: Path) -> Path | None:
    """Fetch the last lower version, so that the new one can be held to what it changed."""
    own = version_key(parcel.version)
    lower = [v for v in target.versions() if version_key(v) < own]
    if parcel.kind != "dataset" or not lower:
        return None
    folder = scratch / "previous"
    folder.mkdir()
    target.read(max(lower, key=version_key), folder)
    return folder


def publish(folder: Path, place: str, version: str = "") -> Published:
    """Publish a release or model folder, and read it back.

    A data set is held to the last lower version at the target: every row that changed must be
    in its ``changes/``, and its version must say how much did.

    Raises:
        BadInput: when the folder is neither a release nor a model.
        Refused: when the version exists, the folder does not verify, or holds withheld texts.
        ClaimtypesError: when the target fails, or gives other bytes back.
    """
    parcel = wrap(folder, version)
    if parcel.hydrated:
        raise Refused(
            f"{folder} is hydrated: it holds texts that may not be passed on",
            hint="publish the release it was made from",
        )
    target = open_target(place, parcel.kind)
    if parcel.version in target.versions():
        raise Refused(
            f"{parcel.name} {parcel.version} is published at {place} already, and a version "
            "never changes",
            hint="build and publish a higher version",
        )
    with tempfile.TemporaryDirectory() as scratch:
        previous = _fetch_previous(parcel, target, Path(scratch))
        refuse_errors(parcel, check(parcel, previous))
    target.stage(parcel)
    _compare(parcel, target, staged=True)
    target.tag(parcel)
    _compare(parcel, target, staged=False)
    files = len(parcel.sums.splitlines()) + 1
    return Published(parcel.kind, parcel.name, parcel.version, place, files)
