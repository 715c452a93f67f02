"""The trainer's defaults, which nobody has to search first, are good on real data."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.real_data import BARS, measure

SEEDS = {"mnist": range(5), "letters": range(1)}
"""All five where they take well under a minute; of letters, the first. benchmarks/real_data.py runs the rest."""


@pytest.mark.shared_data
@pytest.mark.parametrize("name", BARS)
def test_the_defaults_reach_the_bar_on_test_rows(name: str, shared_data: Path) -> None:
    runs = measure(name, shared_data, SEEDS[name])
    assert np.mean([run.accuracy for run in runs]) >= BARS[name].accuracy
