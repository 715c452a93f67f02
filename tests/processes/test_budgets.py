"""Sweeps that are extended, and sweeps that are cut by the clock."""

import json
import shutil
from pathlib import Path

import pytest

from hpsearch.errors import UsageError
from hpsearch.running import Execution, Hooks, resume
from hpsearch.store.compare import differences
from tests.processes.program import program, program_here, tables


@pytest.fixture(scope="module")
def longer(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep as it would be with 26 trials from the beginning."""
    results = tmp_path_factory.mktemp("longer")
    run = program("run", config, "--serial", "--set=search.trials=26", "--results", results)
    assert run.returncode == 0, run.stderr
    return results / "small"


def test_a_sweep_that_is_extended_has_the_rows_of_one_that_was_always_as_long(
    finished: Path, longer: Path, tmp_path: Path
) -> None:
    sweep = shutil.copytree(finished, tmp_path / "small")
    config_before = (sweep / "config.yaml").read_bytes()
    before = tables(sweep)["trials"]
    run = program_here("resume", sweep, "--trials", "26", "--serial")
    assert run.returncode == 0, run.stderr
    assert "26 of 26 trials done" in run.stdout
    assert differences(tables(longer), tables(sweep)) == []
    assert tables(sweep)["trials"].slice(0, 18).equals(before)  # with their times and places: they were not run again
    assert (sweep / "config.yaml").read_bytes() == config_before
    assert [each["trials"] for each in json.loads((sweep / "manifest.json").read_text())["extensions"]] == [26]
    assert "26 of 26" in program_here("status", sweep).stdout
    assert program_here("best", sweep).returncode == 0


@pytest.mark.parametrize("trials", ["18", "5"])
def test_an_extension_to_no_more_trials_is_refused_in_a_sentence(trials: str, finished: Path) -> None:
    before = (finished / "manifest.json").read_bytes()
    run = program_here("resume", finished, "--trials", trials, "--serial")
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert trials in run.stderr
    assert (finished / "manifest.json").read_bytes() == before


def test_an_extension_whose_engine_cannot_start_leaves_the_manifest_as_it_was(finished: Path) -> None:
    before = (finished / "manifest.json").read_bytes()
    with pytest.raises(UsageError, match="HOST:PORT"):
        resume(finished, Execution(address="foo"), Hooks(), trials=26)
    assert (finished / "manifest.json").read_bytes() == before


def test_a_sweep_cut_by_its_time_budget_goes_on_to_the_same_rows(config: Path, finished: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "small"
    run = program_here("run", config, "--serial", "--time-budget", "0.001s", "--results", tmp_path)
    assert run.returncode == 1  # no trial completed
    assert f"go on by: hpsearch resume {sweep}" in run.stdout
    assert len(tables(sweep)["trials"]) == 0
    run = program_here("resume", sweep, "--serial", "--time-budget", "1h")
    assert run.returncode == 0
    assert "18 of 18 trials done" in run.stdout
    assert "time budget" not in run.stdout
    assert differences(tables(finished), tables(sweep)) == []


@pytest.mark.parametrize("budget", ["soon", "0s", "-5m", "nan", "5d"])
def test_a_time_budget_that_is_no_time_is_refused_in_a_sentence(budget: str, config: Path, tmp_path: Path) -> None:
    run = program_here("run", config, "--serial", "--time-budget", budget, "--results", tmp_path)
    assert run.returncode == 2
    assert "as in 10m" in " ".join(run.stderr.split())
    assert not (tmp_path / "small").exists()
