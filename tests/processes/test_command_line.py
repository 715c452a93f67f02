"""What every command promises: quick help, one sentence for wrong input, JSON where a person would scrape."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command

from hpsearch.cli.app import app
from hpsearch.engine.base import Objective
from hpsearch.engine.serial import SerialEngine
from hpsearch.store.compare import differences
from tests.processes.program import (
    MINIATURE,
    PROGRAM,
    kill_group,
    program,
    program_here,
    start,
    tables,
    wait_for_trials,
)

HEAVY = ("numpy", "pandas", "pyarrow", "ray", "ruamel", "sklearn", "scipy", "trainer", "onnx", "mlflow", "optuna")
COMMANDS = sorted(get_command(app).commands)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys, hpsearch.cli\n"
        f"sys.argv[1:] = {arguments}\n"
        "try:\n    hpsearch.cli.main()\n"
        "except SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("HEAVY []\n")


def test_help_does_not_hang() -> None:
    seconds = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run([PROGRAM, "--help"], capture_output=True, check=True)
        seconds.append(time.monotonic() - begun)
    assert statistics.median(seconds) < 5  # other tests run beside this one


WRONG_CONFIGS = {
    "an unknown key": (
        MINIATURE.replace("learning_rate:", "learnig_rate:"),
        ["learnig_rate", "line 9", "learning_rate"],
    ),
    "a wrong type": (MINIATURE.replace("epochs: 4", "epochs: soon"), ["train.epochs", "line 12", "soon"]),
    "a value out of range": (MINIATURE.replace("epochs: 4", "epochs: 0"), ["train.epochs", "line 12", "0"]),
    "bounds reversed": (MINIATURE.replace("[1e-3, 1]", "[1, 1e-3]"), ["train.learning_rate", "line 9", "low < high"]),
    "a space with illegal points": (MINIATURE.replace("[0.0, 0.5]", "[0.0, 1.5]"), ["model.dropout", "line 7", "1.5"]),
    "unreadable YAML": ("name: small\n  data: [", ["line 2", "not YAML"]),
    "an unknown data set": (MINIATURE.replace("source: digits", "source: digit"), ["data.source", "digit"]),
    "a missing data file": (MINIATURE.replace("source: digits", "source: no.npz"), ["data.source", "no.npz"]),
    "a loss that does not fit": (MINIATURE.replace("epochs: 4", "loss: huber"), ["train.loss", "huber", "softmax"]),
    "weights of other classes": (
        MINIATURE.replace("epochs: 4", "class_weights: {ten: 2}"),
        ["train.class_weights", "'ten'"],
    ),
    "groups of other features": (MINIATURE.replace("model:", "model:\n  input_groups: [0, 1]"), ["input_groups", "64"]),
    "an unknown strategy": (MINIATURE.replace("search: {", "search: {strategy: zom, "), ["search.strategy", "zoom"]),
    "an unknown metric": (MINIATURE.replace("search: {", "search: {metric: val_los, "), ["search.metric", "val_loss"]),
}


@pytest.mark.parametrize("name", WRONG_CONFIGS)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_wrong_config_gets_one_sentence_and_exit_2(command: str, name: str, tmp_path: Path) -> None:
    text, words = WRONG_CONFIGS[name]
    config = tmp_path / "wrong.yaml"
    config.write_text(text)
    way = ["--serial", "--results", tmp_path / "results"] if command == "run" else []
    run = program_here(command, config, *way)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""
    assert all(word in run.stderr for word in words), run.stderr
    assert not (tmp_path / "results").exists() or not list((tmp_path / "results").iterdir())


@pytest.mark.parametrize("name", ["an unknown data set", "a missing data file"])
def test_data_that_is_not_there_is_told_before_ray_is_started(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr("hpsearch.engine.meanwhile.connect", lambda *where: started.append(where))
    (tmp_path / "wrong.yaml").write_text(WRONG_CONFIGS[name][0])
    run = program_here("run", tmp_path / "wrong.yaml", "--results", tmp_path / "results")
    assert (run.returncode, started) == (2, [])


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_process_of_its_own_refuses_in_the_same_words(command: str, tmp_path: Path) -> None:
    text, _ = WRONG_CONFIGS["an unknown key"]
    config = tmp_path / "wrong.yaml"
    config.write_text(text)
    process, here = program(command, config), program_here(command, config)
    assert (process.returncode, process.stdout, process.stderr) == (here.returncode, here.stdout, here.stderr)


WRONG_ARGUMENTS = {
    "a config that is not there": (["run", "nowhere.yaml"], "nowhere.yaml"),
    "a sweep that is not there": (["resume", "nowhere"], "nowhere"),
    "a best of nothing": (["best", "nowhere"], "nowhere"),
    "a status of nothing": (["status", "nowhere"], "nowhere"),
    "trials of nothing": (["trials", "nowhere"], "nowhere"),
    "an override that is none": (["run", "CONFIG", "--set", "epochs"], "KEY=VALUE"),
    "an override of an unknown key": (["run", "CONFIG", "--set", "train.epoch=3"], "epochs"),
    "an address that is none": (["run", "CONFIG", "--address", "foo"], "HOST:PORT"),
    "results that a cluster cannot find": (
        ["submit", "CONFIG", "--address", "http://127.0.0.1:1", "--results", "here"],
        "absolute",
    ),
    "a job server that is not there": (["jobs", "--address", "http://127.0.0.1:1"], "job"),
    "a cluster that is not there": (["run", "CONFIG", "--address", "127.0.0.1:1"], "127.0.0.1:1"),
}


@pytest.mark.parametrize("name", WRONG_ARGUMENTS)
def test_wrong_arguments_get_one_sentence_and_exit_2(name: str, config: Path, tmp_path: Path) -> None:
    arguments, word = WRONG_ARGUMENTS[name]
    where = ["--results", tmp_path] if arguments[0] == "run" else []
    run = program_here(*(config if argument == "CONFIG" else argument for argument in arguments), *where)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert word in run.stderr


def test_a_finished_sweep_is_not_run_again_under_its_name(config: Path, finished: Path) -> None:
    before = tables(finished)
    run = program_here("run", config, "--results", finished.parent)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert f"hpsearch resume {finished}" in run.stderr
    assert "--set name=" in run.stderr
    assert differences(before, tables(finished)) == []


def test_a_finished_sweep_is_just_shown_by_resume(finished: Path) -> None:
    run = program_here("resume", finished)
    assert run.returncode == 0
    assert "finished, 18 of 18 trials" in run.stdout


def test_a_sweep_has_one_writer(config: Path, tmp_path: Path) -> None:
    process = start("run", config, "--serial", "--results", tmp_path, "--set=train.epochs=200")
    wait_for_trials(tmp_path / "small", 1, process)
    second = program_here("resume", tmp_path / "small", "--serial")
    assert json.loads(program_here("status", tmp_path / "small", "--json").stdout)["running"]
    kill_group(process)
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "another process" in second.stderr
    assert not json.loads(program_here("status", tmp_path / "small", "--json").stdout)["running"]


def test_status_counts_what_the_parquet_holds(finished: Path) -> None:
    state = json.loads(program_here("status", finished, "--json").stdout)
    frame = pd.read_parquet(finished / "trials")
    assert state["counts"] == frame["status"].value_counts().to_dict()
    assert state["done"] == state["planned"] == len(frame)
    assert state["best"]["val_loss"] == frame["val_loss"].min()


def test_trials_are_listed_best_first(finished: Path) -> None:
    rows = json.loads(program_here("trials", finished, "--json", "--all").stdout)
    losses = [row["val_loss"] for row in rows if row["status"] == "completed"]
    assert losses == sorted(losses)
    assert len(rows) == 18
    frame = pd.read_parquet(finished / "trials").set_index("trial")
    for row in rows:  # bit for bit
        assert row["param_beta"] == frame.loc[row["trial"], "param_beta"]
        assert row["gradcheck_error"] == frame.loc[row["trial"], "gradcheck_error"]
    shown = program_here("trials", finished).stdout
    assert all(word in shown.splitlines()[0] for word in ("trial", "status", "learning_rate", "val_loss"))


def test_quiet_prints_the_result_alone_and_json_is_json(quiet_run: subprocess.CompletedProcess[str]) -> None:
    assert quiet_run.stderr == ""
    assert json.loads(quiet_run.stdout)["done"] == 18


def test_more_workers_than_can_be_used_are_not_begun_and_named_with_the_setting_that_would(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def engine(objective: Objective, *, cpus: int, workers: int, **_options: object) -> SerialEngine:
        begun.append(workers)
        return SerialEngine(objective, cpus=cpus)

    monkeypatch.setattr("hpsearch.engine.meanwhile.connect", lambda *where: None)
    monkeypatch.setattr("hpsearch.engine.ray.RayEngine", engine)
    few = ["--set=search.trials=3", "--set=search.round=1", "--set=search.lookahead=0"]
    run = program_here("run", config, *few, "--workers", "2", "--results", tmp_path)
    assert run.returncode == 0
    assert begun == [1]
    assert "1 of 2 workers can be used" in run.stderr
    assert "search.round=2" in run.stderr
