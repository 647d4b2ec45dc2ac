"""A project built into a release folder: the same project gives the same bytes anywhere."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from claimtypes import __version__
from claimtypes.annotation.rounds import round_paths
from claimtypes.corpus.split_rows import SplitRow
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import ContrastItem
from claimtypes.release.changes import dump_changelog, dump_changes, load_reasons
from claimtypes.release.describe import DATASET, DATASHEET, describer, dump_descriptions
from claimtypes.release.facts import Facts, gather_facts
from claimtypes.release.findings import RULES
from claimtypes.release.labels import LABELS, dump_labels, labels_since
from claimtypes.release.layout import released_files, table_path
from claimtypes.release.manifest import (
    FORMAT,
    MANIFEST,
    SUMS,
    FileEntry,
    Manifest,
    content_digest,
    dump_manifest,
    dump_sums,
    load_manifest,
    measure_tables,
)
from claimtypes.release.parcel import Parcel, refuse_errors
from claimtypes.release.rows import article_rows, contrast_rows
from claimtypes.release.source import Source, guideline_texts
from claimtypes.release.tables import TableWriter
from claimtypes.release.verify import verify
from claimtypes.release.versions import VERSION, version_key
from claimtypes.store import load_jsonl, sha256_bytes, sha256_file, write_text, writing_folder

CHECKS = "checks.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A release that was built: its folder, version, digest and counts."""

    folder: Path
    version: str
    digest: str
    documents: int
    sentences: int
    decided: int
    withheld: int


def _write_tables(folder: Path, source: Source) -> None:
    by_split: dict[str, list[SplitRow]] = {}
    for placement in source.placements:
        by_split.setdefault(placement.split, []).append(placement)
    names = source.schema.names
    for split, placements in by_split.items():
        released = split.replace("-", "_")
        with ExitStack() as stack:
            documents, sentences, annotations, adjudications = (
                stack.enter_context(TableWriter(folder / table_path(table, released), table, names))
                for table in ("documents", "sentences", "annotations", "adjudications")
            )
            for placement in track(placements, f"writing {split}"):
                rows = article_rows(source, placement)
                documents.add(rows.document)
                sentences.add_all(rows.sentences)
                annotations.add_all(rows.annotations)
                adjudications.add_all(rows.adjudications)


def _write_contrast(folder: Path, source: Source) -> None:
    path = source.project.root / "corpus" / "contrast.jsonl"
    if path.exists():
        names = source.schema.names
        with TableWriter(folder / table_path("contrast", "contrast"), "contrast", names) as table:
            table.add_all(contrast_rows(load_jsonl(path, ContrastItem), names))


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _write_splits(folder: Path, source: Source) -> None:
    rows = ((p.article, p.split.replace("-", "_"), p.group, p.reason) for p in source.placements)
    write_text(folder / "splits.csv", _csv(["document_id", "split", "group_id", "reason"], rows))


def _write_annotators(folder: Path, source: Source) -> None:
    header = ["annotator_id", "kind", "model", "training", "language"]
    rows = (
        (source.pseudonym(a.id), a.kind, a.model, a.training, a.language) for a in source.annotators
    )
    write_text(folder / "annotators.csv", _csv(header, rows))


def _write_guidelines(folder: Path, source: Source) -> None:
    for version, text in guideline_texts(source.project).items():
        write_text(folder / "guidelines" / f"{version}.md", text)


def _write_rows(folder: Path, source: Source) -> None:
    """Write the tables, and the small files that belong to their rows.

    Raises:
        ClaimtypesError: when there are no rows.
    """
    if not source.placements:
        raise ClaimtypesError("there is nothing to release yet", hint="claimtypes split")
    _write_tables(folder, source)
    _write_contrast(folder, source)
    _write_splits(folder, source)
    _write_annotators(folder, source)


def _write_sayings(folder: Path, source: Source, dataset: dict[str, Any]) -> None:
    """Copy what the project says of itself, so that the release can be described without it."""
    _write_guidelines(folder, source)
    text = json.dumps(dataset, ensure_ascii=False, indent=2, default=str)
    write_text(folder / DATASET, text + "\n")
    for name, copy in (("README.md", DATASHEET), ("LICENSE", "LICENSE")):
        path = source.project.root / "corpus" / name
        if path.is_file():
            write_text(folder / copy, path.read_text(encoding="utf-8"))


def _build_record(project: Project) -> dict[str, str]:
    lock = project.root / "uv.lock"
    corpus = project.root / "corpus"
    names = ("contrast.jsonl", "dataset.toml", "README.md", "LICENSE", "changes.toml")
    kept = project.guidelines.parent / "guidelines"
    files = [
        project.sentences, project.gold, project.splits, project.adjudications,
        project.annotators, project.schema, project.guidelines, *(corpus / n for n in names),
        *sorted(project.articles.glob("*.md")), *round_paths(project), *sorted(kept.glob("*.md")),
    ]  # fmt: skip
    read = (path for path in files if path.is_file())
    lines = [f"{sha256_file(p)} {p.relative_to(project.root).as_posix()}" for p in read]
    return {
        "command": "claimtypes release build",
        "claimtypes": __version__,
        "pyarrow": library_version("pyarrow"),
        "describer": describer(),
        "inputs": sha256_bytes("\n".join(lines).encode()),
        "lock": sha256_file(lock) if lock.is_file() else "",
    }


def _manifest(
    folder: Path, source: Source, version: str, facts: Facts, dataset: dict[str, Any]
) -> tuple[Manifest, dict[str, Any]]:
    tables = measure_tables(folder)
    splits = sha256_file(folder / "splits.csv")
    digest = content_digest(
        sha256_file(folder / LABELS), splits, {path: e.logical for path, e in tables.items()}
    )
    stated = str(dataset.get("date", "")) if dataset.get("version") == version else ""
    manifest = Manifest(
        format=FORMAT,
        name=dataset["name"],
        version=version,
        date=stated or facts.last_decision,
        digest=digest,
        labels_digest=source.schema.digest,
        splits_digest=splits,
        files={},
        build=_build_record(source.project),
    )
    return manifest, tables


def last_release(folder: Path, *, below: str) -> Path | None:
    """Return the release of the highest version below another that lies in a folder."""
    found = {
        path.name: path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if VERSION.fullmatch(path.name) and (path / MANIFEST).is_file()
    }
    lower = [version for version in found if version_key(version) < version_key(below)]
    return found[max(lower, key=version_key)] if lower else None


def _list_changes(
    folder: Path,
    source: Source,
    manifest: Manifest,
    tables: dict[str, FileEntry],
    previous: Path | None,
) -> Manifest:
    """Write what changed since the previous release; return the manifest that names it."""
    difference = None
    if previous is not None:
        dump_manifest(folder, manifest, tables)
        reasons = load_reasons(source.project.root / "corpus" / "changes.toml")
        difference, before = dump_changes(folder, previous, reasons)
        link = {"version": before.version, "digest": before.digest}
        manifest = dataclasses.replace(manifest, previous=link)
    dump_changelog(folder, manifest, difference, previous)
    return manifest


def _verify(folder: Path, manifest: Manifest, previous: Path | None) -> None:
    """Verify what was built and keep what was found in ``checks.json``; refuse errors."""
    found = verify(folder, previous)
    built = Parcel(folder, "dataset", manifest.name, manifest.version, manifest.date)
    refuse_errors(built, found)
    checks = {"rules": sorted(RULES), "findings": [finding.to_dict() for finding in found]}
    write_text(folder / CHECKS, json.dumps(checks, ensure_ascii=False, indent=2) + "\n")


def load_dataset_facts(project: Project) -> dict[str, Any]:
    """Return ``dataset.toml``, with what a release cannot do without checked.

    Raises:
        BadInput: naming what is missing.
    """
    dataset = project.dataset()
    missing = [k for k in ("name", "title", "licence", "description") if not dataset.get(k)]
    if missing:
        raise BadInput(
            f"{project.root / 'corpus' / 'dataset.toml'} lacks {', '.join(missing)}",
            hint="add it, as a text",
        )
    return dataset


def build(
    project: Project,
    version: str = "",
    *,
    into: Path | None = None,
    previous: Path | None = None,
    replace: bool = False,
) -> Built:
    """Build a release of a project into ``releases/VERSION`` and return what it holds.

    ``version`` is the one ``dataset.toml`` gives unless named. Building the same again is no
    error; building something else under a version that exists is, unless ``replace``. What
    changed since ``previous``, else the last lower version beside the new one, is listed inside.
    The release is verified before it is put in its place.

    Raises:
        BadInput: naming file and record, for a project that does not fit together.
        Refused: when the version exists with other content, is too low for what changed, or the
            release would not verify.
    """
    dataset = load_dataset_facts(project)
    version = version or str(dataset.get("version", ""))
    if not VERSION.fullmatch(version):
        raise BadInput(f"not a version: {version!r}", hint="use MAJOR.MINOR.PATCH, such as 1.0.0")
    target = into or project.releases / version
    previous = previous or last_release(target.parent, below=version)
    with closing(Source(project)) as source, writing_folder(target, replace=True) as folder:
        _write_rows(folder, source)
        _write_sayings(folder, source, dataset)
        since = labels_since(previous) if previous else {}
        dump_labels(folder, source.schema, dict.fromkeys(source.schema.names, version) | since)
        facts = gather_facts(folder)
        manifest, tables = _manifest(folder, source, version, facts, dataset)
        manifest = _list_changes(folder, source, manifest, tables, previous)
        dump_descriptions(folder, facts, manifest, tables)
        dump_manifest(folder, manifest, tables)
        _verify(folder, manifest, previous)
        dump_manifest(folder, manifest, tables)
        if target.exists() and not replace:
            _keep(target, folder)
    total = facts.total
    return Built(
        target, version, manifest.digest, total.documents, total.sentences, total.decided,
        total.withheld,
    )  # fmt: skip


def _keep(target: Path, folder: Path) -> None:
    """Keep the record of a release's first build when the same is built again by other code.

    Raises:
        Refused: when anything else differs.
    """
    records = (MANIFEST, CHECKS, SUMS)
    kept, new = (
        {path: sha256_file(part / path) for path in released_files(part) if path not in records}
        for part in (target, folder)
    )
    if kept != new or not (target / CHECKS).is_file() or _said(target) != _said(folder):
        raise Refused(
            f"{target} exists already and differs from what would be built now",
            hint="raise the version, or --replace what was never published",
        )
    for name in (MANIFEST, CHECKS):
        shutil.copyfile(target / name, folder / name)
    dump_sums(folder)


def _said(folder: Path) -> Manifest:
    return dataclasses.replace(load_manifest(folder), files={}, build={})
