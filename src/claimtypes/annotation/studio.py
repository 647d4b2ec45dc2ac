"""The Label Studio server of a project: brought up with one command, kept on loopback."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
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
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.store import locked, writing

VERSION = "1.23.2"
ENVIRONMENT = "CLAIMTYPES_STUDIO_ENVIRONMENT"
"""Names a ready-made environment with Label Studio, instead of one in ``.studio``."""

START_SECONDS = 300.0
_DOMAIN = "claimtypes.invalid"
_OURS = ("LABEL_STUDIO_", "SENTRY_", "FRONTEND_SENTRY_", "DJANGO_", "POSTGRE_", "fflag_")
_KEYMAP = {"annotation:submit": {"key": "enter"}, "region:cycle": {"key": "space"}}


@dataclass(frozen=True, slots=True)
class Account:
    """Who can sign in: an annotator of the project, by the email the server knows them by."""

    annotator: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Studio:
    """What a project knows of its server; kept in ``.studio/studio.json``, for its owner only.

    ``pid`` is 0 for a server that was not started here. ``admin`` has no annotator.
    """

    url: str = ""
    port: int = 0
    pid: int = 0
    database: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    token_kind: str = TOKEN_KINDS[0]
    accounts: tuple[Account, ...] = ()

    @property
    def admin(self) -> Account:
        """The account that owns the projects."""
        return next(a for a in self.accounts if not a.annotator)

    @property
    def annotators(self) -> tuple[Account, ...]:
        """The accounts that label."""
        return tuple(a for a in self.accounts if a.annotator)


def studio_folder(project: Project) -> Path:
    """Return where the server, its data and its secrets are; never under version control."""
    return project.root / ".studio"


def load_studio(project: Project) -> Studio:
    """Return what is known of the project's server; an empty `Studio` before the first ``up``.

    Raises:
        BadInput: when the file cannot be read.
    """
    path = studio_folder(project) / "studio.json"
    try:
        values = json.loads(path.read_bytes())
        accounts = tuple(Account(**account) for account in values.pop("accounts"))
        return Studio(**values, accounts=accounts)
    except FileNotFoundError:
        return Studio()
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(
            f"{path} is damaged", hint="remove it and run claimtypes studio up"
        ) from error


def dump_studio(project: Project, studio: Studio) -> None:
    """Write what is known of the server, readable by its owner only."""
    folder = studio_folder(project)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with writing(folder / "studio.json") as staged:
        staged.touch(mode=0o600)
        staged.write_text(json.dumps(asdict(studio), indent=2) + "\n", encoding="utf-8")


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


def is_running(studio: Studio) -> bool:
    """Whether the process that was started is still there and still Label Studio."""
    try:
        line = Path(f"/proc/{studio.pid}/cmdline").read_bytes()
    except OSError:
        return False
    return studio.pid > 0 and b"label-studio" in line


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
        if not (is_running(studio) and is_healthy(studio.url)):
            studio = _start(project, studio, port)
        studio = ensure_token(studio, renew=token_kind is not None)
        dump_studio(project, studio)
        studio = ensure_accounts(studio, annotators)
        dump_studio(project, studio)
        return studio


def down(project: Project, *, seconds: float = 20.0) -> bool:
    """Stop the project's server; return whether there was one to stop."""
    studio = load_studio(project)
    if not is_running(studio):
        return False
    os.killpg(studio.pid, signal.SIGTERM)
    ends = time.monotonic() + seconds
    while is_running(studio) and time.monotonic() < ends:
        _reap(studio.pid)
        time.sleep(0.1)
    if is_running(studio):
        os.killpg(studio.pid, signal.SIGKILL)
    _reap(studio.pid)
    dump_studio(project, replace(studio, pid=0))
    return True


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def ensure_environment(project: Project) -> Path:
    """Return the ``label-studio`` program in an environment of its own, installing it if needed.

    Raises:
        ClaimtypesError: when it cannot be installed.
    """
    named = os.environ.get(ENVIRONMENT)
    folder = Path(named) if named else studio_folder(project) / "environment"
    program = folder / "bin" / "label-studio"
    if installed_version(folder) == VERSION:
        return program
    # The environment is never the project's own: Label Studio pins what others need newer.
    for command in _installing(folder):
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise ClaimtypesError(
                f"cannot install Label Studio {VERSION}: {lines[-1] if lines else 'no word'}",
                hint="check the network and 1 GB of free space, then run this again",
            )
    return program


def _installing(folder: Path) -> list[list[str]]:
    """Return the commands that install Label Studio, by uv where there is one: 7 times faster."""
    python, wanted = str(folder / "bin" / "python"), f"label-studio=={VERSION}"
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", python, wanted],
        ]
    return [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [python, "-m", "pip", "install", "--quiet", wanted],
    ]


def installed_version(environment: Path) -> str:
    """Return the version of Label Studio in an environment, or nothing."""
    found = sorted(environment.glob("lib/python*/site-packages/label_studio-*.dist-info"))
    return found[-1].name.removeprefix("label_studio-").removesuffix(".dist-info") if found else ""


def server_environment(data: Path, studio: Studio) -> dict[str, str]:
    """Return the environment variables a server is started with: nothing leaves the machine.

    Raises:
        BadInput: for a database URL that is not PostgreSQL's.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    kept |= {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_USERNAME": studio.admin.email,
        "LABEL_STUDIO_PASSWORD": studio.admin.password,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_USE_DEFAULT_BANNED_SUBNETS": "false",
        "LABEL_STUDIO_EDITOR_KEYMAP": json.dumps(_KEYMAP),
        "fflag_feat_utc_210_prediction_validation_15082025": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    if not studio.database:
        return kept | {"DJANGO_DB": "sqlite"}
    parts = urllib.parse.urlsplit(studio.database)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadInput(
            "not the URL of a PostgreSQL database", hint="postgresql://user:password@host:5432/name"
        )
    return kept | {
        "DJANGO_DB": "default",
        "POSTGRE_HOST": parts.hostname or "127.0.0.1",
        "POSTGRE_PORT": str(parts.port or 5432),
        "POSTGRE_NAME": parts.path.strip("/"),
        "POSTGRE_USER": urllib.parse.unquote(parts.username or ""),
        "POSTGRE_PASSWORD": urllib.parse.unquote(parts.password or ""),
    }


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
    if is_running(studio):
        down(project)
    program = ensure_environment(project)
    folder = studio_folder(project)
    data = folder / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    chosen = free_port(port or studio.port)
    url = f"http://127.0.0.1:{chosen}"
    # Its own launcher would move to another port in silence when this one is taken.
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
    studio = replace(studio, url=url, port=chosen, pid=process.pid)
    dump_studio(project, studio)
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise ClaimtypesError(
                f"Label Studio stopped while starting: {_last_line(log)}", hint=f"see {log}"
            )
        if is_healthy(url):
            return studio
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
