"""The Label Studio server of a project: brought up with one command, kept on loopback."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claimtypes.annotation.studio_accounts import (
    TOKEN_KINDS,
    Session,
    new_token,
    token_works,
    user_numbers,
)
from claimtypes.annotation.studio_client import StudioClient
from claimtypes.annotation.studio_environment import ensure_environment, server_environment
from claimtypes.annotation.studio_record import (
    Account,
    Studio,
    dump_studio,
    load_studio,
    studio_folder,
)
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.store import locked

START_SECONDS = 300.0
_DOMAIN = "claimtypes.invalid"
_LISTENS = "0A"  # the state of a socket in the kernel's table


def connect(project: Project) -> StudioClient:
    """Return a client of the project's server, or of the one the environment names.

    Raises:
        ClaimtypesError: when there is none.
    """
    url, token = os.environ.get("CLAIMTYPES_STUDIO_URL"), os.environ.get("CLAIMTYPES_STUDIO_TOKEN")
    if url:
        if not token:
            raise BadInput("CLAIMTYPES_STUDIO_URL is set without CLAIMTYPES_STUDIO_TOKEN")
        return StudioClient(url, token)
    studio = load_studio(project)
    if not studio.url:
        raise ClaimtypesError(
            "no Label Studio was started for this project", hint="claimtypes studio up"
        )
    return StudioClient(studio.url, token or studio.token)


def is_healthy(url: str) -> bool:
    """Whether a Label Studio says at ``/health`` that it is up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=5) as answer:
            return bool(json.loads(answer.read()).get("status") == "UP")
    except (OSError, ValueError, AttributeError):
        return False


def is_running(project: Project, studio: Studio) -> bool:
    """Whether the process that was started is still there, and is this project's Label Studio.

    A copy of a project has the record of the other's server, which must not be taken for its own.
    """
    process = Path(f"/proc/{studio.pid}")
    try:
        ours = (process / "cwd").samefile(studio_folder(project))
        return studio.pid > 0 and ours and b"label-studio" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _listening_port(pid: int) -> int:
    """Return the port on loopback that a process listens on, 0 for none yet."""
    try:
        lines = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        opened = {str(handle.readlink()) for handle in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return 0
    for fields in map(str.split, lines):
        address, state, inode = fields[1], fields[3], fields[9]
        if state == _LISTENS and f"socket:[{inode}]" in opened:
            return int(address.partition(":")[2], 16)
    return 0


def up(
    project: Project,
    *,
    annotators: Sequence[str] = (),
    token_kind: str | None = None,
    database: str | None = None,
    port: int = 0,
) -> Studio:
    """Bring the project's server up, with a working token and an account for each annotator.

    Everything that is there already is kept: a running server is not started again.

    Raises:
        ClaimtypesError: when it cannot be installed, or does not start.
    """
    if url := os.environ.get("CLAIMTYPES_STUDIO_URL"):
        raise Refused(
            f"CLAIMTYPES_STUDIO_URL names another server: {url}",
            hint="unset it to start one here; claimtypes studio doctor looks at that one",
        )
    studio_folder(project).mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(studio_folder(project)):
        studio = load_studio(project)
        if not studio.accounts:
            admin = Account("", f"admin@{_DOMAIN}", secrets.token_urlsafe(18))
            studio = replace(studio, accounts=(admin,))
        studio = replace(
            studio,
            token_kind=token_kind or studio.token_kind,
            database=studio.database if database is None else database,
        )
        dump_studio(project, studio)
        if not (is_running(project, studio) and is_healthy(studio.url)):
            studio = _start(project, studio, port)
        studio = ensure_token(studio, renew=token_kind is not None)
        dump_studio(project, studio)
        studio = ensure_accounts(studio, annotators)
        dump_studio(project, studio)
        return studio


def down(project: Project, *, seconds: float = 20.0) -> bool:
    """Stop the project's server; return whether there was one to stop."""
    studio = load_studio(project)
    if not is_running(project, studio):
        return False
    os.killpg(studio.pid, signal.SIGTERM)
    ends = time.monotonic() + seconds
    while is_running(project, studio) and time.monotonic() < ends:
        _reap(studio.pid)
        time.sleep(0.1)
    if is_running(project, studio):
        os.killpg(studio.pid, signal.SIGKILL)
    _reap(studio.pid)
    dump_studio(project, replace(studio, pid=0))
    return True


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def free_port(wanted: int = 0) -> int:
    """Return a free port on loopback, ``wanted`` where it is free.

    The others tried lie below those that systems give to outgoing connections, one of which could
    take the port while the server still starts.
    """
    others = random.sample(range(20_000, 32_000), 20)
    for port in [wanted, *others] if wanted else others:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ClaimtypesError("no free port on loopback", hint="close some programs, then try again")


def _start(project: Project, studio: Studio, port: int) -> Studio:
    if is_running(project, studio):
        down(project)
    program = ensure_environment(project)
    folder = studio_folder(project)
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    chosen = free_port(port or studio.port)
    where = ["--internal-host", "127.0.0.1", "--port", str(chosen)]
    command = [str(program), "start", "--no-browser", *where]
    log = folder / "server.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(  # noqa: S603
            command,
            env=server_environment(data, studio),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    studio = replace(studio, pid=process.pid)
    dump_studio(project, studio)
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise ClaimtypesError(
                f"Label Studio stopped while starting: {_last_line(log)}", hint=f"see {log}"
            )
        # Its launcher moves to another port in silence when somebody was faster to take this one,
        # and who is healthy there is then somebody else.
        chosen = _listening_port(process.pid)
        url = f"http://127.0.0.1:{chosen}"
        if chosen and is_healthy(url):
            return replace(studio, url=url, port=chosen)
        time.sleep(0.25)
    down(project)
    raise ClaimtypesError(
        f"Label Studio did not start in {START_SECONDS:.0f} seconds", hint=f"see {log}"
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def ensure_token(studio: Studio, *, renew: bool = False) -> Studio:
    """Return the server with a token that works, of the kind it is to have."""
    personal = studio.token.count(".") == 2
    fits = personal == (studio.token_kind == TOKEN_KINDS[1])
    if (fits or not renew) and token_works(studio.url, studio.token):
        return studio
    session = Session(studio.url)
    session.log_in(studio.admin.email, studio.admin.password)
    return replace(studio, token=new_token(session, studio.token_kind))


def ensure_accounts(studio: Studio, annotators: Sequence[str]) -> Studio:
    """Return the server with an account for each annotator; ``ID=EMAIL`` chooses the email."""
    client = StudioClient(studio.url, studio.token)
    numbers = user_numbers(client)
    accounts = {account.annotator: account for account in studio.accounts}
    for entry in annotators:
        name, _, email = entry.partition("=")
        if name not in accounts or (email and accounts[name].email != email.lower()):
            accounts[name] = Account(
                name, email.lower() or f"{name}@{_DOMAIN}", secrets.token_urlsafe(9)
            )
    for account in accounts.values():
        if account.email not in numbers:
            invite: dict[str, Any] = client.get("/api/invite")
            Session(studio.url).sign_up(invite["invite_url"], account.email, account.password)
    if missing := sorted({a.email for a in accounts.values()} - user_numbers(client).keys()):
        raise ClaimtypesError(
            f"Label Studio made no account for {', '.join(missing)}",
            hint="claimtypes studio doctor",
        )
    return replace(studio, accounts=tuple(accounts.values()))
