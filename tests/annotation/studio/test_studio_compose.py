"""The team's server in ``compose.yaml`` is as closed as the one that ``studio up`` starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimtypes.annotation.studio_environment import VERSION, server_environment
from claimtypes.annotation.studio_record import Account, Studio

yaml = pytest.importorskip("yaml", reason="needs the extra release")


def test_the_teams_server_has_the_same_version_and_switches(
    repository: Path, tmp_path: Path
) -> None:
    services = yaml.safe_load((repository / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert services["studio"]["image"] == f"heartexlabs/label-studio:{VERSION}"
    team = services["studio"]["environment"]
    url = "postgresql://studio:word@database:5432/studio"
    ours = server_environment(tmp_path, Studio(database=url, accounts=(Account("", "a", "b"),)))
    switches = [
        name for name in team if name.startswith(("LABEL_STUDIO_", "SENTRY", "FRONTEND", "LATEST",
                                                  "fflag", "DJANGO"))
        and name not in {"LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD"}
    ]  # fmt: skip
    for name in switches:
        if name.endswith("KEYMAP"):
            assert json.loads(team[name]) == json.loads(ours[name])
        else:
            assert team[name] == ours[name], name
    wanted = {n for n in ours if n.startswith(("LABEL_STUDIO_", "SENTRY", "FRONTEND", "LATEST",
                                                 "fflag"))}  # fmt: skip
    local = {"LABEL_STUDIO_BASE_DATA_DIR", "LABEL_STUDIO_USE_DEFAULT_BANNED_SUBNETS"}
    assert wanted - local <= team.keys()
    assert all(port.startswith("127.0.0.1:") for port in services["studio"]["ports"])
