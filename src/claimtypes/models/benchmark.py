"""What a model is tested on: a release's sentences, the votes of each reader, minimal pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples, join_examples
from claimtypes.models.folds import group_folds
from claimtypes.models.model import LabelStyle, Origin
from claimtypes.models.sources import load_release
from claimtypes.models.tables import Columns, Table, load_table
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


def load_table_benchmark(
    path: Path, columns: Columns, *, validation: Path | None = None, test: Path | None = None
) -> Benchmark:
    """Read tables of labelled texts; see `load_table`.

    One table alone is all to be scored, unless ``columns.split`` says which row is in which
    split. With ``test`` the first is to be learnt from, and ``validation`` to be tuned on.

    Raises:
        BadInput: naming file and row of what cannot be read.
    """
    first = load_table(path, columns)
    parts = {"": first} if columns.split else {"train" if test or validation else "test": first}
    same = replace(columns, names=first.examples.names)
    for split, other in (("validation", validation), ("test", test)):
        if other:
            parts[split] = load_table(other, same)
    return _join_tables(parts, first.origin)


def hold_out(benchmark: Benchmark, folds: int = 5) -> Benchmark:
    """Return the benchmark with a fifth of its documents, always the same ones, as the test.

    Validation sentences stay what they are.

    Raises:
        BadInput: when there are fewer documents than folds.
    """
    examples = benchmark.examples
    splits = np.array(examples.metadata["split"], dtype=object)
    rows = np.flatnonzero(splits != "validation")
    documents = [examples.documents[row] for row in rows]
    if len(set(documents)) < folds:
        raise BadInput(f"no test can be held out of fewer than {folds} documents", hint="--test")
    away = group_folds(documents, examples.gold[rows], folds) == 0
    splits[rows] = np.where(away, "test", "train")
    metadata = examples.metadata | {"split": tuple(splits.tolist())}
    return replace(benchmark, examples=replace(examples, metadata=metadata))


def _join_tables(parts: Mapping[str, Table], origin: Origin) -> Benchmark:
    """Put tables together; each row's id names its table where there are several."""
    held: list[Examples] = []
    undecided: dict[str, tuple[tuple[str, str], ...]] = {}
    votes: list[tuple[str, str, tuple[str, ...]]] = []
    for split, table in parts.items():
        mark = f"{split}-" if len(parts) > 1 else ""
        examples = table.examples
        rows = examples.metadata.get("split", (split,) * len(examples))
        held.append(
            replace(
                examples,
                ids=tuple(mark + name for name in examples.ids),
                metadata={"split": rows},
            )
        )
        if len(set(examples.documents)) == len(examples):
            # Each sentence is a document of its own, and not that of another table.
            held[-1] = replace(held[-1], documents=held[-1].ids)
        if table.undecided:
            undecided[split] = tuple((mark + name, group) for name, group in table.undecided)
        votes += [(mark + vote.sentence, vote.annotator, vote.labels) for vote in table.votes]
    whole = reduce(join_examples, held)
    readings = _gather(votes, whole.names) if votes else None
    styles = default_styles(whole.names)
    return Benchmark(origin, styles, whole, undecided=undecided, readings=readings)


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
