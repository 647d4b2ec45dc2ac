"""What can be published: a verified folder with a name and a version, data set or model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, Refused
from claimtypes.records import Finding
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import MANIFEST, SUMS, load_manifest
from claimtypes.release.verify import verify
from claimtypes.release.verify_files import check_sums, find_code, list_files
from claimtypes.release.versions import VERSION


@dataclass(frozen=True, slots=True)
class Parcel:
    """A folder to be published: ``kind`` is ``dataset`` or ``model``, ``date`` its day."""

    folder: Path
    kind: str
    name: str
    version: str
    date: str

    @property
    def hydrated(self) -> bool:
        """Whether it is a release that holds texts which the release does not ship."""
        return self.kind == "dataset" and bool(load_manifest(self.folder).texts_digest)

    @property
    def sums(self) -> bytes:
        """The bytes of ``SHA256SUMS``, which name every other byte."""
        return (self.folder / SUMS).read_bytes()


def wrap(folder: Path, version: str = "") -> Parcel:
    """Return a release or model folder as what can be published.

    A release knows its version; a model is published under the one given, else under that of
    the release it was trained on.

    Raises:
        BadInput: when the folder is neither, or the version is none or another.
    """
    if (folder / MANIFEST).is_file():
        manifest = load_manifest(folder)
        if version not in ("", manifest.version):
            raise BadInput(f"{folder} is version {manifest.version}, not {version}")
        return Parcel(folder, "dataset", manifest.name, manifest.version, manifest.date)
    try:
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        name, trained_on = str(config["name"]), str(config["origin"]["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{folder} is neither a release nor a model", hint="claimtypes release build"
        ) from error
    version = version or trained_on
    if not VERSION.fullmatch(version):
        raise BadInput(f"{version!r} is no version for a model", hint="--version 1.0.0")
    return Parcel(folder, "model", name, version, "1980-01-01")


def check(parcel: Parcel, previous: Path | None = None) -> list[Finding]:
    """Return the findings of a release or model folder; ``previous`` is the release before.

    Whether mlcroissant reads a release was seen when that was built.
    """
    if parcel.kind == "dataset":
        return verify(parcel.folder, previous, read_croissant=False)
    from claimtypes.models.folder import load_model

    findings = Findings()
    paths = list_files(parcel.folder, findings)
    find_code(parcel.folder, paths, findings)
    check_sums(parcel.folder, paths, findings)
    try:
        load_model(parcel.folder)
    except Refused as error:
        findings.add("model-refused", str(error), parcel.folder.name, hint=error.hint)
    return findings.all


def refuse_errors(parcel: Parcel, found: list[Finding]) -> None:
    """Refuse what does not verify.

    Raises:
        Refused: naming the first error and how many there are.
    """
    errors = [finding for finding in found if finding.severity == "error"]
    if not errors:
        return
    first = errors[0]
    where = ":".join(filter(None, (first.path, str(first.line or ""), first.record)))
    raise Refused(
        f"{parcel.name} {parcel.version} does not verify: {first.id} {where}: {first.message}"
        + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""),
        hint=first.hint or f"claimtypes release verify {parcel.folder}",
    )


def put_inside(folder: Path, name: str, data: bytes, *, source: str) -> None:
    """Write one file of a published version into a folder.

    Raises:
        BadInput: naming the source, when the file would lie outside the folder.
    """
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise BadInput(f"{source} would leave the folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
