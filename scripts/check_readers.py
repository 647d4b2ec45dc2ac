"""Read a release with what others read it with, each reader in its own venv.

    python scripts/check_readers.py RELEASE [--venvs FOLDER] [--datasets 2.21.0 …]
                                            [--pyarrow 22.0.0 …] [--project FOLDER]

For each version of datasets: every table, streaming or not, with the same features and rows as
the others, and version, digest and licence filled. For these, pandas, polars and DuckDB: the
label counts that the card prints, where claimtypes is not installed. For each pyarrow: the
logical digest of every table, and with --project the digest of a release built by it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
DATASETS = ("2.21.0", "3.6.0", "4.0.0", "4.8.0", "5.2.0")
PYARROW = ("22.0.0", "24.0.0")
OTHERS = {"pandas": ("pandas", "pyarrow"), "polars": ("polars",), "duckdb": ("duckdb",)}

# Every reader starts with this: claimtypes must not be there to help.
ALONE = """
import glob, hashlib, importlib.util, json, sys
assert importlib.util.find_spec("claimtypes") is None
release, tables, labels = sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(",")
"""

READ = """
import datasets
said = {"counts": dict.fromkeys(labels, 0)}
for table in tables:
    loaded = datasets.load_dataset(release, table)
    streamed = datasets.load_dataset(release, table, streaming=True)
    for split, rows in loaded.items():
        assert rows.features == streamed[split].features, (table, split)
        values = list(rows)
        assert values == list(streamed[split]), (table, split)
        if table == "sentences":
            for label in labels:
                said["counts"][label] += sum(row[label] is True for row in values)
        schema = rows.features.arrow_schema
        said[f"{table}/{split}"] = {
            "rows": hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest(),
            "columns": [str(field.name) for field in schema],
            "types": [str(field.type).replace("element:", "item:") for field in schema],
            "labels": getattr(getattr(rows.features.get("labels"), "feature", None), "names", None),
            "version": str(rows.info.version),
            "licence": rows.info.license,
            "description": rows.info.description,
        }
json.dump(said, sys.stdout, sort_keys=True)
"""

COUNT = {
    "pandas": """
import pandas
rows = pandas.concat(map(pandas.read_parquet, glob.glob(release + "/sentences/*.parquet")))
json.dump({label: int(rows[label].eq(True).sum()) for label in labels}, sys.stdout)
""",
    "polars": """
import polars
rows = polars.scan_parquet(release + "/sentences/*.parquet").select(labels).sum().collect()
json.dump(rows.to_dicts()[0], sys.stdout)
""",
    "duckdb": """
import duckdb
what = ", ".join(f'count(*) filter (where "{label}")' for label in labels)
found = duckdb.sql(f"select {what} from '{release}/sentences/*.parquet'").fetchall()[0]
json.dump(dict(zip(labels, found)), sys.stdout)
""",
}

HASH = """
import json, sys
from pathlib import Path
import pyarrow
from claimtypes.release.tables import logical_digest
folder = Path(sys.argv[1])
paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet"))
paths = [p for p in paths if not p.startswith("changes/")]
json.dump({p: logical_digest(folder / p) for p in paths}, sys.stdout)
"""


def environment(folder: Path, name: str, *packages: str) -> Path:
    """Return the Python of a venv that holds the packages, making it when it is not there."""
    home = folder / name
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def ask(python: Path, code: str, *words: str, cache: Path, path: str = "") -> dict:
    """Run code in a venv, off line and with a cache of its own, and read the JSON it prints."""
    settings = {"HF_DATASETS_CACHE": str(cache), "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache)}
    done = subprocess.run(
        [python, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | settings | {"PYTHONPATH": path},
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return json.loads(done.stdout)


def counted(release: Path) -> dict[str, int]:
    """Return the label counts that the card's table of splits prints."""
    labels = json.loads((release / "labels.json").read_text(encoding="utf-8"))["labels"]
    lines = [line.split(" | ") for line in (release / "README.md").read_text().splitlines()]
    header = next(cells for cells in lines if cells[0] == "| split")
    total = next(cells for cells in lines if cells[0] == "| all" and len(cells) == len(header))
    told = dict(zip(header, total, strict=True))
    return {label["name"]: int(told[label["name"]]) for label in labels}


def check_others(release: Path, venvs: Path) -> None:
    expected = counted(release)
    for name, packages in OTHERS.items():
        python = environment(venvs, name, *packages)
        words = (str(release.resolve()), "", ",".join(expected))
        with tempfile.TemporaryDirectory() as cache:
            found = ask(python, ALONE + COUNT[name], *words, cache=Path(cache))
        assert found == expected, (name, found, expected)
        print(f"{name}: {found}, as the card says", flush=True)


def check_datasets(release: Path, venvs: Path, versions: list[str]) -> None:
    expected = counted(release)
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    tables = sorted({p.split("/")[0] for p in manifest["files"] if p.endswith(".parquet")})
    tables = ",".join(t for t in tables if t != "changes")
    first = None
    for version in versions:
        python = environment(venvs, f"datasets-{version}", f"datasets=={version}")
        with tempfile.TemporaryDirectory() as cache:
            words = (str(release.resolve()), tables, ",".join(expected))
            said = ask(python, ALONE + READ, *words, cache=Path(cache))
        counts = said.pop("counts")
        assert counts == expected, (version, counts, expected)
        for name, told in said.items():
            assert told["version"] == manifest["version"], (version, name, told["version"])
            assert manifest["digest"] in told["description"], (version, name)
            assert told["licence"], (version, name)
        first = first or said
        assert said == first, f"datasets {version} reads something else than {versions[0]}"
        print(f"datasets {version}: {len(said)} splits, streaming and not, {counts}", flush=True)


def check_pyarrow(release: Path, venvs: Path, versions: list[str], project: Path | None) -> None:
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    for version in versions:
        packages = (f"pyarrow=={version}", "numpy", "click", "rich", "tomli-w", "pyyaml")
        python = environment(venvs, f"pyarrow-{version}", *packages, "safetensors")
        with tempfile.TemporaryDirectory() as cache:
            for path, digest in ask(
                python, HASH, str(release), cache=Path(cache), path=str(REPOSITORY / "src")
            ).items():
                assert digest == manifest["files"][path]["logical"], (version, path)
            print(f"pyarrow {version}: the logical digests are the manifest's", flush=True)
            if project is not None:
                code = (
                    "import json, sys\nfrom pathlib import Path\n"
                    "from claimtypes.project import Project\n"
                    "from claimtypes.release.build import build\n"
                    "where = Project(Path(sys.argv[1])), sys.argv[2]\n"
                    "built = build(*where, into=Path(sys.argv[3]))\n"
                    "json.dump({'digest': built.digest}, sys.stdout)\n"
                )
                words = (str(project.resolve()), manifest["version"], f"{cache}/{version}")
                built = ask(python, code, *words, cache=Path(cache), path=str(REPOSITORY / "src"))
                assert built["digest"] == manifest["digest"], version
                print(f"pyarrow {version}: builds the same digest", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path)
    parser.add_argument("--venvs", type=Path)
    parser.add_argument("--datasets", nargs="*", default=list(DATASETS))
    parser.add_argument("--pyarrow", nargs="*", default=list(PYARROW))
    parser.add_argument("--project", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        venvs = given.venvs or Path(scratch)
        check_others(given.release, venvs)
        check_datasets(given.release, venvs, given.datasets)
        check_pyarrow(given.release, venvs, given.pyarrow, given.project)


if __name__ == "__main__":
    main()
