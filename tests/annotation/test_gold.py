"""Gold: every judged sentence in exactly one state, and nothing decided that votes do not."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import permutations

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

ANNOTATORS = "abcde"
# Every label set in every order of clicks; one more choice is no vote.
SETS = [tuple(p) for size in range(4) for p in permutations(LABELS, size)]
choices = st.integers(-1, len(SETS) - 1)


def as_project(rows: list[list[int]]) -> dict[int, dict[str, tuple[str, ...]]]:
    """Votes by sentence number and annotator, whatever the gaps."""
    votes = {
        number: {who: SETS[c] for who, c in zip(ANNOTATORS, row, strict=True) if c >= 0}
        for number, row in enumerate(rows)
    }
    return {number: given for number, given in votes.items() if given} or {0: {"a": ()}}


projects = st.lists(st.lists(choices, min_size=5, max_size=5), min_size=1, max_size=8).map(
    as_project
)
seeds = st.integers(0, 2**32 - 1)


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
@given(projects, seeds)
def test_every_judged_sentence_has_one_state_and_keeps_every_vote(project, seed) -> None:
    chance = random.Random(seed)
    judgements = judgements_of(project)
    shuffled = chance.sample(judgements, len(judgements))
    first = derive_gold(judgements, [], SCHEMA)
    readings = [
        reading(row.sentence, row.votes, tuple(x for x in LABELS if chance.random() < 0.4))
        for row in first
        if row.how == "unresolved" and chance.random() < 0.5
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
@given(projects, seeds)
def test_a_changed_vote_reopens_its_sentence_and_no_other(project, seed) -> None:
    chance = random.Random(seed)
    before = derive_gold(judgements_of(project), [], SCHEMA)
    readings = [reading(r.sentence, r.votes, ()) for r in before if r.how == "unresolved"]
    number = chance.choice(sorted(project))
    who = chance.choice(sorted(project[number]))
    was = set(project[number][who])
    labels = tuple(sorted(was ^ set(chance.sample(LABELS, chance.randint(1, 3)))))
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
