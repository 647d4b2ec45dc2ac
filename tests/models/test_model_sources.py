from __future__ import annotations

from pathlib import Path

from claimtypes.annotation.adjudication import derive_gold
from claimtypes.annotation.schema import load_schema
from claimtypes.models.sources import load_project, load_release
from claimtypes.project import Project
from claimtypes.records import Judgement
from claimtypes.store import dump_jsonl, load_jsonl, write_text

SPLITS = """article,split,group,reason
cup-final,test,cup-final,drawn
harbour-office,train,harbour-office,drawn
passport-desk,validation,passport-desk,drawn
"""


def make_ready(project: Project) -> None:
    write_text(project.splits, SPLITS)
    judgements = [
        j for p in sorted(project.rounds.glob("*.jsonl")) for j in load_jsonl(p, Judgement)
    ]
    dump_jsonl(project.gold, derive_gold(judgements, [], load_schema(project.schema)))


def test_a_projects_gold_comes_with_context(tiny: Project) -> None:
    make_ready(tiny)
    source = load_project(tiny)
    training = source.split("train")
    assert set(training.documents) == {"harbour-office"}
    assert training.previous[0] == ""
    assert training.previous[1] == training.texts[0]
    assert training.following[0] == training.texts[1]
    assert training.position[0] == 0.0
    assert training.position[-1] == 1.0
    assert training.title[0]
    assert training.names == tuple(style.name for style in source.styles)
    assert training.gold.any()
    assert training.votes is not None
    assert training.votes.shape == training.gold.shape
    assert len(source.origin.digest) == 64


def test_a_release_gives_the_same_sentences(tiny: Project) -> None:
    from claimtypes.release.build import build

    make_ready(tiny)
    folder: Path = build(tiny, "1.0.0").folder
    released, project = load_release(folder), load_project(tiny)
    for split in ("train", "validation", "test"):
        one, other = released.split(split), project.split(split)
        assert one.ids == other.ids
        assert one.texts == other.texts
        assert one.previous == other.previous
        assert one.metadata["group"] == other.metadata["group"]
        assert one.gold.tolist() == other.gold.tolist()
    assert released.origin.version == "1.0.0"
