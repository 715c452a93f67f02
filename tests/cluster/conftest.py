"""A cluster of three nodes for all tests of a file, and what they compare with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import Cluster
from tests.processes.program import program

LONG = ("--set=train.epochs=300", "--set=search.trials=40", "--set=search.round=8")
"""What makes the miniature last half a minute."""


@pytest.fixture(scope="session")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That sweep, run in one process without Ray."""
    results = tmp_path_factory.mktemp("undisturbed")
    run = program("run", config, *LONG, "--serial", "--results", results)
    assert run.returncode == 0, run.stderr
    return results / "small"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes of one processor each."""
    with Cluster(tmp_path_factory.mktemp("cluster"), 3) as cluster:
        yield cluster
