"""Votes from judgements: empty is not missing, order is nothing, repeats are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from agreement_designs import SCHEMA, judgement, judgements, random_design, votes
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.annotation.rounds import (
    Votes,
    build_votes,
    load_annotators,
    load_judgements,
    load_votes,
    round_paths,
)
from claimtypes.annotation.schema import load_schema
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project
from claimtypes.store import dump_jsonl


def same(one: Votes, other: Votes) -> bool:
    names = all(
        getattr(one, name) == getattr(other, name)
        for name in ("sentences", "documents", "annotators", "labels")
    )
    return names and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("document_of", "codes", "sets", "prefilled")
    )


def test_an_empty_set_is_a_vote_and_absence_is_none() -> None:
    counted = votes([[frozenset(), frozenset({"two"})], [frozenset({"two"}), None]])
    assert counted.matrix.tolist() == [
        [[0, 0, 0], [0, 1, 0]],
        [[0, 1, 0], [-1, -1, -1]],
    ]
    assert counted.counts.tolist() == [2, 1]


def test_sentences_stand_in_order_of_document_and_position() -> None:
    counted = build_votes(
        [judgement(s, "reader", ()) for s in ("b:5-9", "a:100-120", "a:20-30")], SCHEMA
    )
    assert counted.sentences == ("a:20-30", "a:100-120", "b:5-9")
    assert counted.documents == ("a", "b")
    assert counted.document_of.tolist() == [0, 0, 1]


@given(st.randoms(use_true_random=False), st.integers(0, 50))
def test_order_of_judgements_clicks_and_notes_never_matters(random, seed) -> None:
    rows = judgements(random_design(np.random.default_rng(seed), 12, 3, missing=0.2))
    shuffled = [
        judgement(
            row.sentence,
            row.annotator,
            random.sample(row.labels, len(row.labels)),
            note=random.choice(["", "why?", "see above"]),
        )
        for row in random.sample(rows, len(rows))
    ]
    assert same(build_votes(shuffled, SCHEMA), build_votes(rows, SCHEMA))


def test_a_second_judgement_of_an_annotator_on_a_sentence_is_refused_by_id() -> None:
    rows = [judgement("a:0-9", "reader-x", ()), judgement("a:0-9", "reader-x", ("one",))]
    with pytest.raises(BadInput, match=r"more than once: reader-x on a:0-9$"):
        build_votes(rows, SCHEMA)


def test_an_unknown_label_is_refused_with_who_gave_it_where() -> None:
    with pytest.raises(BadInput, match="reader-x on a:0-9: unknown label four"):
        build_votes([judgement("a:0-9", "reader-x", ("four",))], SCHEMA)


@pytest.mark.parametrize("address", ["a", "a:1", "a:x-9", ":1-2", "a:1-"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="no sentence's address"):
        build_votes([judgement(address, "reader-x", ())], SCHEMA)


def test_votes_of_files_are_the_votes_of_their_judgements(tiny: Project) -> None:
    schema = load_schema(tiny.schema)
    built = build_votes(load_judgements(tiny), schema)
    assert same(load_votes(tiny, schema), built)
    assert same(load_votes(tiny, schema, "first"), built)
    assert built.codes.shape == (10, 2)


def test_rounds_are_counted_together_or_one_at_a_time(tiny: Project) -> None:
    rows = [j for j in load_judgements(tiny) if j.annotator == "reader-a"]
    dump_jsonl(tiny.rounds / "second.jsonl", [_by(row, "reader-z") for row in rows])
    schema = load_schema(tiny.schema)
    assert load_votes(tiny, schema).annotators == ("reader-a", "reader-b", "reader-z")
    assert load_votes(tiny, schema, "second").annotators == ("reader-z",)
    assert [path.stem for path in round_paths(tiny)] == ["first", "second"]


def _by(row, annotator):
    return judgement(row.sentence, annotator, row.labels)


def test_a_repeat_over_two_rounds_is_refused_and_the_round_can_be_chosen(tiny: Project) -> None:
    (tiny.rounds / "again.jsonl").write_bytes((tiny.rounds / "first.jsonl").read_bytes())
    schema = load_schema(tiny.schema)
    with pytest.raises(BadInput, match=r"reader-a on cup-final:17-52.* and 15 more") as caught:
        load_votes(tiny, schema)
    assert "--round" in caught.value.hint
    assert load_votes(tiny, schema, "again").codes.shape == (10, 2)


def test_prefilled_judgements_are_marked_and_can_be_left_out() -> None:
    rows = [
        judgement("a:0-9", "reader-x", (), origin="prefilled"),
        judgement("a:0-9", "reader-y", (), origin="prefilled-changed"),
        judgement("a:10-19", "reader-x", ("one",)),
    ]
    counted = build_votes(rows, SCHEMA)
    assert counted.prefilled.tolist() == [[True, True], [False, False]]
    unaided = counted.without(counted.prefilled)
    assert unaided.codes.tolist() == [[-1, -1], [1, -1]]
    assert not unaided.prefilled.any()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"sentence": "a:0-9"}', "lacks annotator"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_broken_line_is_named(tiny: Project, line: bytes, message: str) -> None:
    path = tiny.rounds / "first.jsonl"
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(BadInput, match=rf"first\.jsonl:21: .*{message}"):
        load_votes(tiny, load_schema(tiny.schema))


def test_labels_that_are_no_list_are_named(tiny: Project) -> None:
    path = tiny.rounds / "first.jsonl"
    path.write_text(path.read_text().replace('"labels": []', '"labels": "abc"', 1))
    with pytest.raises(BadInput, match=r"first\.jsonl:1: Judgement\.labels must be a list"):
        load_votes(tiny, load_schema(tiny.schema))


def test_no_round_yet_and_an_empty_one_are_errors_with_a_next_step(tiny: Project) -> None:
    schema = load_schema(tiny.schema)
    with pytest.raises(ClaimtypesError, match="no such round: pilot"):
        load_votes(tiny, schema, "pilot")
    path = tiny.rounds / "first.jsonl"
    path.write_text("")
    with pytest.raises(ClaimtypesError, match="no judgements in first"):
        load_votes(tiny, schema)
    path.unlink()
    with pytest.raises(ClaimtypesError, match="no rounds yet"):
        load_votes(tiny, schema)


def test_annotators_are_read_by_id_and_repeats_refused(tiny: Project) -> None:
    assert list(load_annotators(tiny)) == ["reader-a", "reader-b", "reader-c"]
    tiny.annotators.write_text(tiny.annotators.read_text().replace("reader-b", "reader-a"))
    with pytest.raises(BadInput, match="two annotators 'reader-a'"):
        load_annotators(tiny)
    Path(tiny.annotators).unlink()
    assert load_annotators(tiny) == {}
