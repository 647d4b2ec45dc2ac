"""What tests do to a running Label Studio: annotate as somebody, and look at what is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from studio_exports import annotation

from claimtypes.annotation.studio import connect
from claimtypes.annotation.studio_accounts import Session, user_numbers
from claimtypes.annotation.studio_client import StudioClient
from claimtypes.annotation.studio_projects import find_project, mark
from claimtypes.annotation.studio_record import Studio, load_studio
from claimtypes.annotation.studio_tasks import Plan, load_plan
from claimtypes.project import Project

ANNOTATORS = ("reader-a", "reader-b", "reader-c")
Decisions = Mapping[str, Sequence[str]]


def reap(pid: int) -> None:
    """Wait for a killed server, whether or not it was started by this process."""
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


class Laboratory:
    def __init__(self, project: Project) -> None:
        self.project = project
        self._sessions: dict[str, Session] = {}

    @property
    def studio(self) -> Studio:
        return load_studio(self.project)

    @property
    def client(self) -> StudioClient:
        return connect(self.project)

    @cached_property
    def users(self) -> dict[str, int]:
        numbers = user_numbers(self.client)
        return {a.annotator: numbers[a.email] for a in self.studio.accounts}

    def session(self, who: str) -> Session:
        if who not in self._sessions:
            account = next(a for a in self.studio.accounts if a.annotator == who)
            session = Session(self.studio.url)
            session.log_in(account.email, account.password)
            self._sessions[who] = session
        return self._sessions[who]

    def project_number(self, round_name: str, who: str) -> int:
        found = find_project(self.client, mark(self.project, round_name, who))
        assert found
        return int(found["id"])

    def tasks(self, round_name: str, who: str) -> dict[str, dict[str, Any]]:
        number = self.project_number(round_name, who)
        tasks = self.client.pages("/api/tasks", project=number, fields="all")
        return {task["data"]["key"]: task for task in tasks}

    def annotate(
        self, round_name: str, who: str, decisions: Decisions, *, by: str | None = None
    ) -> dict[str, int]:
        """Annotate every task of ``who``; return the number of each annotation by key."""
        plan: Plan = load_plan(self.project, round_name)
        numbers = {}
        for key, task in self.tasks(round_name, who).items():
            text = task["data"]["text" if plan.design == "document" else "sentence"]
            made = annotation(plan, plan.of(who)[key], text, decisions)
            values = {"result": made["result"], "lead_time": made["lead_time"]}
            path = f"/api/tasks/{task['id']}/annotations/"
            numbers[key] = int(self.session(by or who).call("POST", path, values)["id"])
        return numbers

    def run(self, *arguments: str, rc: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "claimtypes", *arguments],
            check=False,
            cwd=self.project.root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == rc, f"{done.returncode}: {done.stderr}{done.stdout}"
        return done.stdout + done.stderr
