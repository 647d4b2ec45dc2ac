"""Fixtures for models: made-up sentences and a small recipe."""

from __future__ import annotations

import pytest
from made_examples import make_examples

from claimtypes.models.examples import Examples
from claimtypes.models.features import Block
from claimtypes.models.recipe import Recipe


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
