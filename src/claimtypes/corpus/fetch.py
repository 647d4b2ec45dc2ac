"""The network: one page fetched from a public address, within limits, and cached."""

from __future__ import annotations

import datetime
import hashlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

from claimtypes import __version__
from claimtypes.corpus.warc import decompress_body
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.store import sha256_bytes, write_bytes, write_text

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MAX_URL = 4096


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may cost: total seconds, bytes of body, redirects."""

    seconds: float = 30.0
    body_bytes: int = 10 << 20
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: ``url`` is the last one after redirects, ``retrieved`` the day."""

    url: str
    content_type: str
    retrieved: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("93.184.215.14")
    (False, False, True)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        # An IPv4-mapped address is never global itself, and never needed.
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        return all(is_public(str(address)) for address in inner if address)
    return True


def _parse(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise BadInput(f"not a URL: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise BadInput(f"only http and https are fetched, not {parts.scheme or 'this'}")
    if parts.username is not None or parts.password is not None:
        raise BadInput("URLs with a user name are not fetched")
    if not host or len(url) > _MAX_URL or any(c.isspace() or ord(c) < 33 for c in url):
        raise BadInput("not a URL that names a host")
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        path.encode("ascii")
    except UnicodeEncodeError:
        from urllib.parse import quote

        path = quote(path, safe="/?&=%:;,@+!$'()*~#[]")
    return _Target(parts.scheme, host, port, path)


def _addresses(target: _Target, *, allow_private: bool) -> list[str]:
    """Resolve a host once; the connection goes to these very addresses and no others."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadInput(f"{target.host} cannot be resolved: {error}") from error
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not allow_private and not all(is_public(address) for address in addresses):
        raise BadInput(
            f"{target.host} is at a private address, which pages are not fetched from",
            hint="--allow-private, if you trust every URL given",
        )
    return addresses


def _connect(target: _Target, addresses: list[str], seconds: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, target.port), timeout=min(seconds, 10.0))
        except OSError as error:
            failure = error
    raise BadInput(f"{target.host} cannot be reached: {failure}")


def _connection(
    target: _Target, plain: socket.socket, seconds: float
) -> http.client.HTTPConnection:
    """Return a connection on an open socket; a TLS failure is an error and nothing else."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=seconds)
    if target.scheme == "https":
        # The certificate is checked against the host's name, though its address is dialled.
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(plain, server_hostname=target.host)
        connection.default_port = 443
    else:
        connection.sock = plain
    return connection


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _exchange(
    target: _Target, limits: FetchLimits, *, allow_private: bool
) -> tuple[http.client.HTTPResponse, bytes]:
    plain = _connect(target, _addresses(target, allow_private=allow_private), limits.seconds)
    # A socket's timeout is for one read; a server that drips bytes is cut off by the clock. It
    # holds a duplicate, because TLS takes the socket itself over.
    handle = plain.dup()
    expired = threading.Event()

    def cut_off() -> None:
        expired.set()  # before the cut: the reader may wake before this thread has ended
        _cut(handle)

    clock = threading.Timer(limits.seconds, cut_off)
    clock.daemon = True
    clock.start()
    try:
        connection = _connection(target, plain, limits.seconds)
        headers = {
            "User-Agent": f"claimtypes/{__version__}",
            "Accept": "text/html, application/xhtml+xml, text/plain, text/markdown",
            "Accept-Encoding": "gzip, identity",
            "Connection": "close",
        }
        connection.request("GET", target.path, headers=headers)
        response = connection.getresponse()
        body = response.read(limits.body_bytes + 1) if response.status == 200 else b""
        length = response.getheader("Content-Length", "")
        if expired.is_set():
            raise BadInput(f"it took longer than {limits.seconds:g} seconds")
        if (
            response.status == 200
            and length.isdecimal()
            and len(body) < int(length) < limits.body_bytes
        ):
            raise BadInput(f"cut short: {len(body)} of {length} bytes")
    except (http.client.HTTPException, OSError) as error:
        slow = expired.is_set() or isinstance(error, TimeoutError)
        reason = (
            f"it took longer than {limits.seconds:g} seconds" if slow else f"{error or 'no answer'}"
        )
        kind = "TLS failed: " if isinstance(error, ssl.SSLError) and not slow else ""
        raise BadInput(f"{kind}{reason}") from error
    finally:
        clock.cancel()
        _cut(handle)
        handle.close()
        plain.close()
    if len(body) > limits.body_bytes:
        raise BadInput(f"larger than {limits.body_bytes >> 20} MiB")
    return response, body


def _follow(url: str, limits: FetchLimits, *, allow_private: bool) -> Page:
    for _ in range(limits.redirects + 1):
        target = _parse(url)
        response, body = _exchange(target, limits, allow_private=allow_private)
        if response.status == 200:
            encoding = response.getheader("Content-Encoding", "").strip().lower()
            body = decompress_body(body, encoding, limits.body_bytes)
            today = datetime.datetime.now(datetime.UTC).date().isoformat()
            return Page(url, response.getheader("Content-Type", ""), today, body)
        location = response.getheader("Location")
        if response.status not in (301, 302, 303, 307, 308) or not location:
            raise BadInput(f"the server answered {response.status} {response.reason}".strip())
        url = urljoin(url, location)
        if target.scheme == "https" and urlsplit(url).scheme == "http":
            raise BadInput("redirected from https to http, which is not followed")
    raise BadInput(f"more than {limits.redirects} redirects")


def fetch(url: str, *, limits: FetchLimits | None = None, allow_private: bool = False) -> Page:
    """Fetch one page over http or https.

    Every address on the way, redirects included, must be public unless ``allow_private``; the
    address that was checked is the one that is dialled, so that a name that resolves anew
    to somewhere else gains nothing. From https there is no way down to http.

    Raises:
        BadInput: saying why there is no page.
    """
    try:
        return _follow(url, limits or FetchLimits(), allow_private=allow_private)
    except BadInput as error:
        raise BadInput(f"{url}: {error}", hint=error.hint) from error


def fetch_cached(
    url: str,
    folder: Path,
    *,
    limits: FetchLimits | None = None,
    allow_private: bool = False,
    refresh: bool = False,
) -> Page:
    """Return a page from the cache folder, fetching it first where it is not there.

    Raises:
        BadInput: saying why there is no page; failures are not cached.
    """
    name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    note, body_path = folder / f"{name}.json", folder / f"{name}.body"
    if not refresh and note.exists():
        try:
            known = json.loads(note.read_text(encoding="utf-8"))
            body = body_path.read_bytes()
            if known.pop("sha256") == sha256_bytes(body) and known.pop("asked") == url:
                return Page(**known, body=body)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # a broken cache entry is fetched again
    page = fetch(url, limits=limits, allow_private=allow_private)
    values = {k: v for k, v in asdict(page).items() if k != "body"}
    values |= {"asked": url, "sha256": sha256_bytes(page.body)}
    try:
        write_bytes(body_path, page.body)
        write_text(note, json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise ClaimtypesError(f"{folder}: {error.strerror or error}") from error
    return page
