"""Labelling interfaces generated from the schema, and what the linter refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimtypes.annotation.schema import Schema, load_schema, parse_schema
from claimtypes.annotation.studio_config import (
    DESIGNS,
    config_aliases,
    lint_config,
    render_config,
    render_guidelines,
)


@pytest.fixture
def schema(repository: Path) -> Schema:
    return load_schema(repository / "annotation" / "schema.toml")


def ids(xml: str, schema: Schema, design: str = "document", used: tuple[str, ...] = ()) -> set[str]:
    found = lint_config(xml, schema, data_keys=DESIGNS[design], used=used)
    return {finding.id for finding in found}


@pytest.mark.parametrize("design", sorted(DESIGNS))
def test_a_generated_interface_has_no_findings(design: str, schema: Schema) -> None:
    assert lint_config(render_config(design, schema), schema, data_keys=DESIGNS[design]) == []


@pytest.mark.parametrize("design", sorted(DESIGNS))
def test_an_interface_stores_the_schemas_names(design: str, schema: Schema) -> None:
    assert config_aliases(render_config(design, schema)) == (*schema.names, schema.none.name)


def test_titles_with_markup_and_quotes_survive_xml(repository: Path) -> None:
    text = (repository / "annotation" / "schema.toml").read_text(encoding="utf-8")
    text = text.replace('"Coercion tactic"', '"<b>\\"A\\" & B</b> \U0001f9d1"')
    changed = parse_schema(text)
    for design, keys in DESIGNS.items():
        assert lint_config(render_config(design, changed), changed, data_keys=keys) == []


def test_two_choices_on_one_key_are_refused(schema: Schema) -> None:
    xml = render_config("document", schema).replace('hotkey="2"', 'hotkey="1"')
    assert ids(xml, schema) == {"config-hotkey-repeated"}


def test_a_key_of_the_editor_is_refused(schema: Schema) -> None:
    xml = render_config("document", schema).replace('hotkey="2"', 'hotkey="h"')
    assert ids(xml, schema) == {"config-hotkey-taken"}


def test_a_repeater_is_refused(schema: Schema) -> None:
    xml = render_config("document", schema)
    xml = xml.replace("<Text ", '<Repeater on="$text"/><Text ', 1)
    assert "config-repeater" in ids(xml, schema)


def test_a_data_key_that_tasks_lack_is_refused(schema: Schema) -> None:
    xml = render_config("document", schema).replace("$heading", "$headline")
    assert ids(xml, schema) == {"config-data-key-missing"}


@pytest.mark.parametrize("key", ["id", "annotator", "lead_time", "claim"])
def test_a_data_key_that_exports_overwrite_is_refused(key: str, schema: Schema) -> None:
    found = lint_config(
        render_config("document", schema), schema, data_keys={*DESIGNS["document"], key}
    )
    assert [finding.id for finding in found] == ["config-data-key-reserved"]


def test_an_alias_renamed_after_use_is_refused(schema: Schema) -> None:
    xml = render_config("document", schema).replace('"official_denial"', '"denial"')
    assert ids(xml, schema, used=("official_denial",)) == {
        "config-alias-gone",
        "config-alias-unknown",
    }


def test_an_alias_removed_from_schema_and_interface_after_use_is_refused(
    repository: Path, schema: Schema
) -> None:
    text = (repository / "annotation" / "schema.toml").read_text(encoding="utf-8")
    changed = parse_schema(text.replace('"official_denial"', '"denial"'))
    xml = render_config("document", changed)
    assert ids(xml, changed, used=("official_denial",)) == {"config-alias-gone"}


@pytest.mark.parametrize("xml", ["<View>", "", '<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>'])
def test_what_is_not_plain_xml_is_refused(xml: str, schema: Schema) -> None:
    assert ids(xml, schema) == {"config-unreadable"}


def test_guidelines_become_html_that_cannot_run() -> None:
    html = render_guidelines("# Title\n\nOne **two**\n<script>x</script>\n\n- a\n- b `c`\n\n1. d\n")
    assert html == (
        "<h2>Title</h2>\n<p>\nOne <b>two</b>\n&lt;script&gt;x&lt;/script&gt;\n</p>\n"
        "<ul>\n<li>a</li>\n<li>b <code>c</code></li>\n</ul>\n<ol>\n<li>d</li>\n</ol>"
    )
