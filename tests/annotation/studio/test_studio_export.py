"""Exports become judgements exactly once; every irregularity becomes a named finding."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studio_exports import ADMIN, BEN, USERS, annotation, exported

from claimtypes.annotation.schema import load_schema
from claimtypes.annotation.studio_export import Normalised, normalise
from claimtypes.annotation.studio_irregularities import RETURNABLE, SEVERITIES
from claimtypes.annotation.studio_tasks import Plan, PlannedTask, plan_tasks
from claimtypes.corpus.articles import join_blocks
from claimtypes.corpus.segment import segment
from claimtypes.records import Article
from claimtypes.store import sha256_bytes

SCHEMA = load_schema(Path(__file__).parents[3] / "annotation" / "schema.toml")
NAMES = SCHEMA.names
SETS = [(), NAMES[:1], NAMES[1:2], NAMES[:2], NAMES]


def make_article(name: str, paragraphs: list[str]) -> Article:
    text, blocks = join_blocks([("title", "A title"), *(("paragraph", p) for p in paragraphs)])
    return Article(
        id=name, title="A title", publisher="P", url="", published="", retrieved="",
        language="en", licence="CC-BY-4.0", origin="written-for-this-corpus",
        sha256=sha256_bytes(text.encode()), text=text, blocks=blocks,
    )  # fmt: skip


def make_plan(
    articles: list[Article], design: str, **more: Any
) -> tuple[Plan, dict[str, dict[str, Any]]]:
    tasks, data = plan_tasks(
        [s for article in articles for s in segment(article)],
        {article.id: article for article in articles},
        design=design,
        annotators=["ann"],
        overlap=1,
    )
    plan = Plan("first", design, "1.0.0", "1.1.0", SCHEMA.names, "", ("ann",), tasks)
    return dataclasses.replace(plan, **more), data


def text_of(plan: Plan, data: dict[str, Any]) -> str:
    return str(data["text" if plan.design == "document" else "sentence"])


def read(tasks: list[dict[str, Any]], plan: Plan) -> Normalised:
    return normalise(tasks, plan, SCHEMA, annotator="ann", users=USERS, url="http://studio")


ARTICLE = make_article("one", ["They were beaten. It denied it. The court ruled.", "Rain fell."])


class Export:
    """An export of one article that all went well in, for a test to spoil."""

    def __init__(self, design: str = "document", **more: Any) -> None:
        self.plan, self.data = make_plan([ARTICLE], design, **more)
        self.sentences = [p.sentence for t in self.plan.tasks for p in t.parts]
        self.decisions = dict(zip(self.sentences, SETS[1:4] + SETS[:1], strict=True))
        self.tasks = [
            exported(
                number,
                task,
                self.data[task.key],
                [self.annotate(task, number)],
            )
            for number, task in enumerate(self.plan.tasks, 1)
        ]  # fmt: skip

    def annotate(self, task: PlannedTask, number: int) -> dict[str, Any]:
        text = text_of(self.plan, self.data[task.key])
        return annotation(self.plan, task, text, self.decisions, number=number)

    @property
    def first(self) -> dict[str, Any]:
        one: dict[str, Any] = self.tasks[0]["annotations"][0]
        return one

    def result(self, region: str, name: str) -> dict[str, Any]:
        return next(
            r for r in self.first["result"] if r.get("id") == region and r["from_name"] == name
        )

    def read(self) -> Normalised:
        return read(self.tasks, self.plan)


@pytest.mark.parametrize("design", ["document", "sentence"])
def test_a_sound_export_gives_one_judgement_a_sentence(design: str) -> None:
    export = Export(design)
    found = export.read()
    assert found.irregularities == ()
    assert {j.sentence: j.labels for j in found.judgements} == export.decisions
    assert {j.at for j in found.judgements} == {"2026-02-03T04:05:06Z"}
    assert {j.seconds for j in found.judgements} == {12.5}
    assert {(j.annotator, j.origin, j.guideline_version) for j in found.judgements} == {
        ("ann", "manual", "1.1.0")
    }


def test_both_designs_give_identical_judgements() -> None:
    assert Export("document").read().judgements == Export("sentence").read().judgements


def drag(export: Export) -> None:
    for result in export.first["result"]:
        if result["id"] == "s0002":
            result["value"] |= {"start": 0, "end": 57, "text": ""}


def add(export: Export) -> None:
    extra = copy.deepcopy(export.result("s0002", "seg")) | {"id": "xYz12"}
    export.first["result"].append(extra)


def delete(export: Export) -> None:
    export.first["result"] = [r for r in export.first["result"] if r["id"] != "s0002"]


def undecide(export: Export) -> None:
    export.first["result"].remove(export.result("s0002", "claim"))


def choose(*choices: str) -> Callable[[Export], None]:
    def spoil(export: Export) -> None:
        export.result("s0002", "claim")["value"]["choices"] = list(choices)

    return spoil


def put(**values: Any) -> Callable[[Export], None]:
    return lambda export: export.first.update(values)


def repeat(**values: Any) -> Callable[[Export], None]:
    return lambda export: export.tasks[0]["annotations"].append(
        copy.deepcopy(export.first) | {"id": 99} | values
    )


def draft(export: Export) -> None:
    export.tasks[0]["annotations"] = []
    export.tasks[0]["drafts"] = [{"id": 5, "result": []}]


def change_text(export: Export) -> None:
    export.tasks[0]["data"] = export.tasks[0]["data"] | {"text": "Another text."}


def lose(export: Export) -> None:
    export.tasks.clear()


def stray(export: Export) -> None:
    export.tasks.append({"id": 4, "data": {"text": "hello"}, "annotations": []})


def copy_task(export: Export) -> None:
    export.tasks.append(copy.deepcopy(export.tasks[0]) | {"id": 2, "annotations": []})


def copy_annotated(export: Export) -> None:
    export.tasks.append(copy.deepcopy(export.tasks[0]) | {"id": 2})


def suggest(export: Export) -> None:
    export.tasks[0]["predictions"] = [
        {"id": 11, "model_version": "some@1", "result": copy.deepcopy(export.first["result"])}
    ]
    export.first["parent_prediction"] = 11


SPOILT = [
    (drag, "region-dragged", 3),
    (add, "region-added", 4),
    (delete, "region-deleted", 3),
    (undecide, "sentence-undecided", 3),
    (choose("none", "official_denial"), "none-with-label", 3),
    (choose("denial"), "label-unknown", 3),
    (choose(), "sentence-undecided", 3),
    (put(result=[]), "submitted-empty", 0),
    (put(result=None), "annotation-unreadable", 0),
    (put(updated_at="then", created_at=None), "annotation-unreadable", 0),
    (put(was_cancelled=True), "skipped", 0),
    (put(completed_by=BEN), "other-annotator", 0),
    (put(completed_by=55), "annotator-unknown", 0),
    (put(updated_by=ADMIN), "edited-by-another", 0),
    (repeat(), "second-annotation", 0),
    (repeat(completed_by=BEN), "other-annotator", 4),
    (repeat(was_cancelled=True), "skipped", 4),
    (draft, "draft-open", 0),
    (change_text, "task-text-changed", 0),
    (lose, "task-missing", 0),
    (stray, "task-unknown", 4),
    (copy_task, "task-doubled", 4),
    (copy_annotated, "task-doubled", 0),
    (suggest, "prefilled-unasked", 4),
]


@pytest.mark.parametrize(
    ("spoil", "name", "left"), SPOILT, ids=[f"{name}-{n}" for n, (_, name, _) in enumerate(SPOILT)]
)
def test_an_irregularity_is_named_and_only_its_sentences_are_left_out(
    spoil: Callable[[Export], None], name: str, left: int
) -> None:
    export = Export()
    spoil(export)
    found = export.read()
    assert {i.finding.id for i in found.irregularities} == {name}
    assert len(found.judgements) == left
    for judgement in found.judgements:
        assert judgement.labels == export.decisions[judgement.sentence]
    for finding in found.findings:
        assert finding.hint
        if name != "task-missing":
            assert finding.path.startswith("http://studio/projects/")


def test_every_finding_of_an_export_has_a_test() -> None:
    # A deleted annotation shows only against the judgements pulled before.
    assert {name for _, name, _ in SPOILT} == SEVERITIES.keys() - {"annotation-deleted"}
    assert SEVERITIES.keys() >= RETURNABLE


def test_judgements_made_on_suggestions_say_so() -> None:
    export = Export(prefill="some@1")
    suggest(export)
    changed = export.result("s0001", "claim")["value"]["choices"] = ["official_denial"]
    found = export.read()
    assert found.irregularities == ()
    assert [(j.origin, j.model) for j in found.judgements] == [
        ("prefilled-changed", "some@1"),
        *[("prefilled", "some@1")] * 3,
    ]
    assert found.judgements[0].labels == tuple(changed)


def test_the_order_of_an_export_does_not_matter() -> None:
    export = Export("sentence")
    forwards = export.read()
    export.tasks.reverse()
    assert export.read() == forwards


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WORDS = st.sampled_from([
    "the", "state", "said", "\u201cno\u201d", FAMILY, "e\u0301", "\u0645\u0631\u062d", "a\u200bb",
    "x\u2028y", "<script>", "=1+1",
])  # fmt: skip
SENTENCES = st.lists(WORDS, min_size=1, max_size=5).map(lambda w: "It " + " ".join(w) + " end.")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join)
FAULTS = st.sampled_from(["", "", "", "drag", "delete", "undecided", "unknown", "both"])
WHOLE = st.sampled_from(["", "", "", "", "skip", "twice", "edited", "draft", "empty", "stranger"])


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), design=st.sampled_from(["document", "sentence"]))
def test_generated_exports_keep_the_exact_number_of_judgements(  # noqa: C901
    data: st.DataObject, design: str
) -> None:
    paragraphs = data.draw(st.lists(PARAGRAPHS, min_size=1, max_size=3))
    plan, shown = make_plan([make_article("generated", paragraphs)], design)
    expected: dict[str, tuple[str, ...]] = {}
    left_out: set[str] = set()
    tasks = []
    for number, task in enumerate(plan.tasks, 1):
        decisions = {p.sentence: data.draw(st.sampled_from(SETS)) for p in task.parts}
        one = annotation(plan, task, text_of(plan, shown[task.key]), decisions, number=number)
        whole = data.draw(WHOLE)
        lost = {} if not whole else dict(decisions)
        for part in task.parts:
            fault = data.draw(FAULTS)
            if fault in {"drag", "delete"} and design == "sentence":
                continue
            if fault and spoil_part(one, part.region, fault, design):
                lost[part.sentence] = decisions[part.sentence]
        found = [one]
        if whole == "skip":
            one["was_cancelled"] = True
        elif whole == "twice":
            found.append(copy.deepcopy(one) | {"id": 1000 + number})
        elif whole == "edited":
            one["updated_by"] = ADMIN
        elif whole == "draft":
            found = []
        elif whole == "empty":
            one["result"] = []
        elif whole == "stranger":
            one["completed_by"] = BEN
        expected |= {s: labels for s, labels in decisions.items() if s not in lost}
        left_out |= lost.keys() if whole != "draft" else set()
        item = exported(number, task, shown[task.key], found)
        if whole == "draft":
            item["drafts"] = [{"id": 1}]
        tasks.append(item)
    result = read(data.draw(st.permutations(tasks)), plan)
    assert len(result.judgements) == len(expected)
    assert {j.sentence: j.labels for j in result.judgements} == expected
    # Nothing vanishes in silence: what is left out is named by a finding.
    assert {s for i in result.irregularities for s in i.sentences} == left_out
    for article_sentence in segment(make_article("generated", paragraphs)):
        for judgement in result.judgements:
            if judgement.sentence == article_sentence.id:
                assert judgement.text_fingerprint == article_sentence.fingerprint


def spoil_part(one: dict[str, Any], region: str, fault: str, design: str) -> bool:
    mine = [r for r in one["result"] if design == "sentence" or r["id"] == region]
    for result in mine:
        if fault == "drag":
            result["value"]["start"] += 1
        elif fault == "delete" or (fault == "undecided" and result["from_name"] == "claim"):
            one["result"].remove(result)
        elif result["from_name"] == "claim" and fault == "unknown":
            result["value"]["choices"] = ["renamed"]
        elif result["from_name"] == "claim" and fault == "both":
            result["value"]["choices"] = ["none", NAMES[0]]
    return bool(mine)
