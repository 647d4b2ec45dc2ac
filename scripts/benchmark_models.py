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
from claimtypes.models.examples import Examples, examples_of, neighbours
from claimtypes.models.features import text_batches
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.grams import Batch, blank_words, word_grams
from claimtypes.models.masking import Mask
from claimtypes.models.recipe import find_recipe, load_recipe
from claimtypes.models.train import train

KEYWORDS = {
    "one": ("police", "arrest", "threat", "detain"),
    "two": ("deni", "reject", "dismiss"),
    "three": ("court", "minist", "govern", "congress"),
    "four": ("said", "told"),
}


def read_sentences(folder: Path, count: int) -> Examples:
    """Return real sentences beside their neighbours; too few come again, words turned about."""
    articles: list[list[str]] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = str(json.loads(line).get("text") or "")
            articles.append([text[a:b] for a, b in sentence_spans(text) if 20 <= b - a <= 500])
    chance = random.Random(0)
    chance.shuffle(articles)
    real = sum(map(len, articles))
    for article in list(articles) * (count // real):
        turned = []
        for words in map(str.split, article):
            cut = chance.randrange(len(words))
            turned.append(" ".join(words[cut:] + words[:cut]))
        articles.append(turned)
    texts = [text for article in articles for text in article][:count]
    documents = [str(n) for n, article in enumerate(articles) for _ in article][:count]
    before, after = neighbours(texts, documents)
    print(f"{min(real, count)} of {count} sentences are real, the rest turned about")
    return examples_of(
        texts,
        names=tuple(KEYWORDS),
        labels=label(texts),
        documents=documents,
        previous=before,
        following=after,
    )


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
        spent, _ = seconds(lambda: model.predict_proba(unseen), 5)
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
    features, slices = scorer.features, list(text_batches(unseen))
    mask = Mask(features.common) if any(block.mask for block in recipe.features) else list
    fields = dict.fromkeys(block.field for block in recipe.features)
    distinct = [
        list(dict.fromkeys(text for field in fields for text in unseen.column(field)[rows]))
        for rows in slices
    ]
    parts = {}
    parts["mask names and numbers"], texts = seconds(lambda: [mask(part) for part in distinct], 3)
    parts["code points"], batches = seconds(lambda: [Batch.of(part) for part in texts], 3)
    parts["words and their n-grams"], _ = seconds(
        lambda: [(word_grams(batch, 2), blank_words(batch)) for batch in batches], 3
    )
    whole, counts = seconds(lambda: features.count(unseen), 3)
    parts["look up and count"] = max(whole - sum(parts.values()), 0.0)
    parts["weigh"], matrix = seconds(lambda: features.weigh(counts), 3)
    columns = np.asfortranarray(scorer.weights)
    parts["labels"], _ = seconds(lambda: matrix.times(columns), 3)
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
    whole = read_sentences(arguments.folder, arguments.sentences + 20_000)
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
