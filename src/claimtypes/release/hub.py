"""Versions as tags of a Hugging Face hub repository; the only place that knows that hub."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from claimtypes.errors import BadInput, ClaimtypesError, Refused, require
from claimtypes.release.folders import copy_files
from claimtypes.release.parcel import Parcel
from claimtypes.release.versions import VERSION

BRANCH = "main"


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of data sets or models; the token and endpoint are huggingface_hub's own."""

    repository: str
    kind: str

    @classmethod
    def parse(cls, place: str, kind: str) -> Hub:
        """Return the target of ``hf://datasets/OWNER/NAME`` or ``hf://models/OWNER/NAME``.

        Raises:
            BadInput: for another form, or a repository of the other kind.
        """
        first, _, repository = place.removeprefix("hf://").strip("/").partition("/")
        if first != f"{kind}s" or repository.count("/") != 1:
            raise BadInput(f"{place} is no place for a {kind}", hint=f"hf://{kind}s/OWNER/NAME")
        return cls(repository, kind)

    @property
    def _api(self) -> Any:
        return require("huggingface_hub", "release").HfApi()

    def _refs(self) -> Any:
        errors = require("huggingface_hub.errors", "release")
        with _translated(self.repository):
            try:
                return self._api.list_repo_refs(self.repository, repo_type=self.kind)
            except errors.HfHubHTTPError as error:
                if isinstance(error, errors.RepositoryNotFoundError) or _status(error) == 404:
                    return None
                raise

    def versions(self) -> list[str]:
        """Return the tagged versions; none when the repository is not there."""
        refs = self._refs()
        names = (tag.name.removeprefix("v") for tag in refs.tags) if refs else ()
        return sorted(name for name in names if VERSION.fullmatch(name))

    def stage(self, parcel: Parcel) -> None:
        """Upload the files to a branch of their own."""
        with _translated(self.repository):
            self._api.create_repo(self.repository, repo_type=self.kind, exist_ok=True)
            branch = _staging(parcel.version)
            refs = self._refs()
            if any(b.name == branch for b in refs.branches if refs):
                self._api.delete_branch(self.repository, branch=branch, repo_type=self.kind)
            self._api.create_branch(self.repository, branch=branch, repo_type=self.kind)
            self._upload(parcel, branch)

    def _upload(self, parcel: Parcel, branch: str) -> Any:
        return self._api.upload_folder(
            repo_id=self.repository,
            repo_type=self.kind,
            folder_path=str(parcel.folder),
            revision=branch,
            commit_message=f"{parcel.name} {parcel.version}",
            # What an earlier version had and this one has not must not stay.
            delete_patterns="*",
        )

    def tag(self, parcel: Parcel) -> None:
        """Make the files the main branch's, and then the version's.

        Raises:
            Refused: when the tag exists by now.
        """
        errors = require("huggingface_hub.errors", "release")
        with _translated(self.repository):
            if parcel.version in self.versions():
                raise Refused(f"{self.repository} has the tag v{parcel.version} already")
            commit = self._upload(parcel, BRANCH)
            try:
                self._api.create_tag(
                    self.repository, tag=f"v{parcel.version}", revision=commit.oid,
                    tag_message=parcel.sums.decode(), repo_type=self.kind, exist_ok=False,
                )  # fmt: skip
            except errors.HfHubHTTPError as error:
                if _status(error) != 409:
                    raise
                raise Refused(
                    f"{self.repository} has the tag v{parcel.version} already",
                    hint="publish a higher version",
                ) from error
            self._api.delete_branch(
                self.repository, branch=_staging(parcel.version), repo_type=self.kind
            )

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Download a version's files into a cache of their own.

        The shared cache is not used: it answers for a server that cannot be reached with
        whatever it holds, and looks at no revision then.
        """
        hub = require("huggingface_hub", "release")
        with tempfile.TemporaryDirectory() as scratch, _translated(self.repository):
            folder = hub.snapshot_download(
                self.repository,
                repo_type=self.kind,
                revision=_staging(version) if staged else f"v{version}",
                cache_dir=scratch,
            )
            copy = Path(scratch) / "plain"
            # The cache holds links; a release holds plain files.
            shutil.copytree(folder, copy, symlinks=False)
            copy_files(copy, into)


def _status(error: Any) -> int | None:
    status: int | None = getattr(error.response, "status_code", None)
    return status


def _staging(version: str) -> str:
    return f"staging-v{version}"


class _translated:  # noqa: N801 - reads as a word of the with statement
    """Turns what huggingface_hub raises into the library's own errors."""

    def __init__(self, repository: str) -> None:
        self.repository = repository

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, ClaimtypesError):
            return
        if isinstance(error, OSError | ValueError) or type(error).__module__.startswith("httpx"):
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ClaimtypesError(
                f"{self.repository}: {first}", hint="check the name, the token and the connection"
            ) from error
