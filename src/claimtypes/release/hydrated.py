"""A release with its withheld texts found again in the user's own copies."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from claimtypes.corpus.hydrate import Hydration, Wanted, hydrate
from claimtypes.corpus.own_copies import OwnCopy
from claimtypes.errors import BadInput, require
from claimtypes.records import Sentence
from claimtypes.release.describe import describer, dump_descriptions
from claimtypes.release.facts import gather_facts
from claimtypes.release.labels import load_labels
from claimtypes.release.layout import released_files, table_paths
from claimtypes.release.manifest import dump_manifest, load_manifest, measure_tables
from claimtypes.release.tables import TableWriter, read_batches
from claimtypes.release.withheld import TEXTS
from claimtypes.store import sha256_bytes, writing_folder


@dataclass(frozen=True, slots=True)
class HydratedRelease:
    """The folder that was written, and what was found and missed."""

    folder: Path
    hydration: Hydration


def wanted_of(folder: Path) -> list[Wanted]:
    """Return the withheld documents of a release with their sentences, in order."""
    tables = table_paths(folder)
    wanted: list[Wanted] = []
    for split, path in tables["documents"].items():
        rows: dict[str, list[Sentence]] = defaultdict(list)
        for batch in read_batches(folder / tables["sentences"][split]):
            for row in batch.to_pylist():
                if row["text"] is None:
                    rows[row["document_id"]].append(_sentence(row))
        for batch in read_batches(folder / path):
            wanted += [
                Wanted(
                    row["document_id"], row["text_sha256"], tuple(rows[row["document_id"]]),
                    title=row["title"], url=row["url"] or "",
                )
                for row in batch.to_pylist()
                if row["document_id"] in rows
            ]  # fmt: skip
    return wanted


def _sentence(row: dict[str, Any]) -> Sentence:
    return Sentence(
        article=row["document_id"],
        start=row["char_start"],
        end=row["char_end"],
        kind=row["kind"],
        section=-1,
        paragraph=row["paragraph_index"],
        index=row["sentence_index"],
        letters=row["letters"],
        fingerprint=row["fingerprint"],
        segmentation="",
    )


def _copy_with_texts(
    source: Path, target: Path, names: Sequence[str], found: dict[str, str]
) -> None:
    pa = require("pyarrow", "release")
    with TableWriter(target, "sentences", names) as table:
        for batch in read_batches(source):
            ids, texts = batch.column("sentence_id").to_pylist(), batch.column("text").to_pylist()
            filled = [found.get(i) if t is None else t for i, t in zip(ids, texts, strict=True)]
            hashes = [None if t is None else sha256_bytes(t.encode())[:16] for t in filled]
            changed = pa.Table.from_batches([batch])
            for name, values in zip(TEXTS, (filled, hashes), strict=True):
                place = changed.schema.get_field_index(name)
                changed = changed.set_column(place, name, pa.array(values, pa.string()))
            table.add_table(changed.cast(table.schema))


def hydrate_release(release: Path, copies: Sequence[OwnCopy], into: Path) -> HydratedRelease:
    """Write a copy of a release with the withheld sentences that were found in copies.

    It keeps the release's digest, which names the content as first published, and has a digest
    of the texts beside it; what was not found stays null and is named.

    Raises:
        BadInput: when the folder is no release, or withholds nothing.
        Refused: when ``into`` exists.
    """
    manifest = load_manifest(release)
    wanted = wanted_of(release)
    if not wanted:
        raise BadInput(f"{release}: no text is withheld here", hint="load the release as it is")
    hydration = hydrate(wanted, copies)
    texts = "\n".join(f"{i} {sha256_bytes(t.encode())}" for i, t in sorted(hydration.found.items()))
    with writing_folder(into) as folder:
        sentences = table_paths(release)["sentences"].values()
        for path in released_files(release):
            if path not in sentences:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(release / path, folder / path)
        names = load_labels(release).names
        for path in sentences:
            _copy_with_texts(release / path, folder / path, names, hydration.found)
        tables = measure_tables(folder)
        stamped = replace(
            manifest,
            texts_digest=sha256_bytes(texts.encode()),
            build=manifest.build | {"describer": describer()},
            files={},
        )
        dump_descriptions(folder, gather_facts(folder), stamped, tables)
        dump_manifest(folder, stamped, tables)
    return HydratedRelease(into, hydration)
