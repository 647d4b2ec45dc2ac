"""Made-up labelled sentences, in articles, that simple models can learn; checksums made anew."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np

from claimtypes.models.examples import Examples, examples_of

NAMES = ("first_kind", "second_kind")
_FIRST = "threatened warned pressured followed".split()
_SECOND = "denied rejected dismissed refuted".split()
_REST = "the a market weather office morning reporter said that new train of in".split()
_ACTORS = "Ruritania Graustark Ortega Lindqvist Zenda Mbeki".split()


def make_examples(articles: int = 40, sentences: int = 6, seed: int = 0) -> Examples:
    chance = random.Random(seed)
    texts, labels, documents, groups = [], [], [], []
    for article in range(articles):
        for _ in range(sentences):
            held = [chance.random() < 0.4, chance.random() < 0.3]
            words = chance.choices(_REST, k=8)
            words += [chance.choice(_ACTORS), str(chance.randint(1, 99))]
            words += [chance.choice(_FIRST)] if held[0] else []
            words += [chance.choice(_SECOND)] if held[1] else []
            chance.shuffle(words)
            texts.append(" ".join(words).capitalize() + ".")
            labels.append(held)
            documents.append(f"article-{article:03d}")
            groups.append(f"group-{article // 2:03d}")
    return examples_of(
        texts,
        names=NAMES,
        labels=np.array(labels, dtype=np.uint8),
        ids=[f"{d}:{i}-{i + 1}" for i, d in enumerate(documents)],
        documents=documents,
        metadata={"group": tuple(groups)},
    )


def resign(folder: Path) -> None:
    """Write checksums that fit, as somebody would who changes a model on purpose."""
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n"
        for p in sorted(folder.iterdir())
        if p.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))
