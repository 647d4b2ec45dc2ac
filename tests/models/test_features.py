from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.features import Block, Features
from claimtypes.models.masking import Mask, common_words
from claimtypes.models.vocabulary import fit_features

SENTENCES = (
    "Police in the capital arrested two brothers of the exiled reporter, relatives said.",
    "The embassy said the allegation was “completely groundless” - and called it a smear.",
    "A court in the north sentenced him; he is 42.",
    "x",
    "",
    "  \t ",
    "Ärzte und ÄRZTE: naïve café, cafés — ΣΊΣΥΦΟΣ İstanbul ß ﬁn",
    "a b c dd e ff",
    "the the the the embassy embassy",
    "a\x00 ab\x00 \x00b ab",
    "line\nbreak\r\nand\x0btab\u2028sep \x1c x",
    "١٢٣ 中文字符 и русский текст_with_underscore",
)


def sklearn_matrix(texts: tuple[str, ...], other: tuple[str, ...], block: Block) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="word" if block.analyzer == "word" else "char_wb",
        ngram_range=(block.shortest, block.longest),
        min_df=block.min_documents,
        sublinear_tf=block.weighting == "log-tfidf",
    )
    vectorizer.fit(texts)
    return list(vectorizer.get_feature_names_out()), vectorizer.transform(other).toarray()


BLOCKS = (
    Block(analyzer="word", shortest=1, longest=2),
    Block(analyzer="word", shortest=2, longest=3, min_documents=1),
    Block(analyzer="char", shortest=3, longest=5, min_documents=2),
    Block(analyzer="char", shortest=2, longest=3),
    Block(analyzer="char", shortest=4, longest=6, weighting="log-tfidf"),
)


def dense(features: Features, examples: Examples) -> np.ndarray:
    matrix = features.transform(examples)
    return matrix.to_scipy().toarray()


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_blocks_equal_scikit_learn(block: Block) -> None:
    names, expected = sklearn_matrix(SENTENCES, SENTENCES[::-1], block)
    features = fit_features([block], [], examples_of(SENTENCES))
    assert [*features.terms[0].words] == names
    got = dense(features, examples_of(SENTENCES[::-1]))
    np.testing.assert_allclose(got, expected, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8), st.sampled_from(BLOCKS))
def test_blocks_equal_scikit_learn_on_any_text(texts: list[str], block: Block) -> None:
    known = (*SENTENCES, *texts)
    names, expected = sklearn_matrix(known, tuple(texts), block)
    features = fit_features([block], [], examples_of(known))
    assert [*features.terms[0].words] == names
    np.testing.assert_allclose(dense(features, examples_of(texts)), expected, atol=1e-6)


def test_several_blocks_and_numbers_stand_side_by_side() -> None:
    examples = examples_of(SENTENCES, position=np.linspace(0, 1, len(SENTENCES)))
    features = fit_features(BLOCKS[:3], ["position", "quotation"], examples)
    parts = [dense(fit_features([block], [], examples), examples) for block in BLOCKS[:3]]
    numbers = np.stack([examples.position, examples.quotation], axis=1)
    np.testing.assert_allclose(dense(features, examples), np.hstack([*parts, numbers]), atol=1e-9)
    assert len(features.names()) == features.width


def test_a_scale_is_the_length_of_a_block_and_context_may_be_empty() -> None:
    blocks = [Block(longest=1), Block(field="previous", scale=0.5), Block(field="heading")]
    examples = examples_of(SENTENCES, previous=SENTENCES[::-1])
    features = fit_features(blocks, [], examples)
    row = dense(features, examples)[0]
    size = len(features.terms[0].words)
    assert np.linalg.norm(row[:size]) == pytest.approx(1.0)
    previous = dense(features, examples)[-1][size:]
    assert np.linalg.norm(previous) == pytest.approx(0.5)
    assert not features.terms[2].words


def test_batches_do_not_change_a_row() -> None:
    texts = [f"{SENTENCES[i % len(SENTENCES)]} number {i}" for i in range(2500)]
    features = fit_features(BLOCKS[:2], [], examples_of(texts))
    whole = dense(features, examples_of(texts))
    one_by_one = np.vstack([dense(features, examples_of([text])) for text in texts[1000:1100]])
    np.testing.assert_array_equal(whole[1000:1100], one_by_one)


def test_masking_hides_names_and_numbers_and_keeps_offices() -> None:
    common = common_words(["the police and a ministry said", "the police of a ministry said it"])
    masked = Mask(common)(
        [
            "Police held Mohammed bin Yusuf of Port-Louis for 1,200 days.",
            "The Ministry of Kurtistan’s Lena Ortega said: “I know.”",
            "U.S. police said so.",
        ]
    )
    assert masked == [
        "Police held _n_ of _n_ for _0_ days.",
        "The Ministry of _n_’s _n_ said: “I know.”",
        "_n_ police said so.",
    ]


def test_swapping_names_changes_no_masked_feature() -> None:
    block = Block(analyzer="char", shortest=3, longest=5, mask=True)
    training = examples_of(["the police held the man", "the police of the town said so"])
    features = fit_features([block], [], training)
    one, other = (
        dense(features, examples_of([f"The police of {place} held {name} on {day}."]))
        for place, name, day in (("Ruritania", "Li Wei", 3), ("West Graustark", "Ana", 2014))
    )
    np.testing.assert_array_equal(one, other)


def test_a_word_is_taken_apart_once_and_forgetting_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from claimtypes.models import words

    texts = [f"{SENTENCES[i % len(SENTENCES)]} word{i % 300} again" for i in range(1200)]
    blocks = [
        BLOCKS[2],
        replace(BLOCKS[2], field="previous"),
        replace(BLOCKS[0], field="following"),
    ]
    examples = examples_of(texts, previous=["", *texts[:-1]], following=[*texts[1:], ""])
    features = fit_features(blocks, [], examples)
    known = dense(features, examples)
    np.testing.assert_array_equal(dense(features, examples), known)
    monkeypatch.setattr(words, "_MOST_WORDS", 50)
    np.testing.assert_array_equal(dense(features, examples), known)


def test_a_shared_text_counts_in_every_field_and_row_that_has_it() -> None:
    blocks = [Block(), Block(field="title", longest=1), Block("title", "char", 3, 4)]
    titles = ["The same title", "Another", "The same title", ""]
    texts = ["Another", "The same title here", "", "The same title"]
    features = fit_features(blocks, [], examples_of(texts, title=titles))
    for number, column in enumerate((texts, titles, titles)):
        alone = fit_features([replace(blocks[number], field="text")], [], examples_of(column))
        assert features.terms[number].words == alone.terms[0].words
        np.testing.assert_array_equal(features.terms[number].weights, alone.terms[0].weights)
