"""Measure building, verifying and comparing releases of many sentences.

    python scripts/benchmark_release.py --sentences 100000 [--folder FOLDER] [--json FILE]

Makes a project of invented documents (25 sentences each, two judgements a sentence, every tenth
document withheld), builds it, verifies it, changes one label in a hundred, builds the next
version and compares both. Each step runs in a process of its own, so that its peak memory is its
own.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claimtypes.annotation.schema import load_schema
from claimtypes.corpus.fingerprint import fingerprint, letters
from claimtypes.project import Project
from claimtypes.store import sha256_bytes

SENTENCES = 25
WORDS = [
    "".join(random.Random(n).choices("abcdefghiklmnoprstuvw", k=3 + n % 7)) for n in range(20_000)
]
SPLITS = ["train"] * 7 + ["validation", "test", "test-publishers"]


def write_document(number: int, names: tuple[str, ...], changed: bool, files: dict) -> None:
    """Write one document's article, sentences, judgements, gold and split."""
    chance = random.Random(number)
    name = f"doc-{number:07}"
    lines = [" ".join(chance.choices(WORDS, k=20)).capitalize() + "." for _ in range(SENTENCES)]
    text = "\n\n".join([f"Document {number}", *lines])
    digest = sha256_bytes(text.encode())
    withheld = number % 10 == 9
    licence = "LicenseRef-all-rights-reserved" if withheld else "CC-BY-4.0"
    front = (
        f'+++\nid = "{name}"\ntitle = "Document {number}"\npublisher = "Paper {number % 50}"\n'
        f'published = "2020-01-{1 + number % 28:02}"\nlanguage = "en"\nlicence = "{licence}"\n'
        f'origin = "written-for-this-corpus"\nsha256 = "{digest}"\n+++\n'
    )
    body = "" if withheld else f"\n# Document {number}\n" + "".join(f"\n{s}\n" for s in lines)
    (files["articles"] / f"{name}.md").write_text(front + body)
    files["splits"].write(f"{name},{SPLITS[number % 10]},{name},drawn\n")
    start = len(f"Document {number}") + 2
    for index, line in enumerate(lines, 1):
        write_sentence(
            (name, start, index), line, digest, names, chance=chance, changed=changed, files=files
        )
        start += len(line) + 2


def write_sentence(place, line, digest, names, *, chance, changed, files) -> None:
    name, start, index = place
    folded = letters(line)
    known = fingerprint(folded, digest)
    address = f"{name}:{start}-{start + len(line)}"
    values = {
        "article": name, "start": start, "end": start + len(line), "kind": "paragraph",
        "section": -1, "paragraph": index, "index": index, "letters": len(folded),
        "fingerprint": known, "segmentation": "1", "text": None,
    }  # fmt: skip
    files["sentences"].write(json.dumps(values) + "\n")
    first = [n for n in names if chance.random() < 0.2]
    second = first if chance.random() < 0.9 else [n for n in names if chance.random() < 0.2]
    if changed and random.Random(address).random() < 0.01:
        first = second = list(names[:1])
    for reader, labels in (("reader-a", first), ("reader-b", second)):
        judgement = {
            "sentence": address, "annotator": reader, "labels": labels, "round": "one",
            "schema_version": "1.0.0", "guideline_version": "1.0.0", "text_fingerprint": known,
            "at": "2026-01-05T09:00:00Z",
        }  # fmt: skip
        files["rounds"].write(json.dumps(judgement) + "\n")
    agreed = first == second
    gold = {
        "sentence": address, "labels": first if agreed else None,
        "votes": {"reader-a": first, "reader-b": second},
        "how": "unanimous" if agreed else "unresolved",
    }  # fmt: skip
    files["gold"].write(json.dumps(gold) + "\n")


def make_project(root: Path, sentences: int, *, changed: bool) -> Project:
    """Write a whole project; ``changed`` gives one sentence in a hundred other labels."""
    source = Path(__file__).parent.parent / "annotation" / "schema.toml"
    project = Project(root)
    for folder in (project.articles, project.rounds):
        folder.mkdir(parents=True, exist_ok=True)
    project.schema.write_text(source.read_text(encoding="utf-8"))
    project.guidelines.write_text("# Annotation guidelines, version 1.0.0\n\nInvented.\n")
    readers = (f'[[annotators]]\nid = "{r}"\nkind = "human"\n' for r in ("reader-a", "reader-b"))
    project.annotators.write_text("".join(readers))
    (root / "corpus" / "dataset.toml").write_text(
        'name = "large"\ntitle = "Large"\nversion = "1.0.0"\nlicence = "CC-BY-4.0"\n'
        'description = "Invented words to measure by."\nlanguage = "en"\n'
    )
    names = load_schema(project.schema).names
    with (
        project.splits.open("w") as splits,
        project.sentences.open("w") as rows,
        project.gold.open("w") as gold,
        (project.rounds / "one.jsonl").open("w") as judgements,
    ):
        splits.write("article,split,group,reason\n")
        files = {
            "articles": project.articles, "splits": splits, "sentences": rows, "gold": gold,
            "rounds": judgements,
        }  # fmt: skip
        for number in range(sentences // SENTENCES):
            write_document(number, names, changed, files)
    return project


def run_step(*words: str) -> dict[str, float]:
    """Run a verb in a process of its own; return its seconds and peak memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    code = (
        "import resource, sys\nfrom claimtypes.cli import main\n"
        "sys.argv = ['claimtypes', *sys.argv[1:]]\n"
        "try:\n    main()\nfinally:\n"
        "    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    print('PEAK', peak, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = int(done.stderr.rsplit("PEAK", 1)[1].split()[0]) / 1024
    return {
        "wall_seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2
        ),
        "peak_mib": round(peak),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = (given.folder or Path(scratch)) / f"project-{given.sentences}"
        results: dict[str, object] = {"sentences": given.sentences}

        def step(name: str, *words: object) -> None:
            results[name] = run_step(*map(str, words))
            print(name, results[name], flush=True)

        make_project(root, given.sentences, changed=False)
        step("build", "release", "build", "1.0.0", "--project", root)
        first = root / "releases" / "1.0.0"
        step("verify", "release", "verify", first)
        make_project(root, given.sentences, changed=True)
        step("build next", "release", "build", "2.0.0", "--project", root)
        step("diff", "release", "diff", first, root / "releases" / "2.0.0", "--json")
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
