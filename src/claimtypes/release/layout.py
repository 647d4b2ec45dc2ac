"""Where things are in a release folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.release.columns import SPLITS, TABLES


def table_path(table: str, split: str) -> str:
    """Return the path in a release of one split of a table."""
    return f"{table}/{split}.parquet"


def table_paths(folder: Path) -> dict[str, dict[str, str]]:
    """Return the paths of a release's tables, by table and split, in order; none for no rows.

    The contrast set is one table outside the splits; its split is called ``contrast``.
    """
    found: dict[str, dict[str, str]] = {}
    for table in TABLES:
        for split in ("contrast",) if table == "contrast" else SPLITS:
            if (folder / table_path(table, split)).is_file():
                found.setdefault(table, {})[split] = table_path(table, split)
    return found


def released_files(folder: Path) -> Iterator[str]:
    """Yield the relative paths of a release's files, sorted as ``LC_ALL=C`` does.

    Raises:
        BadInput: for a link, which could stand for anything.
    """
    for path in sorted(folder.rglob("*"), key=lambda p: p.relative_to(folder).as_posix().encode()):
        if path.is_symlink():
            raise BadInput(f"{path} is a link; a release holds plain files only")
        if path.is_file():
            yield path.relative_to(folder).as_posix()
