"""Verification of a release's files: which there are, that none runs, and their checksums."""

from __future__ import annotations

import re
from pathlib import Path

from claimtypes.errors import BadInput
from claimtypes.release.columns import SPLITS, TABLES
from claimtypes.release.findings import Findings
from claimtypes.release.manifest import FORMAT, MANIFEST, SUMS, FileEntry, Manifest, load_manifest
from claimtypes.store import sha256_file

NEEDED = (
    "README.md", "labels.json", "splits.csv", "annotators.csv", MANIFEST, SUMS, "croissant.json",
    "CITATION.cff", ".zenodo.json", "LICENSE", "NOTICE", "CHANGELOG.md", ".gitattributes",
    "dataset.json",
)  # fmt: skip
_PLACES = re.compile(
    "|".join(
        [
            *map(re.escape, NEEDED),
            r"checks\.json",
            r"DATASHEET\.md",
            rf"({'|'.join(TABLES[:-1])})/({'|'.join(SPLITS)})\.parquet",
            r"contrast/contrast\.parquet",
            r"guidelines/\d+\.\d+\.\d+\.md",
            r"LICENSES/[A-Za-z0-9.+-]+\.md",
            r"changes/\d+\.\d+\.\d+\.parquet",
        ]
    )
)
_CODE = frozenset(
    ".py .pyc .pyo .pyd .ipynb .sh .bash .bat .cmd .ps1 .js .mjs .rb .pl .php .so .dll .dylib .exe "
    ".jar .class .wasm .whl .pkl .pickle .joblib .dill .pt .pth .bin .npy .npz .h5 .keras".split()
)
# What scripts, ELF, Windows and pickle protocol 2 to 5 files begin with.
_CODE_STARTS = (b"#!", b"\x7fELF", b"MZ", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def find_code(folder: Path, paths: list[str], findings: Findings) -> None:
    """Find files that something could execute or unpickle, by their name or first bytes."""
    for path in paths:
        with (folder / path).open("rb") as stream:
            start = stream.read(4)
        if Path(path).suffix.lower() in _CODE or start.startswith(_CODE_STARTS):
            findings.add("code-in-release", "this could be executed on loading", path)


def list_files(folder: Path, findings: Findings) -> list[str]:
    """Return the relative paths of all plain files, sorted; links are findings."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            findings.add("file-is-link", "a link could stand for anything", name)
        elif path.is_file():
            found.append(name)
        elif not any(path.iterdir()):
            findings.add("file-unexpected", "an empty folder", name)
    return found


def check_sums(folder: Path, paths: list[str], findings: Findings) -> None:
    """Compare every file with ``SHA256SUMS``, which must name each exactly once."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        findings.add("file-missing", f"cannot be read: {error}", SUMS)
        return
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        digest, _, name = line.partition("  ")
        if not re.fullmatch(r"[0-9a-f]{64}", digest) or not name or name in listed:
            findings.add("checksum-mismatch", "not a line of checksums", SUMS, number)
        listed[name] = digest
    for name in sorted(set(listed) - set(paths)):
        findings.add("file-missing", f"listed in {SUMS} but not there", name)
    for name in paths:
        if name == SUMS:
            continue
        if name not in listed:
            findings.add("file-unlisted", f"not in {SUMS}", name)
        elif sha256_file(folder / name) != listed[name]:
            findings.add(
                "checksum-mismatch", "its bytes have changed", name, hint="fetch the release again"
            )


def _check_entry(folder: Path, path: str, entry: FileEntry, findings: Findings) -> None:
    size = (folder / path).stat().st_size
    if size != entry.bytes:
        findings.add("manifest-mismatch", f"{size} bytes, the manifest says {entry.bytes}", path)
    elif sha256_file(folder / path) != entry.sha256:
        findings.add("manifest-mismatch", "its hash is not the one in the manifest", path)


def check_files(folder: Path, findings: Findings) -> Manifest | None:
    """Check which files there are and what they hash to; return the manifest if it can be read."""
    paths = list_files(folder, findings)
    find_code(folder, paths, findings)
    for name in NEEDED:
        if name not in paths or not (folder / name).stat().st_size:
            rule = "licence-file-missing" if name == "LICENSE" else "file-missing"
            findings.add(rule, "a release needs it", name)
    for name in paths:
        if not _PLACES.fullmatch(name):
            findings.add("file-unexpected", "it has no place in a release", name)
    check_sums(folder, paths, findings)
    try:
        manifest = load_manifest(folder)
    except BadInput as error:
        findings.add("manifest-unreadable", str(error), MANIFEST)
        return None
    if manifest.format != FORMAT:
        findings.add("manifest-unreadable", f"its format is {manifest.format!r}", MANIFEST)
    for name in sorted(set(paths) - set(manifest.files) - {MANIFEST, SUMS}):
        findings.add("file-unlisted", f"not in {MANIFEST}", name)
    for name, entry in manifest.files.items():
        if name in paths:
            _check_entry(folder, name, entry, findings)
        else:
            findings.add("file-missing", f"listed in {MANIFEST} but not there", name)
    return manifest
