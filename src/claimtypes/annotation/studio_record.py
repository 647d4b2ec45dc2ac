"""What a project knows of its Label Studio server: address, token, accounts; for its owner only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from claimtypes.annotation.studio_accounts import TOKEN_KINDS
from claimtypes.errors import BadInput
from claimtypes.project import Project
from claimtypes.store import writing


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
