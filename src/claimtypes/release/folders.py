"""Versions as folders beside one another, and as one archive to deposit."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from claimtypes.errors import BadInput, Refused
from claimtypes.release.layout import released_files
from claimtypes.release.manifest import SUMS
from claimtypes.release.parcel import Parcel, put_inside
from claimtypes.release.versions import VERSION
from claimtypes.store import writing, writing_folder

_STAGED = ".staged-{}"


def copy_files(source: Path, target: Path) -> None:
    """Copy a folder's plain files.

    Raises:
        BadInput: for a link.
    """
    for path in released_files(source):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)


@dataclass(frozen=True, slots=True)
class Folders:
    """A folder with one folder a version; a rename makes the version."""

    root: Path

    def versions(self) -> list[str]:
        """Return the names of the folders that are versions."""
        if not self.root.is_dir():
            return []
        found = (p.name for p in self.root.iterdir() if (p / SUMS).is_file())
        return sorted(name for name in found if VERSION.fullmatch(name))

    def stage(self, parcel: Parcel) -> None:
        """Copy the files into a folder of another name, flushed to disk."""
        with writing_folder(self.root / _STAGED.format(parcel.version), replace=True) as folder:
            copy_files(parcel.folder, folder)

    def tag(self, parcel: Parcel) -> None:
        """Give the staged folder the version's name.

        Raises:
            Refused: when the version exists.
        """
        target = self.root / parcel.version
        if target.exists():
            raise Refused(f"{target} exists already", hint="publish a higher version")
        (self.root / _STAGED.format(parcel.version)).rename(target)

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Copy a version's files."""
        copy_files(self.root / (_STAGED.format(version) if staged else version), into)


@dataclass(frozen=True, slots=True)
class Archive:
    """One ``.tar.gz``: the same files give the same bytes, for a deposit and its checksum."""

    path: Path

    @property
    def _staged(self) -> Path:
        return self.path.with_name(f".staged-{self.path.name}")

    def versions(self) -> list[str]:
        """Return the version in the archive, if it is there."""
        if not self.path.exists():
            return []
        try:
            with tarfile.open(self.path, "r:gz") as archive:
                name = archive.getnames()[0].split("/", 1)[0]
        except (tarfile.TarError, OSError, IndexError) as error:
            raise Refused(f"{self.path} exists and is no such archive: {error}") from error
        return [name.rpartition("-")[2]]

    def stage(self, parcel: Parcel) -> None:
        """Write the archive under another name.

        Raises:
            Refused: when the archive exists, with whatever in it.
        """
        if self.path.exists():
            raise Refused(f"{self.path} exists already", hint="choose another name")
        top = f"{parcel.name}-{parcel.version}"
        with (
            writing(self._staged) as staged,
            staged.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in released_files(parcel.folder):
                data = (parcel.folder / name).read_bytes()
                entry = tarfile.TarInfo(f"{top}/{name}")
                # No owner, no clock: the archive's bytes are those of the files alone.
                entry.size, entry.mode, entry.mtime = len(data), 0o644, 0
                archive.addfile(entry, io.BytesIO(data))

    def tag(self, parcel: Parcel) -> None:
        """Give the archive its name.

        Raises:
            Refused: when that exists by now.
        """
        if self.path.exists():
            raise Refused(f"{self.path} exists already", hint=f"it holds {parcel.version}?")
        self._staged.rename(self.path)

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Unpack the archive, refusing entries that would leave the folder.

        Raises:
            BadInput: when it is damaged or holds another version.
        """
        path = self._staged if staged else self.path
        with tarfile.open(path, "r:gz") as archive:
            tops = {name.split("/", 1)[0] for name in archive.getnames()}
            if len(tops) != 1 or not (top := tops.pop()).endswith(f"-{version}"):
                raise BadInput(f"{path} does not hold version {version}")
            # Not `extract`: its filter is missing in Python 3.11.0 to 3.11.3.
            for entry in archive.getmembers():
                data = archive.extractfile(entry) if entry.isfile() else None
                if data is None:
                    raise BadInput(f"{path}: {entry.name} is no plain file")
                name = entry.name[len(top) + 1 :]
                put_inside(into, name, data.read(), source=f"{path}: {entry.name}")
