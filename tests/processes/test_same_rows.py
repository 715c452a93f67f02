"""The same sweep gives the same rows, however it is run and whatever happens to it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch.store import TIMING_AND_PLACE
from hpsearch.store.compare import differences
from tests.processes.chaos import Chaos
from tests.processes.program import PROGRAM, finish, kill_group, program_here, start, tables, wait_for_trials


def test_rows_are_the_same_when_run_serially_in_a_second_process(config: Path, finished: Path, tmp_path: Path) -> None:
    run = program_here("run", config, "--serial", "--results", tmp_path)
    assert run.returncode == 0, run.stderr
    assert differences(tables(finished), tables(tmp_path / "small")) == []


def test_two_ray_workers_give_the_same_rows_say_nothing_but_their_own_words_and_import_nothing_from_where_the_user_is(
    config: Path, finished: Path, tmp_path: Path
) -> None:
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "__init__.py").write_text("raise ImportError('the wrong trainer')\n")
    command = [PROGRAM, "run", config, "--workers", "2", "--results", "results"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    first, *progress = run.stderr.splitlines()
    assert first == "results/small: 18 trials, 2 workers"
    assert all(" trials · " in line for line in progress)
    assert run.stdout.startswith("results/small: finished, 18 of 18 trials done: 18 completed\nBest trial: ")
    assert differences(tables(finished), tables(tmp_path / "results" / "small")) == []


@pytest.mark.parametrize("way", [("--serial",), ("--workers", "1")], ids=["serially", "by one Ray worker"])
def test_rows_are_the_same_after_kill_9_of_the_process_group_and_resume(
    way: tuple[str, ...], config: Path, finished: Path, tmp_path: Path
) -> None:
    sweep = tmp_path / "small"
    process = start("run", config, *way, "--results", tmp_path)
    for acknowledged in (1, 9):
        wait_for_trials(sweep, acknowledged, process)
        kill_group(process)
        kept = tables(sweep)["trials"]
        assert acknowledged <= len(kept) < 18
        process = start("resume", sweep, *(way if acknowledged == 1 else ["--serial"]))
    resumed = finish(process)
    assert resumed.returncode == 0, resumed.stderr
    assert differences(tables(finished), tables(sweep)) == []


def test_rows_are_the_same_after_kills_of_workers_and_driver_at_random_moments(config: Path, tmp_path: Path) -> None:
    longer = ("--set=train.epochs=60", "--set=search.trials=12")
    assert program_here("run", config, *longer, "--serial", "--results", tmp_path / "undisturbed").returncode == 0
    chaos = Chaos(config, tmp_path, ("--workers", "2"), np.random.default_rng(1), longest_pause_s=0.5, changes=longer)
    assert chaos.run(["worker", "driver", "worker"]) == ["worker", "driver", "worker"]
    assert differences(tables(tmp_path / "undisturbed" / "small"), tables(chaos.sweep)) == []


def test_acknowledged_rows_are_not_run_again_by_resume(config: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "small"
    process = start("run", config, "--serial", "--results", tmp_path)
    wait_for_trials(sweep, 5, process)
    kill_group(process)
    kept = tables(sweep)["trials"].to_pylist()
    assert program_here("resume", sweep, "--serial").returncode == 0
    assert tables(sweep)["trials"].to_pylist()[: len(kept)] == kept  # with their times and workers


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("way", [("--serial",), ("--workers", "2")], ids=["serially", "by Ray"])
def test_one_signal_stops_cleanly_and_says_how_to_resume(
    name: str, way: tuple[str, ...], config: Path, finished: Path, tmp_path: Path
) -> None:
    sweep = tmp_path / "small"
    process = start("run", config, *way, "--results", tmp_path)
    wait_for_trials(sweep, 2, process)
    os.killpg(process.pid, getattr(signal, name)) if name == "SIGINT" else process.send_signal(getattr(signal, name))
    stopped = finish(process)
    assert stopped.returncode == 130
    assert f"hpsearch resume {sweep}" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert len(pd.read_parquet(sweep / "trials")) == len(tables(sweep)["trials"])  # nothing is in the journal alone
    assert program_here("resume", sweep, "--serial").returncode == 0
    assert differences(tables(finished), tables(sweep)) == []


def test_a_reader_of_progress_that_goes_away_takes_no_row_and_no_exit_code_with_it(
    config: Path, tmp_path: Path
) -> None:
    sweep = tmp_path / "small"
    with start("run", config, "--serial", "--results", tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"{sweep}: 18 trials, 1 worker\n"
        process.stderr.close()
        wait_for_trials(sweep, 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    assert 2 <= len(tables(sweep)["trials"]) < 18
    assert len(pd.read_parquet(sweep / "trials")) == len(tables(sweep)["trials"])


def test_a_second_signal_ends_at_once_and_says_how_to_resume(config: Path, tmp_path: Path) -> None:
    long = ("--set=train.epochs=100000", "--set=search.trials=1")
    process = start("run", config, "--serial", *long, "--results", tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "small" / "journal" / "rounds.jsonl").exists():
        assert time.monotonic() < deadline, "the sweep never began"
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert ended.returncode == 130
    assert ended.stderr.splitlines()[-1].endswith(f"hpsearch resume {tmp_path / 'small'}")
    assert "Traceback" not in ended.stderr


def test_pandas_reads_each_table_without_help(finished: Path) -> None:
    found = tables(finished)
    for name, table in found.items():
        frame = pd.read_parquet(finished / name)
        assert len(frame) == len(table) > 0
        assert list(frame.columns) == table.column_names
    frame = pd.read_parquet(finished / "trials")
    assert len(frame.query("param_learning_rate < 1e-2 and status == 'completed'")) > 0
    assert set(TIMING_AND_PLACE) < set(frame.columns)
