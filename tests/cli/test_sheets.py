"""`sheets`, `gold` and `adjudicate` from the command line, on real files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claimtypes.project import Project
from claimtypes.records import Adjudication, Judgement
from claimtypes.store import load_jsonl

AT = "2026-02-01T10:00:00Z"
ANSWERS = """# cup-final
1 none
2: official_denial
3 none

# passport-desk
1 coercion_tactic, official_denial
2 government_response
3 none
"""


def run(project: Project, *arguments: str, rc: int = 0, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "claimtypes", *arguments],
        check=False,
        cwd=project.root,
        capture_output=True,
        text=True,
        input=stdin,
    )
    assert done.returncode == rc, done.stderr + done.stdout
    return done.stdout + done.stderr


def take(project: Project, text: str, *more: str, rc: int = 0) -> str:
    arguments = ("sheets", "take", "first", "-", "--annotator", "reader-c", "--at", AT, *more)
    return run(project, *arguments, rc=rc, stdin=text)


def third(project: Project, text: str, *more: str, rc: int = 0) -> str:
    arguments = ("adjudicate", "take", "-", "--adjudicator", "reader-c", "--at", AT, *more)
    return run(project, *arguments, rc=rc, stdin=text)


def open_sentences(project: Project) -> list[str]:
    queue = json.loads(run(project, "adjudicate", "queue", "--json"))
    return [dispute["sentence"] for dispute in queue]


def decisions(project: Project, folder: Path) -> str:
    """An answer file for the project's sheets: every first vote is right."""
    run(project, "adjudicate", "sheets", "--out", str(folder))
    lines = []
    for line in (folder / "third-01.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            lines.append(line)
        elif line.startswith("["):
            number = line[1 : line.index("]")]
        elif line.startswith("vote 1: "):
            lines.append(f"{number} {line.removeprefix('vote 1: ')} | first-right | as shown")
    return "\n".join(lines)


def test_answers_are_appended_once_and_earlier_lines_stay(tiny: Project) -> None:
    path = tiny.rounds / "first.jsonl"
    before = path.read_bytes()
    assert "6 judgements added" in take(tiny, ANSWERS)
    after = path.read_bytes()
    assert after.startswith(before)
    assert "0 judgements added, 6 known" in take(tiny, ANSWERS)
    assert path.read_bytes() == after
    taken = [j for j in load_jsonl(path, Judgement) if j.annotator == "reader-c"]
    assert [j.sentence for j in taken if j.labels == ("coercion_tactic", "official_denial")] == [
        "passport-desk:33-131"
    ]
    assert {(j.at, j.round, j.guideline_version) for j in taken} == {(AT, "first", "1.0.0")}


def test_an_answer_that_differs_is_refused_unless_it_replaces(tiny: Project) -> None:
    take(tiny, ANSWERS)
    before = (tiny.rounds / "first.jsonl").read_bytes()
    changed = ANSWERS.replace("2: official_denial", "2 none")
    assert "cup-final:53-95" in take(tiny, changed, rc=2)
    assert (tiny.rounds / "first.jsonl").read_bytes() == before
    assert "5 known, 1 replaced" in take(tiny, changed, "--replace")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# cup-final\n1 none\n2 none\n", "lacks sentence 3"),
        ("# nowhere\n1 none\n", "-:1: no article 'nowhere'"),
        ("# cup-final\n1 none\n1 none\n2 none\n3 none\n", "answered twice"),
        ("# cup-final\n1 nonsense\n2 none\n3 none\n", "unknown label nonsense"),
        ("# cup-final\n1 none official_denial\n", "either labels or 'none'"),
    ],
)
def test_a_faulty_answer_file_is_refused_whole(tiny: Project, text: str, complaint: str) -> None:
    before = (tiny.rounds / "first.jsonl").read_bytes()
    assert complaint in take(tiny, text, rc=2)
    assert (tiny.rounds / "first.jsonl").read_bytes() == before


def test_unknown_readers_and_times_without_zone_are_refused(tiny: Project) -> None:
    arguments = ["sheets", "take", "first", "-", "--annotator", "nobody", "--at", AT]
    assert "no annotator 'nobody'" in run(tiny, *arguments, rc=2, stdin=ANSWERS)
    arguments = ["sheets", "take", "first", "-", "--annotator", "reader-c", "--at", "2026-01-01"]
    assert "time zone" in run(tiny, *arguments, rc=2, stdin=ANSWERS)


def test_sheets_hold_what_is_left_to_read_in_an_order_of_the_seed(tiny: Project) -> None:
    def articles(seed: int) -> list[str]:
        folder = tiny.root / f"sheets-{seed}"
        arguments = ["sheets", "make", "first", "--annotator", "reader-c", "--size", "4"]
        run(tiny, *arguments, "--seed", str(seed), "--out", str(folder))
        text = "".join(p.read_text(encoding="utf-8") for p in sorted(folder.iterdir()))
        return [line for line in text.splitlines() if line.startswith("# ")]

    assert len({tuple(articles(seed)) for seed in range(6)}) > 1
    take(tiny, ANSWERS)
    assert articles(0) == ["# harbour-office"]
    assert [p.name for p in (tiny.root / "sheets-0").iterdir()] == ["sheet-01.md"]


def test_gold_is_written_and_its_check_fails_when_it_is_stale(tiny: Project) -> None:
    run(tiny, "gold", "--check", rc=1)
    assert not tiny.gold.exists()
    printed = json.loads(run(tiny, "gold", "--json"))
    assert printed["states"] == {
        "unanimous": 8, "majority": 0, "adjudicated": 0, "unresolved": 2,
    }  # fmt: skip
    run(tiny, "gold", "--check")
    take(tiny, ANSWERS)
    run(tiny, "gold", "--check", rc=1)
    assert json.loads(run(tiny, "gold", "--json"))["states"]["majority"] == 2


def test_pilot_rounds_never_count(tiny: Project) -> None:
    run(tiny, "gold")
    arguments = ("sheets", "take", "pilot-two", "-", "--annotator", "reader-a", "--at", AT)
    run(tiny, *arguments, stdin=ANSWERS)
    run(tiny, "gold", "--check")


def test_gold_refuses_judgements_on_another_text(tiny: Project) -> None:
    path = tiny.rounds / "first.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("a750614846d0d9d2ceb74ca0", "0" * 24))
    assert "cup-final:17-52" in run(tiny, "gold", rc=2)


def test_third_readings_decide_once_and_a_changed_vote_reopens_its_sentence(
    tiny: Project,
) -> None:
    answers = decisions(tiny, tiny.root / "third")
    assert "2 third readings added" in third(tiny, answers)
    assert open_sentences(tiny) == []
    before = tiny.adjudications.read_bytes()
    assert "0 third readings added, 2 known" in third(tiny, answers)
    assert tiny.adjudications.read_bytes() == before
    reading = next(load_jsonl(tiny.adjudications, Adjudication))
    assert (reading.adjudicator, reading.reason, reading.note) == (
        "reader-c", "first-right", "as shown",
    )  # fmt: skip
    assert json.loads(run(tiny, "gold", "--json"))["states"]["adjudicated"] == 2
    path = tiny.rounds / "first.jsonl"
    rows = list(load_jsonl(path, Judgement))
    changed = [
        Judgement.from_dict(row.to_dict() | {"labels": ["official_denial"]})
        if (row.sentence, row.annotator) == ("passport-desk:33-131", "reader-b")
        else row
        for row in rows
    ]
    path.write_text("".join(row.render() + "\n" for row in changed), encoding="utf-8")
    assert open_sentences(tiny) == ["passport-desk:33-131"]
    assert "have changed since this sheet" in third(tiny, answers, rc=2)
    third(tiny, decisions(tiny, tiny.root / "third-again"))
    assert open_sentences(tiny) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("first-right", "because", "unknown reason 'because'"),
        ("\n2 ", "\n1 ", "nothing to decide"),
        ("\n2 ", "\n9 ", "cup-final has 3 sentences"),
        (" votes ", " ", "no dispute in"),
    ],
)
def test_a_faulty_third_reading_is_refused_whole(
    tiny: Project, old: str, new: str, complaint: str
) -> None:
    text = decisions(tiny, tiny.root / "third")
    assert old in text
    assert complaint in third(tiny, text.replace(old, new, 1), rc=2)
    assert not tiny.adjudications.exists()


def test_a_third_reading_that_differs_is_refused_unless_it_replaces(tiny: Project) -> None:
    text = decisions(tiny, tiny.root / "third")
    third(tiny, text)
    changed = text.replace("first-right", "neither", 1)
    assert "decided otherwise" in third(tiny, changed, rc=2)
    assert "1 known, 1 replaced" in third(tiny, changed, "--replace")


def test_third_sheets_hide_who_voted(tiny: Project) -> None:
    decisions(tiny, tiny.root / "third")
    text = (tiny.root / "third" / "third-01.md").read_text(encoding="utf-8")
    assert "reader-" not in text
    assert "The league moved the final to June." in text
