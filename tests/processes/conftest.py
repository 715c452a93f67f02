"""A sweep in miniature, run once for all tests that compare with it."""

from pathlib import Path

import pytest

from tests.processes.program import MINIATURE, program


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that takes about two seconds."""
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(MINIATURE)
    return path


@pytest.fixture(scope="session")
def finished(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That sweep, run without Ray or interruption: what every other way of running it must equal."""
    results = tmp_path_factory.mktemp("reference")
    run = program("run", config, "--serial", "--results", results)
    assert run.returncode == 0, run.stderr
    return results / "small"
