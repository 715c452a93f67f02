"""Which tests run where."""

import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cluster.nodes import can_make_networks

SHARED_DATA = "HPSEARCH_SHARED_DATA"
S3_SERVER = ("boto3", "flask_cors", "moto")


@cache
def _can_mount() -> bool:
    try:
        trial = ["unshare", "--map-root-user", "--mount", "true"]
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def chromium() -> str | None:
    """The Chromium that is installed."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def _missing() -> dict[str, str]:
    """What is not here, by the marker of the tests that need it."""
    missing = {
        "shared_data": not os.environ.get(SHARED_DATA) and f"{SHARED_DATA} names no folder",
        "mounts": not _can_mount() and "this system lets no user mount a disk",
        "chromium": not chromium() and "there is no Chromium here (Debian: apt-get install chromium)",
        "networks": not can_make_networks() and "this system lets no user make networks (Linux: root, and ip)",
        "s3": any(find_spec(name) is None for name in S3_SERVER) and f"{' or '.join(S3_SERVER)} is not installed",
    }
    return {marker: reason for marker, reason in missing.items() if reason}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that need what is not here; the report says so."""
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in _missing())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> list[str]:
    """Say which tests are left out, and why."""
    return [f"tests marked {name} are left out: {reason}" for name, reason in _missing().items()]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets that are real but no part of the project."""
    return Path(os.environ[SHARED_DATA])
