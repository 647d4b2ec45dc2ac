"""Labelling interfaces for Label Studio, generated from the label schema, and their linter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from html import escape
from xml.etree import ElementTree

from claimtypes.annotation.schema import Label, Schema
from claimtypes.records import Finding

DESIGNS: dict[str, frozenset[str]] = {
    "document": frozenset({"key", "heading", "notice", "text"}),
    "sentence": frozenset({"key", "heading", "notice", "before", "sentence", "after"}),
    "adjudication": frozenset({"key", "heading", "before", "sentence", "after", "votes"}),
}
"""Each design and the task data its interface shows or needs."""

RESERVED_KEYS = frozenset(
    {"id", "annotator", "created_at", "updated_at", "lead_time", "annotation_id"}
)
"""Data keys that Label Studio's exports overwrite without a word."""

TAKEN_HOTKEYS = frozenset({"enter", "space", "h", "l", "u", "x"})
"""Keys that Label Studio's editor, or our own key map, already uses."""

_GONE = "restore the alias in annotation/schema.toml, or start a new label under a new name"
_BAR = (
    ".ct-bar{position:sticky;top:0;z-index:3;padding:6px 0 8px;"
    "background:var(--color-neutral-background,#fff);"
    "border-bottom:1px solid var(--color-neutral-border,#ddd)}"
    "[class*=htx-highlight]{scroll-margin:220px 0 90px}"
    ".ct-sentence{font-size:1.15em;font-weight:600;padding:6px 10px;border-left:4px solid #3b6cb3}"
    ".ct-context *{font-weight:400;font-size:1rem;opacity:.85}"
    ".ct-notice *{color:#b3261e;min-height:0}"
)


def _style(schema: Schema) -> str:
    """Return the style sheet: each choice carries its label's colour at its left edge."""
    rules = [_BAR]
    for place, label in enumerate((*schema.labels, schema.none), 1):
        rules.append(
            f".ct-claim .lsf-choice:nth-child({place})"
            f"{{border-left:6px solid {label.color};padding-left:8px}}"
        )
    return "".join(rules)


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _claims(parent: ElementTree.Element, schema: Schema, to_name: str, **more: str) -> None:
    box = _element(parent, "View", className="ct-claim")
    choices = _element(
        box,
        "Choices",
        name="claim",
        toName=to_name,
        choice="multiple",
        layout="inline",
        required="true",
        requiredMessage=(
            f"Every sentence needs a decision ({schema.none.hotkey} = {schema.none.title})"
        ),
        **more,
    )
    for label in (*schema.labels, schema.none):
        choice = _element(
            choices, "Choice", value=label.title, alias=label.name, hotkey=label.hotkey
        )
        if label.definition:
            choice.set("hint", label.definition)


def _note(parent: ElementTree.Element, to_name: str, **more: str) -> None:
    _element(
        parent,
        "TextArea",
        name="note",
        toName=to_name,
        rows="1",
        maxSubmissions="1",
        placeholder="A doubt or remark, if there is one; Enter keeps it",
        **more,
    )


def _start(schema: Schema) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("View")
    _element(root, "Style").text = _style(schema)
    bar = _element(root, "View", className="ct-bar")
    _element(bar, "Header", value="$heading", size="5")
    return root, bar


def _context(root: ElementTree.Element) -> None:
    before = _element(root, "View", className="ct-context")
    _element(before, "Header", value="$before", size="6")
    line = _element(root, "View", className="ct-sentence")
    _element(line, "Text", name="sentence", value="$sentence", selectionEnabled="false")
    after = _element(root, "View", className="ct-context")
    _element(after, "Header", value="$after", size="6")


def _document(schema: Schema) -> ElementTree.Element:
    root, bar = _start(schema)
    notice = _element(bar, "View", className="ct-notice")
    _element(notice, "Header", value="$notice", size="6")
    segments = _element(bar, "View", style="display:none")
    labels = _element(segments, "Labels", name="seg", toName="doc", showInline="true")
    _element(labels, "Label", value="sentence", background="#8a8a8a")
    _claims(bar, schema, "doc", perRegion="true")
    _note(bar, "doc", perRegion="true")
    _element(root, "Text", name="doc", value="$text", selectionEnabled="false", showLabels="false")
    return root


def _sentence(schema: Schema) -> ElementTree.Element:
    root, bar = _start(schema)
    notice = _element(bar, "View", className="ct-notice")
    _element(notice, "Header", value="$notice", size="6")
    _context(root)
    _claims(root, schema, "sentence")
    _note(root, "sentence")
    return root


def _adjudication(schema: Schema) -> ElementTree.Element:
    root, _ = _start(schema)
    _context(root)
    _element(root, "Text", name="votes", value="$votes", selectionEnabled="false")
    _claims(root, schema, "sentence")
    reasons = _element(
        root,
        "Choices",
        name="reason",
        toName="sentence",
        choice="single",
        layout="vertical",
        required="true",
        requiredMessage="Say why",
    )
    keys = iter(_free_hotkeys(schema))
    for reason in schema.reasons:
        choice = _element(reasons, "Choice", value=reason.title, alias=reason.code)
        if key := next(keys, ""):
            choice.set("hotkey", key)
    _note(root, "sentence")
    return root


def _free_hotkeys(schema: Schema) -> list[str]:
    used = {label.hotkey for label in (*schema.labels, schema.none)} | TAKEN_HOTKEYS
    return [key for key in "qwertyasdfgzcvb" if key not in used]


def render_config(design: str, schema: Schema) -> str:
    """Return the XML of one of `DESIGNS`, the same bytes for the same schema."""
    makers = {"document": _document, "sentence": _sentence, "adjudication": _adjudication}
    root = makers[design](schema)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def config_aliases(xml: str, control: str = "claim") -> tuple[str, ...]:
    """Return what a control stores for each of its choices, in order; none for broken XML."""
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - expat expands nothing external
    except ElementTree.ParseError:
        return ()
    return tuple(
        choice.get("alias") or choice.get("value") or ""
        for choices in root.iter("Choices")
        if choices.get("name") == control
        for choice in choices.iter("Choice")
    )


def lint_config(
    xml: str,
    schema: Schema,
    *,
    data_keys: Collection[str],
    used: Iterable[str] = (),
    path: str = "",
) -> list[Finding]:
    """Return what would go wrong with a labelling interface; nothing where all is well.

    ``data_keys`` are the keys that every task's data has; ``used`` are label names that some
    round already stores: they may be neither renamed nor removed.
    """

    def found(name: str, message: str, hint: str) -> Finding:
        return Finding(f"config-{name}", "error", message, path=path, hint=hint)

    if "<!" in xml:
        return [found("unreadable", "a document type or CDATA has no place here", "remove it")]
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - no document type gets this far
    except ElementTree.ParseError as error:
        return [found("unreadable", f"not XML: {error}", "claimtypes studio configs")]
    findings = []
    if root.find(".//Repeater") is not None:
        message = "a Repeater applies one key press to every item, invisible pages included"
        findings.append(found("repeater", message, "use the document design"))
    for key, titles in _repeated(root):
        message = f"the key {key} stands for {' and for '.join(titles)}"
        findings.append(found("hotkey-repeated", message, "give each choice its own hotkey"))
    for key in sorted({e.get("hotkey", "") for e in root.iter()} & TAKEN_HOTKEYS):
        message = f"Label Studio's editor uses the key {key} itself"
        findings.append(found("hotkey-taken", message, "choose another hotkey"))
    names = [e.get("name", "") for e in root.iter() if e.get("name")]
    for name in sorted(name for name, count in Counter(names).items() if count > 1):
        message = f"two tags are named {name}"
        findings.append(found("name-repeated", message, "give each tag its own name"))
    wanted = {v[1:] for e in root.iter() for v in e.attrib.values() if re.match(r"\$\w+$", v)}
    for key in sorted(wanted - set(data_keys)):
        message = f"shows ${key}, which the tasks do not have"
        findings.append(found("data-key-missing", message, "add it to the tasks, or remove it"))
    controls = {e.get("name", "") for e in root.iter() if e.get("toName")}
    for key in sorted((RESERVED_KEYS | controls) & (wanted | set(data_keys))):
        message = f"exports overwrite the data key {key}"
        findings.append(found("data-key-reserved", message, "name the key otherwise"))
    aliases = set(config_aliases(xml))
    offered = {label.name for label in (*schema.labels, schema.none)}
    for name in sorted(set(used) - aliases):
        message = f"a round stores {name}, which is no longer offered"
        findings.append(found("alias-gone", message, _GONE))
    for name in sorted(aliases ^ offered):
        where = "schema" if name in aliases else "interface"
        message = f"{name} is missing from the {where}"
        findings.append(found("alias-unknown", message, "claimtypes studio configs"))
    return findings


def _repeated(root: ElementTree.Element) -> list[tuple[str, list[str]]]:
    by_key: dict[str, list[str]] = {}
    for element in root.iter():
        if key := element.get("hotkey"):
            by_key.setdefault(key, []).append(element.get("value", element.tag))
    return [(key, titles) for key, titles in sorted(by_key.items()) if len(titles) > 1]


_BLOCKS = {"": "", "#": "", "-": "ul", "*": "ul"}


def render_guidelines(markdown: str) -> str:
    """Return guidelines as HTML for Label Studio's instructions; nothing in them can run."""
    lines: list[str] = []
    kind = ""
    for line in [*markdown.splitlines(), ""]:
        text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(line.strip(), quote=False))
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
        marked = re.match(r"(#{1,4}|[-*]|\d+\.) +(.*)", text)
        mark = marked[1] if marked else ""
        wanted = _BLOCKS.get(mark[:1], "ol") if mark or not text else "p"
        if line.startswith("  ") and kind in {"ul", "ol"} and text and not mark:
            wanted = kind
        if kind and kind != wanted:
            lines.append(f"</{kind}>")
        if wanted and kind != wanted:
            lines.append(f"<{wanted}>")
        kind = wanted
        if mark.startswith("#") and marked:
            level = min(len(mark) + 1, 5)
            lines.append(f"<h{level}>{marked[2]}</h{level}>")
        elif mark and marked:
            lines.append(f"<li>{marked[2]}</li>")
        elif text:
            lines.append(text)
    return "\n".join(lines)


def definitions(labels: Iterable[Label]) -> str:
    """Return labels, keys and definitions as HTML, for the top of the instructions."""
    rows = [
        f"<p><b>{escape(label.title)}</b> (key {escape(label.hotkey)}): "
        f"{escape(label.definition or 'none of the above')}</p><br>"
        for label in labels
    ]
    return "\n".join(rows) + "\n"
