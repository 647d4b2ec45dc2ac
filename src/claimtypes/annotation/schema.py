"""The label schema: data that everything else reads label names from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput
from claimtypes.store import sha256_bytes

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CODE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_HINT = "edit annotation/schema.toml, then run claimtypes check"


@dataclass(frozen=True, slots=True)
class Label:
    """One claim type; ``none`` in a schema is the one that stands for the empty set."""

    name: str
    title: str
    definition: str
    hotkey: str
    color: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an adjudicator decided as they did."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Labels in their fixed order, the empty choice, and the adjudicators' reasons."""

    version: str
    question: str
    guideline: str
    labels: tuple[Label, ...]
    none: Label
    reasons: tuple[Reason, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Label names in schema order, which is the order of every vector and column."""
        return tuple(label.name for label in self.labels)

    @property
    def digest(self) -> str:
        """SHA-256 of the ordered label names: what a model or round was made with."""
        return sha256_bytes("\n".join(self.names).encode())

    def ordered(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return a label set in schema order, without repeats.

        Raises:
            BadInput: for a name the schema does not have.
        """
        chosen = set(labels)
        if unknown := sorted(chosen - set(self.names)):
            raise BadInput(
                f"unknown label {', '.join(unknown)}",
                hint=f"claimtypes check says where; the schema has {', '.join(self.names)}",
            )
        return tuple(name for name in self.names if name in chosen)


def _text(
    table: dict[str, Any], key: str, where: str, pattern: re.Pattern[str] | None = None
) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{where} lacks a text for {key!r}", hint=_HINT)
    if pattern and not pattern.fullmatch(value):
        raise BadInput(f"{where}: {key} = {value!r} must match {pattern.pattern}", hint=_HINT)
    return value


def _label(table: dict[str, Any], where: str, name: str = "") -> Label:
    return Label(
        name=name or _text(table, "name", where, _NAME),
        title=_text(table, "title", where),
        definition=table.get("definition", "") if name else _text(table, "definition", where),
        hotkey=_text(table, "hotkey", where, re.compile(r"[a-z0-9]")),
        color=_text(table, "color", where, _COLOR),
    )


def _refuse_repeats(values: Iterable[str], what: str, path: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise BadInput(f"{path}: two {what} {value!r}", hint=_HINT)
        seen.add(value)


def parse_schema(text: str, path: str = "schema.toml") -> Schema:
    """Read a schema from TOML.

    Raises:
        BadInput: naming the entry, for anything missing, misspelt or used twice.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: {error}", hint=_HINT) from error
    tables = data.get("labels")
    if not isinstance(tables, list) or not tables:
        raise BadInput(f"{path}: no [[labels]]", hint=_HINT)
    labels = tuple(_label(t, f"{path}: label {i}") for i, t in enumerate(tables, 1))
    none = _label(data.get("none", {}), f"{path}: [none]", name="none")
    reasons = tuple(
        Reason(
            _text(t, "code", f"{path}: reason {i}", _CODE), _text(t, "title", f"{path}: reason {i}")
        )
        for i, t in enumerate(data.get("reasons", []), 1)
    )
    everything = (*labels, none)
    _refuse_repeats((label.name for label in everything), "labels named", path)
    _refuse_repeats((label.title for label in everything), "labels titled", path)
    _refuse_repeats((label.hotkey for label in everything), "labels with the hotkey", path)
    _refuse_repeats((reason.code for reason in reasons), "reasons with the code", path)
    return Schema(
        version=_text(data, "version", path),
        question=_text(data, "question", path),
        guideline=_text(data, "guideline", path),
        labels=labels,
        none=none,
        reasons=reasons,
    )


def load_schema(path: Path) -> Schema:
    """Read a schema file.

    Raises:
        BadInput: naming file and entry, when it is missing or not a valid schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"{path} does not exist", hint="claimtypes init") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8: {error}", hint=_HINT) from error
    return parse_schema(text, str(path))
