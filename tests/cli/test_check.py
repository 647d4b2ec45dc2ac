import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claimtypes.corpus.findings import RULES
from claimtypes.project import Project

FIXTURES = Path(__file__).parent.parent / "data" / "findings"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "claimtypes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_finding_id_has_a_bad_project_and_no_other_has() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(RULES)


def test_a_sound_project_has_no_findings(tiny: Project) -> None:
    done = run("check", tiny.root)
    assert (done.returncode, done.stdout) == (0, "no findings\n")


@pytest.mark.parametrize("name", RULES)
def test_a_bad_project_yields_exactly_its_finding(tiny: Project, name: str) -> None:
    from claimtypes.cli.check import project_findings

    shutil.copytree(FIXTURES / name, tiny.root, dirs_exist_ok=True)
    findings = project_findings(tiny)
    assert {finding.id for finding in findings} == {name}
    assert all(f.severity == RULES[name].severity and f.hint == RULES[name].mend for f in findings)
    assert all((tiny.root / finding.path).exists() for finding in findings)


def test_an_error_exits_with_1_and_says_where_and_what_next(tiny: Project) -> None:
    shutil.copytree(FIXTURES / "stale-fingerprint", tiny.root, dirs_exist_ok=True)
    done = run("check", tiny.root)
    assert done.returncode == 1
    assert "stale-fingerprint annotation/rounds/first.jsonl:1:cup-final:17-52" in done.stdout
    assert f"try: {RULES['stale-fingerprint'].mend}" in done.stdout
    (finding,) = json.loads(run("check", tiny.root, "--json").stdout)
    assert (finding["line"], finding["record"]) == (1, "cup-final:17-52")


@pytest.mark.parametrize(
    "line", ["title = 7", "contacts = 'me'", "licence = ['CC0-1.0']", "version = 'two'"]
)
def test_a_value_of_the_wrong_kind_in_the_data_sheet_is_a_finding(tiny: Project, line: str) -> None:
    from claimtypes.cli.check import project_findings

    sheet = tiny.root / "corpus" / "dataset.toml"
    key = line.partition(" ")[0]
    kept = [other for other in sheet.read_text().splitlines() if not other.startswith(key)]
    sheet.write_text("\n".join([line, *kept]), encoding="utf-8")
    (finding,) = project_findings(tiny)
    assert (finding.id, key in finding.message) == ("bad-dataset", True)


@pytest.mark.parametrize("verb", ["split", "release build"])
@pytest.mark.parametrize(
    "damage", [b"\xff\xfe", b"article,split,group,reason\na,train,a,drawn,x\n"]
)
def test_damaged_splits_are_one_line_of_error(tiny: Project, verb: str, damage: bytes) -> None:
    assert run("gold", "--project", tiny.root).returncode in (0, 1)
    (tiny.root / "corpus" / "splits.csv").write_bytes(damage)
    done = run(*verb.split(), "--project", tiny.root)
    assert done.returncode == 2
    message = " ".join(done.stderr.split())
    assert "splits.csv" in message
    assert "try: restore the file" in message


def test_checking_changes_no_file(tiny: Project) -> None:
    before = {p: p.read_bytes() for p in tiny.root.rglob("*") if p.is_file()}
    run("check", tiny.root)
    assert before == {p: p.read_bytes() for p in tiny.root.rglob("*") if p.is_file()}


def test_gold_that_the_rounds_give_is_no_finding(tiny: Project) -> None:
    assert run("gold", "--project", tiny.root).returncode in (0, 1)
    done = run("check", tiny.root)
    assert "gold-not-derivable" not in done.stdout


def test_the_page_of_findings_is_current(repository: Path) -> None:
    assert run("check", "--list").stdout == (repository / "docs" / "findings.md").read_text()


def test_outside_a_project_it_exits_with_2(tmp_path: Path) -> None:
    done = run("check", tmp_path)
    assert done.returncode == 2
    assert "no claimtypes project" in " ".join(done.stderr.split())


def test_the_corpus_of_this_repository_is_sound(repository: Path) -> None:
    done = run("check", repository)
    assert done.returncode == 0, done.stdout
