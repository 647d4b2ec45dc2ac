"""The frozen shape of a report's JSON, as a JSON schema."""

from __future__ import annotations

import json
import types
from dataclasses import fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from claimtypes.models.evaluate import FORMAT, Evaluation
from claimtypes.records import Record

SCHEMA = Path(__file__).parent / "report.schema.json"

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def render_schema() -> str:
    """Return the JSON schema of what `render_json` writes, from the records themselves."""
    definitions: dict[str, Any] = {}
    _define(Evaluation, definitions)
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": FORMAT,
        "title": "Evaluation of a model on a claimtypes release",
        "$ref": "#/$defs/Evaluation",
        "$defs": dict(sorted(definitions.items())),
    }
    schema["$defs"]["Evaluation"]["properties"]["format"] = {"const": FORMAT}
    return json.dumps(schema, indent=1) + "\n"


def _define(record: type[Record], definitions: dict[str, Any]) -> None:
    if record.__name__ in definitions:
        return
    definitions[record.__name__] = {}
    hints = get_type_hints(record)
    names = [f.name for f in fields(record)]  # type: ignore[arg-type]
    definitions[record.__name__] = {
        "type": "object",
        "description": (record.__doc__ or "").strip().split("\n")[0],
        "properties": {name: _shape(hints[name], definitions) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _shape(expected: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_shape(argument, definitions) for argument in arguments]}
    if expected is type(None):
        return {"type": "null"}
    if origin is tuple:
        return {"type": "array", "items": _shape(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _shape(arguments[1], definitions)}
    if issubclass(expected, Record):
        _define(expected, definitions)
        return {"$ref": f"#/$defs/{expected.__name__}"}
    return {"type": _PLAIN[expected]}
