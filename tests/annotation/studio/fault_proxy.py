"""A proxy on loopback between us and a real Label Studio, which fails when it is told to."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fault = Callable[[str, str, int], str]
"""Says what goes wrong with a request, by method, path and its number; nothing for nothing."""


@contextmanager
def fault_proxy(upstream: str, fault: Fault) -> Iterator[str]:  # noqa: C901 - one branch a fault
    """Serve the upstream's answers, spoilt by ``fault``; yield the proxy's URL."""
    host = urlsplit(upstream)
    lock, seen = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: object) -> None:
            return

        def handle_any(self) -> None:
            with lock:
                seen[0] += 1
                number = seen[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            how = fault(self.command, self.path, number)
            if how == "reset":
                self.abort()
                return
            if how == "timeout":
                time.sleep(3)
                self.abort()
                return
            early = {"404": 404, "429": 429, "500": 500}.get(how)
            if early:
                # A careless server may repeat the header it was sent.
                said = f'{{"detail": "{self.headers.get("Authorization")}"}}'
                self.answer(early, said.encode())
                return
            connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=300)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            connection.request(self.command, self.path, body or None, headers)
            reply = connection.getresponse()
            data = reply.read()
            kind = reply.headers.get("Content-Type", "application/json")
            if how == "502-after":
                self.answer(502, b"<html>bad gateway</html>")
            elif how == "drop-after":
                self.abort()
            elif how == "empty":
                self.answer(200, b'{"tasks": [], "total": 10, "results": [], "count": 10}')
            elif how == "garbage":
                self.answer(200, data[: len(data) // 2] + b"}{")
            elif how == "cut":
                self.answer(200, data[: len(data) // 2], claim=len(data))
            elif how == "short":
                self.answer(200, b"[]")
            else:
                self.answer(reply.status, data, kind=kind)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        def answer(
            self,
            status: int,
            data: bytes,
            *,
            claim: int | None = None,
            kind: str = "application/json",
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data) if claim is None else claim))
            if claim is not None:
                self.close_connection = True
            self.end_headers()
            self.wfile.write(data)

        def abort(self) -> None:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
