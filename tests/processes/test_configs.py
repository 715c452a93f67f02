"""Every config that comes with the project to be run does what it says, in miniature; for experiments: tests/experiments."""

from pathlib import Path

import pytest

from tests.processes.program import REPOSITORY, program_here, tables

CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_config_runs_in_miniature(config: Path, tmp_path: Path) -> None:
    few = ["--set=search.trials=2", "--set=train.epochs=1", "--serial", "--results", tmp_path]
    run = program_here("run", config, *few)
    assert run.returncode == 0, run.stderr
    assert tables(tmp_path / config.stem)["trials"].num_rows == 2
