"""The library's exceptions: what is wrong, and the next command to try."""

from __future__ import annotations

import importlib
from types import ModuleType


class ClaimtypesError(Exception):
    """Something the caller can mend; ``hint`` names the next step.

    >>> str(ClaimtypesError("no such round: pilot", hint="claimtypes status"))
    'no such round: pilot'
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadInput(ClaimtypesError):
    """Input from outside that cannot be read as what it should be."""


class Refused(ClaimtypesError):
    """A write or load that would break a promise, such as overwriting a released version."""


class MissingExtra(ClaimtypesError):
    """An optional dependency is not installed."""


def require(module: str, extra: str) -> ModuleType:
    """Import ``module``, or raise `MissingExtra` naming the extra that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"this needs the Python package that provides {module.split('.', maxsplit=1)[0]!r}",
            hint=f"pip install 'claimtypes[{extra}]'",
        ) from error
