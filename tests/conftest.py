"""Which tests run where, and what all of them share."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from tests.cluster.nodes import can_make_networks
from tests.processes.program import MINIATURE, kill_what_is_left, program

SHARED_DATA = "HPSEARCH_SHARED_DATA"
S3_SERVER = ("boto3", "flask_cors", "moto")


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


NEEDS: Mapping[str, tuple[Callable[[], object], str]] = {
    "shared_data": (lambda: os.environ.get(SHARED_DATA), f"{SHARED_DATA} names no folder"),
    "mounts": (_can_mount, "this system lets no user mount a disk"),
    "chromium": (chromium, "there is no Chromium here (Debian: apt-get install chromium)"),
    "networks": (can_make_networks, "this system lets no user make networks (Linux: root, and ip)"),
    "s3": (lambda: all(map(find_spec, S3_SERVER)), f"{' or '.join(S3_SERVER)} is not installed"),
}
"""By the marker of the tests that need it: whether it is here, and what is said if it is not."""


@cache
def _is_here(marker: str) -> bool:
    there, _ = NEEDS[marker]
    return bool(there())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that need what is not here; the report says so. Begin with those that take long.

    Last of all hooks, so that nothing is looked for that only deselected tests need.
    """
    left_out = [item for item in items if not all(map(_is_here, _needs(item)))]
    items[:] = sorted((item for item in items if all(map(_is_here, _needs(item)))), key=_place)
    config.hook.pytest_deselected(items=left_out)
    _measure_first_cases(items)


def _measure_first_cases(items: Sequence[pytest.Item]) -> None:
    """Measure coverage in the first case of each test alone: the others add 3 of 97%, and tracing them takes time."""
    seen = set[str]()
    for item in sorted(items, key=lambda item: item.nodeid):  # not in their random order, so that it is always the same
        test = item.nodeid.partition("[")[0]
        if test in seen:
            item.add_marker("no_cover")
        seen.add(test)


def _needs(item: pytest.Item) -> set[str]:
    return NEEDS.keys() & {marker.name for marker in item.iter_markers()}


def _place(item: pytest.Item) -> int:
    """First those with a time limit of their own, then those too long to be measured and real processes, then the rest.

    So no long one runs alone at the end. Sorting keeps the order of equals, which is a random one.
    """
    if item.get_closest_marker("timeout"):
        return 0
    return 1 if item.get_closest_marker("no_cover") or item.path.parent.name == "processes" else 2


def pytest_report_header() -> list[str]:
    """Say which tests are left out, and why."""
    return [f"tests marked {name} are left out: {why}" for name, (_, why) in NEEDS.items() if not _is_here(name)]


@pytest.fixture(autouse=True, scope="session")
def _one_blas_thread() -> Iterator[None]:
    """As workers and the driver have it: several threads wait for one another on busy cores."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """Also where a test fails, no program that it started outlives it."""
    yield
    kill_what_is_left()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets that are real but no part of the project."""
    return Path(os.environ[SHARED_DATA])


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that takes about two seconds."""
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(MINIATURE)
    return path


@pytest.fixture(scope="session")
def quiet_run(config: Path, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """That sweep, run in a process of its own without Ray or interruption."""
    return program("run", config, "--serial", "--quiet", "--json", "--results", tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def finished(quiet_run: subprocess.CompletedProcess[str]) -> Path:
    """What that run left: what every other way of running the sweep must equal."""
    assert quiet_run.returncode == 0, quiet_run.stderr
    return Path(json.loads(quiet_run.stdout)["path"])
