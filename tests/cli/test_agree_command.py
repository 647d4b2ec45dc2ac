"""``claimtypes agree``: one number in table, JSON and page; exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from claimtypes.project import Project


def run(project: Project, *arguments: str, columns: int = 200) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "claimtypes", "agree", "--project", str(project.root), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "COLUMNS": str(columns), "PYTHONUTF8": "1"},
    )


@pytest.fixture
def busy(tiny: Project) -> Project:
    """Three readers on eight documents, a fifth of their judgements made on a suggestion."""
    names = re.findall(r'^name = "(\w+)"', tiny.schema.read_text(), re.M)
    rng = np.random.default_rng(11)
    rows = []
    for index in range(160):
        truth = [name for name in names if rng.random() < 0.25]
        for reader in ("reader-a", "reader-b", "reader-c"):
            labels = truth if rng.random() < 0.7 else [n for n in names if rng.random() < 0.25]
            rows.append(
                {
                    "sentence": f"document-{index // 20}:{index * 10}-{index * 10 + 9}",
                    "annotator": reader,
                    "labels": labels,
                    "round": "busy",
                    "schema_version": "1.0.0",
                    "guideline_version": "1.0.0",
                    "text_fingerprint": "00",
                    "at": "2026-01-05T09:00:00Z",
                    "origin": "prefilled" if index % 5 == 0 else "manual",
                }
            )
    (tiny.rounds / "busy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tiny


def shown(measure: dict[str, float]) -> str:
    return f"{measure['value']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"


def test_table_json_and_page_say_the_same(busy: Project, tmp_path: Path) -> None:
    page = tmp_path / "agreement.html"
    table = run(busy, "--round", "busy", "--html", str(page), "--draws", "200")
    assert table.returncode == 0, table.stderr
    report = json.loads(run(busy, "--round", "busy", "--json", "--draws", "200").stdout)
    html = page.read_text().replace("\N{NO-BREAK SPACE}", " ")
    every, unaided = report["every"], report["unaided"]
    alphas = [every["sets"][name] for name in ("alpha_masi", "alpha_jaccard", "alpha_exact")]
    alphas += [unaided["sets"]["alpha_masi"], every["detection"]["alpha"]]
    alphas += [label["alpha"] for label in every["labels"] + unaided["labels"]]
    alphas += [pair["alpha_masi"] for pair in every["pairs"]]
    alphas += [a[name] for a in every["annotators"] for name in ("kappa_masi", "gain")]
    assert len(alphas) == 20
    for measure in alphas:
        assert shown(measure) in table.stdout, measure["name"]
        assert shown(measure) in html, measure["name"]
    for label in every["labels"]:
        for name in ("raw_agreement", "expected_agreement", "gwet_ac1", "prevalence"):
            assert f"{label[name]['value']:.3f}" in table.stdout
        for name in ("raw_agreement", "expected_agreement", "fleiss_kappa", "gwet_ac1"):
            assert shown(label[name]) in html


def test_the_page_needs_no_network_and_escapes_what_it_prints(busy: Project) -> None:
    path = busy.rounds / "busy.jsonl"
    path.write_text(path.read_text().replace("reader-c", "<script>alert(1)</script>"))
    html = run(busy, "--round", "busy", "--html", "-").stdout
    assert html.startswith("<!doctype html>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert not re.search(r"(src|href)=\"?http", html)


def test_json_is_the_same_bytes_every_time(busy: Project) -> None:
    one, other = (run(busy, "--round", "busy", "--json").stdout for _ in range(2))
    assert one == other
    assert "NaN" not in one


def test_too_little_to_measure_is_not_silent(tiny: Project) -> None:
    path = tiny.rounds / "first.jsonl"
    lines = [line for line in path.read_text().splitlines() if "reader-a" in line]
    path.write_text("\n".join(lines) + "\n")
    done = run(tiny)
    assert done.returncode == 1
    assert "no agreement to measure: one annotator only" in done.stderr
    assert json.loads(run(tiny, "--json").stdout)["every"]["sets"]["alpha_masi"]["value"] is None


def test_repeats_and_unknown_rounds_exit_with_two_and_a_next_step(tiny: Project) -> None:
    (tiny.rounds / "again.jsonl").write_bytes((tiny.rounds / "first.jsonl").read_bytes())
    repeated = run(tiny)
    assert repeated.returncode == 2
    assert "reader-a on cup-final:17-52" in repeated.stderr
    assert "--round" in repeated.stderr
    assert run(tiny, "--round", "nowhere").returncode == 2
    assert run(tiny, "--round", "again").returncode == 0


def test_breakdowns_name_what_articles_are(tiny: Project) -> None:
    report = json.loads(run(tiny, "--json", "--by", "source").stdout)
    assert report["by"] == "source"
    assert "Evening Sport" in [group["name"] for group in report["groups"]]
    assert run(tiny, "--by", "weather").returncode == 2
