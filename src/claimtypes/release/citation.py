"""How a release is cited, deposited and licensed: the small files that say so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from claimtypes.errors import require
from claimtypes.release.facts import Facts
from claimtypes.release.layout import table_paths
from claimtypes.release.manifest import Manifest
from claimtypes.release.statements import contacts
from claimtypes.release.tables import read_batches

SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
"""The form of a licence's identifier, as in the SPDX list."""


def _authors(dataset: dict[str, Any]) -> list[str]:
    return [str(name) for name in dataset.get("authors") or contacts(dataset)]


def render_citation(manifest: Manifest, dataset: dict[str, Any]) -> str:
    """Return ``CITATION.cff``, Citation File Format 1.2.0."""
    yaml = require("yaml", "release")
    values = {
        "cff-version": "1.2.0",
        "message": "Please cite this data set and its version when you use it.",
        "type": "dataset",
        "title": dataset["title"],
        "abstract": dataset["description"],
        "version": manifest.version,
        "date-released": manifest.date,
        "license": dataset["licence"],
        "authors": [{"name": name} for name in _authors(dataset)],
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{manifest.digest}",
                "description": "Digest of the content: labels, splits and rows.",
            }
        ],
    }
    if dataset.get("keywords"):
        values["keywords"] = dataset["keywords"]
    if dataset.get("repository"):
        values["repository"] = dataset["repository"]
    text: str = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    return text


def render_zenodo(manifest: Manifest, dataset: dict[str, Any]) -> str:
    """Return ``.zenodo.json``, the metadata of a deposit."""
    values = {
        "upload_type": "dataset",
        "title": dataset["title"],
        "version": manifest.version,
        "publication_date": manifest.date,
        "description": dataset["description"],
        "creators": [{"name": name} for name in _authors(dataset)],
        "access_right": "open",
        "license": dataset["licence"].lower(),
        "language": "eng" if str(dataset.get("language", "en")).startswith("en") else "mul",
        "keywords": dataset.get("keywords") or ["sentence classification"],
        "notes": f"Content SHA-256: {manifest.digest}",
    }
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def render_licence(dataset: dict[str, Any], text: str) -> str:
    """Return ``LICENSE``: the project's licence of its data, or the licence's name and place.

    It names the SPDX identifier in any case: a text alone does not say which version it is.
    """
    licence = dataset["licence"]
    if text.strip():
        return text if licence in text else f"SPDX-License-Identifier: {licence}\n\n{text}"
    return (
        f"The annotations, labels, guidelines and metadata of this data set are licensed under "
        f"{licence}.\nThe licence's text: https://spdx.org/licenses/{licence}.html\n"
        "Each text keeps the licence of its source: see NOTICE and LICENSES/.\n"
    )


def source_licences(folder: Path) -> dict[str, str]:
    """Return the pages of ``LICENSES/`` by file name: each source licence and its documents."""
    held: dict[str, list[str]] = {}
    wanted = ["document_id", "title", "publisher", "url", "license", "redistributable"]
    for path in table_paths(folder).get("documents", {}).values():
        for batch in read_batches(folder / path, wanted):
            for row in batch.to_pylist():
                shipped = "text shipped" if row["redistributable"] else "text not shipped"
                where = f", {row['url']}" if row["url"] else ""
                held.setdefault(row["license"], []).append(
                    f"- {row['document_id']}: “{row['title']}”, {row['publisher']}{where} "
                    f"({shipped})"
                )
    return {
        licence_page(licence): f"# {licence}\n\n{_place(licence)}\n\n"
        + "\n".join(sorted(lines))
        + "\n"
        for licence, lines in sorted(held.items())
        if licence
    }


def licence_page(licence: str) -> str:
    """Return the file name of a licence's page; terms without an SPDX identifier get one."""
    if SPDX.fullmatch(licence):
        return f"{licence}.md"
    slug = re.sub(r"[^A-Za-z0-9]+", "-", licence).strip("-")[:60].strip("-")
    return f"LicenseRef-{slug}.md"


def _place(licence: str) -> str:
    if not SPDX.fullmatch(licence) or licence.startswith("LicenseRef-"):
        return "This is no licence of the SPDX list; these are the terms that the source states."
    return f"The licence's text: https://spdx.org/licenses/{licence}.html"


def render_notice(facts: Facts, dataset: dict[str, Any]) -> str:
    """Return ``NOTICE``: what in the release is under which terms."""
    lines = [
        f"{dataset['title']}",
        "",
        f"Annotations, labels, guidelines and metadata: {dataset['licence']} (LICENSE).",
        "Texts, by source:",
        *(
            f"- {count} document{'s' * (count != 1)}, {origin}, {licence}: text "
            + ("shipped" if free == "yes" else "not shipped")
            for (origin, licence, free), count in sorted(facts.sources.items())
        ),
        "LICENSES/ names every document under its licence.",
    ]
    return "\n".join(lines) + "\n"
