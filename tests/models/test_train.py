from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_examples import make_examples
from sklearn.metrics import f1_score

from claimtypes.errors import BadInput
from claimtypes.models.calibration import (
    best_exclusive_thresholds,
    best_thresholds,
    decide,
    fit_calibration,
    steady_thresholds,
)
from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.features import Block
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.folds import group_folds
from claimtypes.models.linear import Linear
from claimtypes.models.recipe import Recipe, Tuning, find_recipe, load_recipe, read_recipe
from claimtypes.models.tables import Columns, load_table
from claimtypes.models.train import held_out_scores, train

LEARNERS = {
    "svm": Recipe("svm", "linear", features=(Block(),)),
    "logistic": Recipe("lr", "linear", features=(Block(),), learner={"algorithm": "logistic"}),
    "nb-svm": Recipe(
        "nb", "linear", features=(Block(weighting="binary"),), learner={"algorithm": "nb-svm"}
    ),
    "kernel": Recipe("rbf", "kernel", features=(Block(),)),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_learns_and_saves_what_it_learnt(
    name: str, examples: Examples, tmp_path: Path
) -> None:
    model = train(LEARNERS[name], examples)
    unseen = make_examples(seed=1)
    found = model.predict_proba(unseen)
    assert found.dtype == np.float64
    assert found.shape == (len(unseen), 2)
    assert f1_score(unseen.gold, model.decide(found), average="macro") > 0.8
    again = load_model(save_model(model, tmp_path / "model"))
    np.testing.assert_allclose(again.predict_proba(unseen), found, atol=1e-7)


@pytest.mark.parametrize("kind", ["majority", "always-positive"])
def test_floors_look_at_nothing(kind: str, examples: Examples) -> None:
    model = train(load_recipe(find_recipe(kind)), examples)
    decisions = model.decide(model.predict_proba(["Anything.", "Else."]))
    assert decisions.tolist() == [[int(kind == "always-positive")] * 2] * 2


def test_prediction_equals_scikit_learns_own_pipeline(recipe: Recipe, examples: Examples) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC

    union = FeatureUnion(
        [
            ("word", TfidfVectorizer(ngram_range=(1, 2), min_df=2)),
            ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), min_df=3)),
        ]
    )
    one = LinearSVC(C=0.5, random_state=0, dual=True, max_iter=10_000)
    pipeline = make_pipeline(union, OneVsRestClassifier(one))
    pipeline.fit(list(examples.texts), examples.gold)
    unseen = make_examples(seed=2)
    model = train(replace(recipe, tuning=Tuning(on="none")), examples)
    expected = pipeline.decision_function(list(unseen.texts))
    np.testing.assert_allclose(model.predict_proba(unseen), 1 / (1 + np.exp(-expected)), atol=1e-6)


def test_folds_keep_groups_whole_and_labels_even(examples: Examples) -> None:
    groups = examples.metadata["group"]
    folds = group_folds(groups, examples.gold, 5)
    assert len({(g, f) for g, f in zip(groups, folds, strict=True)}) == len(set(groups))
    shares = [examples.gold[folds == fold].mean(axis=0) for fold in range(5)]
    assert np.ptp(shares, axis=0).max() < 0.15
    order = np.random.default_rng(0).permutation(len(groups))
    shuffled = group_folds([groups[i] for i in order], examples.gold[order], 5)
    assert shuffled.tolist() == folds[order].tolist()


def test_too_few_groups_are_refused(examples: Examples, recipe: Recipe) -> None:
    with pytest.raises(BadInput, match="cannot make 5 folds"):
        train(recipe, examples.take(range(18)))


def test_held_out_scores_come_from_models_that_saw_no_sentence_of_the_group(
    recipe: Recipe,
) -> None:
    # Each group has a word of its own that decides the label: unseen, it cannot help.
    texts = [f"nonce{'abcdefghij'[g]} word" for g in range(10) for _ in range(4)]
    labels = np.array([[g % 2] for g in range(10) for _ in range(4)], dtype=np.uint8)
    groups = tuple(str(g) for g in range(10) for _ in range(4))
    examples = examples_of(texts, names=["x"], labels=labels, metadata={"group": groups})
    scores = held_out_scores(LEARNERS["svm"], examples, exclusive=False)
    assert np.ptp(scores) < 0.6


@pytest.mark.parametrize("name", ["svm", "logistic", "nb-svm"])
def test_held_out_scores_are_those_of_models_fitted_without_the_fold(
    name: str, recipe: Recipe, examples: Examples
) -> None:
    chosen = LEARNERS[name]
    if name == "svm":
        chosen = replace(recipe, numbers=("position", "quotation"), tuning=Tuning(folds=4))
    scorer = Linear.fit(chosen, examples, exclusive=False)
    fast = held_out_scores(chosen, examples, exclusive=False, scorer=scorer)
    slow = held_out_scores(chosen, examples, exclusive=False)
    np.testing.assert_allclose(fast, slow, atol=2e-3)


def test_calibration_and_thresholds_equal_references() -> None:
    chance = np.random.default_rng(0)
    scores = chance.normal(size=(4000, 1))
    labels = (chance.random((4000, 1)) < 1 / (1 + np.exp(-(2 * scores - 1)))).astype(np.uint8)
    fitted = fit_calibration(scores, labels)
    assert fitted.slopes[0] == pytest.approx(2, abs=0.15)
    assert fitted.intercepts[0] == pytest.approx(-1, abs=0.15)
    probabilities = fitted.apply(scores)
    threshold = best_thresholds(probabilities, labels)[0]
    cuts = np.quantile(probabilities, np.linspace(0, 1, 200))
    best = max(f1_score(labels[:, 0], probabilities[:, 0] >= t) for t in [*cuts, threshold])
    assert f1_score(labels[:, 0], probabilities[:, 0] >= threshold) == pytest.approx(best)


def test_a_label_nobody_has_is_never_predicted() -> None:
    scores, labels = np.random.default_rng(0).normal(size=(50, 1)), np.zeros((50, 1), np.uint8)
    probabilities = fit_calibration(scores, labels).apply(scores)
    assert not decide(probabilities, best_thresholds(probabilities, labels), exclusive=False).any()


def test_steady_thresholds_move_less_than_the_best_of_one_sample() -> None:
    best, steady = [], []
    for seed in range(12):
        chance = np.random.default_rng(seed)
        labels = (chance.random((300, 1)) < 0.15).astype(np.uint8)
        probabilities = 1 / (1 + np.exp(-(chance.normal(size=(300, 1)) + 2 * labels - 2)))
        best.append(best_thresholds(probabilities, labels)[0])
        steady.append(steady_thresholds(probabilities, labels, exclusive=False)[0])
    assert np.std(np.log(steady)) < 0.8 * np.std(np.log(best))


def test_exclusive_labels_get_exactly_one_and_better_thresholds() -> None:
    chance = np.random.default_rng(0)
    truth = chance.choice(3, size=600, p=[0.8, 0.15, 0.05])
    probabilities = 0.7 * np.eye(3)[truth] + chance.random((600, 3)) + [0.6, 0.1, 0.0]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = np.eye(3, dtype=np.uint8)[truth]
    thresholds = best_exclusive_thresholds(probabilities, labels)
    decisions = decide(probabilities, thresholds, exclusive=True)
    assert (decisions.sum(axis=1) == 1).all()
    plain = decide(probabilities, np.full(3, 0.5), exclusive=True)
    assert f1_score(labels, decisions, average="macro") > f1_score(labels, plain, average="macro")


def test_two_runs_and_any_number_of_threads_write_the_same_bytes(
    tmp_path: Path, repository: Path
) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "sys.path.insert(0, 'tests/models');"
        "from made_examples import make_examples; from test_train import LEARNERS;"
        "from claimtypes.models.train import train;"
        "from claimtypes.models.folder import save_model;"
        "[save_model(train(LEARNERS[name], make_examples()), Path(sys.argv[1]) / name)"
        " for name in ('svm', 'logistic')]"
    )
    sums = []
    for threads, seed in (("1", "1"), ("2", "2")):
        environment = os.environ | {
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "PYTHONHASHSEED": seed,
        }
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / threads)],
            check=True,
            env=environment,
            cwd=repository,
        )
        files = sorted((tmp_path / threads).glob("*/SHA256SUMS"))
        sums.append([path.read_text() for path in files])
    assert len(sums[0]) == 2
    assert sums[0] == sums[1]


def test_recipes_of_the_repository_read_and_name_their_file(repository: Path) -> None:
    paths = sorted((repository / "models").glob("*.toml"))
    assert len(paths) > 5
    for path in paths:
        recipe = load_recipe(path)
        assert recipe.title
        values = {k: v for k, v in recipe.to_dict().items() if k != "name"}
        assert read_recipe(values, recipe.name) == recipe


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "no kind"),
        ({"kind": "linear", "colour": 1}, "no entry colour"),
        ({"kind": "linear", "features": [{"analyser": "word"}]}, "no entry analyser"),
        ({"kind": "linear", "features": [{"analyzer": "sound"}]}, "analyzer"),
        ({"kind": "linear", "features": [{"shortest": "a"}]}, "must be int"),
        ({"kind": "linear", "tuning": {"on": "test"}}, "tuning on 'test'"),
    ],
)
def test_wrong_recipes_are_refused_with_the_entry(entry: dict, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_recipe(entry, "wrong")


def test_an_unknown_learner_option_is_refused(examples: Examples) -> None:
    with pytest.raises(BadInput, match="no option cost"):
        train(replace(LEARNERS["svm"], learner={"cost": 1.0}), examples)


def test_newssd_published_figures_and_the_default_above_them(shared: Path) -> None:
    folder = shared / "datasets" / "newssd_eng"
    columns = Columns(text="Sentence", labels="Label")
    examples = load_table(folder / "train.csv", columns).examples
    unseen = load_table(folder / "test.csv", replace(columns, names=examples.names)).examples
    scores = {}
    for name in ("tfidf-logistic-untuned", "tfidf-kernel-svm-untuned", "tfidf-svm"):
        model = train(load_recipe(find_recipe(name)), examples)
        decisions = model.decide(model.predict_proba(unseen))
        scores[name] = f1_score(unseen.gold, decisions, average="macro")
    assert round(scores["tfidf-logistic-untuned"], 2) == 0.55
    assert round(scores["tfidf-kernel-svm-untuned"], 2) == 0.44
    assert scores["tfidf-svm"] > scores["tfidf-logistic-untuned"]
