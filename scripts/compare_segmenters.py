"""Run every sentence segmenter side by side on the same text and print one table.

    python scripts/compare_segmenters.py [--texts ../shared/reporting] [--json result.json]

Golden rules and boundary gold come from tests/data; the texts behind the gold are not shipped and
are looked up by id and sha256. Libraries that are missing are named and skipped. Times are CPU
time of one process; adversarial shapes run in child processes, so that one that hangs is killed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests/data"
SHAPES = [
    ".", ". . .", '."', "(", "?!", "..[111 111 ", "\0.", "A.", "e.g.", "“”", "1.2.", "[.]",
    "… ", ". “", '.) "(?! U.S. … 1. ',
]  # fmt: skip
SHAPE_LENGTH = 10_000
PYSBD_SAMPLE = 150_000  # characters; it reads about 0.2 MB/s

Segmenter = Callable[[str], list[tuple[int, int]]]


def _ours() -> Segmenter:
    spans: Segmenter = import_module("claimtypes.corpus.boundaries").sentence_spans
    return spans


def _spacy(factory: str) -> Segmenter:
    nlp = import_module("spacy").blank("en")
    if factory == "claimtypes_sentences":
        import_module("claimtypes.corpus.spacy_component")
    nlp.max_length = 10**8
    nlp.add_pipe(factory)
    return lambda text: [(span.start_char, span.end_char) for span in nlp(text).sents]


def _pysbd() -> Segmenter:
    segmenter = import_module("pysbd").Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [(span.start, span.end) for span in segmenter.segment(text)]


def _blingfire() -> Segmenter:
    offsets = import_module("blingfire").text_to_sentences_and_offsets
    return lambda text: [tuple(span) for span in offsets(text)[1]]


def _syntok() -> Segmenter:
    process = import_module("syntok.segmenter").process

    def spans(text: str) -> list[tuple[int, int]]:
        sentences = [list(s) for paragraph in process(text) for s in paragraph]
        return [(s[0].offset, s[-1].offset + len(s[-1].value)) for s in sentences if s]

    return spans


def _nupunkt() -> Segmenter:
    spans = import_module("nupunkt").sent_spans
    return lambda text: [(start, end) for start, end in spans(text)]


def _sentencex() -> Segmenter:
    segment = import_module("sentencex").segment

    def spans(text: str) -> list[tuple[int, int]]:
        found, at = [], 0
        for sentence in segment("en", text):
            start = text.index(sentence, at)
            at = start + len(sentence)
            found.append((start, at))
        return found

    return spans


LOADERS: dict[str, Callable[[], Segmenter]] = {
    "claimtypes": _ours,
    "claimtypes in spaCy": lambda: _spacy("claimtypes_sentences"),
    "spaCy sentencizer": lambda: _spacy("sentencizer"),
    "pysbd": _pysbd,
    "blingfire": _blingfire,
    "syntok": _syntok,
    "nupunkt": _nupunkt,
    "sentencex": _sentencex,
}
PACKAGES = {"claimtypes in spaCy": "spacy", "spaCy sentencizer": "spacy"}


def load_available(console: Console) -> dict[str, Segmenter]:
    available = {}
    for name, loader in LOADERS.items():
        try:
            available[name] = loader()
        except ImportError:
            console.print(f"skipped {name}: pip install {PACKAGES.get(name, name)}")
    return available


def boundaries(segment: Segmenter, text: str) -> set[int]:
    """Return where each next sentence of each line starts, line by line as every tool expects."""
    found = set()
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            found |= {at + canonical(line, start) for start, _ in segment(line)} - {
                at + canonical(line, 0)
            }
        at += len(line)
    return {offset for offset in found if offset < len(text)}


def canonical(text: str, offset: int) -> int:
    """Move an offset past whitespace and ellipses, which may go with either sentence."""
    while offset < len(text) and (text[offset].isspace() or text[offset] in ".…"):
        offset += 1
    return offset


def golden_score(segment: Segmenter) -> int:
    right = 0
    for line in (DATA / "golden_rules.jsonl").read_text("utf-8").splitlines():
        sentences = json.loads(line)["sentences"]
        text = " ".join(sentences)
        right += [text[a:b].strip() for a, b in segment(text)] == sentences
    return right


def styles_score(segment: Segmenter) -> int:
    """Count the cases of publisher_styles.txt that come out exactly as marked."""
    right = 0
    for case in style_cases():
        lines = [line.split("|") for line in case.split("\\n")]
        text = "\n".join(" ".join(sentences) for sentences in lines)
        wanted = [sentence for sentences in lines for sentence in sentences]
        right += [text[a:b].strip() for a, b in segment(text)] == wanted
    return right


def style_cases() -> list[str]:
    lines = (DATA / "publisher_styles.txt").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def load_texts(folder: Path) -> dict[str, str]:
    """Read every text of a folder: JSONL records by their id, text files by their name."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            if record.get("text"):
                texts[record["id"]] = record["text"]
    return texts


def load_gold(path: Path, texts: dict[str, str], console: Console) -> list[tuple[str, set[int]]]:
    """Pair each gold record with its text; records whose text is missing or changed are named."""
    if not path.exists():
        console.print(f"skipped {path.name}: not there")
        return []
    pairs = []
    for line in path.read_text("utf-8").splitlines():
        record = json.loads(line)
        text = texts.get(record["id"])
        if text is None or hashlib.sha256(text.encode()).hexdigest() != record["sha256"]:
            console.print(f"skipped gold {record['id']}: its text is missing or was changed")
            continue
        pairs.append((text, {canonical(text, offset) for offset in record["boundaries"]}))
    return pairs


def boundary_scores(segment: Segmenter, gold: list[tuple[str, set[int]]]) -> dict[str, Any]:
    hit = extra = missed = 0
    for text, wanted in gold:
        found = boundaries(segment, text)
        hit += len(found & wanted)
        extra += len(found - wanted)
        missed += len(wanted - found)
    if not gold:
        return {}
    return {
        "boundaries": hit + missed,
        "extra": extra,
        "missed": missed,
        "precision": hit / max(1, hit + extra),
        "recall": hit / max(1, hit + missed),
        "f1": 2 * hit / max(1, 2 * hit + extra + missed),
    }


def speeds(
    segmenters: dict[str, Segmenter], texts: list[str], rounds: int
) -> dict[str, float | None]:
    """Return MB/s: the median over rounds in which the tools take turns, after one to warm up."""
    short: list[str] = []
    while sum(map(len, short)) < PYSBD_SAMPLE and len(short) < len(texts):
        short.append(texts[len(short)])
    seconds: dict[str, list[float]] = {name: [] for name in segmenters}
    for turn in track(range(rounds + 1), description="speed"):
        for name, segment in segmenters.items():
            sample = short if name == "pysbd" else texts
            started = time.process_time()
            for text in sample:
                segment(text)
            if turn:
                seconds[name].append((time.process_time() - started) / _megabytes(sample))
    return {name: 1 / statistics.median(times) for name, times in seconds.items() if times}


def _megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def time_shape(name: str, shape: str) -> None:
    """In a child: print how many times longer twice the length takes."""
    segment = LOADERS[name]()
    segment(f"{shape * 3} Warm up. Done.")
    texts = [(shape * (n // len(shape) + 1))[:n] for n in (SHAPE_LENGTH, 2 * SHAPE_LENGTH)]
    taken = [float("inf")] * 2
    spent = 0.0
    turns = 0
    # The two lengths take turns, so that a busy machine slows both; the best of each counts.
    while (turns < 9 or spent < 0.5) and turns < 300 and spent < 15:
        for index, text in enumerate(texts):
            started = time.process_time()
            segment(text)
            seconds = time.process_time() - started
            taken[index] = min(taken[index], seconds)
            spent += seconds
        turns += 1
    print(json.dumps(taken))


def shape_ratio(name: str, shape: str, timeout_seconds: float) -> float | str:
    command = [sys.executable, __file__, "--time-shape", name, json.dumps(shape)]
    try:
        child = subprocess.run(
            command, capture_output=True, timeout=timeout_seconds, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        return "hang"
    if child.returncode:
        return "crash"
    short, long = json.loads(child.stdout)
    return long / short


def measure(args: argparse.Namespace, console: Console) -> dict[str, dict[str, Any]]:
    segmenters = load_available(console)
    if args.only:
        segmenters = {name: segmenters[name] for name in segmenters if name in args.only}
    texts = load_texts(args.texts)
    gold = load_gold(DATA / "boundaries.jsonl", texts, console)
    seed = load_gold(DATA / "seed_boundaries.jsonl", texts, console)
    results: dict[str, dict[str, Any]] = {name: {} for name in segmenters}
    for name, segment in track(segmenters.items(), description="accuracy"):
        results[name]["golden"] = golden_score(segment)
        results[name]["styles"] = styles_score(segment)
        results[name]["gold"] = boundary_scores(segment, gold)
        results[name]["seed"] = boundary_scores(segment, seed)
    if texts and args.rounds:
        for name, speed in speeds(segmenters, list(texts.values()), args.rounds).items():
            results[name]["megabytes_per_second"] = speed
    if args.shapes:
        for name in track(segmenters, description="shapes"):
            results[name]["shapes"] = {
                shape: shape_ratio(name, shape, args.timeout) for shape in SHAPES
            }
    return results


def render(results: dict[str, dict[str, Any]], rules: int) -> Table:
    table = Table(title="Sentence segmenters side by side")
    styles = len(style_cases())
    for heading in ("", f"rules /{rules}", f"styles /{styles}", "gold P", "gold R", "gold F1",
                    "+/−", "seed F1 (+/−)", "MB/s", "× sentencizer", "× pysbd",
                    "worst t(2n)/t(n)"):  # fmt: skip
        table.add_column(heading, justify="left" if not heading else "right")
    for name, result in results.items():
        gold, seed = result["gold"], result["seed"]
        shapes = list(result.get("shapes", {}).values())
        failed = [ratio for ratio in shapes if isinstance(ratio, str)]
        worst = max((ratio for ratio in shapes if not isinstance(ratio, str)), default=None)
        table.add_row(
            name,
            str(result["golden"]),
            str(result["styles"]),
            *(f"{gold[key]:.3f}" if gold else "–" for key in ("precision", "recall", "f1")),
            f"{gold['extra']}/{gold['missed']}" if gold else "–",
            f"{seed['f1']:.3f} ({seed['extra']}/{seed['missed']})" if seed else "–",
            _number(result.get("megabytes_per_second")),
            _number(_ratio(results, name, "spaCy sentencizer")),
            _number(_ratio(results, name, "pysbd")),
            f"{len(failed)} × {failed[0]}" if failed else _number(worst),
        )
    return table


def _ratio(results: dict[str, dict[str, Any]], name: str, other: str) -> float | None:
    ours = results[name].get("megabytes_per_second")
    theirs = results.get(other, {}).get("megabytes_per_second")
    return ours / theirs if ours and theirs else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--texts", type=Path, default=ROOT.parent / "shared/reporting")
    parser.add_argument("--json", type=Path, help="write every number here as well")
    parser.add_argument("--rounds", type=int, default=3, help="timing rounds; 0 for no timing")
    parser.add_argument("--timeout", type=float, default=20, help="seconds a shape may take")
    parser.add_argument("--no-shapes", dest="shapes", action="store_false")
    parser.add_argument("--only", nargs="+", choices=list(LOADERS), metavar="NAME")
    parser.add_argument("--time-shape", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.time_shape:
        time_shape(args.time_shape[0], json.loads(args.time_shape[1]))
        return
    console = Console()
    results = measure(args, console)
    rules = len((DATA / "golden_rules.jsonl").read_text("utf-8").splitlines())
    console.print(render(results, rules))
    if args.json:
        args.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
