"""Pages come from public addresses only, whatever a URL, a redirect or a resolver says."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from claimtypes.corpus.fetch import FetchLimits, fetch, fetch_cached, is_public
from claimtypes.errors import BadInput

PAGE = b"<html><p>A page.</p></html>"


class Site(ThreadingHTTPServer):
    hits = 0
    daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *arguments: object) -> None:
        pass

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.server.hits += 1
        if self.path.startswith("/to/"):
            self.send(302, Location=self.path.removeprefix("/to/"))
        elif self.path == "/loop":
            self.send(302, Location="/loop")
        elif self.path == "/gzip":
            self.send(200, gzip.compress(PAGE), Content_Encoding="gzip")
        elif self.path == "/bomb":
            self.send(200, gzip.compress(bytes(50 << 20)), Content_Encoding="gzip")
        elif self.path == "/large":
            self.send(200, bytes(2 << 20))
        elif self.path == "/short":
            self.send(200, PAGE, Content_Length="5000")
        elif self.path == "/drip":
            self.send(200)
            try:
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.1)
            except OSError:
                pass
        elif self.path == "/missing":
            self.send(404)
        else:
            self.send(200, PAGE, Content_Type="text/html; charset=utf-8")


def serve(server: Site) -> Iterator[Site]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve(Site(("127.0.0.1", 0), Handler))


@pytest.fixture
def public(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A world in which public.example is 8.8.8.8 and that address leads to the test's server.

    It returns the addresses dialled. The name resolves to the loopback address ever after.
    """
    dialled: list[str] = []
    answers = iter(["8.8.8.8"])
    real_resolve, real_dial = socket.getaddrinfo, socket.create_connection

    def resolve(host: str, port: int, *args: object, **kw: object) -> list[tuple[object, ...]]:
        if host != "public.example":
            return real_resolve(host, port, *args, **kw)  # type: ignore[arg-type,return-value]
        address = next(answers, "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address[0])
        where = ("127.0.0.1", site.server_port) if address[0] == "8.8.8.8" else address
        return real_dial(where, timeout)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", dial)
    return dialled


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0.0.0.0",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "127.0.0.1.",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_however_they_are_written(host: str, site: Site) -> None:
    with pytest.raises(BadInput, match=r"private|resolved|not a URL"):
        fetch(f"http://{host}:{site.server_port}/")
    assert site.hits == 0


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "fe80::1%eth0", "fc00::1", "ff02::1", "::",
        "2002:7f00:1::", "2001:0:7f00:1::", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


def test_public_addresses_are_known() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:4700::1111")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a.example/x", "gopher://a.example/", "http://", "http:///x",
        "http://user:secret@a.example/", "http://a.example:99999/", "http://a.example/\r\nX: y",
    ],
)  # fmt: skip
def test_other_schemes_and_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
        fetch(url)


def test_a_redirect_to_a_private_address_is_refused(site: Site, public: list[str]) -> None:
    target = f"http://127.0.0.1:{site.server_port}/secret"
    with pytest.raises(BadInput, match="private address"):
        fetch(f"http://public.example/to/{target}")
    assert (site.hits, public) == (1, ["8.8.8.8"])


def test_a_name_that_resolves_anew_gains_nothing(site: Site, public: list[str]) -> None:
    assert fetch("http://public.example/").body == PAGE
    assert public == ["8.8.8.8"]
    with pytest.raises(BadInput, match="private address"):
        fetch("http://public.example/")
    assert public == ["8.8.8.8"]


def test_a_redirect_to_another_scheme_is_refused(site: Site) -> None:
    with pytest.raises(BadInput, match="only http"):
        fetch(f"{site.url}/to/file:///etc/passwd", allow_private=True)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop", "redirects"),
        ("/missing", "404"),
        ("/large", "larger than"),
        ("/bomb", "larger than"),
        ("/short", "cut short|IncompleteRead"),
        ("/drip", "longer than"),
    ],
)
def test_a_page_within_no_limits_is_refused(path: str, reason: str, site: Site) -> None:
    # Only the page that drips may run out of time: a busy machine takes a second for the others.
    limits = FetchLimits(seconds=1.0 if path == "/drip" else 30.0, body_bytes=1 << 20)
    with pytest.raises(BadInput, match=reason):
        fetch(site.url + path, limits=limits, allow_private=True)


def test_a_compressed_page_is_unpacked(site: Site) -> None:
    assert fetch(f"{site.url}/gzip", allow_private=True).body == PAGE


def test_a_cached_page_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    first = fetch_cached(f"{site.url}/a", tmp_path, allow_private=True)
    assert fetch_cached(f"{site.url}/a", tmp_path, allow_private=True) == first
    assert site.hits == 1
    next(tmp_path.glob("*.body")).write_bytes(b"altered")
    assert fetch_cached(f"{site.url}/a", tmp_path, allow_private=True) == first
    fetch_cached(f"{site.url}/a", tmp_path, allow_private=True, refresh=True)
    assert site.hits == 3


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Site]:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", key, "-out", certificate],
        check=False, capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("needs openssl to make a certificate")
    server = Site(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from serve(server)


def test_an_unknown_certificate_is_refused_and_nothing_is_asked(secure: Site) -> None:
    with pytest.raises(BadInput, match="TLS failed"):
        fetch(f"https://127.0.0.1:{secure.server_port}/", allow_private=True)
    assert secure.hits == 0


def test_https_is_never_left_for_http(
    secure: Site, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    here = f"https://localhost:{secure.server_port}"
    assert fetch(f"{here}/", allow_private=True).body == PAGE
    with pytest.raises(BadInput, match="https to http"):
        fetch(f"{here}/to/{site.url}/", allow_private=True)
    assert site.hits == 0
