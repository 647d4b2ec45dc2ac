"""Floors rise, fall only for a reason, and are of one release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from claimtypes.errors import BadInput, Refused
from claimtypes.models.evaluate import Evaluation
from claimtypes.models.figures import Score
from claimtypes.models.floors import check_floors, load_floors, update_floors


def with_macro(evaluation: Evaluation, change: float) -> Evaluation:
    value = (evaluation.scores.macro_f1.value or 0.0) + change
    return replace(evaluation, scores=replace(evaluation.scores, macro_f1=Score(value)))


def test_a_model_at_its_floor_passes_and_one_below_does_not(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    path = tmp_path / "floors.json"
    assert [f.id for f in check_floors(evaluation, path)] == ["no-floor"]
    update_floors(evaluation, path)
    assert check_floors(evaluation, path) == []
    found = check_floors(with_macro(evaluation, -0.01), path)
    assert [(f.id, f.severity, f.record) for f in found] == [
        ("score-below-floor", "error", "tfidf-svm")
    ]
    assert "macro_f1" in found[0].message


def test_floors_rise_by_themselves_and_fall_only_for_a_reason(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    path = tmp_path / "floors.json"
    first = update_floors(evaluation, path)
    higher = update_floors(with_macro(evaluation, 0.01), path)
    assert higher.scores["macro_f1"] > first.scores["macro_f1"]
    with pytest.raises(Refused, match="floors only rise"):
        update_floors(evaluation, path)
    assert load_floors(path) == (higher,)
    lower = update_floors(evaluation, path, reason="mended a leak between splits")
    assert lower.scores == first.scores
    assert [r.reason for r in lower.regressions] == ["mended a leak between splits"]
    assert lower.regressions[0].lowered == {"macro_f1": higher.scores["macro_f1"]}


def test_a_floor_of_another_release_says_so(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    update_floors(evaluation, path)
    other = replace(evaluation, about=replace(evaluation.about, digest="f" * 64))
    assert [f.id for f in check_floors(other, path)] == ["floor-of-other-release"]
    update_floors(other, path)
    assert check_floors(other, path) == []
    assert len(load_floors(path)) == 1


def test_shipped_and_hydrated_sentences_have_floors_of_their_own(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    path = tmp_path / "floors.json"
    update_floors(evaluation, path)
    fewer = replace(evaluation, scores=replace(evaluation.scores, n_sentences=50))
    assert [f.id for f in check_floors(fewer, path)] == ["no-floor"]
    update_floors(fewer, path)
    assert len(load_floors(path)) == 2
    assert check_floors(evaluation, path) == check_floors(fewer, path) == []


def test_a_broken_floors_file_is_refused(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    path.write_text('{"macro_f1": 1}')
    with pytest.raises(BadInput, match="list of floors"):
        check_floors(evaluation, path)
