"""Rounds through a real Label Studio: nothing lost, doubled, moved or given to another."""

from __future__ import annotations

import json
import unicodedata
from itertools import count
from typing import Any

import pytest
from laboratory import Laboratory
from studio_exports import annotation

from claimtypes.annotation.agreement import agree
from claimtypes.annotation.exchange import pull, push
from claimtypes.annotation.gold import gold
from claimtypes.annotation.studio_adjudication import pull_decisions, push_disputes
from claimtypes.annotation.studio_client import StudioClient
from claimtypes.annotation.studio_return import return_round
from claimtypes.annotation.studio_tasks import (
    Part,
    Plan,
    PlannedTask,
    dump_plan,
    load_plan,
    payload,
)
from claimtypes.annotation.uncertainty import score
from claimtypes.corpus.segment import load_sentences
from claimtypes.errors import Refused
from claimtypes.records import Judgement
from claimtypes.store import load_jsonl, sha256_bytes

pytestmark = pytest.mark.studio

_numbers = count(1)


@pytest.fixture
def name() -> str:
    return f"pilot-{next(_numbers)}"


@pytest.fixture
def decisions(laboratory: Laboratory) -> dict[str, tuple[str, ...]]:
    sets = [(), ("coercion_tactic",), ("official_denial", "government_response")]
    sentences = [s for s in load_sentences(laboratory.project) if s.annotated]
    return {s.id: sets[place % 3] for place, s in enumerate(sentences)}


def judged(laboratory: Laboratory, name: str) -> dict[str, tuple[str, ...]]:
    path = laboratory.project.rounds / f"{name}.jsonl"
    return {j.sentence: j.labels for j in load_jsonl(path, Judgement)} if path.exists() else {}


def found(laboratory: Laboratory, name: str) -> list[str]:
    return sorted(f.id for f in pull(laboratory.project, name).findings)


@pytest.mark.parametrize("design", ["document", "sentence"])
def test_every_decision_comes_back_once_and_a_second_pull_changes_no_byte(
    laboratory: Laboratory, name: str, design: str, decisions: dict[str, tuple[str, ...]]
) -> None:
    first = push(laboratory.project, name, annotators=["reader-a"], design=design)
    again = push(laboratory.project, name)
    assert (again.made, again.known) == (0, first.made)
    laboratory.annotate(name, "reader-a", decisions)
    pulled = pull(laboratory.project, name)
    assert (pulled.added, pulled.findings) == (len(decisions), ())
    assert judged(laboratory, name) == decisions
    path = laboratory.project.rounds / f"{name}.jsonl"
    before = path.read_bytes()
    assert pull(laboratory.project, name).known == len(decisions)
    assert path.read_bytes() == before


def test_a_later_pull_asks_only_for_what_changed_and_finds_the_same(
    laboratory: Laboratory,
    name: str,
    decisions: dict[str, tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = laboratory.project
    push(project, name, annotators=["reader-a"], design="sentence")
    laboratory.annotate(name, "reader-a", decisions)
    pull(project, name)
    tasks = list(laboratory.tasks(name, "reader-a").values())
    one, gone = (task["annotations"][0] for task in tasks[:2])
    row = {"from_name": "claim", "to_name": "sentence", "type": "choices"}
    changed = {"result": [row | {"value": {"choices": ["government_response"]}}]}
    laboratory.session("reader-a").call("PATCH", f"/api/annotations/{one['id']}/", changed)
    laboratory.client.send("DELETE", f"/api/annotations/{gone['id']}/")
    with monkeypatch.context() as patch:
        patch.setattr(StudioClient, "export", None)
        pulled = pull(project, name)
    assert (pulled.changed, pulled.withdrawn, pulled.known) == (1, 1, len(decisions) - 2)
    assert [f.id for f in pulled.findings] == ["annotation-deleted"]
    assert pulled.findings[0].path.endswith(f"task={tasks[1]['id']}")
    draft = {"result": changed["result"], "lead_time": 1.0}
    number = laboratory.project_number(name, "reader-a")
    path = f"/api/tasks/{tasks[1]['id']}/drafts?project={number}"
    laboratory.session("reader-a").call("POST", path, draft)
    assert found(laboratory, name) == ["draft-open"]
    wanted = decisions | {tasks[0]["data"]["key"]: ("government_response",)}
    del wanted[tasks[1]["data"]["key"]]
    assert judged(laboratory, name) == wanted
    path = project.rounds / f"{name}.jsonl"
    before = path.read_bytes()
    whole = pull(project, name, whole=True)
    assert (whole.known, [f.id for f in whole.findings]) == (len(wanted), ["draft-open"])
    # A mirror that is ahead of the server, as after a restored backup, is not believed.
    (mirror,) = (project.state / "pulled").glob(f"{name}-*-tasks.jsonl")
    text = mirror.read_text(encoding="utf-8")
    first = min(task["updated_at"] for task in laboratory.tasks(name, "reader-a").values())
    mirror.write_text(
        text.replace(first, "2099" + first[4:]).replace("government_response", "coercion_tactic"),
        encoding="utf-8",
    )
    assert pull(project, name).known == len(wanted)
    assert path.read_bytes() == before


def test_irregular_annotations_are_named_and_sent_back(
    laboratory: Laboratory, name: str, decisions: dict[str, tuple[str, ...]]
) -> None:
    push(laboratory.project, name, annotators=["reader-a"])
    numbers = laboratory.annotate(name, "reader-a", decisions)
    tasks = laboratory.tasks(name, "reader-a")
    key = "harbour-office"
    result = tasks[key]["annotations"][0]["result"]
    regions = sorted({r["id"] for r in result})
    for row in result:
        if row["id"] == regions[0]:
            row["value"] |= {"start": 0, "end": 57, "text": ""}
        if row["id"] == regions[1] and row["from_name"] == "claim":
            row["value"]["choices"] = ["none", "official_denial"]
        if row["id"] == regions[2] and row["from_name"] == "claim":
            row["value"]["choices"] = ["renamed"]
    laboratory.session("reader-a").call(
        "PATCH", f"/api/annotations/{numbers[key]}/", {"result": result}
    )
    pulled = pull(laboratory.project, name)
    assert [f.id for f in pulled.findings] == ["label-unknown", "none-with-label", "region-dragged"]
    assert all(f"task={tasks[key]['id']}" in f.path for f in pulled.findings)
    left = load_plan(laboratory.project, name).of("reader-a")[key].parts[:3]
    sound = {s: labels for s, labels in decisions.items() if s not in {p.sentence for p in left}}
    assert judged(laboratory, name) == sound
    assert return_round(laboratory.project, name) == [("reader-a", key)]
    task = laboratory.tasks(name, "reader-a")[key]
    assert task["annotations"] == []
    assert "Sent back" in task["data"]["notice"]
    following = laboratory.session("reader-a").call("GET", f"/api/projects/{task['project']}/next")
    assert following["id"] == task["id"]
    kept = {r["id"] for r in following["predictions"][0]["result"] if r["from_name"] == "claim"}
    assert kept == set(regions[3:])


def test_who_did_what_is_checked(
    laboratory: Laboratory, name: str, decisions: dict[str, tuple[str, ...]]
) -> None:
    push(laboratory.project, name, annotators=["reader-a"])
    numbers = laboratory.annotate(name, "reader-a", decisions)
    pull(laboratory.project, name)
    assert judged(laboratory, name) == decisions
    tasks = laboratory.tasks(name, "reader-a")
    edited, doubled, deleted = sorted(tasks)
    result = tasks[edited]["annotations"][0]["result"]
    laboratory.session("reader-b").call(
        "PATCH", f"/api/annotations/{numbers[edited]}/", {"result": result}
    )
    plan = load_plan(laboratory.project, name)
    text = tasks[doubled]["data"]["text"]
    twice = annotation(plan, plan.of("reader-a")[doubled], text, decisions)["result"]
    path = f"/api/tasks/{tasks[doubled]['id']}/annotations/"
    laboratory.session("reader-a").call("POST", path, {"result": twice})
    laboratory.client.send("DELETE", f"/api/annotations/{numbers[deleted]}/")
    pulled = pull(laboratory.project, name)
    ids = [f.id for f in pulled.findings]
    assert ids == ["annotation-deleted", "edited-by-another", "second-annotation"]
    assert judged(laboratory, name) == {}
    aside = laboratory.project.studio / f"{name}-aside.jsonl"
    assert {j.sentence: j.labels for j in load_jsonl(aside, Judgement)} == decisions
    # Sent back, both tasks are there for their annotator again, with nothing to believe in them.
    back = [("reader-a", edited), ("reader-a", doubled)]
    assert return_round(laboratory.project, name) == sorted(back)
    assert pull(laboratory.project, name).annotations == 0
    kept = (laboratory.project.root / ".studio" / "returned").glob(f"{name}-reader-a-*.json")
    assert sum(len(json.loads(p.read_bytes())["annotations"]) for p in kept) == 3


def test_skips_empty_submits_and_strangers_never_become_judgements(
    laboratory: Laboratory, name: str
) -> None:
    push(laboratory.project, name, annotators=["reader-a"])
    first, second, third = laboratory.tasks(name, "reader-a").values()
    own, other = laboratory.session("reader-a"), laboratory.session("reader-b")
    skip = {"result": [], "was_cancelled": True}
    own.call("POST", f"/api/tasks/{first['id']}/annotations/", skip)
    own.call("POST", f"/api/tasks/{second['id']}/annotations/", {"result": []})
    other.call("POST", f"/api/tasks/{third['id']}/annotations/", {"result": []})
    assert found(laboratory, name) == ["other-annotator", "skipped", "submitted-empty"]
    assert judged(laboratory, name) == {}


def test_an_alias_renamed_on_the_server_is_named(laboratory: Laboratory, name: str) -> None:
    push(laboratory.project, name, annotators=["reader-a"])
    number = laboratory.project_number(name, "reader-a")
    config = (laboratory.project.studio / "document.xml").read_text(encoding="utf-8")
    renamed = config.replace('"official_denial"', '"denial"')
    laboratory.client.send("PATCH", f"/api/projects/{number}/", {"label_config": renamed})
    assert found(laboratory, name) == ["alias-renamed"]
    with pytest.raises(Refused, match="changed in Label Studio"):
        push(laboratory.project, name)


def test_a_task_doubled_by_hand_is_removed_by_the_next_push(
    laboratory: Laboratory, name: str
) -> None:
    push(laboratory.project, name, annotators=["reader-a"])
    number = laboratory.project_number(name, "reader-a")
    task = laboratory.tasks(name, "reader-a")["cup-final"]
    row = {"data": task["data"], "meta": task["meta"]}
    laboratory.client.send("POST", f"/api/projects/{number}/import", [row])
    assert found(laboratory, name) == ["task-doubled"]
    assert push(laboratory.project, name).removed == 1
    assert found(laboratory, name) == []


HOSTILE = {
    "curly": "\u201cNo,\u201d she said\u2026 it\u2019s \u2014 over.",
    "family": "A \U0001f468\u200d\U0001f469\u200d\U0001f467 and \U0001f469\U0001f3fd left.",
    "flags": "\U0001f1e9\U0001f1ea \U0001f1eb\U0001f1f7 signed.",
    "nfd": unicodedata.normalize("NFD", "Caf\u00e9 d\u00e9j\u00e0 vu."),
    "cjk": "\u8b66\u5bdf\u304c\u6765\u305f\u3002",
    "rtl": "\u0642\u0627\u0644\u062a \u0627\u0644\u0633\u0641\u0627\u0631\u0629 \u202elaer\u202c.",
    "invisible": "a\u200bb\ufeffc\u00a0d\u00ade.",
    "spaces": "  leading and trailing  ",
    "crlf": "One.\r\nTwo.\rThree.\n Four.",
    "separators": "One\u2028two\u2029three\u0085four.",
    "controls": "One\x0btwo\x0cthree.",
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "template": "{{ 7*7 }} ${7*7} <%= 7 %>",
    "formula": '=HYPERLINK("http://x.invalid","y")',
    "long": "The embassy denied it. " * 4400,
    "astral": "\U0001d49c\U0001d4b7\U0001d4b8 \U0002070e.",
}


def test_hostile_texts_come_back_byte_for_byte(laboratory: Laboratory, name: str) -> None:
    """Offsets are indices of Python strings, on the way out and back."""
    tasks, rows = [], []
    for key, text in HOSTILE.items():
        end = len(text)
        part = Part("s0001", f"{key}:0-{end}", 1, end - 1, "f" * 24)
        tasks.append(PlannedTask(key, sha256_bytes(text.encode()), (part,), ("reader-a",)))
        data = {"key": key, "heading": key, "text": text, "notice": " "}
        rows.append(payload(tasks[-1], data, "document"))
    push(laboratory.project, name, annotators=["reader-a"])
    number = laboratory.project_number(name, "reader-a")
    for task in laboratory.tasks(name, "reader-a").values():
        laboratory.client.send("DELETE", f"/api/tasks/{task['id']}/")
    plan = load_plan(laboratory.project, name)
    values: dict[str, Any] = plan.to_dict() | {"tasks": [t.to_dict() for t in tasks]}
    dump_plan(laboratory.project, Plan.from_dict(values))
    laboratory.client.send("POST", f"/api/projects/{number}/import", rows)
    there = laboratory.tasks(name, "reader-a")
    assert {key: task["data"]["text"] for key, task in there.items()} == HOSTILE
    wanted = {t.parts[0].sentence: ("official_denial",) for t in tasks}
    laboratory.annotate(name, "reader-a", wanted)
    pulled = pull(laboratory.project, name)
    assert pulled.findings == ()
    assert judged(laboratory, name) == wanted


def test_two_annotators_disagreements_and_the_third_readings(
    laboratory: Laboratory, decisions: dict[str, tuple[str, ...]]
) -> None:
    project = laboratory.project
    push(project, "main", annotators=["reader-a", "reader-b"])
    other = dict(decisions)
    first, second = sorted(decisions)[:2]
    other[first], other[second] = ("coercion_tactic", "official_denial"), ("official_denial",)
    laboratory.annotate("main", "reader-a", decisions)
    laboratory.annotate("main", "reader-b", other)
    assert pull(project, "main").added == 2 * len(decisions)
    disputed = {s for s in decisions if set(decisions[s]) != set(other[s])}
    assert {row.sentence for row in gold(project) if row.how == "unresolved"} == disputed
    every = agree(project, "main", draws=20).every
    # By hand: 8 of 10 pairs are equal; the 20 sets are 7, 5, 6, 1 and 1 of a kind.
    assert every.sets.alpha_exact.value == pytest.approx(1 - 0.2 / (1 - 92 / 380))
    kappas = {label.name: label.cohen_kappa.value for label in every.labels}
    # Of 10: tactics 3 and 3, denials 3 and 5, each with two disagreements; responses alike.
    assert kappas == pytest.approx(
        {
            "coercion_tactic": (0.8 - 0.58) / 0.42,
            "official_denial": (0.8 - 0.5) / 0.5,
            "government_response": 1.0,
        }
    )
    pushed = push_disputes(project, "reader-c")
    assert (pushed.made, pushed.known) == (len(disputed), 0)
    assert push_disputes(project, "reader-c").made == 0
    number = int(pushed.url.rpartition("/")[2])
    tasks = list(laboratory.client.export(number))
    assert not any("reader-" in json.dumps(task["data"]) for task in tasks)
    chosen = [("claim", ["none"]), ("reason", ["neither"])]
    for task in tasks:
        result = [
            {"from_name": n, "to_name": "sentence", "type": "choices", "value": {"choices": c}}
            for n, c in chosen
        ]
        path = f"/api/tasks/{task['id']}/annotations/"
        laboratory.session("reader-c").call("POST", path, {"result": result})
    pulled = pull_decisions(project, "reader-c")
    assert (pulled.taken.added, pulled.findings) == (len(disputed), ())
    assert pull_decisions(project, "reader-c").taken.known == len(disputed)
    assert f"{len(disputed)} adjudicated" in laboratory.run("adjudicate", "apply")
    standing = json.loads(laboratory.run("status", "--round", "main", "--json"))
    assert [(r["annotator"], r["judged"], r["asked"]) for r in standing["rounds"]] == [
        ("reader-a", 10, 10), ("reader-b", 10, 10)
    ]  # fmt: skip
    assert "alpha (MASI)" in standing["agreement"]["main"]
    rows = {row.sentence: row for row in gold(project)}
    for sentence in disputed:
        row = rows[sentence]
        assert (row.how, row.labels, row.by, row.reason) == (
            "adjudicated", (), "reader-c", "neither"
        )  # fmt: skip
        assert row.votes == {"reader-a": decisions[sentence], "reader-b": other[sentence]}
    # A vote that changes re-opens exactly its sentence.
    plan = load_plan(project, "main")
    reopened = sorted(disputed)[0]
    key = reopened.rpartition(":")[0]
    task = laboratory.tasks("main", "reader-b")[key]
    other[reopened] = ("government_response",)
    result = annotation(plan, plan.of("reader-b")[key], task["data"]["text"], other)["result"]
    path = f"/api/annotations/{task['annotations'][0]['id']}/"
    laboratory.session("reader-b").call("PATCH", path, {"result": result})
    assert pull(project, "main").changed >= 1
    assert {r.sentence for r in gold(project) if r.how == "unresolved"} == {reopened}
    assert push_disputes(project, "reader-c").made == 1
    assert [f.id for f in pull_decisions(project, "reader-c").findings] == ["votes-changed"]


def test_the_least_certain_tasks_come_first_and_scoring_again_replaces(
    laboratory: Laboratory, name: str
) -> None:
    push(laboratory.project, name, annotators=["reader-a"], design="sentence")
    keys = [task.key for task in load_plan(laboratory.project, name).tasks]
    for version, places in (("one", range(10)), ("two", [7, 2, 9, 4, 1, 8, 0, 3, 6, 5])):
        scores = {key: place / 10 for key, place in zip(keys, places, strict=True)}
        scored = score(laboratory.project, name, version, scores)
        assert scored.scored == 10
    assert scored.replaced == 10
    tasks = laboratory.tasks(name, "reader-a")
    assert {len(task["predictions"]) for task in tasks.values()} == {1}
    number = laboratory.project_number(name, "reader-a")
    seen = []
    for _ in keys:
        task = laboratory.session("reader-a").call("GET", f"/api/projects/{number}/next")
        seen.append(task["data"]["key"])
        # Nothing is suggested: the score travels without labels.
        assert not [r for p in task["predictions"] for r in p["result"]]
        path = f"/api/tasks/{task['id']}/annotations/"
        laboratory.session("reader-a").call("POST", path, {"result": [], "was_cancelled": False})
    assert seen == sorted(keys, key=scores.__getitem__)
