"""Articles out of web pages, by trafilatura in a child process that a bomb may kill."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self, cast

from claimtypes.corpus.extractor import CPU_SECONDS, read_frame, write_frame
from claimtypes.errors import BadInput, MissingExtra

# Wall time is only the backstop for a child that waits; on a busy machine it passes quickly.
_WALL_SECONDS = 60.0
_BY_HAND = "save the article's text from the page, then claimtypes ingest FILE"


@dataclass(frozen=True, slots=True)
class Extracted:
    """A page's article: ``body`` are lines with the marks of article files."""

    title: str
    publisher: str
    published: str
    language: str
    body: str


class Extractor:
    """Extracts page after page in one child process, started when first needed.

    Each page has ``cpu_seconds`` of processor time and the child 512 MiB of memory; a page that
    takes more is refused, and the next one gets a fresh child.
    """

    def __init__(self, cpu_seconds: float = CPU_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process."""
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            if importlib.util.find_spec("trafilatura") is None:
                raise MissingExtra(
                    "reading HTML needs trafilatura", hint="pip install 'claimtypes[ingest]'"
                )
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "claimtypes.corpus.extractor", str(self._cpu_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def _reply(self, child: subprocess.Popen[bytes]) -> bytes | None:
        """Read the child's reply, or return None when it died or the wall clock ran out."""
        stream = cast(BinaryIO, child.stdout)
        deadline = time.monotonic() + _WALL_SECONDS
        ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        return read_frame(stream) if ready else None

    def _why_died(self, child: subprocess.Popen[bytes]) -> str:
        try:
            code = child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return f"it took longer than {_WALL_SECONDS:g} seconds"
        if code == -signal.SIGPROF:
            return f"it took more than {self._cpu_seconds:g} seconds of processor time"
        return f"the extractor died of it (exit code {code})"

    def extract(self, html: str, url: str = "") -> Extracted:
        """Extract the article of a page.

        Raises:
            BadInput: saying why there is none, a page too costly to read included.
            MissingExtra: when trafilatura is not installed.
        """
        child = self._started()
        stream = cast(BinaryIO, child.stdin)
        with contextlib.suppress(BrokenPipeError):
            write_frame(stream, url.encode())
            write_frame(stream, html.encode("utf-8", "replace"))
        reply = self._reply(child)
        if reply is None:
            why = self._why_died(child)
            self.close()
            raise BadInput(why, hint=_BY_HAND)
        values = json.loads(reply)
        if why := values.pop("why", ""):
            raise BadInput(why, hint=_BY_HAND)
        return Extracted(**values)


def version() -> str:
    """Return the name and version of the extractor, for the notes of an article."""
    import importlib.metadata

    return f"trafilatura {importlib.metadata.version('trafilatura')}"
