"""Our projects on a Label Studio server: found by a mark, made once, read back whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.annotation.studio import load_studio
from claimtypes.annotation.studio_accounts import user_numbers
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_config import config_aliases, definitions, render_guidelines
from claimtypes.errors import Refused
from claimtypes.project import Project

MARK = "claimtypes"


def mark(round_name: str, who: str) -> str:
    """Return the line by which a project on the server is known as ours."""
    return f"[{MARK} {round_name} {who}]"


def find_project(client: StudioClient, line: str) -> dict[str, Any] | None:
    """Return the project whose description holds a mark.

    Raises:
        StudioError: when two do.
    """
    found = [p for p in client.pages("/api/projects/") if line in (p.get("description") or "")]
    if len(found) > 1:
        numbers = ", ".join(str(p["id"]) for p in found)
        raise StudioError(
            f"projects {numbers} on {client.url} all say they are {line}",
            hint="delete all but one of them in Label Studio",
        )
    return found[0] if found else None


def ensure_project(
    client: StudioClient, project: Project, schema: Schema, *, line: str, config: str, **more: Any
) -> int:
    """Return the number of the project with a mark, made with ``more`` settings if needed.

    Raises:
        Refused: when the labels of the one that is there were changed in Label Studio.
    """
    if there := find_project(client, line):
        if config_aliases(there["label_config"]) != config_aliases(config):
            raise Refused(
                f"the labels of {client.url}/projects/{there['id']} were changed in Label Studio",
                hint="put them back: Settings, Labeling Interface; the interface is in "
                "annotation/studio",
            )
        return int(there["id"])
    guidelines = render_guidelines(project.guidelines.read_text(encoding="utf-8"))
    values = {
        "title": line.strip("[]").removeprefix(f"{MARK} ").replace(" ", " \u2013 ")[:50],
        "description": f"{schema.question}\n{line}",
        "label_config": config,
        "expert_instruction": definitions((*schema.labels, schema.none)) + guidelines,
        "show_instruction": True,
        "maximum_annotations": 1,
        "sampling": "Sequential sampling",
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "reveal_preannotations_interactively": False,
    }
    return int(client.send("POST", "/api/projects/", values | more)["id"])


def read_back(client: StudioClient, number: int) -> tuple[dict[str, dict[str, Any]], list[int]]:
    """Return the tasks on the server by their keys, and the numbers of surplus copies."""
    keys: dict[str, list[dict[str, Any]]] = {}
    wanted = {"project": number, "fields": "task_only", "include": "id,meta,total_annotations"}
    for task in client.pages("/api/tasks", **wanted):
        key = (task.get("meta") or {}).get("key")
        if isinstance(key, str):
            keys.setdefault(key, []).append(task)
    doubled: list[int] = []
    for copies in keys.values():
        if len(copies) > 1:
            # The annotated one stays; two annotated ones both do, and pull names them.
            copies.sort(key=lambda t: (not t.get("total_annotations"), t["id"]))
            doubled += [t["id"] for t in copies[1:] if not t.get("total_annotations")]
    return {key: copies[0] for key, copies in keys.items()}, doubled


def remove_tasks(client: StudioClient, numbers: Sequence[int]) -> int:
    """Delete tasks and return how many."""
    for number in numbers:
        client.send("DELETE", f"/api/tasks/{number}/")
    return len(numbers)


def user_names(project: Project, client: StudioClient) -> dict[int, str]:
    """Return the annotator behind each user number: by account, else by an email of the id."""
    emails = {a.email: a.annotator for a in load_studio(project).annotators}
    return {
        number: emails.get(email) or email.partition("@")[0]
        for email, number in user_numbers(client).items()
    }


def export_whole(client: StudioClient, number: int) -> Iterator[dict[str, Any]]:
    """Yield a project's tasks, as many as the server counts."""
    count = 0
    for task in client.export(number):
        count += 1
        yield task
    total = client.get_object(
        "/api/tasks", "total", project=number, page_size=1, fields="task_only", include="id"
    )
    if total["total"] != count:
        raise StudioError(
            f"{client.url} exported {count} of {total['total']} tasks of the project {number}",
            hint="run the same command again; nothing was written",
        )
