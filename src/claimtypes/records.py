"""The records of the corpus: frozen, slotted, and the same in Python as in JSON."""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, Self, Union, cast, get_args, get_origin, get_type_hints

from claimtypes.errors import BadInput

ANNOTATED_KINDS = frozenset({"paragraph", "bullet"})
"""Block kinds whose sentences are annotated; every other kind is marked and left alone."""

BLOCK_KINDS = (
    "title", "byline", "date", "heading", "paragraph", "bullet", "caption", "boilerplate",
)  # fmt: skip


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def _required(cls: Any) -> tuple[str, ...]:
    return tuple(
        f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING
    )


@cache
def _shape(expected: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(expected), get_args(expected)


def _read(value: Any, expected: Any, where: str) -> Any:
    """Check one JSON value against a type and turn lists into tuples, dicts into records."""
    origin, arguments = _shape(expected)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _read(value, next(a for a in arguments if a is not type(None)), where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise BadInput(f"{where} must be a list, not {type(value).__name__}")
        return tuple(_read(item, arguments[0], where) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise BadInput(f"{where} must be an object, not {type(value).__name__}")
        return {str(key): _read(item, arguments[1], where) for key, item in value.items()}
    if isinstance(expected, type) and issubclass(expected, Record):
        return value if isinstance(value, expected) else expected.from_dict(value)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise BadInput(f"{where} must be {expected.__name__}, not {type(value).__name__}")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


class Record:
    """A frozen record that reads and writes JSON; unknown and missing fields are errors."""

    __slots__ = ()

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Build the record from plain JSON values.

        Raises:
            BadInput: for anything but an object, an unknown, missing or wrongly typed field.
        """
        if not isinstance(values, dict):
            raise BadInput(f"{cls.__name__} must be an object, not {type(values).__name__}")
        hints = _hints(cast(Any, cls))
        if unknown := sorted(values.keys() - hints.keys()):
            raise BadInput(f"{cls.__name__} has no field {', '.join(unknown)}")
        missing = [name for name in _required(cast(Any, cls)) if name not in values]
        if missing:
            raise BadInput(f"{cls.__name__} lacks {', '.join(missing)}")
        # Most values are of exactly the declared type: a million judgements should not wait.
        return cls(
            **{
                name: value
                if type(value) is hints[name]
                else _read(value, hints[name], f"{cls.__name__}.{name}")
                for name, value in values.items()
            }
        )

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """Build the record from one line of JSON."""
        try:
            return cls.from_dict(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise BadInput(f"not JSON: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, every field in its declared order."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]

    def render(self) -> str:
        """Return one line of JSON, without a line feed, the same bytes every time."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(", ", ": "))


@dataclass(frozen=True, slots=True)
class Block(Record):
    """A stretch of an article's text and what it is; one of `BLOCK_KINDS`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article(Record):
    """One report and how it came here.

    ``text`` is null where rights forbid shipping it; ``sha256`` is always that of the full text.
    ``origin`` is ``reported``, ``government-work`` or ``written-for-this-corpus``. ``blocks``
    are offsets into the text in code points; ``event`` groups articles on the same event;
    ``obtained`` says where a withheld text can be had; ``changes`` notes what cleaning did.
    """

    id: str
    title: str
    publisher: str
    url: str
    published: str
    retrieved: str
    language: str
    licence: str
    origin: str
    sha256: str
    text: str | None = None
    genre: str = ""
    event: str = ""
    case: str = ""
    countries: tuple[str, ...] = ()
    obtained: str = ""
    changes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence(Record):
    """One sentence at an address of an article's text, in code points.

    ``kind`` is that of its block; ``paragraph`` and ``index`` count blocks and sentences of the
    article from 0; ``section`` is the index of the heading above it, or -1. ``letters`` is the
    number of letters and digits in it and ``fingerprint`` their keyed hash, so that a copy can
    be found without shipping ``text``. ``segmentation`` is the version of the rules that cut it.
    """

    article: str
    start: int
    end: int
    kind: str
    section: int
    paragraph: int
    index: int
    letters: int
    fingerprint: str
    segmentation: str
    text: str | None = None

    @property
    def id(self) -> str:
        """The address anyone can check by slicing: ``article:start-end``."""
        return f"{self.article}:{self.start}-{self.end}"

    @property
    def annotated(self) -> bool:
        """Whether people are asked to judge it; headings, bylines and the like are not."""
        return self.kind in ANNOTATED_KINDS


@dataclass(frozen=True, slots=True)
class Hydrated(Record):
    """The text of a withheld sentence, as found in the user's own copy."""

    sentence: str
    text: str


@dataclass(frozen=True, slots=True)
class Annotator(Record):
    """Who judges: ``kind`` is ``human`` or ``language-model``, ``model`` names the family."""

    id: str
    kind: str
    model: str = ""
    training: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Judgement(Record):
    """One annotator's decision on one sentence; no labels means "none of them", decided.

    ``text_fingerprint`` is the sentence's ``fingerprint`` when it was judged. ``origin`` is
    ``manual``, ``prefilled`` (a model's suggestion kept) or ``prefilled-changed``; ``model``
    then names the model. ``highlights`` are words the annotator marked as the reason.
    """

    sentence: str
    annotator: str
    labels: tuple[str, ...]
    round: str
    schema_version: str
    guideline_version: str
    text_fingerprint: str
    at: str
    seconds: float | None = None
    origin: str = "manual"
    model: str = ""
    note: str = ""
    highlights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adjudication(Record):
    """A third reading's decision; ``votes_digest`` binds it to the votes it was made on."""

    sentence: str
    labels: tuple[str, ...]
    adjudicator: str
    at: str
    reason: str
    schema_version: str
    guideline_version: str
    votes_digest: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gold(Record):
    """What the corpus holds to be true of a sentence, and how that came about.

    ``how`` is ``unanimous``, ``majority``, ``adjudicated`` or ``unresolved``; ``labels`` is null
    exactly for the last. ``votes`` maps each annotator to their labels; ``by`` and ``reason``
    are the adjudicator and reason code.
    """

    sentence: str
    labels: tuple[str, ...] | None
    votes: dict[str, tuple[str, ...]]
    how: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContrastItem(Record):
    """One member of a contrast or invariance set, kept out of training.

    Items with the same ``pair`` differ by one edit, which ``edit`` names. In the suite
    ``contrast`` the edit changes the labels; in ``invariance`` it must not.
    """

    id: str
    pair: str
    suite: str
    edit: str
    text: str
    labels: tuple[str, ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Prediction(Record):
    """A model's probability for each label of one sentence."""

    sentence: str
    scores: dict[str, float]
    model: str


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """One thing a check found: ``severity`` is ``error``, ``warning`` or ``note``.

    ``id`` is public and stable; ``path``, ``line`` and ``record`` say where, ``hint`` what next.
    """

    id: str
    severity: str
    message: str
    path: str = ""
    line: int = 0
    record: str = ""
    hint: str = ""
    evidence: dict[str, str] = field(default_factory=dict)
