"""What a server's project last held, so that a pull asks only for what changed since.

A mirror is believed only where the server still has its newest tasks as they were: after a
restored backup, a deleted task or too many changes, everything is asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from claimtypes.annotation.studio_client import StudioClient
from claimtypes.annotation.studio_projects import count_tasks, export_whole
from claimtypes.store import writing

FEW = 300
"""Changed tasks up to which asking for them alone is faster than an export of everything."""

MARGIN = timedelta(minutes=2)
"""A change may be seen this much later than the time it bears: it was in a slow transaction."""


def fetch_tasks(
    client: StudioClient, there: Mapping[str, Any], path: Path, *, whole: bool = False
) -> list[dict[str, Any]]:
    """Return a project's tasks in order of number, as the server has them now.

    ``path`` is where the mirror is kept; with ``whole`` it is not believed.

    Raises:
        StudioError: when the server does not answer whole; the mirror is as it was.
    """
    number = int(there["id"])
    known = {} if whole else _load(path, there)
    tasks = _with_changes(client, number, known) if known else None
    if tasks is None:
        tasks = {int(task["id"]): task for task in export_whole(client, number)}
    if tasks != known:
        _dump(path, there, tasks)
    return [tasks[key] for key in sorted(tasks)]


def _with_changes(
    client: StudioClient, number: int, known: Mapping[int, dict[str, Any]]
) -> dict[int, dict[str, Any]] | None:
    """Return what is known brought up to date, or nothing when that cannot be trusted."""
    newest = max(_moment(task) for task in known.values())
    since = newest - MARGIN
    changed = {"filter": "filter:tasks:updated_at", "operator": "greater_or_equal",
               "value": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "type": "Datetime"}  # fmt: skip
    # A draft alone does not change its task's time.
    drafted = {"filter": "filter:tasks:draft_exists", "operator": "equal",
               "value": True, "type": "Boolean"}  # fmt: skip
    asked = {
        "project": number,
        "query": json.dumps({"filters": {"conjunction": "or", "items": [changed, drafted]}}),
    }
    if count_tasks(client, **asked) > FEW:
        return None
    fresh = {
        # Lists leave out the drafts of others than who asks, and say only that there are some.
        int(task["id"]): {**task, "drafts": [{}] if task.get("draft_exists") else []}
        for task in client.pages("/api/tasks", fields="all", **asked)
    }
    recent = {key for key, task in known.items() if _moment(task) >= since}
    if not recent <= fresh.keys() <= known.keys() or any(
        _moment(fresh[key]) < _moment(known[key]) for key in recent
    ):
        return None
    gone = {key: {**task, "drafts": []} for key, task in known.items() if task.get("drafts")}
    if count_tasks(client, project=number) != len(known):
        return None
    return {**known, **gone, **fresh}


def _moment(task: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(task["updated_at"]).astimezone(UTC)


def _identity(there: Mapping[str, Any]) -> dict[str, Any]:
    return {"project": there["id"], "created_at": there.get("created_at")}


def _load(path: Path, there: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the tasks of a mirror; none where it is missing, damaged or another project's."""
    try:
        first, *lines = path.read_text(encoding="utf-8", errors="surrogatepass").splitlines()
        if json.loads(first) != _identity(there):
            return {}
        tasks = {int(task["id"]): task for task in map(json.loads, lines)}
        for task in tasks.values():
            _moment(task)
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return tasks


def _dump(path: Path, there: Mapping[str, Any], tasks: Mapping[int, dict[str, Any]]) -> None:
    with writing(path) as staged, staged.open("w", encoding="utf-8") as stream:
        for value in (_identity(there), *(tasks[key] for key in sorted(tasks))):
            stream.write(json.dumps(value) + "\n")
