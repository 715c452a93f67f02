"""The trainer's defaults, which nobody has to search first, are good on real data."""

from pathlib import Path

import pytest

from benchmarks.real_data import BARS, measure

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured


@pytest.mark.shared_data
@pytest.mark.parametrize("name", BARS)
def test_the_defaults_reach_the_bar_on_test_rows(name: str, shared_data: Path) -> None:
    [run] = measure(name, shared_data, range(1))  # benchmarks/real_data.py runs five seeds
    assert run.accuracy >= BARS[name].accuracy
