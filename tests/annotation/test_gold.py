"""Gold: every judged sentence in exactly one state, and nothing decided that votes do not."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.annotation.adjudication import derive_gold, summarise, votes_digest
from claimtypes.annotation.disputes import find_disputes
from claimtypes.annotation.gold import dump_gold, gold, gold_is_current, render_gold
from claimtypes.annotation.schema import parse_schema
from claimtypes.project import Project
from claimtypes.records import Adjudication, Judgement

LABELS = ("one", "two", "three")
SCHEMA = parse_schema(
    'version = "1.0.0"\nguideline = "G.md"\nquestion = "?"\n'
    'none = { title = "None", hotkey = "9", color = "#000000" }\n'
    'reasons = [{ code = "clear", title = "Clear" }]\n'
    + "".join(
        f'[[labels]]\nname = "{name}"\ntitle = "{name}"\ndefinition = "x"\nhotkey = "{i}"\n'
        'color = "#000000"\n'
        for i, name in enumerate(LABELS, 1)
    )
)
AT = "2026-01-01T00:00:00Z"

sets = st.lists(st.sampled_from(LABELS), unique=True, max_size=3).map(tuple)
annotators = st.sampled_from(["a", "b", "c", "d", "e"])
# Votes by sentence number and annotator: a project, whatever its gaps.
projects = st.dictionaries(
    st.integers(0, 7), st.dictionaries(annotators, sets, min_size=1, max_size=5), min_size=1
)


def address(number: int) -> str:
    return f"article-{number % 3}:{number * 10}-{number * 10 + 9}"


def judgements_of(project: dict[int, dict[str, tuple[str, ...]]]) -> list[Judgement]:
    return [
        Judgement(address(n), who, labels, "r", "1.0.0", "1.0.0", "f", AT)
        for n, votes in project.items()
        for who, labels in votes.items()
    ]


def reading(sentence: str, votes: dict[str, tuple[str, ...]], labels: tuple[str, ...]):
    return Adjudication(sentence, labels, "z", AT, "clear", "1.0.0", "1.0.0", votes_digest(votes))


@settings(max_examples=1000, deadline=None)
@given(projects, st.data())
def test_every_judged_sentence_has_one_state_and_keeps_every_vote(project, data) -> None:
    judgements = judgements_of(project)
    shuffled = data.draw(st.permutations(judgements))
    first = derive_gold(judgements, [], SCHEMA)
    readings = [
        reading(row.sentence, row.votes, data.draw(sets))
        for row in first
        if row.how == "unresolved" and data.draw(st.booleans())
    ]
    rows = derive_gold(shuffled, readings, SCHEMA)
    assert rows == derive_gold(judgements, readings[::-1], SCHEMA)
    assert len(rows) == len({r.sentence for r in rows}) == len(project)
    summary = summarise(rows, SCHEMA)
    assert sum(summary.states.values()) == summary.sentences == len(project)
    kept = Counter((r.sentence, who, SCHEMA.ordered(v)) for r in rows for who, v in r.votes.items())
    given_votes = Counter((j.sentence, j.annotator, SCHEMA.ordered(j.labels)) for j in judgements)
    assert kept == given_votes
    for row in rows:
        assert (row.labels is None) == (row.how == "unresolved")
        assert (row.how == "adjudicated") == bool(row.by)
        if row.how in {"unanimous", "majority"}:
            assert 2 * list(row.votes.values()).count(row.labels) > len(row.votes) > 1
    decided = {r.sentence for r in readings}
    waiting = {r.sentence for r in rows if r.how == "unresolved"}
    assert waiting == {d.sentence for d in find_disputes(judgements, readings, SCHEMA) if d.why}
    assert not decided & waiting


@settings(max_examples=1000, deadline=None)
@given(projects, st.data())
def test_a_changed_vote_reopens_its_sentence_and_no_other(project, data) -> None:
    before = derive_gold(judgements_of(project), [], SCHEMA)
    readings = [reading(r.sentence, r.votes, ()) for r in before if r.how == "unresolved"]
    number = data.draw(st.sampled_from(sorted(project)))
    who = data.draw(st.sampled_from(sorted(project[number])))
    labels = data.draw(sets.filter(lambda s: set(s) != set(project[number][who])))
    changed = {n: dict(votes) for n, votes in project.items()}
    changed[number][who] = labels
    one = {r.sentence: r for r in derive_gold(judgements_of(project), readings, SCHEMA)}
    other = {r.sentence: r for r in derive_gold(judgements_of(changed), readings, SCHEMA)}
    assert {s for s in one if one[s] != other[s]} == {address(number)}
    assert other[address(number)].how != "adjudicated"
    why = {d.sentence: d.why for d in find_disputes(judgements_of(changed), readings, SCHEMA)}
    if address(number) in {r.sentence for r in readings} and address(number) in why:
        assert why[address(number)] == "votes-changed"


def test_the_gold_file_is_the_same_bytes_again_and_known_to_be_stale(tiny: Project) -> None:
    rows = gold(tiny)
    assert not gold_is_current(tiny, rows)
    dump_gold(tiny, rows)
    assert tiny.gold.read_text(encoding="utf-8") == render_gold(gold(tiny))
    assert gold_is_current(tiny, gold(tiny))
    first = json.loads(tiny.gold.read_text(encoding="utf-8").splitlines()[0])
    assert first["votes"].keys() == {"reader-a", "reader-b"}
