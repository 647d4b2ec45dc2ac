"""``evaluate`` and ``compare`` from a shell: tables, files, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from newsroom import make_newsroom, release_newsroom

from claimtypes.project import Project


def run(project: Project, *arguments: str, threads: int = 2) -> subprocess.CompletedProcess[str]:
    verb, *rest = arguments
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return subprocess.run(
        [sys.executable, "-m", "claimtypes", verb, "--project", str(project.root), *rest],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "COLUMNS": "160", "PYTHONUTF8": "1"}
        | dict.fromkeys(names, str(threads)),
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("evaluate") / "project"
    shutil.copytree(Path(__file__).parents[1] / "data" / "tiny", root)
    made = make_newsroom(Project(root))
    release = release_newsroom(made)
    for recipe in ("tfidf-svm", "majority"):
        trained = run(made, "train", recipe, "--release", str(release))
        assert trained.returncode == 0, trained.stderr
    return made


def test_evaluate_prints_scores_beside_the_ceiling_and_writes_a_report(project: Project) -> None:
    done = run(project, "evaluate")
    assert done.returncode == 0, done.stderr
    assert "annotator ceiling" in done.stdout
    assert "macro-F1" in done.stdout
    assert sorted(p.suffix for p in project.reports.glob("tfidf-svm.*")) == [
        ".html",
        ".json",
        ".md",
    ]


def test_json_on_stdout_is_the_report_without_texts_that_may_not_be_passed_on(
    project: Project,
) -> None:
    done = run(project, "evaluate", "--json")
    written = (project.reports / "tfidf-svm.json").read_text(encoding="utf-8")
    assert json.loads(done.stdout) == json.loads(written)


def test_reports_are_the_same_bytes_at_one_and_two_threads(
    project: Project, tmp_path: Path
) -> None:
    for threads in (1, 2):
        done = run(project, "evaluate", "--output", str(tmp_path / str(threads)), threads=threads)
        assert done.returncode == 0, done.stderr
    for suffix in ("html", "json", "md"):
        one, two = (tmp_path / str(n) / f"tfidf-svm.{suffix}" for n in (1, 2))
        assert one.read_bytes() == two.read_bytes()


def test_floors_fail_with_1_and_name_the_score(project: Project) -> None:
    path = project.recipes / "floors.json"
    assert run(project, "evaluate", "majority", "--update-floors").returncode == 0
    assert run(project, "evaluate", "majority", "--floors").returncode == 0
    floors = json.loads(path.read_text(encoding="utf-8"))
    floors[0]["scores"]["macro_f1"] = 0.999
    path.write_text(json.dumps(floors))
    below = run(project, "evaluate", "majority", "--floors")
    assert below.returncode == 1
    assert "score-below-floor" in below.stderr
    refused = run(project, "evaluate", "majority", "--update-floors")
    assert refused.returncode == 2
    assert "floors only rise" in refused.stderr
    lowered = run(project, "evaluate", "majority", "--update-floors", "--allow-regression", "test")
    assert lowered.returncode == 0, lowered.stderr


def test_compare_takes_every_trained_model(project: Project) -> None:
    done = run(project, "compare")
    assert done.returncode == 0, done.stderr
    assert "annotator ceiling" in done.stdout
    assert "majority" in done.stdout
    assert (project.reports / "comparison.html").exists()


def test_a_missing_model_is_one_line_with_the_next_step(project: Project) -> None:
    done = run(project, "evaluate", "nowhere")
    assert done.returncode == 2
    assert "no model nowhere" in done.stderr
    assert "claimtypes train" in done.stderr
    assert "Traceback" not in done.stderr
