"""Versions in an S3 bucket, each object put once: what exists is never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, ClaimtypesError, Refused, require
from claimtypes.progress import track
from claimtypes.release.layout import released_files
from claimtypes.release.manifest import SUMS
from claimtypes.release.parcel import Parcel, put_inside
from claimtypes.release.versions import VERSION
from claimtypes.store import sha256_bytes


@dataclass(frozen=True, slots=True)
class Bucket:
    """A prefix of a bucket: a version exists when its ``SHA256SUMS`` does, which comes last.

    S3 has no rename. The other files of a version stand under their final names before it
    exists, and reading them back is reading what was staged. Credentials and the endpoint are
    boto3's own (``AWS_ENDPOINT_URL_S3`` and the like).
    """

    bucket: str
    prefix: str
    client: Any

    @classmethod
    def parse(cls, place: str) -> Bucket:
        """Return the target of ``s3://BUCKET/PREFIX``.

        Raises:
            BadInput: when no bucket is named.
        """
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        if not bucket:
            raise BadInput(f"{place} names no bucket", hint="s3://BUCKET/PREFIX")
        prefix = prefix.strip("/")
        client = require("boto3", "s3").client("s3")
        return cls(bucket, f"{prefix}/" if prefix else "", client)

    def _list(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        with _translated(self.bucket):
            return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def versions(self) -> list[str]:
        """Return the versions whose last object is there."""
        names = (key.removeprefix(self.prefix) for key in self._list(self.prefix))
        found = (name.partition("/") for name in names)
        return sorted(v for v, _, name in found if name == SUMS and VERSION.fullmatch(v))

    def _put(self, key: str, data: bytes) -> None:
        """Create an object; one that exists must hold the same bytes, or nothing is done."""
        errors = require("botocore.exceptions", "s3")
        with _translated(self.bucket):
            try:
                self.client.put_object(
                    Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*",
                    Metadata={"sha256": sha256_bytes(data)},
                )  # fmt: skip
            except errors.ClientError as error:
                if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
                    raise
                if self._get(key) != data:
                    raise Refused(
                        f"s3://{self.bucket}/{key} exists already with other content",
                        hint="publish a higher version, or remove what an earlier try left",
                    ) from error

    def _get(self, key: str) -> bytes:
        with _translated(self.bucket):
            data: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return data

    def stage(self, parcel: Parcel) -> None:
        """Put every file but the one that makes the version."""
        paths = [path for path in released_files(parcel.folder) if path != SUMS]
        for path in track(paths, "uploading"):
            key = f"{self.prefix}{parcel.version}/{path}"
            self._put(key, (parcel.folder / path).read_bytes())
        self._put(f"{self.prefix}.staging/{parcel.version}/{SUMS}", parcel.sums)

    def tag(self, parcel: Parcel) -> None:
        """Put the checksums, which make the version."""
        self._put(f"{self.prefix}{parcel.version}/{SUMS}", parcel.sums)
        staged = f"{self.prefix}.staging/{parcel.version}/{SUMS}"
        with _translated(self.bucket):
            self.client.delete_object(Bucket=self.bucket, Key=staged)

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Download a version's files."""
        start = f"{self.prefix}{version}/"
        for key in track(self._list(start), "downloading"):
            name = key.removeprefix(start)
            put_inside(into, name, self._get(key), source=f"s3://{self.bucket}/{key}")
        if staged:
            (into / SUMS).write_bytes(self._get(f"{self.prefix}.staging/{version}/{SUMS}"))


class _translated:  # noqa: N801 - reads as a word of the with statement
    """Turns what boto3 raises into the library's own errors."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: object) -> None:
        errors = require("botocore.exceptions", "s3")
        if isinstance(error, errors.BotoCoreError | errors.ClientError):
            raise ClaimtypesError(
                f"s3://{self.bucket}: {error}", hint="check the bucket, region and credentials"
            ) from error
