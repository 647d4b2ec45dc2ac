"""Records read and write JSON, and refuse what is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.errors import BadInput
from claimtypes.records import Article, Block, Finding, Gold, Judgement, Sentence

words = st.text(max_size=30)
label_sets = st.lists(words, max_size=3).map(tuple)


@given(
    st.builds(
        Judgement, labels=label_sets, highlights=label_sets, seconds=st.none() | st.floats(0, 1e6)
    )
)
def test_a_judgement_reads_back_from_its_line(judgement: Judgement) -> None:
    assert Judgement.parse(judgement.render()) == judgement
    assert "\n" not in judgement.render()


@given(st.builds(Gold, labels=st.none() | label_sets, votes=st.dictionaries(words, label_sets)))
def test_an_empty_label_set_is_never_confused_with_none(gold: Gold) -> None:
    back = Gold.parse(gold.render())
    assert back == gold
    assert (back.labels is None) == (gold.labels is None)


@given(
    st.builds(
        Article, blocks=st.lists(st.builds(Block), max_size=3).map(tuple), countries=label_sets
    )
)
def test_an_article_with_blocks_reads_back(article: Article) -> None:
    assert Article.from_dict(article.to_dict()) == article


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[]", "must be an object"),
        ("{", "not JSON"),
        ('{"id": "x"}', "lacks severity, message"),
        ('{"id": "x", "severity": "error", "message": "m", "colour": 1}', "no field colour"),
        ('{"id": 3, "severity": "error", "message": "m"}', "Finding.id must be str, not int"),
        ('{"id": "x", "severity": "error", "message": "m", "line": true}', "must be int"),
        ('{"id": "x", "severity": "error", "message": "m", "evidence": []}', "must be an object"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Finding.parse(line)


def test_a_sentence_is_addressed_by_its_slice() -> None:
    sentence = Sentence("a", 3, 9, "bullet", -1, 0, 0, 4, "f", "1")
    assert sentence.id == "a:3-9"
    assert sentence.annotated
    assert not Sentence("a", 3, 9, "heading", -1, 0, 0, 4, "f", "1").annotated
