"""Verification that nothing crosses a release's splits: documents, groups, near-duplicates."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from claimtypes.corpus.fingerprint import letters
from claimtypes.progress import track
from claimtypes.release.findings import Findings
from claimtypes.release.tables import read_batches
from claimtypes.release.verify_rows import Seen
from claimtypes.store import sha256_bytes

UNSEEN = "test_publishers"
"""The split of publishers that are in no other."""

WORDS = 6
"""Length of the word sequences that documents are compared by."""

SHARED = 0.5
"""Two documents are near-duplicates when they share this part of the shorter one's sequences."""

LONG_SENTENCE = 40
"""Letters from which a sentence said twice is worth a look; shorter ones are stock phrases."""

# A sequence in more documents than this is boilerplate, and comparing all of them is quadratic.
_COMMON = 50


def check_split_file(folder: Path, seen: Seen, findings: Findings) -> None:
    """Compare ``splits.csv`` with the documents, and keep groups and events in one split."""
    path = "splits.csv"
    listed: dict[str, tuple[str, str]] = {}
    try:
        with (folder / path).open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.reader(stream), 1):
                if number == 1:
                    if row != ["document_id", "split", "group_id", "reason"]:
                        findings.add("splits-differ", f"its header is {row}", path, 1)
                        return
                elif len(row) != 4 or row[0] in listed:
                    findings.add("splits-differ", "listed twice, or not four cells", path, number)
                else:
                    listed[row[0]] = row[1], row[2]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        findings.add("splits-differ", f"cannot be read: {error}", path)
        return
    if list(listed) != sorted(listed):
        findings.add("row-order", "not in order of document_id", path)
    actual = {name: (row["split"], row["group"]) for name, row in seen.documents.items()}
    for name in sorted(actual.keys() | listed.keys()):
        if actual.get(name) != listed.get(name):
            findings.add(
                "splits-differ",
                f"{path} says {listed.get(name)}, the documents {actual.get(name)}",
                path,
                record=name,
            )
    for kind in ("group", "event"):
        first: dict[str, str] = {}
        for name, document in sorted(seen.documents.items()):
            key, own = document[kind], document["split"]
            other = first.setdefault(key, name) if key else name
            if (split := seen.documents[other]["split"]) != own:
                findings.add(
                    "group-in-two-splits",
                    f"{kind} {key!r}: {other} is in {split}, {name} in {own}",
                    f"documents/{own}.parquet",
                    record=name,
                )
    _check_publishers(seen, findings)


def _check_publishers(seen: Seen, findings: Findings) -> None:
    """Keep the publishers of ``test_publishers`` out of every other split."""
    held = {row["publisher"] for row in seen.documents.values() if row["split"] == UNSEEN}
    for name, row in sorted(seen.documents.items()):
        if row["split"] != UNSEEN and row["publisher"] in held:
            findings.add(
                "publisher-in-two-splits",
                f"{row['publisher']} is in {UNSEEN} too, which keeps its publishers to itself",
                f"documents/{row['split']}.parquet",
                record=name,
            )


def _texts(folder: Path, tables: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield document, split and text, put together from the sentences, as a reader has them."""
    for split, path in tables.get("sentences", {}).items():
        document, parts = "", list[str]()
        for batch in read_batches(folder / path, ["document_id", "text"]):
            for row in batch.to_pylist():
                if row["document_id"] != document:
                    yield document, split, " ".join(parts)
                    document, parts = row["document_id"], []
                if row["text"] is not None:
                    parts.append(row["text"])
        yield document, split, " ".join(parts)


def _sequences(text: str, known: dict[str, int], factors: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = [known.setdefault(w, len(known) + 1) for w in re.findall(r"\w+", text.casefold())]
    if len(words) < WORDS:
        return np.zeros(0, dtype=np.uint64)
    ids = np.array(words, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    windows = np.lib.stride_tricks.sliding_window_view(ids, WORDS)
    return np.asarray(np.unique((windows * factors).sum(axis=1, dtype=np.uint64)))


def check_near_duplicates(
    folder: Path, tables: dict[str, dict[str, str]], findings: Findings
) -> None:
    """Find documents of different splits that share most of their six-word sequences.

    Shingles and containment: A. Broder, On the resemblance and containment of documents, 1997.
    Every pair that shares a sequence is compared, so nothing is left to chance.
    """
    factors = np.random.default_rng(6).integers(1, 2**63, WORDS, dtype=np.uint64) | np.uint64(1)
    known: dict[str, int] = {}
    names: list[tuple[str, str]] = []
    parts: list[NDArray[np.uint64]] = []
    for document, split, text in track(_texts(folder, tables), "comparing documents"):
        if text and len(found := _sequences(text, known, factors)):
            names.append((document, split))
            parts.append(found)
    if not parts:
        return
    sizes = np.array([len(part) for part in parts])
    values, owners = np.concatenate(parts), np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
    del parts
    order = np.argsort(values, kind="stable")
    values, owners = values[order], owners[order]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    shared: Counter[tuple[int, int]] = Counter()
    for start, length in zip(starts[lengths > 1], lengths[lengths > 1], strict=True):
        if length <= _COMMON:
            here = owners[start : start + length].tolist()
            shared.update(
                (one, other)
                for i, one in enumerate(here)
                for other in here[i + 1 :]
                if names[one][1] != names[other][1]
            )
    for (one, other), count in sorted(shared.items()):
        part = count / min(sizes[one], sizes[other])
        if part >= SHARED:
            findings.add(
                "near-duplicate-in-two-splits",
                f"{part:.0%} of it is in {names[one][0]} ({names[one][1]})",
                f"sentences/{names[other][1]}.parquet",
                record=names[other][0],
                hint="claimtypes split keeps near-duplicates together",
            )


def check_repeated_sentences(
    folder: Path, tables: dict[str, dict[str, str]], findings: Findings
) -> None:
    """Find long sentences that stand in two splits, and contrast items taken from train."""
    first: dict[str, str] = {}
    train: set[str] = set()
    for split, path in tables.get("sentences", {}).items():
        number = 0
        for batch in read_batches(folder / path, ["sentence_id", "text", "letters"]):
            for row in batch.to_pylist():
                number += 1
                if row["text"] is None or row["letters"] < LONG_SENTENCE:
                    continue
                key = sha256_bytes(letters(row["text"]).encode())[:16]
                if first.setdefault(key, split) != split:
                    findings.add(
                        "sentence-in-two-splits",
                        f"it stands in {first[key]} too",
                        path,
                        number,
                        row["sentence_id"],
                        severity="warning",
                    )
                if split == "train":
                    train.add(key)
    for path in tables.get("contrast", {}).values():
        number = 0
        for batch in read_batches(folder / path, ["item_id", "text"]):
            for row in batch.to_pylist():
                number += 1
                folded = letters(row["text"])
                key = sha256_bytes(folded.encode())[:16]
                if len(folded) >= LONG_SENTENCE and key in train:
                    findings.add(
                        "contrast-in-train", "it is in train", path, number, row["item_id"]
                    )
