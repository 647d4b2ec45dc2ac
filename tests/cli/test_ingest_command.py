"""``claimtypes ingest`` and ``segment`` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claimtypes.project import Project

RIGHTS = ["--licence", "CC-BY-4.0", "--origin", "reported"]
STORY = (
    "Harbour office closes\nThe office in Lindhamn closed on Thursday. Nobody could say why.\n"
    "The ministry will send a report to parliament in May.\n"
)


def run(
    project: Project, *arguments: str | Path, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "claimtypes", *map(str, arguments)],
        cwd=project.root, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_text_is_taken_in_and_cut(tiny: Project, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    done = run(tiny, "ingest", tmp_path / "story.txt", *RIGHTS)
    assert done.returncode == 0, done.stderr
    assert "1 taken in" in done.stdout
    again = run(tiny, "ingest", tmp_path / "story.txt", *RIGHTS)
    assert "1 unchanged" in again.stdout
    cut = run(tiny, "segment", "--json")
    assert json.loads(cut.stdout)["cut"] == 1


def test_stdin_is_read(tiny: Project) -> None:
    done = run(tiny, "ingest", "-", *RIGHTS, "--json", stdin=STORY)
    assert [t["id"] for t in json.loads(done.stdout)["taken"]] == ["harbour-office-closes"]


def test_json_lines_on_stdin_are_read(tiny: Project) -> None:
    lines = "".join(json.dumps({"id": f"s{n}", "text": STORY * n}) + "\n" for n in (1, 9))
    done = run(tiny, "ingest", "-", *RIGHTS, "--json", stdin=lines)
    assert [t["id"] for t in json.loads(done.stdout)["taken"]][:1] == ["s1"]


def test_refusals_are_listed_and_the_exit_code_says_so(tiny: Project, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    done = run(tiny, "ingest", tmp_path / "empty.txt", *RIGHTS)
    assert done.returncode == 1
    assert "empty file" in done.stdout


@pytest.mark.parametrize("arguments", [["ingest"], ["ingest", "missing.txt"]])
def test_nothing_to_take_in_is_an_error_with_a_next_step(
    arguments: list[str], tiny: Project
) -> None:
    done = run(tiny, *arguments)
    assert done.returncode == 2
    assert "try:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_of_urls_is_read_and_private_addresses_refused(
    tiny: Project, tmp_path: Path
) -> None:
    (tmp_path / "urls.txt").write_text("# pages\nhttp://127.0.0.1:9/\nfile:///etc/passwd\n")
    done = run(tiny, "ingest", "--urls", tmp_path / "urls.txt", *RIGHTS, "--json")
    assert done.returncode == 1
    reasons = [r["reason"] for r in json.loads(done.stdout)["refused"]]
    assert "private address" in reasons[0]
    assert "only http and https" in reasons[1]
