"""The model behind Label Studio's protocol: it answers, and its failure harms nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from claimtypes.annotation import studio_backend
from claimtypes.annotation.studio_backend import Answered, Asked, create_app
from claimtypes.annotation.uncertainty import confidence

testclient = pytest.importorskip("fastapi.testclient", reason="needs the extra annotate")
CANARY = "canary0123456789canary0123456789canary01"


def label(asked: Sequence[Asked]) -> list[Answered]:
    return [
        Answered(("official_denial",) if "denied" in one.text else (), (0.9, 0.4)) for one in asked
    ]


def client(answer: Any = label) -> Any:
    app = create_app(answer, none="none", version="some@1")
    return testclient.TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def app() -> Iterator[Any]:
    with client() as started:
        yield started


def test_health_and_setup_name_the_model(app: Any) -> None:
    assert app.get("/health").json()["status"] == "UP"
    setup = {"project": "12.34", "schema": "<View/>", "access_token": CANARY}
    assert app.post("/setup", json=setup).json() == {"model_version": "some@1"}


def test_a_sentence_gets_choices_and_its_confidence(app: Any) -> None:
    tasks = [{"data": {"sentence": sentence}} for sentence in ("He denied it.", "Rain.")]
    results = app.post("/predict", json={"tasks": tasks}).json()["results"]
    assert [r["result"][0]["value"]["choices"] for r in results] == [["official_denial"], ["none"]]
    assert {r["score"] for r in results} == {confidence((0.9, 0.4))} == {0.2}


def test_a_document_keeps_the_regions_it_was_pushed_with(app: Any) -> None:
    text = "Title\n\nHe denied it. Rain fell."
    seg = {"id": "s0001", "from_name": "seg", "value": {"start": 7, "end": 20}}
    task = {"data": {"text": text}, "predictions": [{"result": [seg]}]}
    (answer,) = app.post("/predict", json={"tasks": [task]}).json()["results"]
    assert [(r["id"], r["from_name"], r["value"]["text"]) for r in answer["result"]] == [
        ("s0001", "seg", "He denied it."),
        ("s0001", "claim", "He denied it."),
    ]


@pytest.mark.parametrize("action", ["ANNOTATION_CREATED", "START_TRAINING", "PROJECT_UPDATED"])
def test_webhooks_are_taken_and_change_nothing(app: Any, action: str) -> None:
    assert app.post("/webhook", json={"action": action}).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"{", b'{"tasks": 3}', b'{"tasks": [3]}', b'{"tasks": [{}]}']
)
def test_what_is_no_request_is_refused(app: Any, body: bytes) -> None:
    assert app.post("/predict", content=body).status_code == 400


def test_a_slow_model_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_backend, "ANSWER_SECONDS", 0.05)

    def slow(asked: Sequence[Asked]) -> list[Answered]:
        time.sleep(0.5)
        return label(asked)

    with client(slow) as app:
        answer = app.post("/predict", json={"tasks": [{"data": {"sentence": "Rain."}}]})
        assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_the_token_it_is_sent_is_told_to_nobody(
    app: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answers = [
        app.post(path, json={"access_token": CANARY, "tasks": [{"data": {}}]})
        for path in ("/setup", "/predict", "/webhook")
    ]
    said = "".join(a.text for a in answers) + "".join(capfd.readouterr()) + caplog.text
    assert CANARY not in said
