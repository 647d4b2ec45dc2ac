from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from faults import FAULTS, sign
from later_faults import LATER

from claimtypes.errors import BadInput
from claimtypes.release.findings import RULES
from claimtypes.release.layout import released_files
from claimtypes.release.verify import verify

EVERY = FAULTS | LATER


@pytest.mark.parametrize("name", EVERY)
def test_every_fault_is_found_by_name(release: Path, name: str) -> None:
    fault = EVERY[name]
    fault.do(release)
    if fault.sign:
        sign(release)
    reading = fault.rule.startswith("croissant")
    found = [f for f in verify(release, read_croissant=reading) if f.id == fault.rule]
    assert any(f.path == fault.path and fault.record in (f.record, "") for f in found), found


def test_signing_again_changes_nothing(release: Path) -> None:
    before = (release / "SHA256SUMS").read_bytes()
    sign(release)
    assert (release / "SHA256SUMS").read_bytes() == before


def test_every_rule_has_a_fault() -> None:
    elsewhere = {
        "sentence-in-two-splits", "change-without-entry", "change-not-made",
        "version-too-low", "previous-mismatch", "model-refused",
    }  # fmt: skip
    assert {fault.rule for fault in EVERY.values()} == set(RULES) - elsewhere


def test_any_flipped_bit_is_found(release: Path, built: Path) -> None:
    chance = random.Random(20260105)
    names = list(released_files(built))
    for _ in range(40):
        name = chance.choice(names)
        content = bytearray((built / name).read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (release / name).write_bytes(bytes(content))
        found = verify_sums_only(release)
        assert name in found or name == "SHA256SUMS"
        shutil.copyfile(built / name, release / name)
    assert verify(release) == []


def verify_sums_only(folder: Path) -> set[str]:
    from claimtypes.release.findings import Findings
    from claimtypes.release.verify_files import check_files

    findings = Findings()
    check_files(folder, findings)
    assert findings.all
    return {finding.path for finding in findings.all}


def test_guidelines_that_are_not_there_are_a_warning(release: Path) -> None:
    shutil.rmtree(release / "guidelines")
    sign(release)
    assert [(f.id, f.severity) for f in verify(release)] == [("guideline-missing", "warning")]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        verify(tmp_path / "absent")


def test_an_empty_folder_is_no_release(tmp_path: Path) -> None:
    assert {"manifest-unreadable", "file-missing"} <= {f.id for f in verify(tmp_path)}


def test_three_hundred_accidents_are_all_found(release: Path, built: Path) -> None:
    from claimtypes.errors import ClaimtypesError
    from claimtypes.release.load import check_integrity

    chance = random.Random(300)
    names = list(released_files(built))

    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(content))

    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[: -1 - chance.randrange(20)])

    def grow(path: Path) -> None:
        path.write_bytes(path.read_bytes() + b" ")

    def add(path: Path) -> None:
        path.with_name("new-" + path.name).write_bytes(path.read_bytes())

    accidents = [flip] * 8 + [cut, grow, add, Path.unlink]
    for _ in range(300):
        name = chance.choice(names)
        chance.choice(accidents)(release / name)
        with pytest.raises(ClaimtypesError):
            check_integrity(release)
        (release / name).with_name("new-" + Path(name).name).unlink(missing_ok=True)
        shutil.copyfile(built / name, release / name)
    assert check_integrity(release)


def test_a_flipped_bit_in_a_page_never_reads_as_other_rows(built: Path, tmp_path: Path) -> None:
    from claimtypes.release.manifest import load_manifest
    from claimtypes.release.tables import logical_digest

    chance = random.Random(200)
    path = "sentences/train.parquet"
    right = load_manifest(built).files[path].logical
    whole = (built / path).read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    raised = 0
    for _ in range(200):
        content = bytearray(whole)
        content[chance.randrange(footer)] ^= 1 << chance.randrange(8)
        (tmp_path / "one.parquet").write_bytes(bytes(content))
        try:
            assert logical_digest(tmp_path / "one.parquet") == right
        except BadInput:
            raised += 1
    assert raised > 100
