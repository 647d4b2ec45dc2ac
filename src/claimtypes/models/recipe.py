"""Recipes: one TOML file says what a model reads, how it learns and how it is tuned."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from claimtypes.errors import BadInput
from claimtypes.models.features import Block

_PACKAGED = (
    Path(__file__).parent / "recipes",  # in a wheel
    Path(__file__).parents[3] / "models",  # in a checkout
)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How scores become probabilities and decisions, and on what that is learnt.

    ``on`` is ``folds`` (scores of sentences whose article was held out), ``validation`` or
    ``none``; ``calibrate`` fits a sigmoid to each label's scores; ``thresholds`` is ``f1`` (each
    label's best F1, steadied over resamples) or ``half``.
    """

    on: str = "folds"
    folds: int = 5
    calibrate: bool = True
    thresholds: str = "f1"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a model, apart from its data.

    ``context`` is how many neighbours on each side lend a sentence their scores, with those of
    its document; 0 judges each sentence by its own.
    """

    name: str
    kind: str
    title: str = ""
    seed: int = 0
    features: tuple[Block, ...] = ()
    numbers: tuple[str, ...] = ()
    context: int = 0
    learner: dict[str, Any] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)

    def option(self, name: str, default: Any) -> Any:
        """Return an option of the learner.

        Raises:
            BadInput: when it is not of the default's type.
        """
        value = self.learner.get(name, default)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if default is not None and not isinstance(value, type(default)):
            raise BadInput(
                f"recipe {self.name}: learner.{name} must be {type(default).__name__}, "
                f"not {type(value).__name__}"
            )
        return value

    def allow(self, options: Sequence[str]) -> None:
        """Refuse a learner option that the kind does not have.

        Raises:
            BadInput: naming it.
        """
        if unknown := sorted(set(self.learner) - set(options)):
            raise BadInput(
                f"recipe {self.name}: kind {self.kind} has no option {', '.join(unknown)}",
                hint=f"it has {', '.join(options) or 'none'}",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that `read_recipe` reads again."""
        values = asdict(self)
        values["features"] = [asdict(block) for block in self.features]
        values["numbers"] = list(self.numbers)
        return values


def _table(values: Any, known: type, where: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise BadInput(f"{where} must be a table")
    names = {f.name: f for f in fields(known)}
    if unknown := sorted(set(values) - set(names)):
        raise BadInput(f"{where} has no entry {', '.join(unknown)}", hint=f"has {', '.join(names)}")
    for name, value in values.items():
        expected = names[name].type
        if expected in ("str", "int", "bool") and type(value).__name__ != expected:
            raise BadInput(f"{where}: {name} must be {expected}, not {type(value).__name__}")
        if expected == "float" and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise BadInput(f"{where}: {name} must be a number, not {type(value).__name__}")
    return values


def read_recipe(values: dict[str, Any], name: str) -> Recipe:
    """Build a recipe from plain values.

    Raises:
        BadInput: naming the entry, for anything unknown, missing or of the wrong type.
    """
    where = f"recipe {name}"
    values = dict(_table(values, Recipe, where)) | {"name": name}
    if not isinstance(values.get("kind"), str):
        raise BadInput(f"{where} has no kind", hint='such as kind = "linear"')
    blocks = values.get("features", [])
    if not isinstance(blocks, list):
        raise BadInput(f"{where}: features must be [[features]] tables")
    values["features"] = tuple(
        Block(**_table(block, Block, f"{where}: features {number}")).check()
        for number, block in enumerate(blocks, 1)
    )
    values["numbers"] = tuple(values.get("numbers", ()))
    values["learner"] = dict(values.get("learner", {}))
    tuning = Tuning(**_table(values.get("tuning", {}), Tuning, f"{where}: tuning"))
    if tuning.on not in ("folds", "validation", "none") or tuning.thresholds not in ("f1", "half"):
        raise BadInput(
            f"{where}: tuning on {tuning.on!r} with thresholds {tuning.thresholds!r}",
            hint="on is folds, validation or none; thresholds is f1 or half",
        )
    if not 0 <= values.get("context", 0) <= 10:
        raise BadInput(f"{where}: context is 0 to 10 neighbours, not {values['context']}")
    if tuning.folds < 2:
        raise BadInput(f"{where}: tuning takes at least two folds")
    return Recipe(**values | {"tuning": tuning})


def find_recipe(name: str, folder: Path | None = None) -> Path:
    """Return the file of a recipe: a path, or a name in ``folder`` or among the packaged ones.

    Raises:
        BadInput: listing the names there are.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise BadInput(f"{path} does not exist")
        return path
    places = [*([folder] if folder else []), *_PACKAGED]
    for place in places:
        if (place / f"{name}.toml").is_file():
            return place / f"{name}.toml"
    known = sorted({path.stem for place in places for path in place.glob("*.toml")})
    raise BadInput(f"no recipe {name}", hint=f"there are {', '.join(known)}; or give a .toml file")


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file; its name is the file's.

    Raises:
        BadInput: when it is missing, not TOML, or not a recipe.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error
    if "name" in values:
        raise BadInput(f"{path}: a recipe's name is its file's", hint="remove the entry name")
    for key in ("predictions", "rules"):
        # A file beside the recipe is named relative to it.
        if isinstance(given := values.get("learner", {}).get(key), str):
            values["learner"][key] = str(path.parent / given)
    return read_recipe(values, path.stem)
