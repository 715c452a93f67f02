"""Failures of the machine: defined outcomes, nothing acknowledged lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch.store.compare import differences
from tests.processes.chaos import ray_workers_below
from tests.processes.program import finish, program, program_here, start, tables, wait_for_trials

LONGER = ("--set=train.epochs=150", "--set=search.trials=6", "--workers", "2")
ONE_SHAPE = ("--set=model.hidden=[16, 8]", "--set=model.activation=relu")  # which is trained side by side


def kill_a_worker(process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not (workers := ray_workers_below({process.pid})):
        assert time.monotonic() < deadline, "no worker was ever at work"
        time.sleep(0.02)
    os.kill(workers[0], signal.SIGKILL)


@pytest.mark.parametrize("shapes", [(), ONE_SHAPE])
def test_trials_lost_with_their_worker_are_run_again_with_the_same_results(
    shapes: tuple[str, ...], config: Path, tmp_path: Path
) -> None:
    undisturbed, sweep = tmp_path / "undisturbed" / "small", tmp_path / "small"
    assert program_here("run", config, *LONGER, *shapes, "--serial", "--results", undisturbed.parent).returncode == 0
    process = start("run", config, *LONGER, *shapes, "--results", tmp_path)
    for acknowledged in (0, 2):
        wait_for_trials(sweep, acknowledged, process)
        kill_a_worker(process)
    run = finish(process)
    assert run.returncode == 0, run.stderr
    assert "raylet" not in run.stdout + run.stderr
    assert differences(tables(undisturbed), tables(sweep)) == []


def test_a_trial_whose_worker_is_lost_too_often_is_a_row_with_the_reason(config: Path, tmp_path: Path) -> None:
    two = ("--set=search.trials=2", "--set=engine.retries=0")  # each alone on its worker, and so charged with its loss
    process = start("run", config, *LONGER, *two, "--results", tmp_path)
    wait_for_trials(tmp_path / "small", 0, process)
    kill_a_worker(process)
    run = finish(process)
    assert run.returncode == 0, run.stderr
    frame = pd.read_parquet(tmp_path / "small" / "trials")
    assert list(frame["status"]).count("failed") == 1
    assert list(frame.loc[frame["status"] == "failed", "error"]) == ["its worker was lost 1 time"]
    assert len(frame) == 2
    again = program_here("resume", tmp_path / "small", "--retry-failed", "--serial")
    assert again.returncode == 0, again.stderr
    assert "failed, which no later round saw" in again.stderr
    assert set(pd.read_parquet(tmp_path / "small-retried" / "trials")["status"]) == {"completed"}
    twice = program_here("resume", tmp_path / "small", "--retry-failed", "--serial")
    assert twice.returncode == 2
    assert f"hpsearch resume {tmp_path / 'small-retried'}" in twice.stderr


@pytest.mark.parametrize("shapes", [(), ONE_SHAPE])
def test_a_trial_over_its_time_is_ended_and_a_row_that_says_so(
    shapes: tuple[str, ...], config: Path, tmp_path: Path
) -> None:
    # Hundreds of epochs of batches of one row take minutes.
    slow = ("--set=train.batch_size=1", "--set=train.epochs=400", "--set=search.trials=2", "--set=search.round=2")
    alone = ("--set=engine.trial_timeout=1", "--workers", "1")
    run = program("run", config, *slow, *shapes, *alone, "--results", tmp_path)
    assert run.returncode == 1, run.stderr  # none completed
    frame = pd.read_parquet(tmp_path / "small" / "trials")
    assert list(frame["status"]) == ["failed"] * 2
    assert list(frame["error"]) == ["timeout"] * 2
    assert (frame["duration_s"] > 1).all()


def test_a_trial_is_not_charged_with_the_start_of_its_worker(config: Path, tmp_path: Path) -> None:
    # The first trial, of batches of one row, takes minutes; the other a second, less than a new worker does.
    slow = ("--set=train.batch_size={choice: [512, 1]}", "--set=train.epochs=500", "--set=search.trials=2")
    run = program("run", config, *slow, "--set=engine.trial_timeout=8", "--workers", "1", "--results", tmp_path)
    assert run.returncode == 0, run.stderr
    frame = pd.read_parquet(tmp_path / "small" / "trials").sort_values("trial")
    assert list(frame["param_batch_size"]) == [1, 512]
    assert list(frame["status"]) == ["failed", "completed"]
    assert frame["error"].iloc[0] == "timeout"


def test_a_damaged_part_is_set_aside_by_resume_with_repair_and_its_rows_come_back(
    finished: Path, tmp_path: Path
) -> None:
    sweep = shutil.copytree(finished, tmp_path / "small")
    part = sweep / "trials" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-40])
    run = program_here("resume", sweep, "--repair", "--serial")
    assert run.returncode == 0, run.stderr
    assert "Part 1 was damaged" in run.stderr
    assert (sweep / ".damaged" / "trials-part-00001.parquet").exists()
    assert differences(tables(finished), tables(sweep)) == []
    assert len(pd.read_parquet(sweep / "trials")) == 18


def test_a_results_folder_that_cannot_be_made_is_named(config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = program_here("run", config, "--serial", "--results", tmp_path / "file")
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert str(tmp_path / "file") in run.stderr


def test_a_sweep_resumed_on_other_data_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data, config = tmp_path / "data.npz", tmp_path / "own.yaml"
    np.savez(data, X=rng.normal(size=(90, 4)), y=np.arange(90) % 3)
    config.write_text(
        f"name: own\ndata: {{source: {data}}}\ntrain: {{epochs: 1, learning_rate: {{log: [1e-3, 1]}}}}\nsearch: {{trials: 300}}\n"
    )
    process = start("run", config, "--serial", "--results", tmp_path)
    wait_for_trials(tmp_path / "own", 2, process)
    process.send_signal(signal.SIGINT)
    assert finish(process).returncode == 130
    np.savez(data, X=rng.normal(size=(90, 4)), y=np.arange(90) % 3)
    for command in (("resume", "--serial"), ("best",)):
        run = program_here(command[0], tmp_path / "own", *command[1:])
        assert run.returncode == 2
        assert run.stderr.count("\n") == 1
        assert str(data) in run.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count private memory so")
def test_a_trial_that_asks_for_too_much_memory_fails_with_the_reason_and_its_worker_goes_on(
    config: Path, tmp_path: Path
) -> None:
    widths = ("--set=model.hidden={units: {choice: [8, 6000]}, layers: 2}", "--set=search.trials=6")
    bounded = ("--set=engine.memory=0.25", "--set=search.strategy=random", "--workers=1")
    run = program("run", config, *widths, *bounded, "--set=train.epochs=1", "--results", tmp_path)
    assert run.returncode == 0, run.stderr
    frame = pd.read_parquet(tmp_path / "small" / "trials").set_index("trial")
    wide = frame["param_units"] == 6000  # two layers of it: 36 million weights, 288 MB in the gate's double precision
    assert 0 < wide.sum() < 6
    assert list(frame["status"] == "failed") == list(wide)
    assert frame.loc[wide, "error"].str.startswith("MemoryError: Unable to allocate").all()
    assert set(frame["worker"]) == {"worker-1"}
