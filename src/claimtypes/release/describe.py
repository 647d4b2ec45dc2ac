"""Everything in a release that describes its tables: written anew whenever these change."""

from __future__ import annotations

import json
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from claimtypes.release.card import render_card
from claimtypes.release.citation import (
    render_citation,
    render_licence,
    render_notice,
    render_zenodo,
    source_licences,
)
from claimtypes.release.croissant import CROISSANT, render_croissant
from claimtypes.release.facts import Facts
from claimtypes.release.manifest import FileEntry, Manifest
from claimtypes.store import sha256_bytes, sha256_file, write_text

DATASET = "dataset.json"
DATASHEET = "DATASHEET.md"

LARGE_BYTES = 10 * 1024 * 1024
"""Size of a table from which git should keep it elsewhere, as the Hugging Face hub does."""

_PLAIN = "* -text\n*.parquet -text -diff\n"
_LARGE = "* -text\n*.parquet filter=lfs diff=lfs merge=lfs -text\n"


def render_descriptions(
    folder: Path, facts: Facts, manifest: Manifest, tables: dict[str, FileEntry]
) -> dict[str, str]:
    """Return the texts of a release's card, Croissant, citation, deposit and licence files.

    What the project says of itself is read from the release's own ``dataset.json`` and
    ``DATASHEET.md``, so that a release can be described again without its project.
    """
    dataset: dict[str, Any] = json.loads((folder / DATASET).read_text(encoding="utf-8"))
    sheet = folder / DATASHEET
    datasheet = sheet.read_text(encoding="utf-8") if sheet.exists() else ""
    licence = folder / "LICENSE"
    large = any(entry.bytes > LARGE_BYTES for entry in tables.values())
    texts = {
        "README.md": render_card(folder, facts, manifest, dataset, datasheet),
        CROISSANT: render_croissant(facts, manifest, tables, dataset),
        "CITATION.cff": render_citation(manifest, dataset),
        ".zenodo.json": render_zenodo(manifest, dataset),
        "NOTICE": render_notice(facts, dataset),
        ".gitattributes": _LARGE if large else _PLAIN,
        "LICENSE": render_licence(
            dataset, licence.read_text(encoding="utf-8") if licence.exists() else ""
        ),
    }
    return texts | {f"LICENSES/{name}": text for name, text in source_licences(folder).items()}


def dump_descriptions(
    folder: Path, facts: Facts, manifest: Manifest, tables: dict[str, FileEntry]
) -> None:
    """Write everything that describes a release's tables."""
    for name, text in render_descriptions(folder, facts, manifest, tables).items():
        write_text(folder / name, text)


def describer() -> str:
    """Return what names the code that describes releases: equal names, equal descriptions.

    The intervals of agreement are drawn by NumPy, whose versions may draw differently.
    """
    package = Path(__file__).parent.parent
    code = sorted([*package.glob("release/*.py"), *package.glob("annotation/*.py")])
    lines = [f"{path.relative_to(package).as_posix()} {sha256_file(path)}" for path in code]
    return sha256_bytes("\n".join([*lines, f"numpy {library_version('numpy')}"]).encode())[:16]
