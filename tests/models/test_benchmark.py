"""What is scored is read from releases and from tables, votes included."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimtypes.errors import BadInput
from claimtypes.models.benchmark import Benchmark, load_benchmark, load_table_benchmark
from claimtypes.models.ceiling import measure_ceiling
from claimtypes.models.tables import Columns


def test_a_release_gives_readings_pairs_and_what_is_withheld(
    release: Path, benchmark: Benchmark
) -> None:
    shipped = load_benchmark(release)
    assert sum(shipped.withheld.values()) == len(benchmark.examples) - len(shipped.examples) == 90
    assert benchmark.withheld == {}
    assert len(benchmark.unshippable) == 10
    assert benchmark.readings is not None
    assert len(benchmark.readings.readers) == 2
    assert benchmark.readings.judged.all()
    assert [item.suite for item in benchmark.contrast].count("contrast") == 4
    assert set(benchmark.countries.values()) == {("Osterland",)}


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no release"):
        load_benchmark(tmp_path)


def test_a_release_that_lost_a_table_is_refused(release: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(release, tmp_path / "broken")
    shutil.rmtree(tmp_path / "broken" / "documents")
    with pytest.raises(BadInput):
        load_benchmark(tmp_path / "broken")


def test_a_table_of_votes_has_an_annotator_ceiling(tmp_path: Path) -> None:
    lines = ["text,label,who,page"]
    for number in range(12):
        truth = ("yes", "no")[number % 2]
        lines += [f"sentence {number},{truth},{who},page {number // 2}" for who in ("a", "b")]
        lines.append(f"sentence {number},{'yes' if number % 3 else 'no'},c,page {number // 2}")
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines))
    columns = Columns(labels="label", annotator="who", group="page", names=("yes", "no"))
    benchmark = load_table_benchmark(path, columns)
    assert len(benchmark.split("test")) == 12
    assert len(benchmark.split("train")) == 0
    assert benchmark.readings is not None
    examples = benchmark.examples
    found = measure_ceiling(
        benchmark.readings.of(examples.ids),
        examples.names,
        examples.gold,
        examples.documents,
        draws=50,
    )
    assert found is not None
    assert [reader.reader for reader in found.readers] == ["a", "b", "c"]
    assert found.readers[0].against_gold.value == 1.0
    # Where a and b agree, c is alone against them.
    assert found.readers[2].macro_f1.value is not None
    assert found.readers[2].macro_f1.value < 0.7
