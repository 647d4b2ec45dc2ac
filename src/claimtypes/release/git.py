"""Versions as annotated tags of a git repository, by the git program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.release.folders import copy_files
from claimtypes.release.parcel import Parcel
from claimtypes.release.versions import VERSION

BRANCH = "main"
_WHO = "claimtypes"
_ALLOWED = "file:git:http:https:ssh"


def run_git(folder: Path, *arguments: str, day: str = "") -> str:
    """Run git in a folder, without prompts, hooks or the user's own settings.

    Raises:
        ClaimtypesError: with git's own words, when it fails or is not installed.
    """
    clock = {f"GIT_{who}_DATE": f"{day}T00:00:00Z" for who in ("AUTHOR", "COMMITTER") if day}
    environment = os.environ | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": _ALLOWED,
        "GIT_AUTHOR_NAME": _WHO,
        "GIT_AUTHOR_EMAIL": "",
        "GIT_COMMITTER_NAME": _WHO,
        "GIT_COMMITTER_EMAIL": "",
        "LC_ALL": "C",
        **clock,
    }
    settings = ("core.autocrlf=false", "core.hooksPath=/dev/null", "commit.gpgSign=false")
    given = [word for setting in settings for word in ("-c", setting)]
    program = shutil.which("git")
    if program is None:
        raise ClaimtypesError("git is not installed", hint="install git")
    done = subprocess.run(  # noqa: S603 - the arguments are ours, URLs come after --
        [program, *given, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise ClaimtypesError(f"git {arguments[0]}: {lines[-1]}", hint="check the URL and access")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Git:
    """A repository by path or URL: tag ``vX.Y.Z`` is a version, branch ``main`` the last."""

    url: str

    def __post_init__(self) -> None:
        if self.url.startswith("-") or "::" in self.url:
            raise BadInput(f"not a repository: {self.url}")

    def _refs(self) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as scratch:
            lines = run_git(Path(scratch), "ls-remote", "--", self._place).splitlines()
        return {name: commit for commit, name in (line.split("\t") for line in lines)}

    @property
    def _place(self) -> str:
        """The URL, a path made absolute because git runs elsewhere."""
        path = Path(self.url)
        return str(path.resolve()) if "://" not in self.url and path.exists() else self.url

    @property
    def _address(self) -> str:
        """The place as a URL: git takes another path for plain paths, without depth or lfs."""
        return self._place if "://" in self._place else f"file://{self._place}"

    def versions(self) -> list[str]:
        """Return the tagged versions."""
        names = (name.removeprefix("refs/tags/v") for name in self._refs())
        return sorted(name for name in names if VERSION.fullmatch(name))

    def stage(self, parcel: Parcel) -> None:
        """Push a commit that holds exactly the parcel's files to a branch of its own."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            run_git(folder, "init", "--quiet", "--initial-branch", BRANCH)
            if f"refs/heads/{BRANCH}" in self._refs():
                run_git(folder, "fetch", "--quiet", "--depth", "1", "--", self._place, BRANCH)
                run_git(folder, "reset", "--quiet", "--soft", "FETCH_HEAD")
            if _large(parcel.folder):
                run_git(folder, "lfs", "install", "--local", "--skip-repo")
            copy_files(parcel.folder, folder)
            run_git(folder, "add", "--all", "--force")
            message = f"{parcel.name} {parcel.version}"
            run_git(folder, "commit", "--quiet", "--allow-empty", "-m", message, day=parcel.date)
            if _large(parcel.folder):
                run_git(folder, "remote", "add", "origin", self._address)
                run_git(folder, "lfs", "push", "--all", "origin")
            branch = f"HEAD:refs/heads/{_staging(parcel.version)}"
            run_git(folder, "push", "--quiet", "--force", "--", self._place, branch)

    def tag(self, parcel: Parcel) -> None:
        """Tag the staged commit and make it the main branch's, both or neither.

        Raises:
            Refused: when the tag exists by now.
        """
        tag = f"v{parcel.version}"
        if f"refs/tags/{tag}" in self._refs():
            raise Refused(f"{self.url} has the tag {tag} already", hint="publish a higher version")
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            run_git(folder, "init", "--quiet", "--bare")
            staged = f"refs/heads/{_staging(parcel.version)}"
            run_git(folder, "fetch", "--quiet", "--", self._place, f"{staged}:{staged}")
            message = f"{parcel.name} {parcel.version}\n\n{parcel.sums.decode()}"
            run_git(folder, "tag", "--annotate", "-m", message, tag, staged, day=parcel.date)
            run_git(
                folder, "push", "--quiet", "--atomic", "--", self._place,
                f"{staged}:refs/heads/{BRANCH}", f"refs/tags/{tag}", f":{staged}",
            )  # fmt: skip

    def read(self, version: str, into: Path, *, staged: bool = False) -> None:
        """Check a version's files out."""
        name = _staging(version) if staged else f"v{version}"
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            run_git(
                folder, "clone", "--quiet", "--depth", "1", "--branch", name, "--", self._address,
                "clone",
            )  # fmt: skip
            clone = folder / "clone"
            if _large(clone):
                run_git(clone, "lfs", "install", "--local", "--skip-repo")
                run_git(clone, "lfs", "pull")
            shutil.rmtree(clone / ".git")
            copy_files(clone, into)


def _staging(version: str) -> str:
    return f"staging/v{version}"


def _large(folder: Path) -> bool:
    """Whether ``.gitattributes`` asks for git-lfs, which must then be there.

    Raises:
        ClaimtypesError: when it is not installed.
    """
    attributes = folder / ".gitattributes"
    if not attributes.is_file() or "filter=lfs" not in attributes.read_text(encoding="utf-8"):
        return False
    if shutil.which("git-lfs") is None:
        raise ClaimtypesError("its tables are large: git-lfs is needed", hint="install git-lfs")
    return True
