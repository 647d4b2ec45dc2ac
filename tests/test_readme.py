"""The README is run: every console line, in a copy of what git tracks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ARTICLE = (
    "Consulate says lists were for holiday cards\n\nBy Ana Reed\n\n"
    "Two consular officers told a student that her father would lose his post. "
    "The embassy said the lists were kept to send out holiday cards.\n\n"
    "Police opened an inquiry on Monday. The harbour was quiet.\n"
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files, with a text to label."""
    repository = Path(__file__).parent.parent
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("readme") / "claimtypes"
    for name in filter(None, listed.stdout.split("\0")):
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, folder / name)
    (folder / "article.txt").write_text(ARTICLE, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_every_console_line_of_the_readme_runs(checkout: Path) -> None:
    text = (checkout / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert len(lines) > 5
    for line in lines:
        run = line.replace("claimtypes", f"{sys.executable} -m claimtypes", 1)
        done = subprocess.run(
            ["bash", "-c", run], cwd=checkout, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.slow
def test_the_python_of_the_readme_loads_the_release(checkout: Path) -> None:
    pytest.importorskip("datasets")
    if not (checkout / "releases" / "1.0.0").is_dir():
        pytest.skip("the console lines build the release first")
    code = "".join(
        re.findall(r"```python\n(.*?)```", (checkout / "README.md").read_text(), flags=re.DOTALL)
    )
    check = "\nassert sentences['train'].num_rows > 1000"
    done = subprocess.run(
        [sys.executable, "-c", code + check],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_readme_links_lead_somewhere(repository: Path) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (repository / target).exists(), target
