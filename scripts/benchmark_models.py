#!/usr/bin/env python3
"""Time training and prediction of the default recipe beside scikit-learn, spaCy and fastText.

    scripts/benchmark_models.py FOLDER_OF_JSONL [--sentences 50000] [--json]

FOLDER holds JSON lines with a field ``text``. Labels are made up (keywords and noise), so only
times mean anything here. Every system runs on one thread; times are processor seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from claimtypes.corpus.boundaries import sentence_spans
from claimtypes.models.examples import Examples, examples_of
from claimtypes.models.features import text_batches
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.grams import Batch, character_grams, word_grams
from claimtypes.models.recipe import find_recipe, load_recipe
from claimtypes.models.train import train

KEYWORDS = {
    "one": ("police", "arrest", "threat", "detain"),
    "two": ("deni", "reject", "dismiss"),
    "three": ("court", "minist", "govern", "congress"),
    "four": ("said", "told"),
}


def read_sentences(folder: Path, count: int) -> list[str]:
    """Return real sentences; where there are too few, again with their words turned about."""
    found: list[str] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = str(json.loads(line).get("text") or "")
            found += [text[a:b] for a, b in sentence_spans(text) if 20 <= b - a <= 500]
    chance = random.Random(0)
    chance.shuffle(found)
    real = len(found)
    while len(found) < count:
        words = found[chance.randrange(real)].split()
        cut = chance.randrange(len(words))
        found.append(" ".join(words[cut:] + words[:cut]))
    print(f"{min(real, count)} of {count} sentences are real, the rest turned about")
    return found[:count]


def label(texts: list[str]) -> np.ndarray:
    """Return made-up labels: a keyword is there, with 5 % noise."""
    chance = np.random.default_rng(0)
    held = [[any(w in t.lower() for w in words) for words in KEYWORDS.values()] for t in texts]
    return (np.array(held) ^ (chance.random((len(texts), len(KEYWORDS))) < 0.05)).astype(np.uint8)


def seconds(work: Callable[[], Any], repeat: int = 1) -> tuple[float, Any]:
    """Return the median processor time of some runs, and the last result."""
    times, result = [], None
    for _ in range(repeat):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return float(np.median(times)), result


def time_ours(name: str, examples: Examples, unseen: Examples) -> dict[str, float]:
    recipe = load_recipe(find_recipe(name))
    fit, model = seconds(lambda: train(recipe, examples))
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_model(model, Path(scratch) / "model")
        size = sum(path.stat().st_size for path in folder.iterdir())
        load, model = seconds(lambda: load_model(folder), 3)
        texts = list(unseen.texts)
        spent, _ = seconds(lambda: model.predict_proba(texts), 5)
    return {
        "fit_seconds": fit,
        "load_seconds": load,
        "megabytes": size / 1e6,
        "sentences_a_second": len(unseen) / spent,
    }


def time_parts(name: str, examples: Examples, unseen: Examples) -> dict[str, float]:
    """Say where the prediction time goes, in microseconds a sentence."""
    from claimtypes.models.linear import Linear

    recipe = load_recipe(find_recipe(name))
    scorer = Linear.fit(recipe, examples.take(range(5000)), exclusive=False)
    slices, features = list(text_batches(unseen)), scorer.features
    masked = any(block.mask for block in recipe.features)
    parts = {}
    parts["mask"], texts = seconds(
        lambda: [
            features._mask(unseen.texts[rows]) if masked else unseen.texts[rows] for rows in slices
        ],
        3,
    )
    parts["code points"], batches = seconds(lambda: [Batch.of(part) for part in texts], 3)
    parts["word n-grams"], _ = seconds(lambda: [word_grams(b, 1, 2) for b in batches], 3)
    parts["character n-grams"], _ = seconds(lambda: [character_grams(b, 3, 5) for b in batches], 3)
    whole, matrices = seconds(lambda: list(features.batches(unseen)), 3)
    parts["look up, count, weigh"] = max(whole - sum(parts.values()), 0.0)
    weights = scorer.weights.astype(np.float64)
    parts["weights"], _ = seconds(lambda: [m.times(weights) for m in matrices], 3)
    return {part: 1e6 * spent / len(unseen) for part, spent in parts.items()}


def time_scikit_learn(examples: Examples, unseen: Examples) -> dict[str, float]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC

    union = FeatureUnion(
        [
            ("word", TfidfVectorizer(ngram_range=(1, 2), min_df=2)),
            ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3)),
        ]
    )
    pipeline = make_pipeline(union, OneVsRestClassifier(LinearSVC(C=0.5, random_state=0)))
    fit, _ = seconds(lambda: pipeline.fit(list(examples.texts), examples.gold))
    spent, _ = seconds(lambda: pipeline.decision_function(list(unseen.texts)))
    return {"fit_seconds": fit, "sentences_a_second": len(unseen) / spent}


def time_spacy(examples: Examples, unseen: Examples) -> dict[str, float]:
    from claimtypes.models.textcat import TextCategorizer

    recipe = load_recipe(find_recipe("textcat-bow"))
    few, fewer = examples.take(range(10_000)), unseen.take(range(5000))
    fit, scorer = seconds(lambda: TextCategorizer.fit(recipe, few, exclusive=False))
    spent, _ = seconds(lambda: scorer.scores(fewer))
    return {
        "fit_seconds_of_10000": fit,
        "sentences_a_second": len(fewer) / spent,
    }


def time_fasttext(examples: Examples, unseen: Examples) -> dict[str, float]:
    import fasttext

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "train.txt"
        names = list(KEYWORDS)
        lines = [
            " ".join(f"__label__{names[k]}" for k in np.flatnonzero(row)) + " " + text
            for text, row in zip(examples.texts, examples.gold, strict=True)
        ]
        path.write_text("\n".join(line.replace("\n", " ") for line in lines))
        fit, model = seconds(
            lambda: fasttext.train_supervised(
                str(path), epoch=10, wordNgrams=2, loss="ova", thread=1, verbose=0
            )
        )
    spent, _ = seconds(lambda: model.predict(list(unseen.texts), k=-1))
    return {"fit_seconds": fit, "sentences_a_second": len(unseen) / spent}


def main() -> None:
    if os.environ.get("OMP_NUM_THREADS") != "1":
        # Libraries read these when they are loaded, so this program starts again.
        ones = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ones)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=50_000)
    parser.add_argument("--recipe", default="tfidf-svm")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    texts = read_sentences(arguments.folder, arguments.sentences + 20_000)
    whole = examples_of(texts, names=tuple(KEYWORDS), labels=label(texts))
    examples = whole.take(range(arguments.sentences))
    unseen = whole.take(range(arguments.sentences, len(whole)))
    results: dict[str, dict[str, float]] = {
        f"claimtypes {arguments.recipe}": time_ours(arguments.recipe, examples, unseen)
    }
    others = {
        "scikit-learn": time_scikit_learn,
        "spaCy bag of words": time_spacy,
        "fastText": time_fasttext,
    }
    for name, measure in others.items():
        try:
            results[name] = measure(examples, unseen)
        except ImportError as error:
            print(f"{name} is not installed: {error}")
    parts = time_parts(arguments.recipe, examples, unseen)
    if arguments.json:
        print(json.dumps({"systems": results, "microseconds_a_sentence": parts}, indent=2))
        return
    mean = np.mean([len(text) for text in unseen.texts])
    print(f"\n{len(examples)} sentences to learn, {len(unseen)} to label, {mean:.0f} characters")
    for name, values in results.items():
        print(f"{name:24}" + "  ".join(f"{k} {v:,.2f}" for k, v in values.items()))
    print("\nwhere prediction time goes, microseconds a sentence")
    for part, value in parts.items():
        print(f"{part:24}{value:8.1f}")


if __name__ == "__main__":
    main()
