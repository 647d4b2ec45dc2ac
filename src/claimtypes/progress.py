"""Progress of long work: library loops announce it, the command line shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Show = Callable[[Iterable[Any], str, int | None], Iterable[Any]]

_show: ContextVar[Show | None] = ContextVar("show", default=None)


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterable[T]:
    """Return ``items`` unchanged, shown as progress where somebody looks on."""
    show = _show.get()
    return show(items, description, total) if show else items


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Let ``show(items, description, total)`` display every `track` inside the block."""
    token = _show.set(show)
    try:
        yield
    finally:
        _show.reset(token)
