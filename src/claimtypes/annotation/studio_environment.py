"""What Label Studio runs in: an installation of its own, and the variables it is started with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

from claimtypes.annotation.studio_record import Studio, studio_folder
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.project import Project

VERSION = "1.23.2"
ENVIRONMENT = "CLAIMTYPES_STUDIO_ENVIRONMENT"
"""Names a ready-made environment with Label Studio, instead of one in ``.studio``."""

_OURS = ("LABEL_STUDIO_", "SENTRY_", "FRONTEND_SENTRY_", "DJANGO_", "POSTGRE_", "fflag_")
_KEYMAP = {"annotation:submit": {"key": "enter"}, "region:cycle": {"key": "space"}}


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
        # With it on, a page waits forever for a draft that once failed, and submits nothing more.
        "fflag_feat_all_leap_883_custom_script_270524_short": "false",
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
