"""The trainer's defaults, which nobody has to search first, are good on real data."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.real_data import BARS, measure

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

SEEDS = {"mnist": range(2), "letters": range(1)}
"""As many as take seconds; benchmarks/real_data.py runs all five."""


@pytest.mark.shared_data
@pytest.mark.parametrize("name", BARS)
def test_the_defaults_reach_the_bar_on_test_rows(name: str, shared_data: Path) -> None:
    runs = measure(name, shared_data, SEEDS[name])
    assert np.mean([run.accuracy for run in runs]) >= BARS[name].accuracy
