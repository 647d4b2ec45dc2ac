"""A model behind Label Studio's machine-learning protocol; it can fail, and labelling goes on.

Label Studio sends its token with every set-up. Nothing here reads, keeps or logs it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimtypes.annotation.uncertainty import confidence
from claimtypes.corpus.boundaries import sentence_spans
from claimtypes.errors import BadInput, require

ANSWER_SECONDS = 2.0
"""Label Studio waits for an answer before it shows a task, so a late one is not given."""

BODY_BYTES = 64 << 20
_QUIET = ("/webhook", "/train", "/delete", "/validate")


@dataclass(frozen=True, slots=True)
class Asked:
    """One sentence to label, in its context."""

    text: str
    before: str = ""
    after: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A sentence's labels and the probability of each label of the schema."""

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]


Label = Callable[[Sequence[Asked]], Sequence[Answered]]


def answer_task(task: Mapping[str, Any], label: Label, none: str, version: str) -> dict[str, Any]:
    """Return the prediction for one task of any design.

    Raises:
        BadInput: for a task that shows neither a text nor a sentence.
    """
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    if isinstance(text := data.get("text"), str):
        regions = _regions(task, text)
        line = [text[start:end] for _, start, end in regions]
        asked = [
            Asked(sentence, line[place - 1] if place else "", "".join(line[place + 1 : place + 2]))
            for place, sentence in enumerate(line)
        ]
    elif isinstance(text := data.get("sentence"), str):
        regions = []
        asked = [Asked(text, *(str(data.get(k) or "") for k in ("before", "after", "heading")))]
    else:
        raise BadInput("a task has neither a text nor a sentence")
    answers = label(asked)
    result: list[dict[str, Any]] = []
    for place, answer in enumerate(answers):
        value: dict[str, Any] = {"choices": list(answer.labels) or [none]}
        if not regions:
            shape = {"from_name": "claim", "to_name": "sentence", "type": "choices"}
            result.append({**shape, "value": value})
            continue
        region, start, end = regions[place]
        where = {"start": start, "end": end, "text": text[start:end]}
        of = {"id": region, "to_name": "doc"}
        seg = {**of, "readonly": True, "from_name": "seg", "type": "labels"}
        result.append(seg | {"value": {**where, "labels": ["sentence"]}})
        result.append({**of, "from_name": "claim", "type": "choices", "value": where | value})
    sure = [confidence(answer.probabilities) for answer in answers]
    score = round(sum(sure) / len(sure), 6) if sure else 0.0
    return {"result": result, "score": score, "model_version": version}


def _regions(task: Mapping[str, Any], text: str) -> list[tuple[str, int, int]]:
    """Return the regions that a push put there, or else sentences as they are found."""
    for prediction in task.get("predictions") or []:
        rows = [r for r in prediction.get("result") or [] if r.get("from_name") == "seg"]
        if rows:
            return [(str(r["id"]), int(r["value"]["start"]), int(r["value"]["end"])) for r in rows]
    return [(f"s{n:04}", *span) for n, span in enumerate(sentence_spans(text), 1)]


def create_app(label: Label, *, none: str, version: str) -> Any:
    """Return the application: ``/health``, ``/setup``, ``/predict`` and ``/webhook``.

    Raises:
        MissingExtra: when FastAPI is not installed.
    """
    fastapi = require("fastapi", "annotate")
    respond = require("starlette.responses", "annotate").JSONResponse
    app = fastapi.FastAPI(title="claimtypes", docs_url=None, redoc_url=None, openapi_url=None)

    async def health(_request: Any) -> Any:
        return respond({"status": "UP", "model_class": version, "model_version": version})

    async def setup(request: Any) -> Any:
        await _body(request)
        return respond({"model_version": version})

    async def quiet(request: Any) -> Any:
        await _body(request)
        return respond({"status": "ok"})

    async def predict(request: Any) -> Any:
        values = await _body(request)
        tasks = values.get("tasks") if isinstance(values, dict) else None
        if not isinstance(tasks, list):
            return respond({"detail": "no list of tasks"}, status_code=400)

        def work() -> list[dict[str, Any]]:
            return [answer_task(task, label, none, version) for task in tasks]

        try:
            results = await asyncio.wait_for(asyncio.to_thread(work), ANSWER_SECONDS)
        except TimeoutError:
            return respond({"results": [], "model_version": version})
        except (BadInput, AttributeError, KeyError, TypeError, ValueError):
            return respond({"detail": "the tasks cannot be read"}, status_code=400)
        return respond({"results": results, "model_version": version})

    async def versions(_request: Any) -> Any:
        return respond({"versions": [version]})

    app.add_route("/", health, methods=["GET"])
    app.add_route("/health", health, methods=["GET"])
    app.add_route("/versions", versions, methods=["GET"])
    app.add_route("/setup", setup, methods=["POST"])
    app.add_route("/predict", predict, methods=["POST"])
    for path in _QUIET:
        app.add_route(path, quiet, methods=["POST"])
    return app


async def _body(request: Any) -> Any:
    """Return a request's JSON, or nothing where it is none or too long."""
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > BODY_BYTES:
            return None
    try:
        return json.loads(data or b"null")
    except (ValueError, RecursionError):
        return None


def serve(app: Any, *, port: int) -> None:
    """Serve an application on loopback until it is stopped; requests are not logged."""
    uvicorn = require("uvicorn", "annotate")
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")
