"""The model card: what a model is, what it was made from, and its scores as ``model-index``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claimtypes.models.model import Model


_IN_CONTEXT = (
    "",
    "# Sentences of one document, in their order, are read in each other's light:",
    "from claimtypes.models.examples import examples_of",
    "",
    'article = examples_of(["One.", "Another."], documents=["article", "article"])',
    "probabilities = model.predict_proba(article)",
)


def _header(model: Model) -> list[str]:
    """Return the YAML header; a JSON string is a YAML string, so nothing needs escaping."""
    origin = model.origin
    scores = {k: v for k, v in sorted(model.metrics.items()) if isinstance(v, int | float)}
    lines = [
        "---",
        "library_name: claimtypes",
        "pipeline_tag: text-classification",
        "tags:",
        "- multi-label-classification" if not model.exclusive else "- text-classification",
        "- claimtypes",
        "model-index:",
        f"- name: {json.dumps(model.recipe.name)}",
        "  results:" if scores else "  results: []",
    ]
    if scores:
        lines += [
            "  - task:",
            "      type: text-classification",
            "    dataset:",
            f"      name: {json.dumps(origin.name)}",
            f"      type: {json.dumps(origin.name)}",
            f"      revision: {json.dumps(origin.digest)}",
            "    metrics:",
        ]
        for name, value in scores.items():
            lines += [
                "    - type: f1",
                f"      name: {json.dumps(name)}",
                f"      value: {value:.6f}",
            ]
    return [*lines, "---", ""]


def render_card(model: Model) -> str:
    """Return the card's Markdown."""
    origin, recipe = model.origin, model.recipe
    made_from = f"{origin.name} {origin.version}".strip()
    lines = [
        *_header(model),
        f"# {recipe.title or recipe.name}",
        "",
        f"Trained on {origin.sentences} sentences of {origin.documents} documents of {made_from},",
        f"data digest `{origin.digest or 'none'}`.",
        "",
        "| label | threshold |",
        "|---|---|",
        *(
            f"| {label.name} | {threshold:.4f} |"
            for label, threshold in zip(model.labels, model.thresholds, strict=True)
        ),
        "",
        "Each sentence has exactly one label."
        if model.exclusive
        else "A sentence has every label whose probability reaches the threshold, or none.",
        "",
        "## Use",
        "",
        "```python",
        "from claimtypes.models.folder import load_model",
        "",
        'model = load_model("FOLDER")',
        'probabilities = model.predict_proba(["A sentence."])',
        *(_IN_CONTEXT if model.context else ()),
        "```",
        "",
        "Or `claimtypes predict --model FOLDER TEXT`. Loading runs no code from this folder and",
        "checks every file's SHA-256, the label order and the stored probes.",
        "",
        "## Made with",
        "",
        *(f"- {name} {version}" for name, version in sorted(origin.tools.items())),
        f"- recipe `{recipe.name}`, kind `{recipe.kind}`, seed {recipe.seed}",
        "",
    ]
    if model.metrics:
        lines += ["## Scores", "", "| measure | value |", "|---|---|"]
        lines += [
            f"| {name} | {value:.4f} |"
            for name, value in sorted(model.metrics.items())
            if isinstance(value, int | float)
        ]
        lines.append("")
    return "\n".join(lines)
