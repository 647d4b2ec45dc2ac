"""claimtypes: an agreed, citable, multi-label sentence corpus, and the toolkit that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__version__ = "0.1.0"

__all__ = ["__version__", "load"]


def load(source: str | Path, table: str = "sentences", *, version: str | None = None) -> Any:
    """Return a table of a release as a ``datasets.DatasetDict``, fetched by version and verified.

    ``source`` is a release folder, a folder of versions, ``hf://datasets/OWNER/NAME`` or
    ``OWNER/NAME``, ``git+URL``, ``s3://BUCKET/PREFIX`` or a ``.tar.gz``; without ``version`` it
    is the source's last. Another version, a changed byte or a cache's old rows are never
    returned: they raise `claimtypes.errors.Refused`.
    """
    from claimtypes.release.load import load as load_release

    return load_release(source, table, version=version)
