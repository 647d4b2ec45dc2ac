"""What a round asks for: as it was before, or refused; and who gets which task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from claimtypes.annotation.exchange import push
from claimtypes.annotation.schema import load_schema
from claimtypes.annotation.studio_planning import plan_round, stale_configs, write_configs
from claimtypes.annotation.studio_tasks import Plan, dump_plan
from claimtypes.errors import BadInput, Refused
from claimtypes.project import Project

READERS = ("reader-a", "reader-b", "reader-c")


def plan(project: Project, name: str = "first", **more: Any) -> Plan:
    return plan_round(project, load_schema(project.schema), name, **more)[0]


def planned(project: Project, **more: Any) -> Plan:
    made = plan(project, annotators=READERS, **more)
    dump_plan(project, made)
    return made


def test_each_task_goes_to_as_many_annotators_as_asked(tiny: Project) -> None:
    made = planned(tiny, design="sentence", overlap=2)
    assert {len(task.annotators) for task in made.tasks} == {2}
    assert {name for task in made.tasks for name in task.annotators} == set(READERS)
    assert plan(tiny, annotators=READERS, overlap=2) == made


def test_a_round_pushed_again_asks_for_the_same(tiny: Project) -> None:
    made = planned(tiny, wanted=frozenset({"cup-final"}))
    assert [task.key for task in made.tasks] == ["cup-final"]
    assert plan(tiny) == made
    grown = plan(tiny, wanted=frozenset({"passport-desk"}))
    assert [task.key for task in grown.tasks] == ["cup-final", "passport-desk"]
    assert grown.tasks[0] == made.tasks[0]


def edit(path: Callable[[Project], Any], old: str, new: str) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        text = path(project).read_text(encoding="utf-8")
        assert old in text
        path(project).write_text(text.replace(old, new), encoding="utf-8")

    return change


CHANGES = {
    "the schema's version": edit(lambda p: p.schema, 'version = "1.0.0"', 'version = "1.1.0"'),
    "the schema's labels": edit(lambda p: p.schema, '"official_denial"', '"denial"'),
    "the guidelines' version": edit(lambda p: p.guidelines, "version 1.0.0", "version 1.1.0"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_under_a_round_is_refused(tiny: Project, what: str) -> None:
    planned(tiny)
    CHANGES[what](tiny)
    with pytest.raises(Refused, match=f"{what} changed under the round first") as refused:
        plan(tiny)
    assert "new round" in refused.value.hint


def test_a_text_changed_under_a_round_is_refused(tiny: Project) -> None:
    planned(tiny)
    edit(lambda p: p.articles / "cup-final.md", "June", "July")(tiny)
    with pytest.raises((Refused, BadInput), match="cup-final"):
        plan(tiny)


def test_another_design_under_a_round_is_refused(tiny: Project) -> None:
    planned(tiny)
    with pytest.raises(Refused, match="the design changed"):
        plan(tiny, design="sentence")


def test_labels_are_shown_in_no_round_that_counts(tiny: Project) -> None:
    with pytest.raises(Refused, match="counts for gold"):
        push(tiny, "main", annotators=READERS, prefill=("some@1", {}))
    assert not tiny.studio.exists()


def test_a_stale_interface_is_named(tiny: Project) -> None:
    schema = load_schema(tiny.schema)
    write_configs(tiny, schema)
    assert stale_configs(tiny, schema) == []
    path = tiny.studio / "document.xml"
    path.write_text(path.read_text().replace("size", "sizes"))
    assert stale_configs(tiny, schema) == [path]


def test_the_interfaces_of_this_corpus_are_what_its_schema_gives(repository: Any) -> None:
    project = Project(repository)
    assert stale_configs(project, load_schema(project.schema)) == []
