"""Files and JSON lines: sorted, hashed, and written whole or not at all."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.records import Record

R = TypeVar("R", bound=Record)

STAGING_PREFIX = ".claimtypes-staging-"
MAX_LINE_BYTES = 64 * 1024 * 1024


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex, reading it in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def remove_stale(folder: Path) -> None:
    """Remove what killed writers left in ``folder``; writers that still run are left alone."""
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        if not _alive(path.name.removeprefix(STAGING_PREFIX).split("-", 1)[0]):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _staging(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale(folder)
    prefix = f"{STAGING_PREFIX}{os.getpid()}-"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes ``path`` when the block ends well, else nothing does.

    The bytes are flushed to disk before the rename, and the rename before returning, so that a
    kill or a full disk at any moment leaves the old file or the new one.

    Raises:
        BadInput: for a device or a pipe, which a rename would replace.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise BadInput(f"{path} is no file that can be replaced", hint="a file, or - for stdout")
    staging = _staging(path.parent)
    try:
        staged = staging / path.name
        yield staged
        with staged.open("rb") as stream:
            os.fsync(stream.fileno())
        staged.replace(path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file atomically; nothing is touched when it already holds these bytes."""
    with suppress(FileNotFoundError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            remove_stale(path.parent)
            return
    with writing(path) as staged:
        staged.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 file atomically, with line feeds as they are."""
    write_bytes(path, text.encode())


def _exchange(one: Path, other: Path) -> None:
    """Swap two folders in one step where the system can, else by two renames."""
    at_cwd, exchange = -100, 2
    libc = ctypes.CDLL(None, use_errno=True)
    swap = getattr(libc, "renameat2", None)
    if swap and swap(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0:
        return
    aside = one.with_name(one.name + "-aside")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


@contextmanager
def writing_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder that becomes ``target`` when the block ends well.

    Raises:
        Refused: when ``target`` exists and ``replace`` is not set.
    """
    target = Path(target)
    if target.exists() and not replace:
        raise Refused(f"{target} exists already", hint="choose another name or version")
    staging = _staging(target.parent)
    try:
        staged = staging / target.name
        staged.mkdir()
        yield staged
        for file in staged.rglob("*"):
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        if target.exists():
            _exchange(staged, target)
        else:
            staged.rename(target)
        _sync_folder(target.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each non-blank line with its number from 1.

    Raises:
        BadInput: for a line over 64 MiB, which is no record but a broken file.
    """
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise BadInput(
                    f"{path}:{number}: line longer than {MAX_LINE_BYTES >> 20} MiB",
                    hint="is this JSON lines? one record a line",
                )
            if line.strip():
                yield number, line


def load_jsonl(path: Path, record: type[R]) -> Iterator[R]:
    """Yield the records of a JSON lines file.

    Raises:
        BadInput: naming file and line of the first that cannot be read.
    """
    for number, line in numbered_lines(path):
        try:
            yield record.parse(line)
        except BadInput as error:
            raise BadInput(f"{path}:{number}: {error}", hint="claimtypes check") from error


def dump_jsonl(
    path: Path, records: Iterable[R], *, key: Callable[[R], object] | None = None
) -> int:
    """Write records as JSON lines atomically, sorted by ``key`` where given; return how many."""
    items = sorted(records, key=key) if key else records  # type: ignore[arg-type]
    count = 0
    with writing(path) as staged, staged.open("w", encoding="utf-8", newline="\n") as stream:
        for item in items:
            stream.write(item.render() + "\n")
            count += 1
    return count


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a project's lock, so that two commands never write it at once.

    Raises:
        ClaimtypesError: at once, when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ClaimtypesError(
                f"another claimtypes command is writing {folder.parent}",
                hint="wait for it to end, then run this again",
            ) from error
        yield
