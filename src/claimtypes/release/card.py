"""The dataset card: YAML that loaders obey, and sections whose every number is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claimtypes.errors import require
from claimtypes.release.columns import columns, yaml_feature
from claimtypes.release.facts import Facts
from claimtypes.release.manifest import Manifest, table_paths


def card_metadata(
    folder: Path, facts: Facts, manifest: Manifest, dataset: dict[str, Any]
) -> dict[str, Any]:
    """Return the card's YAML values.

    Version, digest and licence stand in every ``dataset_info`` because ``datasets`` keys its
    cache by them and not by the files: without them a rebuilt folder loads its old rows.
    """
    description = f"content-sha256:{manifest.digest}"
    if manifest.texts_digest:
        description += f" texts-sha256:{manifest.texts_digest}"
    infos, configs = [], []
    for table, splits in table_paths(folder).items():
        sizes = facts.sizes[table]
        infos.append(
            {
                "config_name": table,
                "description": description,
                "license": dataset["licence"],
                "version": manifest.version,
                "features": [yaml_feature(c) for c in columns(table, facts.schema.names)],
                "splits": [
                    {"name": split, "num_bytes": sizes[split][1], "num_examples": sizes[split][0]}
                    for split in splits
                ],
                "download_size": sum(size for _, size in sizes.values()),
                "dataset_size": sum(size for _, size in sizes.values()),
            }
        )
        configs.append(
            {"config_name": table}
            | ({"default": True} if table == "sentences" else {})
            | {
                "version": manifest.version,
                "data_files": [{"split": s, "path": path} for s, path in splits.items()],
            }
        )
    return {
        "pretty_name": dataset["title"],
        "language": sorted(facts.documents["language"]),
        "license": dataset["licence"].lower(),
        "configs": configs,
        "dataset_info": infos,
    }


def render_card(folder: Path, facts: Facts, manifest: Manifest, dataset: dict[str, Any]) -> str:
    """Return the text of a release's ``README.md``."""
    yaml = require("yaml", "release")
    values = card_metadata(folder, facts, manifest, dataset)
    front = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{front}---\n\n# {dataset['title']}, version {manifest.version}\n"
