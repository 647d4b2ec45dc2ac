"""A Hugging Face hub on loopback: olah serves, and what olah lacks, writing, is here.

Both work on bare git repositories. Everything this server does not know is passed to olah, an
independent implementation, so that the real client reads what it wrote through other code.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

IDENTITY = {
    f"GIT_{who}_{what}": "hub" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Repositories:
    """Bare git repositories as olah expects them: ROOT/KIND/OWNER/NAME."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.large: dict[str, bytes] = {}
        self.lock = threading.Lock()

    def path(self, kind: str, owner: str, name: str) -> Path:
        return self.root / kind / owner / name

    def git(self, folder: Path, *arguments: str, data: bytes | None = None, **more: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, input=data, capture_output=True, check=True,
            env=os.environ | IDENTITY | more,
        )  # fmt: skip
        return done.stdout.decode().strip()

    def create(self, folder: Path) -> bool:
        if folder.exists():
            return False
        folder.mkdir(parents=True)
        self.git(folder, "init", "--bare", "--initial-branch", "main")
        self.commit(
            folder, "main", [{"key": "file", "value": {"path": ".gitattributes", "content": ""}}]
        )
        return True

    def commit(self, folder: Path, branch: str, lines: list[dict]) -> str:
        index = {"GIT_INDEX_FILE": str(folder / f"index-{time.monotonic_ns()}")}
        parent = self.resolve(folder, f"refs/heads/{branch}")
        if parent:
            self.git(folder, "read-tree", parent, **index)
        for line in lines:
            value = line["value"]
            if line["key"] in ("file", "lfsFile"):
                data = (
                    self.large[value["oid"]]
                    if line["key"] == "lfsFile"
                    else base64.b64decode(value["content"])
                )
                blob = self.git(folder, "hash-object", "-w", "--stdin", data=data)
                self.git(
                    folder,
                    "update-index",
                    "--add",
                    "--cacheinfo",
                    f"100644,{blob},{value['path']}",
                    **index,
                )
            elif line["key"].startswith("deleted"):
                self.git(folder, "rm", "--cached", "-r", "-q", "--", value["path"], **index)
        tree = self.git(folder, "write-tree", **index)
        parents = ["-p", parent] if parent else []
        commit = self.git(folder, "commit-tree", tree, *parents, "-m", "commit")
        self.git(folder, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def resolve(self, folder: Path, name: str) -> str:
        try:
            return self.git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except subprocess.CalledProcessError:
            return ""


class Handler(BaseHTTPRequestHandler):
    """Answers the calls that write; passes the others on."""

    protocol_version = "HTTP/1.1"
    repositories: Repositories
    upstream: str

    def log_message(self, *arguments: object) -> None:
        return

    def answer(self, status: int, value: object = None) -> None:
        body = json.dumps(value or {}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def handle_call(self) -> None:
        data = self.body()
        with self.repositories.lock:
            if not self.write(urlsplit(self.path).path.strip("/").split("/"), data):
                self.forward(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_call

    def write(self, parts: list[str], data: bytes) -> bool:
        store = self.repositories
        if self.command == "PUT" and parts[0] == "large":
            store.large[parts[1]] = data
            self.answer(200)
        elif parts[:2] == ["api", "validate-yaml"]:
            self.answer(200, {"errors": [], "warnings": []})
        elif parts[:3] == ["api", "repos", "create"]:
            asked = json.loads(data)
            owner = asked.get("organization") or "someone"
            folder = store.path(f"{asked.get('type', 'model')}s", owner, asked["name"])
            created = store.create(folder)
            self.answer(
                200 if created else 409,
                {"url": f"{owner}/{asked['name']}", "error": "" if created else "exists"},
            )
        elif parts[-4:] == ["info", "lfs", "objects", "batch"]:
            host = f"http://{self.headers['Host']}"
            objects = [
                {
                    "oid": o["oid"],
                    "size": o["size"],
                    "actions": {"upload": {"href": f"{host}/large/{o['oid']}", "header": {}}},
                }
                for o in json.loads(data)["objects"]
            ]
            self.answer(200, {"transfer": "basic", "objects": objects})
        elif len(parts) > 5 and parts[0] == "api" and self.command in ("POST", "DELETE"):
            return self.write_repository(store.path(*parts[1:4]), parts[4], unquote(parts[5]), data)
        else:
            return False
        return True

    def write_repository(self, folder: Path, verb: str, name: str, data: bytes) -> bool:
        store = self.repositories
        if verb == "preupload":
            files = [
                {
                    "path": f["path"],
                    "shouldIgnore": False,
                    "uploadMode": "lfs"
                    if f["path"].endswith((".parquet", ".safetensors"))
                    else "regular",
                }
                for f in json.loads(data)["files"]
            ]
            self.answer(200, {"files": files})
        elif verb == "commit":
            commit = store.commit(
                folder, name, [json.loads(line) for line in data.splitlines() if line]
            )
            self.answer(
                200,
                {
                    "success": True,
                    "commitOid": commit,
                    "commitUrl": f"http://{self.headers['Host']}/{'/'.join(folder.parts[-3:])}/commit/{commit}",
                    "hookOutput": "",
                },
            )
        elif verb == "branch" and self.command == "DELETE":
            store.git(folder, "update-ref", "-d", f"refs/heads/{name}")
            self.answer(200)
        elif verb == "branch":
            start = (json.loads(data or b"{}") or {}).get("startingPoint") or "main"
            store.git(folder, "update-ref", f"refs/heads/{name}", store.resolve(folder, start))
            self.answer(200)
        elif verb == "tag" and self.command == "POST":
            asked = json.loads(data)
            if store.resolve(folder, f"refs/tags/{asked['tag']}"):
                self.answer(409, {"error": "the tag exists"})
            else:
                store.git(
                    folder, "tag", "-a", asked["tag"], name, "-m", asked.get("message") or "tag"
                )
                self.answer(200)
        else:
            return False
        return True

    def forward(self, data: bytes) -> None:
        headers = {
            k: v
            for k, v in self.headers.items()
            if k.lower()
            not in ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")
        }
        asked = urllib.request.Request(
            self.upstream + self.path, data=data or None, headers=headers, method=self.command
        )
        try:
            with urllib.request.urlopen(asked) as reply:
                status, found, body = reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            status, found, body = error.code, error.headers, error.read()
        self.send_response(status)
        for key, value in found.items():
            if key.lower() not in (
                "transfer-encoding",
                "connection",
                "date",
                "server",
                "content-length",
            ):
                self.send_header(key, value)
        length = found.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class HubServer:
    """olah and the writing server before it; ``endpoint`` is what clients are given."""

    def __init__(self, folder: Path) -> None:
        self.port, below = free_port(), free_port()
        mirrors = folder / "mirrors"
        mirrors.mkdir(parents=True)
        config = folder / "olah.toml"
        config.write_text(
            f'[basic]\nhost = "127.0.0.1"\nport = {below}\nrepos-path = "{folder}/cache"\n'
            f'mirrors-path = ["{mirrors}"]\n\n[accessibility]\noffline = true\n'
        )
        program = shutil.which("olah-cli", path=str(Path(sys.executable).parent)) or shutil.which(
            "olah-cli"
        )
        assert program, "olah is not installed"
        self.log = (folder / "olah.log").open("w")
        self.olah = subprocess.Popen(
            [
                program,
                "-c",
                str(config),
                "--log-path",
                str(folder / "logs"),
                "--metadata-cache-ttl",
                "0",
            ],
            stdout=self.log,
            stderr=self.log,
            cwd=folder,
        )
        handler = type(
            "Bound",
            (Handler,),
            {"repositories": Repositories(mirrors), "upstream": f"http://127.0.0.1:{below}"},
        )
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._wait(below)

    def _wait(self, port: int) -> None:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert self.olah.poll() is None, "olah did not start"
            time.sleep(0.1)
        raise AssertionError("olah did not answer")

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.olah.terminate()
        self.olah.wait(10)
        self.log.close()
