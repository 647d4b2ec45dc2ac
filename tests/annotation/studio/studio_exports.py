"""Exports as Label Studio writes them, made from decisions, for tests without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claimtypes.annotation.studio_tasks import Plan, PlannedTask, segments, suggestions

ANN, BEN, ADMIN = 7, 8, 1
USERS = {ANN: "ann", BEN: "ben"}
AT = "2026-02-03T04:05:06.789012Z"


def annotation(
    plan: Plan,
    task: PlannedTask,
    text: str,
    decisions: Mapping[str, Sequence[str]],
    *,
    number: int = 1,
    by: int = ANN,
    updated_by: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    result = segments(task, text) if plan.design == "document" else []
    result += suggestions(task, text, plan.design, decisions, "none")
    return {
        "id": number,
        "completed_by": by,
        "result": result,
        "was_cancelled": False,
        "created_at": AT,
        "updated_at": AT,
        "lead_time": 12.5 * len(task.parts),
        "updated_by": updated_by,
        "parent_prediction": None,
    } | more


def exported(
    number: int, task: PlannedTask, data: dict[str, Any], annotations: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": number,
        "project": 3,
        "data": data,
        "annotations": annotations,
        "drafts": [],
        "predictions": [],
    }
