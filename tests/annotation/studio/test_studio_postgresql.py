"""A team's server on PostgreSQL, from an empty folder and an empty database, in one command."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import new_project
from laboratory import Laboratory

from claimtypes.annotation.exchange import pull, push
from claimtypes.annotation.studio import down, free_port
from claimtypes.annotation.studio_accounts import token_works
from claimtypes.annotation.studio_record import load_studio
from claimtypes.corpus.segment import load_sentences

pytestmark = pytest.mark.studio
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL of our own, as the user it insists on; yield the URL of a database."""
    if not PROGRAMS or (os.getuid() == 0 and not shutil.which("runuser")):
        pytest.skip("needs Debian's postgresql")
    where = PROGRAMS[-1]
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    # Not under pytest's folder, which is closed to the user that the server runs as.
    with tempfile.TemporaryDirectory() as name:
        data, secret = Path(name) / "data", Path(name) / "secret"
        secret.write_text("s3cret/word")

        def run(program: str, *arguments: str) -> None:
            command = [*prefix, str(where / program), *arguments]
            subprocess.run(command, check=True, capture_output=True, cwd="/")

        if prefix:
            shutil.chown(name, "postgres")
            shutil.chown(secret, "postgres")
        port = free_port()
        run("initdb", "-D", str(data), "-U", "studio", "--auth=scram-sha-256", "--no-sync",
            f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8")  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={name}"
        run("pg_ctl", "-D", str(data), "-w", "-l", f"{name}/log", "-o", f"{options} -F", "start")
        try:
            yield f"postgresql://studio:s3cret%2Fword@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def test_from_nothing_to_pulled_judgements_on_postgresql(environment: Path, tmp_path: Path) -> None:
    project = new_project(tmp_path / "project")
    laboratory = Laboratory(project)
    with postgresql() as url:
        try:
            accounts = ["--annotator", "reader-a", "--annotator", "reader-b=b@team.invalid"]
            said = laboratory.run("studio", "up", "--database", url, *accounts)
            assert "Label Studio is up" in said
            assert "s3cret" not in said
            studio = load_studio(project)
            assert token_works(studio.url, studio.token)
            push(project, "pilot", annotators=["reader-a", "reader-b"])
            sentences = [s.id for s in load_sentences(project) if s.annotated]
            for who in ("reader-a", "reader-b"):
                laboratory.annotate("pilot", who, dict.fromkeys(sentences, ("official_denial",)))
            pulled = pull(project, "pilot")
            assert (pulled.added, pulled.findings) == (2 * len(sentences), ())
            assert not list((project.root / ".studio").rglob("*.sqlite3"))
        finally:
            down(project)
