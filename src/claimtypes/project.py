"""A project folder: any folder with ``annotation/schema.toml``, and where its files are."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.store import writing_folder

_DATASET_TEXTS = frozenset(
    "name title version date licence language description repository".split()
)
_DATASET_LISTS = frozenset("contacts authors keywords".split())
TEMPLATE = Path(__file__).parent / "template"


@dataclass(frozen=True, slots=True)
class Project:
    """The paths of one project; nothing is read until a property is asked for."""

    root: Path

    @classmethod
    def find(cls, start: Path | str = ".") -> Project:
        """Return the project that ``start`` is in.

        Raises:
            ClaimtypesError: when neither it nor a folder above it has a schema.
        """
        folder = Path(start).resolve()
        for candidate in (folder, *folder.parents):
            if (candidate / "annotation" / "schema.toml").is_file():
                return cls(candidate)
        raise ClaimtypesError(
            f"{folder} is in no claimtypes project (no annotation/schema.toml)",
            hint="claimtypes init FOLDER, or give --project FOLDER",
        )

    @property
    def schema(self) -> Path:
        """The label schema."""
        return self.root / "annotation" / "schema.toml"

    @property
    def guidelines(self) -> Path:
        """The annotation guidelines; their first line carries the version."""
        return self.root / "annotation" / "GUIDELINES.md"

    @property
    def annotators(self) -> Path:
        """Who judges, and what kind of reader each is."""
        return self.root / "annotation" / "annotators.toml"

    @property
    def rounds(self) -> Path:
        """The raw judgements, one JSON lines file a round, append-only."""
        return self.root / "annotation" / "rounds"

    @property
    def adjudications(self) -> Path:
        """Third readings of disagreements."""
        return self.root / "annotation" / "adjudications.jsonl"

    @property
    def studio(self) -> Path:
        """The generated Label Studio configurations."""
        return self.root / "annotation" / "studio"

    @property
    def articles(self) -> Path:
        """One file an article."""
        return self.root / "corpus" / "articles"

    @property
    def sentences(self) -> Path:
        """Every sentence's address, kind and fingerprint, frozen."""
        return self.root / "corpus" / "sentences.jsonl"

    @property
    def hydrated(self) -> Path:
        """Texts of withheld sentences found in the user's own copies; never committed."""
        return self.root / "corpus" / "hydrated.jsonl"

    @property
    def gold(self) -> Path:
        """The gold labels, derived from rounds and adjudications."""
        return self.root / "corpus" / "gold.jsonl"

    @property
    def splits(self) -> Path:
        """Which article is in which split, frozen."""
        return self.root / "corpus" / "splits.csv"

    @property
    def recipes(self) -> Path:
        """The model recipes and ``floors.json``."""
        return self.root / "models"

    @property
    def trained(self) -> Path:
        """Trained models, generated."""
        return self.root / "models" / "trained"

    @property
    def releases(self) -> Path:
        """Built releases, generated, one folder a version."""
        return self.root / "releases"

    @property
    def reports(self) -> Path:
        """Generated reports."""
        return self.root / "reports"

    @property
    def state(self) -> Path:
        """The tool's own state: locks, step hashes, caches."""
        return self.root / ".claimtypes"

    def dataset(self) -> dict[str, Any]:
        """Return ``corpus/dataset.toml``: title, version, licence, contacts.

        Raises:
            BadInput: when it is missing, not TOML, or a value is of the wrong kind.
        """
        path = self.root / "corpus" / "dataset.toml"
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadInput(f"{path}: {error}", hint=f"edit {path}") from error
        for key in values.keys() & _DATASET_TEXTS:
            if not isinstance(values[key], str):
                raise BadInput(f"{path}: {key} must be a text in quotes", hint=f"edit {path}")
        for key in values.keys() & _DATASET_LISTS:
            given = values[key]
            if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
                raise BadInput(f"{path}: {key} must be a list of texts", hint=f"edit {path}")
        version = values.get("version", "")
        if version and not re.fullmatch(r"\d+\.\d+\.\d+", version):
            raise BadInput(f"{path}: version {version!r} is not like 1.0.0", hint=f"edit {path}")
        return values


def init(folder: Path) -> Project:
    """Make a new project in a folder that does not exist yet or is empty.

    Raises:
        Refused: when the folder holds anything.
    """
    if folder.exists():
        if not folder.is_dir() or any(folder.iterdir()):
            raise Refused(f"{folder} is not empty", hint="claimtypes init NEW-FOLDER")
        folder.rmdir()
    with writing_folder(folder) as staged:
        for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
            target = staged / source.relative_to(TEMPLATE)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)
        (staged / "annotation" / "rounds").mkdir()
        (staged / "corpus" / "articles").mkdir()
    return Project(folder.resolve())
