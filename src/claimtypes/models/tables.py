"""Labelled texts from any table: CSV, TSV, JSON lines or Parquet, with columns as named."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from claimtypes.errors import BadInput, require
from claimtypes.models.examples import Examples, examples_of, neighbours
from claimtypes.models.model import Origin
from claimtypes.store import numbered_lines, sha256_file


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; a table without a header has the columns 1, 2, ….

    Labels are either ``labels``, one column of a label, a list, or labels between ``separator``,
    or ``label_columns``, one of 0 and 1 for each label. ``names`` fixes the labels and their
    order; a number then stands for the name at that place, from 0. With ``annotator``, rows of
    the same sentence (by ``id``, else by text) are votes, and a label is held by a majority.
    """

    text: str = "text"
    labels: str = ""
    label_columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    separator: str = ","
    id: str = ""
    group: str = ""
    annotator: str = ""
    header: bool = True


def load_table(path: Path, columns: Columns) -> tuple[Examples, Origin]:
    """Read a table of labelled texts; sentences of one group stay in the order of the file.

    Raises:
        BadInput: naming file and row, for a missing column, an unknown label or a bad value.
    """
    rows = list(_read(path, columns))
    if not rows:
        raise BadInput(f"{path} has no rows")
    texts = [_cell(row, columns.text, path) for row in rows]
    chosen = [_labels(row, columns, path) for row in rows]
    names = columns.names or columns.label_columns
    if not names:
        names = tuple(sorted({label for labels in chosen for label in labels}))
    if unknown := sorted({label for labels in chosen for label in labels} - set(names)):
        raise BadInput(f"{path}: unknown label {unknown[0]!r}", hint=f"known: {', '.join(names)}")
    known = {name: k for k, name in enumerate(names)}
    labels = np.zeros((len(rows), len(names)), dtype=np.uint8)
    for number, held in enumerate(chosen):
        labels[number, [known[label] for label in held]] = 1
    keys = [_cell(row, columns.id, path) for row in rows] if columns.id else None
    groups = [_cell(row, columns.group, path) for row in rows] if columns.group else None
    if columns.annotator:
        examples = _vote(texts, labels, names, keys or texts, groups)
    else:
        examples = _examples(texts, labels, names, keys, groups)
    return examples, Origin(path.stem, "", sha256_file(path))


def read_votes(path: Path, columns: Columns) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield sentence, annotator and labels of every row of a table of votes.

    A sentence is named as `load_table` names it: by its id, else by its number.

    Raises:
        BadInput: as `load_table` does.
    """
    numbers: dict[str, str] = {}
    for row in _read(path, columns):
        key = _cell(row, columns.id or columns.text, path)
        name = key if columns.id else numbers.setdefault(key, str(len(numbers)))
        yield name, _cell(row, columns.annotator, path), tuple(_labels(row, columns, path))


def _examples(
    texts: Sequence[str],
    labels: np.ndarray[Any, np.dtype[np.uint8]],
    names: Sequence[str],
    keys: Sequence[str] | None,
    groups: Sequence[str] | None,
    **more: Any,
) -> Examples:
    ids = tuple(keys) if keys else tuple(str(number) for number in range(len(texts)))
    if len(set(ids)) != len(ids):
        raise BadInput(f"the id {Counter(ids).most_common(1)[0][0]!r} is there twice")
    if groups is not None:
        before, after = neighbours(texts, groups)
        more |= {"previous": before, "following": after}
    return examples_of(texts, names=names, labels=labels, ids=ids, documents=groups, **more)


def _vote(
    texts: Sequence[str],
    labels: np.ndarray[Any, np.dtype[np.uint8]],
    names: Sequence[str],
    keys: Sequence[str],
    groups: Sequence[str] | None,
) -> Examples:
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    number = {key: n for n, key in enumerate(first)}
    owner = np.array([number[key] for key in keys])
    asked = np.bincount(owner, minlength=len(first))
    votes = np.zeros((len(first), len(names)))
    np.add.at(votes, owner, labels)
    votes /= asked[:, None]
    rows = list(first.values())
    return _examples(
        [texts[row] for row in rows],
        (votes > 0.5).astype(np.uint8),
        names,
        [keys[row] for row in rows] if keys is not texts else None,
        [groups[row] for row in rows] if groups is not None else None,
        votes=votes,
        annotators=asked,
    )


def _read(path: Path, columns: Columns) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        yield from require("pyarrow.parquet", "models").read_table(path).to_pylist()
    elif path.suffix in (".jsonl", ".ndjson"):
        for number, line in numbered_lines(path):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BadInput(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise BadInput(f"{path}:{number}: not an object")
            yield row
    elif path.suffix in (".csv", ".tsv"):
        yield from _read_delimited(path, columns)
    else:
        raise BadInput(f"{path}: not .csv, .tsv, .jsonl or .parquet")


def _read_delimited(path: Path, columns: Columns) -> Iterator[dict[str, Any]]:
    tabbed = path.suffix == ".tsv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        # Tab-separated text does not quote: a quotation mark is a quotation mark.
        reader = (
            csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            if tabbed
            else csv.reader(stream)
        )
        names: list[str] = []
        try:
            for cells in reader:
                if columns.header and not names:
                    names = cells
                    continue
                if not columns.header:
                    names = [str(number) for number in range(1, len(cells) + 1)]
                if len(cells) != len(names):
                    raise BadInput(
                        f"{path}:{reader.line_num}: {len(cells)} cells under {len(names)} columns"
                    )
                yield dict(zip(names, cells, strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"{path}:{reader.line_num}: {error}") from error


def _cell(row: dict[str, Any], name: str, path: Path) -> str:
    if name not in row:
        raise BadInput(f"{path} has no column {name!r}", hint=f"it has {', '.join(row)}")
    value = row[name]
    return "" if value is None else str(value)


def _labels(row: dict[str, Any], columns: Columns, path: Path) -> list[str]:
    if columns.label_columns:
        return [n for n in columns.label_columns if _truth(_cell(row, n, path), n, path)]
    if not columns.labels:
        raise BadInput("no labels column is named", hint="--labels-column or --label-column")
    value = row.get(columns.labels, ...)
    if value is ...:
        value = _cell(row, columns.labels, path)
    if isinstance(value, str) and value[:1] == "[":
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadInput(f"{path}: not a list of labels: {value[:60]}") from error
    if not isinstance(value, list):
        value = str("" if value is None else value).split(columns.separator)
    stripped = [str(label).strip() for label in value]
    return [_name(label, columns.names) for label in stripped if label]


def _name(label: str, names: tuple[str, ...]) -> str:
    if label not in names and label.isdigit() and int(label) < len(names):
        return names[int(label)]
    return label


def _truth(value: str, name: str, path: Path) -> bool:
    known = {"1": True, "true": True, "0": False, "false": False, "": False, "1.0": True}
    found = (known | {"0.0": False}).get(value.strip().lower())
    if found is None:
        raise BadInput(f"{path}: {name} = {value!r} must be 0 or 1")
    return found
