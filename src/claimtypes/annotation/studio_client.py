"""HTTP to Label Studio: reads are tried again and proven whole, writes are sent once.

Label Studio's own SDK repeats writes whose answer was lost, which doubles them, and takes an
empty page in the middle for the end. This speaks the few calls that are needed instead.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from claimtypes.errors import BadInput, ClaimtypesError

TRIES = 4
TIMEOUT_SECONDS = 120.0
PAGE = 1000
_PIECE = 1 << 20
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_SPACE = re.compile(r"[ \t\r\n]*")
_STEPS = {
    ("array", "["): "value or end",
    ("value or end", "]"): "nothing",
    ("comma or end", "]"): "nothing",
    ("comma or end", ","): "value",
}
_LOST = (OSError, http.client.HTTPException, ValueError)


class StudioError(ClaimtypesError):
    """Label Studio did not answer, or not as it should; ``status`` is 0 without an answer."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(slots=True)
class StudioClient:
    """One server and a token of either kind, which is shown in no message."""

    url: str
    token: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    pause_seconds: float = 0.5
    _access: str = field(default="", repr=False)
    _access_ends: float = 0.0

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadInput(f"not the URL of a server: {self.url}", hint="http://127.0.0.1:8080")
        self.url = self.url.rstrip("/")

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON that a path answers with, trying again what may pass.

        Raises:
            StudioError: when it cannot be had, saying what to do.
        """
        return json.loads(self._read(path, query))

    def get_object(self, path: str, *keys: str, **query: Any) -> dict[str, Any]:
        """Return the JSON object that a path answers with, which has these keys.

        Raises:
            StudioError: when it cannot be had, or is something else.
        """
        return self._shaped(self.get(path, **query), path, *keys)

    def _shaped(self, value: Any, path: str, *keys: str) -> dict[str, Any]:
        if not isinstance(value, dict) or not value.keys() >= set(keys):
            message = f"{self.url}{path} answers with something else than it should"
            raise StudioError(message, hint="run the same command again")
        return value

    def send(self, method: str, path: str, values: Any = None, **query: Any) -> Any:
        """Send a change exactly once and return its answer; an empty answer is None.

        Raises:
            StudioError: when it was refused, or the answer was lost: it may have been done.
        """
        body = json.dumps(values).encode() if values is not None else b""
        try:
            with self._open(method, path, query, body) as answer:
                data = answer.read()
            return json.loads(data) if data.strip() else None
        except urllib.error.HTTPError as error:
            self._refuse(error, path)
        except _LOST as error:
            self._lose(error, path)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a list of pages, every one exactly once.

        Raises:
            StudioError: when there are fewer, or other ones, than the server says there are.
        """
        seen: set[int] = set()
        number = 1
        while True:
            page = self._page(path, query | {"page": number, "page_size": PAGE}, len(seen))
            items = page["tasks"] if "tasks" in page else page["results"]
            total = page["total"] if "total" in page else page["count"]
            for item in items:
                if self._shaped(item, path, "id")["id"] not in seen:
                    seen.add(item["id"])
                    yield item
            if len(seen) >= total:
                return
            number += 1

    def _page(self, path: str, query: dict[str, Any], before: int) -> dict[str, Any]:
        """Return one page; one that is empty although more was promised is asked for again."""
        why = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(self.pause_seconds * 2**attempt)
            try:
                page = self.get(path, **query)
            except StudioError as error:
                if error.status != 404:
                    raise
                why = "a page is missing"
                continue
            tasks = isinstance(page, dict) and "tasks" in page
            keys = ("tasks", "total") if tasks else ("results", "count")
            if not isinstance(page, dict) or not isinstance(page.get(keys[0]), list):
                why = "a page is no page"
            elif not page[keys[0]] and page.get(keys[1], 0) > before:
                why = "a page is empty"
            elif isinstance(page.get(keys[1]), int):
                return page
        raise StudioError(
            f"{self.url} answers short: {why} after {before} items of {path}",
            hint="run the same command again; nothing was written",
        )

    def export(self, project: int) -> Iterator[dict[str, Any]]:
        """Yield every task of a project as exported in JSON, never holding the whole answer.

        A snapshot is made and deleted again: it is twice as fast as the plain export, and its
        MD5 proves that it came whole.

        Raises:
            StudioError: when it is cut off or not JSON; what was yielded is then to be thrown
                away.
        """
        path = f"/api/projects/{project}/exports"
        options = {"drafts": {"only_id": False}, "predictions": {"only_id": False}}
        asked = {"title": "claimtypes pull", "serialization_options": options}
        snapshot = self._shaped(self.send("POST", path, asked), path, "id", "status")
        path = f"{path}/{snapshot['id']}"
        try:
            while snapshot["status"] in {"created", "in_progress"}:
                time.sleep(self.pause_seconds)
                snapshot = self.get_object(path, "status")
            if snapshot["status"] != "completed":
                raise StudioError(
                    f"{self.url} could not export the project {project}: {snapshot['status']}",
                    hint="run the same command again",
                )
            yield from self._download(path, snapshot.get("md5"))
        finally:
            with suppress(StudioError):
                self.send("DELETE", path)

    def _download(self, path: str, md5: str | None) -> Iterator[dict[str, Any]]:
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with self._open("GET", f"{path}/download", {"exportType": "JSON"}) as answer:

                def pieces() -> Iterator[bytes]:
                    while piece := answer.read(_PIECE):
                        digest.update(piece)
                        yield piece

                yield from read_array(pieces())
        except urllib.error.HTTPError as error:
            self._refuse(error, path)
        except _LOST as error:
            self._lose(error, path)
        if md5 and digest.hexdigest() != md5:
            raise StudioError(
                f"the export of {self.url}{path} came damaged", hint="run the same command again"
            )

    def _read(self, path: str, query: dict[str, Any]) -> bytes:
        for attempt in range(TRIES):
            wait = self.pause_seconds * 2**attempt
            try:
                with self._open("GET", path, query) as answer:
                    data: bytes = answer.read()
                json.loads(data)
            except urllib.error.HTTPError as error:
                if error.code not in _AGAIN or attempt == TRIES - 1:
                    self._refuse(error, path)
                asked = error.headers.get("Retry-After", "")
                wait = max(wait, min(float(asked), 30.0)) if asked.isdecimal() else wait
            except _LOST as error:
                if attempt == TRIES - 1 or _refused(error):
                    self._lose(error, path)
            else:
                return data
            time.sleep(wait)
        raise AssertionError

    def _open(
        self, method: str, path: str, query: dict[str, Any], body: bytes | None = None
    ) -> Any:
        where = self.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Accept": "application/json", "Authorization": self._authorization()}
        if body:
            headers["Content-Type"] = "application/json"
        return self._request(method, where, headers, body)

    def _request(self, method: str, where: str, headers: dict[str, str], body: bytes | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            where, method=method, headers=headers, data=body
        )
        opener = urllib.request.build_opener(_NoRedirect)
        if urllib.parse.urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}:
            opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=self.timeout_seconds)

    def _authorization(self) -> str:
        if self.token.count(".") != 2:
            return f"Token {self.token}"
        if time.monotonic() > self._access_ends:
            body = json.dumps({"refresh": self.token}).encode()
            path = f"{self.url}/api/token/refresh/"
            with self._request("POST", path, {"Content-Type": "application/json"}, body) as answer:
                self._access = str(json.loads(answer.read())["access"])
            self._access_ends = time.monotonic() + _lifetime(self._access) / 2
        return f"Bearer {self._access}"

    def _refuse(self, error: urllib.error.HTTPError, path: str) -> NoReturn:
        detail = _detail(error)
        for secret in (self.token, self._access):
            detail = detail.replace(secret, "[token]") if secret else detail
        message = f"{self.url}{path} answers {error.code}" + (f": {detail}" if detail else "")
        hints = {401: "claimtypes studio doctor", 403: "claimtypes studio doctor"}
        hint = hints.get(error.code, "claimtypes studio status")
        if error.code == 401:
            message = f"{self.url} refuses the token" + (f": {detail}" if detail else "")
        raise StudioError(message, hint=hint, status=error.code) from None

    def _lose(self, error: Exception, path: str) -> NoReturn:
        if _refused(error):
            message, hint = f"no Label Studio answers at {self.url}", "claimtypes studio up"
        elif "timed out" in str(error):
            message = f"{self.url}{path} gave no answer in {self.timeout_seconds:.0f} seconds"
            hint = "run the same command again"
        else:
            message = f"the answer of {self.url}{path} was cut off or unreadable"
            hint = "run the same command again"
        raise StudioError(message, hint=hint) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to wherever it points."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def _refused(error: BaseException) -> bool:
    reason = getattr(error, "reason", error)
    return isinstance(reason, ConnectionRefusedError) or "not known" in str(reason)


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        data = error.read(_PIECE)
        values = json.loads(data)
    except _LOST:
        return ""
    if not isinstance(values, dict):
        return str(values)[:500]
    detail = values.get("detail") or values.get("non_field_errors") or ""
    more = values.get("validation_errors") or ""
    return f"{detail} {more}".strip()[:500]


def _lifetime(access: str) -> float:
    """Return for how many seconds an access token holds, from its own claims."""
    try:
        part = access.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return max(float(claims["exp"]) - time.time(), 0.0)
    except (ValueError, KeyError, IndexError, TypeError):
        return 0.0


def read_array(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON array as its bytes arrive.

    Raises:
        ValueError: for anything but one whole array of objects.
    """
    decode = codecs.getincrementaldecoder("utf-8")().decode
    parse = json.JSONDecoder().raw_decode
    text, expecting = "", "array"
    for piece in pieces:
        text += decode(piece)
        place, end = 0, len(text)
        while (place := _SPACE.match(text, place).end()) < end:  # type: ignore[union-attr]
            mark = text[place]
            if mark == "{" and expecting in {"value", "value or end"}:
                try:
                    value, place = parse(text, place)
                except ValueError:
                    break
                yield value
                expecting = "comma or end"
            elif (expecting, mark) in _STEPS:
                expecting = _STEPS[expecting, mark]
                place += 1
            else:
                raise ValueError("not an array of objects")
        text = text[place:]
    if expecting != "nothing":
        raise ValueError("the array does not end")
