from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_examples import NAMES, make_examples, resign
from safetensors.numpy import load_file, save_file
from sklearn.metrics import f1_score

from claimtypes.errors import BadInput, Refused
from claimtypes.models.context import context_columns
from claimtypes.models.examples import Examples, examples_of, in_context, neighbours
from claimtypes.models.features import Block
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.model import Model
from claimtypes.models.predict import predict
from claimtypes.models.reading import Cut
from claimtypes.models.recipe import Recipe, Tuning, read_recipe
from claimtypes.models.train import train

ALONE = Recipe("alone", "linear", features=(Block(),), numbers=("quotation",))
BESIDE = replace(ALONE, name="beside", context=2)


def retort(seed: int = 0, articles: int = 60) -> Examples:
    """Make articles in which "So it said." has the kind of the sentence before it."""
    chance = random.Random(seed)
    texts, labels, documents = [], [], []
    for number in range(articles):
        for _ in range(4):
            held = [chance.random() < 0.5, chance.random() < 0.3]
            words = [word for word, yes in zip(("threatened", "denied"), held, strict=True) if yes]
            words += chance.choices("the market weather morning report".split(), k=6)
            chance.shuffle(words)
            texts += [" ".join(words) + ".", "So it said."]
            labels += [held, held]
            documents += [f"article-{number}"] * 2
    before, after = neighbours(texts, documents)
    return examples_of(
        texts, names=NAMES, labels=np.array(labels, dtype=np.uint8), documents=documents,
        previous=before, following=after,
    )  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Model:
    return train(BESIDE, retort())


def test_what_only_the_neighbours_tell_is_learnt(model: Model) -> None:
    unseen = retort(seed=1)
    alone = train(ALONE, retort())
    found = [f1_score(unseen.gold, m.decide(m.predict_proba(unseen)), average="macro")
             for m in (alone, model)]  # fmt: skip
    assert found[0] < 0.8
    assert found[1] > 0.95


def test_columns_are_those_worked_by_hand() -> None:
    examples = examples_of(["a b", "c", "d"], documents=["x", "x", "y"])
    scores = np.array([[1.0], [2.0], [3.0]])
    probabilities = np.array([[0.2], [0.6], [0.9]])
    recipe = replace(BESIDE, context=1, numbers=())
    np.testing.assert_allclose(
        context_columns(recipe, probabilities, scores, examples),
        [
            # score, own, before, after, mean and most of the document, log(1 + words)
            [1.0, 0.2, 0.0, 0.6, 0.4, 0.6, np.log(3)],
            [2.0, 0.6, 0.2, 0.0, 0.4, 0.6, np.log(2)],
            [3.0, 0.9, 0.0, 0.0, 0.9, 0.9, np.log(2)],
        ],
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(0, 99))
def test_a_document_is_judged_by_itself_whatever_stands_beside_it(
    model: Model, sizes: list[int], seed: int
) -> None:
    chance = random.Random(seed)
    pool = retort(seed=2).texts
    texts = [chance.choices(pool, k=size) for size in sizes]
    names = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    together = model.predict_proba(
        examples_of([t for held in texts for t in held], documents=names)
    )
    apart = [model.predict_proba(examples_of(held, documents=["d"] * len(held))) for held in texts]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_a_sentence_by_itself_is_judged_as_well_as_without_context() -> None:
    examples = make_examples(articles=80)
    unseen = replace(make_examples(seed=1), documents=make_examples(seed=1).ids)
    alone, beside = train(ALONE, examples), train(BESIDE, examples)
    found = [f1_score(unseen.gold, m.decide(m.predict_proba(unseen)), average="macro")
             for m in (alone, beside)]  # fmt: skip
    assert found[1] > found[0] - 0.02


def test_batches_of_a_long_stream_do_not_change_an_article(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = retort(seed=3)
    cuts = [Cut(document, place, place + 1, text) for place, (document, text) in
            enumerate(zip(examples.documents, examples.texts, strict=True))]  # fmt: skip
    whole = [row.scores for row in predict(model, cuts)]
    monkeypatch.setattr("claimtypes.models.predict._BATCH", 20)
    assert [row.scores for row in predict(model, cuts)] == whole
    monkeypatch.setattr("claimtypes.models.predict._BATCH", 1)
    endless = [replace(cut, article="one") for cut in cuts]
    assert len(list(predict(model, endless))) == len(cuts)


def test_sentences_of_no_document_are_judged_as_without_context() -> None:
    examples = replace(make_examples(), documents=make_examples().ids)
    unseen = make_examples(seed=1)
    one, other = train(ALONE, examples), train(BESIDE, examples)
    assert other.context is None
    np.testing.assert_array_equal(one.predict_proba(unseen), other.predict_proba(unseen))


def test_a_sentence_retold_is_read_in_its_document(model: Model) -> None:
    examples = retort(seed=4, articles=3)
    row = 9
    told = (*examples.texts[:row], "the report denied.", *examples.texts[row + 1 :])
    expected = model.predict_proba(replace(examples, texts=told))[row]
    np.testing.assert_allclose(
        model.predict_retold(examples, row, ["the report denied."])[0], expected, atol=1e-12
    )


def test_neighbours_given_with_a_text_are_rows_beside_it(model: Model) -> None:
    examples, rows = in_context(
        ["So it said.", "So it said."], ["", "The report denied."], ["The weather.", ""]
    )
    assert examples.texts == (
        "So it said.", "The weather.", "The report denied.", "So it said.",
    )  # fmt: skip
    assert rows.tolist() == [0, 3]
    found = model.decide(model.predict_proba(examples)[rows])
    assert found[:, NAMES.index("second_kind")].tolist() == [0, 1]


def test_saved_and_loaded_it_reads_the_same(model: Model, tmp_path: Path) -> None:
    folder = save_model(model, tmp_path / "model")
    unseen = retort(seed=5)
    np.testing.assert_allclose(
        load_model(folder).predict_proba(unseen), model.predict_proba(unseen), atol=1e-9
    )
    again = save_model(train(BESIDE, retort()), tmp_path / "again")
    assert (folder / "SHA256SUMS").read_bytes() == (again / "SHA256SUMS").read_bytes()


@pytest.mark.parametrize("name", ["context.weights", "context.bias"])
def test_damaged_weights_are_refused(model: Model, tmp_path: Path, name: str) -> None:
    folder = save_model(model, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    tensors[name] = tensors[name] + 0.01
    save_file(tensors, folder / "model.safetensors")
    resign(folder)
    with pytest.raises(Refused, match="probes"):
        load_model(folder)


@pytest.mark.parametrize("neighbours", [-1, 11])
def test_a_context_of_no_sense_is_refused(neighbours: int) -> None:
    with pytest.raises(BadInput, match="context"):
        read_recipe({"kind": "linear", "context": neighbours}, "odd")


@pytest.mark.parametrize("on", ["validation", "none"])
def test_context_is_learnt_on_held_out_articles_whatever_is_tuned_on(on: str) -> None:
    recipe = replace(BESIDE, tuning=Tuning(on=on))
    model = train(recipe, retort(), retort(seed=6, articles=20))
    unseen = retort(seed=1)
    found = model.decide(model.predict_proba(unseen))
    assert f1_score(unseen.gold, found, average="macro") > 0.95
    assert (model.calibration is None) == (on == "none")
