"""What is wrong with the server, its token or the way to it; what can be mended is."""

from __future__ import annotations

import os
from pathlib import Path

from claimtypes.annotation.studio import ensure_accounts, ensure_token, is_healthy, is_running
from claimtypes.annotation.studio_accounts import token_works
from claimtypes.annotation.studio_client import StudioClient, StudioError
from claimtypes.annotation.studio_environment import ENVIRONMENT, VERSION, installed_version
from claimtypes.annotation.studio_record import Studio, dump_studio, load_studio, studio_folder
from claimtypes.errors import ClaimtypesError
from claimtypes.project import Project
from claimtypes.records import Finding


def _found(name: str, severity: str, message: str, hint: str = "") -> Finding:
    return Finding(f"studio-{name}", severity, message, hint=hint)


def diagnose(project: Project) -> list[Finding]:
    """Return what is wrong, and as notes what was wrong and is mended."""
    findings = list(_installation(project))
    url = os.environ.get("CLAIMTYPES_STUDIO_URL", "")
    if url:
        return findings + _elsewhere(url, os.environ.get("CLAIMTYPES_STUDIO_TOKEN", ""))
    studio = load_studio(project)
    if not studio.url:
        return [
            *findings,
            _found(
                "never-started",
                "error",
                "no Label Studio was started for this project",
                "claimtypes studio up",
            ),
        ]
    if mode := (studio_folder(project) / "studio.json").stat().st_mode & 0o077:
        (studio_folder(project) / "studio.json").chmod(0o600)
        findings.append(
            _found(
                "secrets-open",
                "note",
                f"others could read .studio/studio.json (mode {mode:03o}); mended",
            )
        )
    if not is_healthy(studio.url):
        return findings + _down(project, studio)
    return findings + _signed_in(project, studio)


def _installation(project: Project) -> list[Finding]:
    named = os.environ.get(ENVIRONMENT)
    folder = Path(named) if named else studio_folder(project) / "environment"
    version = installed_version(folder)
    if version == VERSION:
        return []
    what = f"{version} is installed" if version else "is not installed"
    return [
        _found(
            "version",
            "warning",
            f"Label Studio {VERSION} is wanted, {what}",
            "claimtypes studio up installs it",
        )
    ]


def _elsewhere(url: str, token: str) -> list[Finding]:
    if not is_healthy(url.rstrip("/")):
        return [
            _found(
                "unreachable",
                "error",
                f"no Label Studio answers at {url}, which CLAIMTYPES_STUDIO_URL names",
                "correct the URL, or start the server there",
            )
        ]
    return [] if token_works(url, token) else [_refused(url)]


def _refused(url: str) -> Finding:
    hint = (
        "copy the token again from Account & Settings; a legacy token must be allowed by the "
        "organisation (Settings, Access Token Settings)"
    )
    return _found("token-refused", "error", f"{url} refuses the token", hint)


def _down(project: Project, studio: Studio) -> list[Finding]:
    log = studio_folder(project) / "server.log"
    if is_running(project, studio):
        message = f"Label Studio runs as process {studio.pid} but does not answer at {studio.url}"
        return [
            _found("unhealthy", "error", message, f"see {log}; claimtypes studio down, then up")
        ]
    return [_found("not-running", "error", "Label Studio is not running", "claimtypes studio up")]


def _signed_in(project: Project, studio: Studio) -> list[Finding]:
    findings = []
    if proxies := [k for k in ("http_proxy", "HTTP_PROXY") if os.environ.get(k)]:
        findings.append(
            _found(
                "proxy",
                "note",
                f"{proxies[0]} is set; it is gone around here, a browser may not do so",
            )
        )
    try:
        if not token_works(studio.url, studio.token):
            kind = "legacy" if studio.token.count(".") != 2 else "personal"
            studio = ensure_token(studio)
            dump_studio(project, studio)
            findings.append(
                _found(
                    "token-renewed",
                    "note",
                    f"the {kind} token was refused; both kinds are allowed now and a new one works",
                )
            )
        client = StudioClient(studio.url, studio.token)
        ensure_accounts(studio, ())
        findings += _backends(client)
    except StudioError as error:
        findings.append(_found("sign-in", "error", str(error), error.hint))
    except ClaimtypesError as error:
        findings.append(_found("accounts", "error", str(error), error.hint))
    return findings


def _backends(client: StudioClient) -> list[Finding]:
    """Remove the rows that refused model backends leave behind."""
    findings = []
    for project in client.pages("/api/projects/"):
        seen: set[str] = set()
        for backend in client.get("/api/ml", project=project["id"]):
            if backend["url"] in seen:
                # This path takes no slash at its end.
                client.send("DELETE", f"/api/ml/{backend['id']}")
                findings.append(
                    _found(
                        "backend-doubled",
                        "note",
                        f"removed a second row of the backend {backend['url']}",
                    )
                )
            elif backend.get("state") == "ER":
                findings.append(
                    _found(
                        "backend-failing",
                        "warning",
                        f"the backend {backend['url']} fails; labelling continues",
                        "claimtypes serve",
                    )
                )
            seen.add(backend["url"])
    return findings
