"""What a model is tested on: a release's sentences, the votes of each reader, minimal pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples
from claimtypes.models.model import LabelStyle, Origin
from claimtypes.models.sources import load_release
from claimtypes.models.tables import Columns, load_table, read_votes
from claimtypes.models.train import default_styles
from claimtypes.records import ContrastItem


@dataclass(frozen=True, slots=True)
class Readings:
    """Who chose what: ``labels`` is bool [readers, n, k], ``judged`` bool [readers, n].

    Rows are sentences in the order of ``ids``; the last reading of a reader counts.
    """

    readers: tuple[str, ...]
    ids: tuple[str, ...]
    labels: NDArray[np.bool_]
    judged: NDArray[np.bool_]

    def of(self, ids: Sequence[str]) -> Readings:
        """Return the readings of the given sentences, in their order."""
        place = {sentence: row for row, sentence in enumerate(self.ids)}
        rows = np.array([place.get(sentence, -1) for sentence in ids], dtype=np.int64)
        judged = self.judged[:, rows] & (rows >= 0)
        return Readings(self.readers, tuple(ids), self.labels[:, rows], judged)

    def take(self, rows: NDArray[np.int64]) -> Readings:
        """Return the readings of the sentences at the given rows."""
        ids = tuple(self.ids[row] for row in rows)
        return Readings(self.readers, ids, self.labels[:, rows], self.judged[:, rows])


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A release as the referee sees it.

    ``examples`` are the decided sentences with a text; ``withheld`` counts by split those
    without one, ``undecided`` names by split those without labels, each with its document.
    Texts of ``unshippable`` documents are not to be passed on.
    """

    origin: Origin
    styles: tuple[LabelStyle, ...]
    examples: Examples
    withheld: dict[str, int] = field(default_factory=dict)
    undecided: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unshippable: frozenset[str] = frozenset()
    readings: Readings | None = None
    contrast: tuple[ContrastItem, ...] = ()
    countries: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def split(self, *names: str) -> Examples:
        """Return the sentences of the named splits, in order; without splits all are ``test``."""
        splits = self.examples.metadata.get("split", ("test",) * len(self.examples))
        return self.examples.take([row for row, name in enumerate(splits) if name in names])


def _rows(folder: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    parquet = require("pyarrow.parquet", "models")
    for path in sorted((folder / table).glob("*.parquet")):
        for row in parquet.read_table(path, columns=list(columns)).to_pylist():
            yield path.stem.replace("_", "-"), row


def load_benchmark(folder: Path, *, texts: Mapping[str, str] | None = None) -> Benchmark:
    """Read a release folder; ``texts`` gives the texts of withheld sentences by address.

    Raises:
        BadInput: when the folder is no release, or one whose tables lack a column.
    """
    try:
        source = load_release(folder, texts=texts)
        return _complete(source.examples, folder, source.origin, source.styles)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise BadInput(f"{folder}: {error}", hint="claimtypes release verify") from error


def load_table_benchmark(path: Path, columns: Columns) -> Benchmark:
    """Read a table of labelled texts, all of it to be scored; see `load_table`.

    Raises:
        BadInput: naming file and row of what cannot be read.
    """
    examples, origin = load_table(path, columns)
    readings = None
    if columns.annotator:
        votes = list(read_votes(path, replace(columns, names=examples.names)))
        readings = _gather(votes, examples.names)
    return Benchmark(origin, default_styles(examples.names), examples, readings=readings)


def _complete(
    examples: Examples, folder: Path, origin: Origin, styles: tuple[LabelStyle, ...]
) -> Benchmark:
    held = set(examples.ids)
    withheld: Counter[str] = Counter()
    undecided: dict[str, list[tuple[str, str]]] = {}
    for split, row in _rows(folder, "sentences", ["sentence_id", "document_id", "is_gold"]):
        if not row["is_gold"]:
            undecided.setdefault(split, []).append((row["sentence_id"], row["document_id"]))
        elif row["sentence_id"] not in held:
            withheld[split] += 1
    documents = [
        row
        for _, row in _rows(folder, "documents", ["document_id", "redistributable", "countries"])
    ]
    return Benchmark(
        origin=origin,
        styles=styles,
        examples=examples,
        withheld=dict(sorted(withheld.items())),
        undecided={split: tuple(held) for split, held in sorted(undecided.items())},
        unshippable=frozenset(d["document_id"] for d in documents if not d["redistributable"]),
        readings=_readings(folder, examples.names),
        contrast=_contrast(folder, examples.names),
        countries={d["document_id"]: tuple(d["countries"] or ()) for d in documents},
    )


def _readings(folder: Path, names: Sequence[str]) -> Readings | None:
    columns = ["annotation_id", "sentence_id", "annotator_id", "labels", "created_at"]
    rows = [row for _, row in _rows(folder, "annotations", columns)]
    if not rows:
        return None
    rows.sort(key=lambda row: (row["created_at"], row["annotation_id"]))
    votes = [
        (row["sentence_id"], row["annotator_id"], tuple(names[label] for label in row["labels"]))
        for row in rows
    ]
    return _gather(votes, names)


def _gather(votes: Sequence[tuple[str, str, tuple[str, ...]]], names: Sequence[str]) -> Readings:
    readers = {reader: n for n, reader in enumerate(sorted({reader for _, reader, _ in votes}))}
    ids = {sentence: n for n, sentence in enumerate(sorted({sentence for sentence, _, _ in votes}))}
    labels = np.zeros((len(readers), len(ids), len(names)), dtype=bool)
    judged = np.zeros((len(readers), len(ids)), dtype=bool)
    for sentence, reader, chosen in votes:
        place = readers[reader], ids[sentence]
        labels[place] = [name in chosen for name in names]
        judged[place] = True
    return Readings(tuple(readers), tuple(ids), labels, judged)


def _contrast(folder: Path, names: Sequence[str]) -> tuple[ContrastItem, ...]:
    columns = ["item_id", "pair_id", "suite", "edit", "before", "text", "after", "labels"]
    items = [
        ContrastItem(
            id=row["item_id"],
            pair=row["pair_id"],
            suite=row["suite"],
            edit=row["edit"],
            text=row["text"],
            labels=tuple(names[label] for label in row["labels"]),
            before=row["before"] or "",
            after=row["after"] or "",
        )
        for _, row in _rows(folder, "contrast", columns)
    ]
    return tuple(sorted(items, key=lambda item: (item.suite, item.pair, item.id)))
