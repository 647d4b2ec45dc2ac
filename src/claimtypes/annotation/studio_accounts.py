"""Accounts and tokens on a Label Studio server, made the way its own pages make them."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from claimtypes.annotation.studio_client import StudioClient, StudioError

TOKEN_KINDS = ("legacy", "personal")


class Session:
    """Somebody signed in with cookies, as a browser would be; needed only to mend tokens."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._jar), urllib.request.ProxyHandler({})
        )

    def log_in(self, email: str, password: str) -> None:
        """Sign in.

        Raises:
            StudioError: when the server does not accept email and password.
        """
        self._call("GET", "/user/login/")
        self._form("/user/login/", {"email": email, "password": password})
        try:
            self.call("GET", "/api/current-user/whoami")
        except StudioError as error:
            raise StudioError(
                f"{self.url} does not let {email} in with the password kept in .studio",
                hint="reset it in Label Studio, or remove .studio and run claimtypes studio up",
            ) from error

    def sign_up(self, invite: str, email: str, password: str) -> None:
        """Make an account through the invite link, which is the only way to a usable one."""
        self._call("GET", invite)
        self._form(invite, {"email": email, "password": password, "allow_newsletters": "false"})

    def call(self, method: str, path: str, values: Any = None) -> Any:
        """Send JSON with the session's cookies and return the JSON answered."""
        body = None if values is None else json.dumps(values).encode()
        data = self._call(method, path, body, "application/json")
        return json.loads(data) if data.strip() else None

    def _form(self, path: str, fields: dict[str, str]) -> None:
        values = fields | {"csrfmiddlewaretoken": self._csrf()}
        body = urllib.parse.urlencode(values).encode()
        self._call("POST", path, body, "application/x-www-form-urlencoded")

    def _csrf(self) -> str:
        return next((c.value or "" for c in self._jar if c.name == "csrftoken"), "")

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        headers = {"Referer": self.url + path, "X-CSRFToken": self._csrf()}
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(  # noqa: S310 - the URL is our own server's
            self.url + path, data=body, method=method, headers=headers
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            raise StudioError(
                f"{self.url}{path.split('?', maxsplit=1)[0]} answers {error.code}",
                hint="claimtypes studio doctor",
                status=error.code,
            ) from None
        except OSError as error:
            raise StudioError(
                f"no Label Studio answers at {self.url}", hint="claimtypes studio up"
            ) from error


def token_works(url: str, token: str) -> bool:
    """Whether a server takes a token.

    Raises:
        StudioError: when it does not answer at all.
    """
    if not token:
        return False
    try:
        StudioClient(url, token).get("/api/current-user/whoami")
    except StudioError as error:
        if error.status in {401, 403}:
            return False
        raise
    return True


def new_token(session: Session, kind: str) -> str:
    """Return a working token of a kind, allowing both kinds and withdrawing an older one."""
    allow = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": True}
    session.call("POST", "/api/jwt/settings", allow)
    if kind == "legacy":
        return str(session.call("GET", "/api/current-user/token")["token"])
    try:
        return str(session.call("POST", "/api/token/")["token"])
    except StudioError as error:
        if error.status != 409:
            raise
    # Only one personal token may be valid, and an older one is never shown whole again.
    for old in session.call("GET", "/api/token/"):
        session.call("POST", "/api/token/blacklist/", {"refresh": old["token"]})
    return str(session.call("POST", "/api/token/")["token"])


def user_numbers(client: StudioClient) -> dict[str, int]:
    """Return the server's number of each user by email."""
    users = client.get("/api/users/")
    rows: Any = users.get("results") if isinstance(users, dict) else users
    try:
        return {str(user["email"]).lower(): int(user["id"]) for user in rows}
    except (TypeError, KeyError, ValueError):
        message = f"{client.url} does not say who its users are"
        raise StudioError(message, hint="run the same command again") from None
