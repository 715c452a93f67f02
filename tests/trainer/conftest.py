"""Data and generators that the tests of the trainer share."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import settings

from trainer.data import BUNDLED, Dataset, Prepared, prepare

settings.register_profile("trainer", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("trainer")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260)


@pytest.fixture(scope="session")
def bundled() -> Mapping[str, Dataset]:
    return {name: read() for name, read in BUNDLED.items()}


@pytest.fixture(scope="session")
def prepared(bundled: Mapping[str, Dataset]) -> Mapping[str, Prepared]:
    return {
        name: prepare(dataset, validation=0.2, test=0.2, seed=np.random.SeedSequence(0))
        for name, dataset in bundled.items()
    }
