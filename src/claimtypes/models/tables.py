"""Labelled texts from any table, with columns as named or as they are mostly called."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claimtypes.errors import BadInput
from claimtypes.models.examples import Examples, examples_of, neighbours
from claimtypes.models.model import Origin
from claimtypes.models.table_rows import Row, read_rows
from claimtypes.store import sha256_file

_TEXTS = ("text", "sentence", "sentences", "comment", "tweet", "content", "body")
_LABELS = ("labels", "label", "annotations", "annotation", "class", "category", "gold")
_SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "dev": "validation",
    "development": "validation", "val": "validation", "valid": "validation",
    "validation": "validation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; a table without a header has the columns 1, 2, ….

    Labels are either ``labels``, one column of a label, a list, or labels between ``separator``,
    or ``label_columns``, one of 0 and 1 for each label. ``names`` fixes the labels and their
    order; a number then stands for the name at that place, from 0. ``none`` is what a cell says
    where no label applies. ``text`` and ``labels`` may be left empty where a column has one of
    the usual names.

    Several annotators stand in one of three ways, and a label is held by a majority: rows of
    the same sentence (by ``id``, else by text) that name theirs in ``annotator``; one row whose
    ``annotator`` lists several, with as many labels; or a column of labels for each of
    ``annotator_columns``, empty where one was not asked. A cell may also hold an object of
    labels by annotator.
    """

    text: str = ""
    labels: str = ""
    label_columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    separator: str = ","
    none: str = ""
    id: str = ""
    group: str = ""
    split: str = ""
    annotator: str = ""
    annotator_columns: tuple[str, ...] = ()
    header: bool = True

    @property
    def voted(self) -> bool:
        """Whether several annotators are named."""
        return bool(self.annotator or self.annotator_columns)


@dataclass(frozen=True, slots=True)
class Vote:
    """What one annotator chose for one sentence."""

    sentence: str
    annotator: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's decided sentences; ``undecided`` names the others, each with its document."""

    examples: Examples
    origin: Origin
    votes: tuple[Vote, ...] = ()
    undecided: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """One row read: its sentence's key, text, group and split, and the choices in it."""

    key: str
    text: str
    group: str
    split: str
    choices: tuple[tuple[str, tuple[str, ...]], ...]


def load_table(path: Path, columns: Columns) -> Table:
    """Read a table of labelled texts; sentences of one group stay in the order of the file.

    Where every vote is for exactly one label, the label with most votes is held, and a sentence
    where two have as many is undecided.

    Raises:
        BadInput: naming file and row, for a missing column, an unknown label or a bad value.
    """
    lines = list(_lines(path, columns))
    if not lines:
        raise BadInput(f"{path} has no rows")
    found = {label for line in lines for _, chosen in line.choices for label in chosen}
    names = columns.names or columns.label_columns or tuple(sorted(found))
    if unknown := sorted(found - set(names)):
        raise BadInput(f"{path}: unknown label {unknown[0]!r}", hint=f"known: {', '.join(names)}")
    if not names:
        raise BadInput(f"{path}: no sentence has a label", hint="name another --labels-column")
    origin = Origin(path.name.partition(".")[0], "", sha256_file(path))
    if any(annotator for line in lines for annotator, _ in line.choices):
        return _count_votes(lines, columns, names, origin)
    chosen = [line.choices[0][1] for line in lines]
    labels = np.array([[name in held for name in names] for held in chosen], dtype=np.uint8)
    keys = [line.key for line in lines] if columns.id else None
    return Table(_examples(lines, columns, keys, names=names, labels=labels), origin)


def _count_votes(
    lines: Sequence[_Line], columns: Columns, names: tuple[str, ...], origin: Origin
) -> Table:
    first = {line.key: line for line in reversed(lines)}
    order = list(dict.fromkeys(line.key for line in lines))
    ids = order if columns.id else [str(number) for number in range(len(order))]
    called = dict(zip(order, ids, strict=True))
    votes = tuple(
        Vote(called[line.key], annotator, chosen)
        for line in lines
        for annotator, chosen in line.choices
    )
    owner = {sentence: number for number, sentence in enumerate(ids)}
    asked, shares = np.zeros(len(ids), dtype=np.int64), np.zeros((len(ids), len(names)))
    for vote in votes:
        asked[owner[vote.sentence]] += 1
        shares[owner[vote.sentence]] += [name in vote.labels for name in names]
    shares /= np.maximum(asked, 1)[:, None]
    labels, decided = _majority(shares, exclusive=all(len(vote.labels) == 1 for vote in votes))
    decided &= asked > 0
    every = [first[key] for key in order]
    examples = _examples(
        every, columns, ids, names=names, labels=labels, votes=shares, annotators=asked
    )
    left = np.flatnonzero(~decided)
    return Table(
        examples.take(np.flatnonzero(decided)),
        origin,
        votes,
        tuple((examples.ids[row], examples.documents[row]) for row in left),
    )


def _majority(
    shares: NDArray[np.float64], *, exclusive: bool
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return labels [n, k] and which sentences are decided, from shares of votes."""
    if not exclusive:
        return (shares > 0.5).astype(np.uint8), np.ones(len(shares), dtype=bool)
    most = shares == shares.max(axis=1, keepdims=True)
    return most.astype(np.uint8), most.sum(axis=1) == 1


def _examples(
    lines: Sequence[_Line], columns: Columns, ids: Sequence[str] | None, **more: Any
) -> Examples:
    if ids is not None and len(set(ids)) != len(ids):
        raise BadInput(f"the id {Counter(ids).most_common(1)[0][0]!r} is there twice")
    texts = [line.text for line in lines]
    groups = [line.group for line in lines] if columns.group else None
    if groups is not None:
        before, after = neighbours(texts, groups)
        more |= {"previous": before, "following": after}
    if columns.split:
        more["metadata"] = {"split": tuple(line.split for line in lines)}
    return examples_of(texts, ids=ids, documents=groups, **more)


def _lines(path: Path, columns: Columns) -> Iterator[_Line]:
    known: Columns | None = None
    for row in read_rows(path, header=columns.header):
        known = known or _find_columns(columns, row, path)
        text = _cell(row, known.text, path)
        split = _cell(row, known.split, path).strip().lower() if known.split else ""
        yield _Line(
            key=_cell(row, known.id, path) if known.id else text,
            text=text,
            group=_cell(row, known.group, path) if known.group else "",
            split=_SPLITS.get(split, split),
            choices=tuple(_choices(row, known, path)),
        )


def _find_columns(columns: Columns, row: Row, path: Path) -> Columns:
    """Return the columns with those of texts and labels found by their usual names."""
    called = {name.strip().lower(): name for name in reversed(row)}

    def find(wanted: str, usual: Sequence[str]) -> str:
        return wanted or next((called[name] for name in usual if name in called), "")

    text = find(columns.text, _TEXTS)
    if not text:
        raise BadInput(f"{path}: which column is the text?", hint=f"--text-column {_either(row)}")
    if columns.label_columns or columns.annotator_columns:
        return replace(columns, text=text)
    labels = find(columns.labels, _LABELS)
    if not labels:
        hint = f"--labels-column or --label-columns: {_either(row)}"
        raise BadInput(f"{path}: no labels column is named", hint=hint)
    return replace(columns, text=text, labels=labels)


def _either(row: Row) -> str:
    return " or ".join(row)


def _choices(row: Row, columns: Columns, path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield annotator and labels; the annotator is empty where only gold is given."""
    if columns.annotator_columns:
        for name in columns.annotator_columns:
            if _cell(row, name, path).strip():
                yield name, _labels(row[name], columns, path)
        return
    if columns.label_columns:
        held = [n for n in columns.label_columns if _truth(_cell(row, n, path), n, path)]
        yield (_cell(row, columns.annotator, path) if columns.annotator else ""), tuple(held)
        return
    _cell(row, columns.labels, path)
    value = _value(row[columns.labels], path)
    if isinstance(value, dict):
        for annotator, chosen in value.items():
            yield str(annotator), _labels(chosen, columns, path)
        return
    if not columns.annotator:
        yield "", _labels(value, columns, path)
        return
    _cell(row, columns.annotator, path)
    named = _parts(_value(row[columns.annotator], path), columns)
    if len(named) < 2:
        yield str(named[0] if named else ""), _labels(value, columns, path)
        return
    chosen = _parts(value, columns)
    if len(chosen) != len(named):
        raise BadInput(f"{path}: {len(named)} annotators with {len(chosen)} labels in one row")
    for annotator, label in zip(named, chosen, strict=True):
        yield str(annotator).strip(), _labels(label, columns, path)


def _cell(row: Row, name: str, path: Path) -> str:
    if name not in row:
        raise BadInput(f"{path} has no column {name!r}", hint=f"it has {', '.join(row)}")
    value = row[name]
    return "" if value is None else str(value)


def _value(cell: Any, path: Path) -> Any:
    """Return what a cell holds: a text that is a list or an object, in JSON or Python, is read."""
    if not isinstance(cell, str) or cell.strip()[:1] not in ("[", "{"):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        pass
    try:
        return ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise BadInput(f"{path}: not a list of labels: {cell[:60]}") from error


def _parts(value: Any, columns: Columns) -> list[Any]:
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
    return str("" if value is None else value).split(columns.separator)


def _labels(value: Any, columns: Columns, path: Path) -> tuple[str, ...]:
    stripped = [str(label).strip() for label in _parts(_value(value, path), columns)]
    held = [label for label in stripped if label and label != columns.none]
    return tuple(dict.fromkeys(_name(label, columns.names) for label in held))


def _name(label: str, names: tuple[str, ...]) -> str:
    if label not in names and label.isdigit() and int(label) < len(names):
        return names[int(label)]
    return label


def _truth(value: str, name: str, path: Path) -> bool:
    yes, no = ("1", "1.0", "true", "yes", "y", "x"), ("0", "0.0", "false", "no", "n", "")
    plain = value.strip().lower()
    if plain not in yes + no:
        raise BadInput(f"{path}: {name} = {value!r} must be 0 or 1")
    return plain in yes
