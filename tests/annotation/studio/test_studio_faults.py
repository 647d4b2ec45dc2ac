"""A network that fails: complete or a clear error, never short, never doubled, no token told."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from fault_proxy import Fault, fault_proxy
from laboratory import Laboratory, reap

from claimtypes.annotation.exchange import pull, push
from claimtypes.annotation.studio import up
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.corpus.segment import load_sentences
from claimtypes.records import Judgement
from claimtypes.store import load_jsonl

pytestmark = pytest.mark.studio


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudioClient.__init__, "__defaults__", (2.0, 0.01, "", 0.0))


@pytest.fixture
def through(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Fault]]:
    """Put a proxy in the way; the last fault in the list is the one in force."""
    faults: list[Fault] = [lambda *_: ""]
    with fault_proxy(laboratory.studio.url, lambda *a: faults[-1](*a)) as url:  # noqa: PLW0108 - the last one at the time
        monkeypatch.setenv("CLAIMTYPES_STUDIO_URL", url)
        monkeypatch.setenv("CLAIMTYPES_STUDIO_TOKEN", laboratory.studio.token)
        yield faults


def direct(laboratory: Laboratory) -> StudioClient:
    return StudioClient(laboratory.studio.url, laboratory.studio.token)


def count_tasks(laboratory: Laboratory, round_name: str) -> int:
    client = direct(laboratory)
    (number,) = [
        p["id"] for p in client.pages("/api/projects/") if f" {round_name} " in p["description"]
    ]
    total: int = client.get("/api/tasks", project=number, page_size=1)["total"]
    return total


@pytest.mark.parametrize("fault", ["502-after", "drop-after", "reset", "500", "timeout"])
def test_an_import_whose_answer_is_lost_is_never_doubled(
    laboratory: Laboratory, through: list[Fault], quick: None, fault: str
) -> None:
    name = f"pilot-{fault}"
    through.append(lambda method, path, _: fault if path.count("/import") else "")
    if fault.endswith("-after"):
        # What the server kept is counted, and the push goes on.
        pushed = push(laboratory.project, name, annotators=["reader-a"], design="sentence")
    else:
        with pytest.raises(StudioError) as error:
            push(laboratory.project, name, annotators=["reader-a"], design="sentence")
        assert error.value.hint
        through.append(lambda *_: "")
        pushed = push(laboratory.project, name)
    assert pushed.made + pushed.known == 10
    assert count_tasks(laboratory, name) == 10
    assert push(laboratory.project, name).known == 10
    assert count_tasks(laboratory, name) == 10


def strike(kind: str, place: int, *, every: bool) -> Fault:
    seen = count()

    def fault(_method: str, _path: str, _number: int) -> str:
        at = next(seen)
        return kind if at == place or (every and at % 3 == 2) else ""

    return fault


FAULTS = ["404", "429", "500", "empty", "garbage", "cut", "reset", "timeout", "short", "drop-after"]


def test_twenty_pulls_through_faults_are_each_whole_or_refused(
    laboratory: Laboratory, through: list[Fault], quick: None, capfd: pytest.CaptureFixture[str]
) -> None:
    project, name = laboratory.project, "pilot-pulls"
    push(project, name, annotators=["reader-a"], design="sentence")
    sentences = [s.id for s in load_sentences(project) if s.annotated]
    laboratory.annotate(name, "reader-a", dict.fromkeys(sentences, ("official_denial",)))
    path = project.rounds / f"{name}.jsonl"
    complete = 0
    for number in range(20):
        # Each fault strikes once, at another request of the pull, or at every third; half of
        # the pulls ask for everything, the others for what changed.
        kind, place = FAULTS[number // 2], number // 3
        every = number % 4 > 1
        through.append(strike(kind, place, every=every))
        before = path.read_bytes() if path.exists() else b""
        try:
            pulled = pull(project, name, whole=number % 2 == 0)
        except StudioError as error:
            assert error.hint  # noqa: PT017 - either way is right
            assert laboratory.studio.token not in str(error)  # noqa: PT017
            assert (path.read_bytes() if path.exists() else b"") == before
        else:
            assert pulled.findings == ()
            assert pulled.added + pulled.known == 10
            complete += 1
    assert complete
    through.append(lambda *_: "")
    pull(project, name)
    assert sorted(j.sentence for j in load_jsonl(path, Judgement)) == sorted(sentences)
    out, err = capfd.readouterr()
    assert laboratory.studio.token not in out + err


def test_the_token_is_in_no_file_but_its_own(laboratory: Laboratory) -> None:
    token = laboratory.studio.token.encode()
    holders = {
        path.name
        for root in (laboratory.project.root, laboratory.project.root / ".studio")
        for path in root.rglob("*")
        if path.is_file() and token in path.read_bytes()
    }
    # The server's own database has to know it.
    assert {n for n in holders if not n.startswith("label_studio.sqlite3")} == {"studio.json"}
    mode = (laboratory.project.root / ".studio" / "studio.json").stat().st_mode
    assert not mode & 0o077


def test_wrong_token_wrong_url_no_server_and_no_project_are_told_apart(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = laboratory.project
    push(project, "pilot-words", annotators=["reader-a"])
    before = {p: p.read_bytes() for p in project.root.rglob("annotation/**/*") if p.is_file()}
    monkeypatch.setenv("CLAIMTYPES_STUDIO_TOKEN", "c" * 40)
    said = laboratory.run("pull", "pilot-words", rc=2)
    assert "refuses the token" in said
    assert "claimtypes studio doctor" in said
    assert "c" * 40 not in said
    monkeypatch.setenv("CLAIMTYPES_STUDIO_URL", "http://127.0.0.1:9")
    assert "claimtypes studio up" in laboratory.run("pull", "pilot-words", rc=2)
    monkeypatch.setenv("CLAIMTYPES_STUDIO_URL", "studio")
    assert "not the URL of a server" in laboratory.run("pull", "pilot-words", rc=2)
    monkeypatch.delenv("CLAIMTYPES_STUDIO_URL")
    monkeypatch.delenv("CLAIMTYPES_STUDIO_TOKEN")
    assert "was never pushed" in laboratory.run("pull", "pilot-nothing", rc=2)
    number = laboratory.project_number("pilot-words", "reader-a")
    laboratory.client.send("DELETE", f"/api/projects/{number}/")
    said = laboratory.run("pull", "pilot-words", rc=2)
    assert "has no project for reader-a" in said
    schema = project.schema.read_text(encoding="utf-8")
    project.schema.write_text(schema.replace('"official_denial"', '"denial"'), encoding="utf-8")
    try:
        assert "the schema changed under the round" in laboratory.run("pull", "pilot-words", rc=2)
    finally:
        project.schema.write_text(schema, encoding="utf-8")
    after = {p: p.read_bytes() for p in project.root.rglob("annotation/**/*") if p.is_file()}
    assert after == before


def test_a_server_killed_in_mid_import_ends_with_every_task_once(laboratory: Laboratory) -> None:
    project = laboratory.project
    pid = laboratory.studio.pid
    killer = threading.Timer(1.0, lambda: os.killpg(pid, signal.SIGKILL))
    killer.start()
    try:
        push(project, "pilot-killed", annotators=["reader-a", "reader-b"], design="sentence")
    except StudioError as error:
        assert error.hint  # noqa: PT017
    killer.join()
    time.sleep(0.5)
    reap(pid)
    assert "up:" in laboratory.run("studio", "up")
    up(project)
    pushed = push(project, "pilot-killed", annotators=["reader-a", "reader-b"], design="sentence")
    assert pushed.made + pushed.known == 20
    assert len(laboratory.tasks("pilot-killed", "reader-a")) == 10
    assert len(laboratory.tasks("pilot-killed", "reader-b")) == 10


def test_the_log_of_the_server_holds_no_token(laboratory: Laboratory) -> None:
    log = Path(laboratory.project.root / ".studio" / "server.log").read_text(encoding="utf-8")
    assert laboratory.studio.token not in log
