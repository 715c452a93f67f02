"""Which tests run where."""

import os
from pathlib import Path

import pytest

SHARED_DATA = "HPSEARCH_SHARED_DATA"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that need data sets which are not here; the report says so."""
    if os.environ.get(SHARED_DATA):
        return
    left_out = [item for item in items if item.get_closest_marker("shared_data")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> str:
    """Say whether the tests that need the shared data sets are run."""
    if os.environ.get(SHARED_DATA):
        return "tests marked shared_data are run"
    return f"tests marked shared_data are left out: {SHARED_DATA} names no folder"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets that are real but no part of the project."""
    return Path(os.environ[SHARED_DATA])
