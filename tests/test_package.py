"""The promises of the layout: what imports what, what the wheel holds, what stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimtypes.cli import VERBS, cli

SOURCE = Path(__file__).parent.parent / "src" / "claimtypes"
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = {
    "cleanlab", "daft", "datasets", "fastapi", "huggingface_hub", "label_studio_sdk", "lxml",
    "mlcroissant", "pandas", "pyarrow", "scipy", "sentence_transformers", "setfit", "sklearn",
    "spacy", "torch", "trafilatura", "uvicorn", "warcio", "boto3", "requests", "httpx",
}  # fmt: skip
# Which layers a layer may import, itself included; the rest of the package is below them all.
LAYERS = {
    "corpus": {"corpus"},
    "annotation": {"corpus", "annotation"},
    "models": {"corpus", "annotation", "models"},
    "release": {"corpus", "annotation", "models", "release"},
    "scale": {"corpus", "annotation", "models", "scale"},
    "cli": {"corpus", "annotation", "models", "release", "scale", "cli"},
}
# The only modules that may know each of these.
KNOWS = {
    "label_studio_sdk": {"annotation/studio.py", "annotation/exchange.py"},
    "sentence_transformers": {"models/encoder.py"},
    "huggingface_hub": {"release/publish.py", "release/hub.py"},
}


@cache
def imports(module: Path) -> set[str]:
    """Every absolute module name a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "require"
        ):
            names |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return names


def layer(module: Path) -> str:
    parts = module.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ""


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(SOURCE)))
def test_imports_point_one_way(module: Path) -> None:
    here = layer(module)
    used = {name.split(".")[1] for name in imports(module) if name.startswith("claimtypes.")}
    reached = used & LAYERS.keys()
    if here:
        assert reached <= LAYERS[here]
    elif module.name not in {"__init__.py", "__main__.py", "chain.py"}:
        assert not reached


@pytest.mark.parametrize("library", KNOWS)
def test_each_service_is_known_in_one_place(library: str) -> None:
    knowing = {
        str(m.relative_to(SOURCE))
        for m in MODULES
        if any(n.startswith(library) for n in imports(m))
    }
    assert knowing <= KNOWS[library]


def test_importing_the_package_and_the_command_loads_nothing_heavy() -> None:
    code = "import claimtypes, claimtypes.cli, sys; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not HEAVY & {name.split(".")[0] for name in loaded}


def test_public_api_is_at_most_ten_names() -> None:
    import claimtypes

    assert 1 <= len(claimtypes.__all__) <= 10
    assert all(hasattr(claimtypes, name) for name in claimtypes.__all__)


def test_no_label_name_is_written_in_the_code() -> None:
    schema = tomllib.loads((SOURCE.parent.parent / "annotation" / "schema.toml").read_text())
    names = re.compile("|".join(label["name"] for label in schema["labels"]))
    guilty = [str(m.relative_to(SOURCE)) for m in MODULES if names.search(m.read_text())]
    assert not guilty


def test_nothing_unpickles() -> None:
    banned = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
    guilty = [
        str(m.relative_to(SOURCE))
        for m in MODULES
        if banned & {name.split(".")[0] for name in imports(m)}
    ]
    assert not guilty


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_is_documented(verb: str, repository: Path) -> None:
    shown = CliRunner().invoke(cli, [verb, "--help"])
    assert shown.exit_code == 0, shown.output
    assert len(shown.output.splitlines()) > 3
    assert f"claimtypes {verb}" in (repository / "docs" / "commands.md").read_text()


@pytest.mark.slow
def test_wheel_holds_every_module(tmp_path: Path, repository: Path) -> None:
    pytest.importorskip("build")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(repository)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {n for n in zipfile.ZipFile(wheel).namelist() if n.startswith("claimtypes/")}
    tracked = {
        str(Path("claimtypes") / p.relative_to(SOURCE))
        for p in SOURCE.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    recipes = {
        f"claimtypes/models/recipes/{p.name}"
        for p in (repository / "models").iterdir()
        if p.suffix in (".toml", ".yaml")
    }
    assert packed == tracked | recipes


def test_no_pattern_repeats_a_group_possessively() -> None:
    # Python 3.11.0 to 3.11.4 match `(?:...)*+` wrongly (cpython issue 106052); `(?>...)` is right.
    possessive = re.compile(r"\)(?:[*?+]|\{{1,2}\d*,?\d*\}{1,2})\+")
    assert possessive.search(r"(?:a|b){{0,80}}+")
    assert possessive.search(r"(?:a)*+")
    for module in MODULES:
        found = possessive.search(module.read_text(encoding="utf-8").replace("``(?:...)*+``", ""))
        assert not found, f"{module}: {found[0]}"
