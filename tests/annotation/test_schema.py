"""The schema is data, checked once and read everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimtypes.annotation.schema import load_schema, parse_schema
from claimtypes.errors import BadInput


@pytest.fixture
def text(repository: Path) -> str:
    return (repository / "annotation" / "schema.toml").read_text()


def test_the_projects_schema_has_three_labels_and_reasons(text: str) -> None:
    schema = parse_schema(text)
    assert schema.names == ("coercion_tactic", "official_denial", "government_response")
    assert schema.none.name == "none"
    assert len(schema.reasons) >= 3
    assert all(label.definition for label in schema.labels)


def test_label_sets_come_out_in_schema_order_whatever_the_clicks(text: str) -> None:
    schema = parse_schema(text)
    clicked = ["government_response", "coercion_tactic", "government_response"]
    assert schema.ordered(clicked) == ("coercion_tactic", "government_response")
    with pytest.raises(BadInput, match="unknown label rumour"):
        schema.ordered(["rumour"])


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('hotkey = "2"', 'hotkey = "1"', "two labels with the hotkey '1'"),
        ('name = "official_denial"', 'name = "coercion_tactic"', "two labels named"),
        ('name = "official_denial"', 'name = "Official Denial"', "must match"),
        ('name = "official_denial"', 'name = "none"', "two labels named 'none'"),
        ('color = "#7a5af5"', 'color = "red"', "color = 'red' must match"),
        ("[[labels]]", "[[label]]", r"no \[\[labels\]\]"),
        ('version = "1.0.0"', "", "lacks a text for 'version'"),
        ('code = "neither"', 'code = "first-right"', "two reasons with the code"),
        ("[none]", "[nothing]", r"\[none\] lacks a text"),
        ("version = ", "version ", "schema.toml"),
    ],
)
def test_a_fault_in_the_schema_is_named(text: str, old: str, new: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        parse_schema(text.replace(old, new))


def test_a_missing_schema_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist") as caught:
        load_schema(tmp_path / "schema.toml")
    assert caught.value.hint == "claimtypes init"


def test_the_digest_follows_names_and_order_only(text: str) -> None:
    schema = parse_schema(text)
    assert parse_schema(text.replace("#7a5af5", "#000000")).digest == schema.digest
    assert parse_schema(text.replace("official_denial", "denial")).digest != schema.digest
