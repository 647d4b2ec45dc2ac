"""The server: up from nothing, tokens of both kinds, nothing leaves the machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from laboratory import Laboratory, reap

from claimtypes.annotation.studio import down, is_running, up
from claimtypes.annotation.studio_accounts import Session, token_works
from claimtypes.annotation.studio_environment import server_environment
from claimtypes.annotation.studio_record import dump_studio, load_studio
from claimtypes.project import Project

pytestmark = pytest.mark.studio

SDK = """
import sys, json
from label_studio_sdk import LabelStudio
values = json.load(sys.stdin)
for token in values["tokens"]:
    print(LabelStudio(base_url=values["url"], api_key=token).users.whoami().email)
"""


def test_tokens_of_both_kinds_work_with_both_sdks_and_nothing_is_looked_up_outside(
    laboratory: Laboratory, server: Path, environment: Path, older_sdk: Path
) -> None:
    tokens = []
    for kind in ("personal", "legacy"):
        studio = up(laboratory.project, token_kind=kind)
        assert (studio.token.count(".") == 2) == (kind == "personal")
        assert token_works(studio.url, studio.token)
        tokens.append(studio.token)
    values = json.dumps({"url": studio.url, "tokens": tokens})
    for more in ({}, {"PYTHONPATH": str(older_sdk)}):
        done = subprocess.run(
            [str(environment / "bin" / "python"), "-c", SDK], input=values,
            capture_output=True, text=True, check=True, env=os.environ | more,
        )  # fmt: skip
        assert done.stdout.split() == [studio.admin.email] * 2
    laboratory.session("reader-a")
    seen = set((server / "lookups.txt").read_text().split())
    # The one look-up that has no switch: the tips beside the log-in form.
    assert seen <= {"127.0.0.1", "localhost", "::1", "0.0.0.0", "None", "raw.githubusercontent.com"}


def test_killed_and_up_again_it_has_the_same_accounts_and_token(laboratory: Laboratory) -> None:
    before = laboratory.studio
    os.killpg(before.pid, signal.SIGKILL)
    reap(before.pid)
    assert "try: claimtypes studio up" in laboratory.run("studio", "status", rc=1)
    assert "studio-not-running" in laboratory.run("studio", "doctor", rc=1)
    after = up(laboratory.project)
    assert (after.token, after.accounts, after.port) == (
        before.token, before.accounts, before.port
    )  # fmt: skip
    assert after.pid != before.pid
    assert "up:" in laboratory.run("studio", "status")


def test_a_copy_of_a_project_gets_a_server_of_its_own(
    laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = laboratory.studio
    copy = Project(shutil.copytree(laboratory.project.root, tmp_path / "copy"))
    assert not is_running(copy, first)
    # As if somebody took the port between the moment it was found free and the server's start.
    monkeypatch.setattr("claimtypes.annotation.studio.free_port", lambda _: first.port)
    try:
        second = up(copy)
        assert second.pid != first.pid
        assert second.port != first.port
        assert second.accounts == first.accounts
        assert token_works(second.url, second.token)
    finally:
        assert down(copy)
    assert "up:" in laboratory.run("studio", "status")


def test_the_doctor_mends_a_refused_token(laboratory: Laboratory) -> None:
    studio = laboratory.studio
    session = Session(studio.url)
    session.log_in(studio.admin.email, studio.admin.password)
    off = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False}
    session.call("POST", "/api/jwt/settings", off)
    assert not token_works(studio.url, studio.token)
    assert "studio-token-renewed" in laboratory.run("studio", "doctor")
    mended = load_studio(laboratory.project)
    assert token_works(mended.url, mended.token)


def test_the_doctor_closes_a_secrets_file_that_others_could_read(laboratory: Laboratory) -> None:
    dump_studio(laboratory.project, laboratory.studio)
    path = laboratory.project.root / ".studio" / "studio.json"
    path.chmod(0o644)
    assert "studio-secrets-open" in laboratory.run("studio", "doctor")
    assert not path.stat().st_mode & 0o077


def test_sign_up_needs_the_invite_link(laboratory: Laboratory) -> None:
    before = laboratory.client.get("/api/users/")
    session = Session(laboratory.studio.url)
    with pytest.raises(Exception, match="403"):
        session.sign_up("/user/signup/", "stranger@claimtypes.invalid", "a-password-1")
    assert laboratory.client.get("/api/users/") == before


def test_a_postgresql_database_is_passed_on_in_parts(
    tmp_path: Path, laboratory: Laboratory
) -> None:
    import dataclasses

    url = "postgresql://who:p%40ss@db.invalid:5433/studio"
    studio = dataclasses.replace(laboratory.studio, database=url)
    values = server_environment(tmp_path, studio)
    assert values["DJANGO_DB"] == "default"
    assert (values["POSTGRE_HOST"], values["POSTGRE_PORT"], values["POSTGRE_NAME"]) == (
        "db.invalid", "5433", "studio"
    )  # fmt: skip
    assert (values["POSTGRE_USER"], values["POSTGRE_PASSWORD"]) == ("who", "p@ss")
