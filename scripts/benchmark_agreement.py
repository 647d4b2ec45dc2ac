"""Measure what agreement promises: its speed, its memory, and whether its intervals cover.

    python scripts/benchmark_agreement.py [--only bootstrap|million|coverage]

Prints one line a figure with its bar, and exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from claimtypes.annotation.agreement import agree, measure_agreement
from claimtypes.annotation.coefficients import masi_distance, tally
from claimtypes.annotation.resampling import interval, resample
from claimtypes.annotation.rounds import Votes
from claimtypes.project import Project

RATES = np.array([0.22, 0.13, 0.18])
SETS = np.array([[bool(code >> bit & 1) for bit in range(3)] for code in range(8)])
SCHEMA = """version = "1.0.0"
question = "Which?"
guideline = "GUIDELINES.md"
""" + "".join(
    f'[[{"labels"}]]\nname = "label_{n}"\ntitle = "Label {n}"\nhotkey = "{n}"\n'
    f'color = "#00000{n}"\ndefinition = "A label."\n'
    for n in (1, 2, 3)
) + '[none]\ntitle = "None"\nhotkey = "4"\ncolor = "#000004"\n'  # fmt: skip


def simulate(
    rng: np.random.Generator, documents: int, sentences: int, annotators: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return set codes (documents * sentences, annotators) and the document of each sentence.

    An annotator copies the truth with a probability drawn for the document, and so do the
    others: some articles are clear and some are not. Else they guess at the labels' rates.
    """
    n = documents * sentences
    document_of = np.repeat(np.arange(documents), sentences)
    clear = rng.beta(4.0, 1.6, documents)[document_of]
    bits = 1 << np.arange(3)
    truth = (rng.random((n, 1, 3)) < RATES) @ bits
    guess = (rng.random((n, annotators, 3)) < RATES) @ bits
    return np.where(rng.random((n, annotators)) < clear[:, None], truth, guess), document_of


def as_votes(codes: np.ndarray, document_of: np.ndarray) -> Votes:
    documents = int(document_of.max()) + 1
    return Votes(
        sentences=tuple(f"document-{d}:{i}-{i + 1}" for i, d in enumerate(document_of)),
        documents=tuple(f"document-{d}" for d in range(documents)),
        annotators=tuple(f"reader-{j}" for j in range(codes.shape[1])),
        labels=("label_1", "label_2", "label_3"),
        document_of=document_of,
        codes=codes.astype(np.int32),
        sets=SETS,
        prefilled=np.zeros(codes.shape, dtype=bool),
    )


def bootstrap() -> list[tuple[str, float, bool]]:
    votes = as_votes(*simulate(np.random.default_rng(1), 200, 20, 5))
    start = time.perf_counter()
    measure_agreement(votes, draws=1000)
    seconds = time.perf_counter() - start
    return [("seconds, 1,000 draws of everything, 4,000 x 5 (under 5)", seconds, seconds < 5)]


def million() -> list[tuple[str, float, bool]]:
    codes, document_of = simulate(np.random.default_rng(2), 8000, 25, 5)
    names = [[f"label_{k + 1}" for k in range(3) if code >> k & 1] for code in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        rounds = Path(folder) / "annotation" / "rounds"
        rounds.mkdir(parents=True)
        (rounds.parent / "schema.toml").write_text(SCHEMA)
        with (rounds / "large.jsonl").open("w") as stream:
            for index, document in enumerate(document_of.tolist()):
                for reader in range(5):
                    row = {
                        "sentence": f"document-{document:05}:{index * 100}-{index * 100 + 90}",
                        "annotator": f"reader-{reader}",
                        "labels": names[codes[index, reader]],
                        "round": "large",
                        "schema_version": "1.0.0",
                        "guideline_version": "1.0.0",
                        "text_fingerprint": "a750614846d0d9d2ceb74ca0",
                        "at": "2026-01-05T09:00:00Z",
                        "seconds": 4.0,
                        "origin": "manual",
                        "model": "",
                        "note": "",
                        "highlights": [],
                    }
                    stream.write(json.dumps(row) + "\n")
        # A process of its own, so that its peak of memory is that of the command.
        done = subprocess.run(
            [sys.executable, __file__, "--measure", folder],
            check=True,
            capture_output=True,
            text=True,
        )
    seconds, gigabytes = map(float, done.stdout.split())
    return [
        ("seconds, a million judgements from file to report (under 10)", seconds, seconds < 10),
        ("GB at most, a million judgements (under 2)", gigabytes, gigabytes < 2),
    ]


def measure(folder: str) -> None:
    start = time.perf_counter()
    agree(Project(Path(folder)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(time.perf_counter() - start, peak)


def coverage(runs: int = 400) -> list[tuple[str, float, bool]]:
    distance = masi_distance(SETS)
    rng = np.random.default_rng(3)
    codes, _ = simulate(rng, 60_000, 30, 3)
    truth = float(tally(codes, distance).totals().alpha[0])
    covered = {"documents": 0, "sentences": 0}
    for run in range(runs):
        codes, document_of = simulate(rng, 40, 30, 3)
        for unit, groups in (("documents", document_of), ("sentences", np.arange(1200))):
            sums = tally(codes, distance, groups)
            _, drawn = resample(
                lambda w, sums=sums: sums.totals(w).alpha[None],
                int(groups[-1]) + 1,
                draws=1000,
                seed=run,
            )
            low, high = interval(drawn[0]) or (0.0, 0.0)
            covered[unit] += low <= truth <= high
    documents, sentences = (100 * covered[unit] / runs for unit in ("documents", "sentences"))
    return [
        (
            f"% covered, documents resampled, {runs} runs (90 to 98)",
            documents,
            90 <= documents <= 98,
        ),
        (f"% covered, sentences resampled, {runs} runs (below 75)", sentences, sentences < 75),
    ]


PARTS = {"bootstrap": bootstrap, "million": million, "coverage": coverage}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--measure", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
        return
    figures = [f for name, part in PARTS.items() if arguments.only in (None, name) for f in part()]
    for name, value, met in figures:
        print(f"{'met   ' if met else 'MISSED'} {value:8.3f}  {name}")
    sys.exit(0 if all(met for _, _, met in figures) else 1)


if __name__ == "__main__":
    main()
