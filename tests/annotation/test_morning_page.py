"""The morning page: the same figures as everywhere, text as text, and a browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_projects import script

from claimtypes.annotation.agreement_page import render_measure
from claimtypes.annotation.agreement_plots import Interval, heat_map, interval_plot
from claimtypes.annotation.audit import audit
from claimtypes.annotation.morning import gather_morning
from claimtypes.annotation.morning_page import morning_page
from claimtypes.project import Project
from claimtypes.records import Judgement
from claimtypes.store import dump_jsonl, load_jsonl

HOSTILE = "</script><script>document.title='owned'</script><!-- \u2028 & \"quoted\""


@pytest.fixture
def twin(tmp_path: Path) -> Project:
    simulated = script.plant_faults(script.simulate(1, documents=12), 1)
    return script.write_project(simulated, tmp_path / "twin")


def run(project: Project, *arguments: str) -> str:
    command = [sys.executable, "-m", "claimtypes", *arguments]
    return subprocess.run(
        command, cwd=project.root, capture_output=True, text=True, check=False
    ).stdout


def browse(page: str) -> dict:
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data
    return json.loads(data[1])


def test_table_json_and_page_show_the_same_figures(twin: Project) -> None:
    printed = json.loads(run(twin, "audit", "--json", "--html"))
    page = html.unescape((twin.reports / "annotation.html").read_text(encoding="utf-8"))
    table = run(twin, "audit")
    assert printed["findings"]
    for finding in printed["findings"]:
        assert finding["message"] in page
        assert finding["message"] in " ".join(table.split())
        for name, value in finding["evidence"].items():
            assert f"<dt>{name.replace('_', ' ')}</dt><dd>{value}</dd>" in page
    for competence in printed["diagnosis"]["competences"]:
        row = f"{competence['dawid_skene']:.3f} │ {competence['mace']:.3f}"
        assert row in re.sub(r" +", " ", table)
        assert f"{competence['mace']:.3f}</td>" in page


def test_agreement_on_the_page_is_that_of_agree(tmp_path: Path) -> None:
    project = script.write_project(script.simulate(2, documents=12), tmp_path)
    figures = json.loads(run(project, "agree", "--json"))
    audited = audit(project)
    morning = gather_morning(project, audited)
    assert morning.agreement
    assert morning.agreement.to_dict() == figures
    page = morning_page(morning)
    assert render_measure(morning.agreement.every.sets.alpha_masi) in page
    run(project, "agree", "--html")
    assert (project.reports / "annotation.html").read_text(encoding="utf-8") == page


def test_status_and_audit_write_one_page_with_the_progress_on_it(tmp_path: Path) -> None:
    project = script.write_project(script.simulate(2, documents=12), tmp_path)
    rounds = json.loads(run(project, "status", "--json", "--html"))["rounds"]
    assert rounds
    page = (project.reports / "annotation.html").read_text(encoding="utf-8")
    progress = page.partition('id="progress"')[2].partition("</section>")[0]
    for row in rounds:
        assert f"<td>{row['annotator']}</td><td>{row['judged']}</td>" in progress
    run(project, "audit", "--html")
    assert (project.reports / "annotation.html").read_text(encoding="utf-8") == page


def test_ticks_stand_where_they_say_and_chance_is_marked() -> None:
    rows = [Interval("some_label", 0.5, 0.4, 0.6), Interval("guesser", -0.1, -0.3, 0.02)]
    plot = interval_plot([*rows, Interval("nobody", None, note="every vote is the same")], "Alpha")
    ticks = dict(re.findall(r'<span style="left:([0-9.]+)%">(-?[0-9.]+)</span>', plot))
    assert list(ticks.values()) == ["-0.4", "-0.2", "0", "0.2", "0.4", "0.6", "0.8", "1"]
    for place, tick in ticks.items():
        assert float(place) == pytest.approx(100 * (float(tick) + 0.4) / 1.4, abs=0.01)
    assert plot.count('class="track chance"') == 1
    assert 'title="some_label: 0.500 [0.400, 0.600]"' in plot
    assert "every vote is the same" in plot


def test_names_in_a_heat_map_are_whole_and_what_is_below_chance_is_red() -> None:
    names = ["a-rather-long-annotator-1", "a-rather-long-annotator-2"]
    found = heat_map(names, names, [[None, -0.1], [-0.1, None]], "Pairs <all>")
    assert all(found.count(f">{name}<") == 2 for name in names)
    assert found.count("--shade:var(--bad)") == 2
    assert "Pairs <all>" not in found


def test_gold_and_queue_on_the_page_are_those_of_the_verbs(tmp_path: Path) -> None:
    project = script.write_project(script.simulate(2, documents=12), tmp_path)
    states = json.loads(run(project, "gold", "--json"))["states"]
    queue = json.loads(run(project, "adjudicate", "queue", "--json"))
    page = morning_page(gather_morning(project, audit(project)))
    for state, count in states.items():
        assert f'<td>{state}</td><td class="number">{count}</td>' in page
    assert f"<p>{len(queue)} unresolved" in page
    differing = {item["id"] for item in browse(page)["items"]}
    assert {d["sentence"] for d in queue if len(d["votes"]) > 1} <= differing


def test_text_from_outside_stays_text(twin: Project) -> None:
    path = next(twin.rounds.glob("*.jsonl"))
    rows = list(load_jsonl(path, Judgement))
    hostile = [replace(r, note=HOSTILE, annotator=r.annotator + "<b>") for r in rows]
    dump_jsonl(path, hostile)
    page = morning_page(gather_morning(twin, audit(twin)))
    assert page.count("</script>") == 2
    assert "<b>" not in page
    assert "\u2028" not in page
    notes = {vote["note"] for item in browse(page)["items"] for vote in item["votes"]}
    assert notes == {HOSTILE}
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)


def test_the_page_is_the_same_bytes_again(twin: Project) -> None:
    pages = {morning_page(gather_morning(twin, audit(twin))) for _ in range(2)}
    assert len(pages) == 1


def test_a_browser_fills_filters_and_disagreements(twin: Project) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("needs chromium")
    run(twin, "audit", "--html")
    dom = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000",
            f"--user-data-dir={twin.root / 'profile'}", "--dump-dom",
            (twin.reports / "annotation.html").as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    ).stdout  # fmt: skip
    items = browse((twin.reports / "annotation.html").read_text(encoding="utf-8"))["items"]
    assert f"{len(items)} of {len(items)} disagreements" in dom
    assert dom.count('class="item"') == min(40, len(items))
    assert "reader-1 / reader-2 (" in dom
    assert "any label or none (" in dom
