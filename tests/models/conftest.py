"""Fixtures for models: made-up sentences, a small recipe, and a newsroom scored whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_examples import make_examples
from newsroom import make_newsroom, release_newsroom

from claimtypes.corpus.segment import load_hydrated
from claimtypes.models.benchmark import Benchmark, load_benchmark
from claimtypes.models.evaluate import Evaluation, evaluate
from claimtypes.models.examples import Examples
from claimtypes.models.features import Block
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe, find_recipe, load_recipe
from claimtypes.models.train import train
from claimtypes.project import Project


@pytest.fixture
def examples() -> Examples:
    return make_examples()


@pytest.fixture
def recipe() -> Recipe:
    blocks = (
        Block(analyzer="word", shortest=1, longest=2, min_documents=2),
        Block(analyzer="char", shortest=3, longest=4, min_documents=3),
    )
    return Recipe("small", "linear", features=blocks)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("newsroom") / "project"
    shutil.copytree(Path(__file__).parents[1] / "data" / "tiny", root)
    made = make_newsroom(Project(root))
    release_newsroom(made)
    return made


@pytest.fixture(scope="session")
def release(project: Project) -> Path:
    return project.releases / "1.0.0"


@pytest.fixture(scope="session")
def benchmark(release: Path, project: Project) -> Benchmark:
    return load_benchmark(release, texts=load_hydrated(project))


@pytest.fixture(scope="session")
def model(benchmark: Benchmark) -> Model:
    recipe = load_recipe(find_recipe("tfidf-svm"))
    return train(recipe, benchmark.split("train"), styles=benchmark.styles, origin=benchmark.origin)


@pytest.fixture(scope="session")
def evaluation(model: Model, benchmark: Benchmark) -> Evaluation:
    return evaluate(model, benchmark, draws=200)
