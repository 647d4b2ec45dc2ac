"""A model behind a real Label Studio: it suggests, it dies, and labelling goes on."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from laboratory import Laboratory

from claimtypes.annotation.exchange import pull, push
from claimtypes.annotation.studio import free_port
from claimtypes.corpus.segment import load_sentences

pytestmark = pytest.mark.studio
pytest.importorskip("uvicorn", reason="needs the extra annotate")


@pytest.fixture
def served(laboratory: Laboratory) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``claimtypes serve`` with the packaged model, answering at an address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "claimtypes", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=laboratory.project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        ends = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5):
                    break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < ends
                time.sleep(0.2)
        yield url, process
    finally:
        process.kill()
        process.wait()


def test_a_served_model_suggests_and_its_death_stops_nobody(
    laboratory: Laboratory, served: tuple[str, subprocess.Popen[str]]
) -> None:
    project, name = laboratory.project, "pilot-served"
    url, process = served
    push(project, name, annotators=["reader-a"], design="sentence")
    number = laboratory.project_number(name, "reader-a")
    client, reader = laboratory.client, laboratory.session("reader-a")
    client.send("POST", "/api/ml", {"project": number, "url": url, "title": "claimtypes"})
    shown = {"model_version": "claimtypes", "show_collab_predictions": True}
    client.send("PATCH", f"/api/projects/{number}/", shown)
    first = reader.call("GET", f"/api/projects/{number}/next")
    (prediction,) = first["predictions"]
    assert prediction["result"][0]["value"]["choices"]
    assert 0 <= prediction["score"] <= 1

    def decide(task: int, **more: object) -> None:
        value = {"from_name": "claim", "to_name": "sentence", "type": "choices",
                 "value": {"choices": ["none"]}}  # fmt: skip
        path = f"/api/tasks/{task}/annotations/"
        reader.call("POST", path, {"result": [value], "lead_time": 1.0, **more})

    decide(first["id"], parent_prediction=prediction["id"])
    process.kill()
    said, _ = process.communicate()
    second = reader.call("GET", f"/api/projects/{number}/next")
    assert second["id"] != first["id"]
    assert second["predictions"] == []
    decide(second["id"])
    pulled = pull(project, name)
    # A suggestion in a round that was pushed without any is named, and recorded.
    assert [f.id for f in pulled.findings] == ["prefilled-unasked"]
    assert pulled.added == 2
    assert laboratory.studio.token not in said
    assert "serving" in said


class _Broken(BaseHTTPRequestHandler):
    """Healthy until it is asked for something."""

    def do_GET(self) -> None:
        self.answer(200, b'{"status": "UP"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/setup":
            self.answer(200, b'{"model_version": "broken"}')
        else:
            self.answer(500, b"broken")

    def answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        return


def test_a_failing_model_stops_nobody(laboratory: Laboratory) -> None:
    name = "pilot-broken"
    push(laboratory.project, name, annotators=["reader-a"], design="sentence")
    number = laboratory.project_number(name, "reader-a")
    backend = ThreadingHTTPServer(("127.0.0.1", 0), _Broken)
    Thread(target=backend.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{backend.server_address[1]}"
        values = {"project": number, "url": url, "title": "broken"}
        laboratory.client.send("POST", "/api/ml", values)
        shown = {"model_version": "broken", "show_collab_predictions": True}
        laboratory.client.send("PATCH", f"/api/projects/{number}/", shown)
        task = laboratory.session("reader-a").call("GET", f"/api/projects/{number}/next")
        assert task["predictions"] == []
    finally:
        backend.shutdown()
        backend.server_close()
    sentences = [s.id for s in load_sentences(laboratory.project) if s.annotated]
    laboratory.annotate(name, "reader-a", dict.fromkeys(sentences, ()))
    pulled = pull(laboratory.project, name)
    assert (pulled.added, pulled.findings) == (len(sentences), ())
