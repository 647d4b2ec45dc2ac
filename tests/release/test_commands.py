from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ready_project import WITHHELD_TEXT

from claimtypes.project import Project


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "claimtypes", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def test_a_release_is_built_verified_compared_and_published(ready: Project, tmp_path: Path) -> None:
    built = run("release", "build", "1.0.0", "--json", "--project", ready.root)
    assert built.returncode == 0, built.stderr
    values = json.loads(built.stdout)
    folder = Path(values["folder"])
    assert (values["version"], values["sentences"]) == ("1.0.0", 13)
    verified = run("release", "verify", folder)
    assert (verified.returncode, verified.stdout.strip()) == (0, "no findings")
    same = run("release", "diff", folder, folder)
    assert (same.returncode, "same content" in same.stdout) == (0, True)
    published = run("release", "publish", folder, tmp_path / "published")
    assert (published.returncode, "read back and equal" in published.stdout) == (0, True)
    again = run("release", "publish", folder, tmp_path / "published")
    assert again.returncode == 2
    assert "already" in again.stderr
    assert "Traceback" not in again.stderr


def test_findings_exit_with_one_and_name_file_and_rule(release: Path) -> None:
    card = release / "README.md"
    card.write_text(card.read_text() + "tampered")
    verified = run("release", "verify", release, "--json")
    assert verified.returncode == 1
    found = json.loads(verified.stdout)
    assert "checksum-mismatch" in {f["id"] for f in found}
    assert {f["path"] for f in found} == {"README.md"}


def test_changes_are_shown_with_the_version_they_need(versions: dict[str, Path]) -> None:
    shown = run("release", "diff", versions["1.0.0"], versions["2.0.0"])
    assert shown.returncode == 0
    assert "a major change" in shown.stdout
    assert "2.0.0" in shown.stdout
    values = json.loads(
        run("release", "diff", versions["1.0.0"], versions["2.0.0"], "--json").stdout
    )
    assert (values["level"], values["next_version"]) == ("major", "2.0.0")


def test_a_release_is_hydrated_outside_of_any_project(built: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "page.txt").write_text(WITHHELD_TEXT)
    words = ("--texts", tmp_path / "copies", "--into", tmp_path / "whole")
    done = run("hydrate", built, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run("release", "verify", tmp_path / "whole").returncode == 0


def test_what_cannot_be_done_exits_with_two_and_the_next_step(tiny: Project) -> None:
    tiny.gold.unlink(missing_ok=True)
    refused = run("release", "build", "1.0.0", "--project", tiny.root)
    assert refused.returncode == 2
    assert "try: claimtypes" in refused.stderr
    assert run("release", "verify", tiny.root / "absent").returncode == 2
