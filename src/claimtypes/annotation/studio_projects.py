"""Our projects on a Label Studio server: found by a mark, made once, read back whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claimtypes.annotation.schema import Schema
from claimtypes.annotation.studio_accounts import user_numbers
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_config import config_aliases, definitions, render_guidelines
from claimtypes.annotation.studio_record import load_studio
from claimtypes.annotation.studio_tasks import SEGMENTS
from claimtypes.errors import Refused
from claimtypes.project import Project

MARK = "claimtypes"


def mark(project: Project, round_name: str, who: str) -> str:
    """Return the line by which a project on the server is known as ours.

    It holds the corpus's name: one server may serve several corpora with like-named rounds.
    """
    return f"[{MARK} {project.dataset().get('name', '')}: {round_name} {who}]"


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
    client: StudioClient,
    project: Project,
    schema: Schema,
    *,
    round_name: str,
    who: str,
    config: str,
    **more: Any,
) -> dict[str, Any]:
    """Return somebody's project of a round, made with ``more`` settings if needed.

    Raises:
        Refused: when the labels of the one that is there were changed in Label Studio.
    """
    line = mark(project, round_name, who)
    if there := find_project(client, line):
        if config_aliases(there["label_config"]) != config_aliases(config):
            raise Refused(
                f"the labels of {client.url}/projects/{there['id']} were changed in Label Studio",
                hint="put them back: Settings, Labeling Interface; the interface is in "
                "annotation/studio",
            )
        return there
    guidelines = render_guidelines(project.guidelines.read_text(encoding="utf-8"))
    values = {
        # Label Studio takes 50 characters, and the annotator looks for their own name in it.
        "title": f"{round_name[: 47 - len(who)]} \u2013 {who}"[:50],
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
    made: dict[str, Any] = client.send("POST", "/api/projects/", values | more)
    return made


def shown_version(there: Mapping[str, Any]) -> str:
    """Return the version of predictions that a project shows; scoring a round changes it."""
    version = str(there.get("model_version") or "")
    return version if version.startswith(SEGMENTS) else SEGMENTS


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
    total = count_tasks(client, project=number)
    if total != count:
        raise StudioError(
            f"{client.url} exported {count} of {total} tasks of the project {number}",
            hint="run the same command again; nothing was written",
        )


def count_tasks(client: StudioClient, **query: Any) -> int:
    """Return how many tasks a query finds on the server."""
    some = {"page_size": 1, "fields": "task_only", "include": "id"}
    total = client.get_object("/api/tasks", "total", **some, **query)["total"]
    if not isinstance(total, int):
        raise StudioError(
            f"{client.url} does not say how many tasks it has", hint="run the same command again"
        )
    return total
