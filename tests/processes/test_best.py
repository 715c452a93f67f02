"""`hpsearch best` proves that the numbers come back, and says so when they do not."""

import json
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpsearch.store import SweepFolder
from tests.processes.program import finish, program, program_here, start, tables
from trainer import load
from trainer.data import load as load_data


@pytest.fixture
def sweep(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished sweep, to be changed at will."""
    return Path(shutil.copytree(finished, tmp_path / "small"))


def rewrite(sweep: Path, column: str, change: object) -> None:
    """Change a column of every recorded trial behind the program's back."""
    for part in (sweep / "trials").glob("*.parquet"):
        table = pq.read_table(part)
        values = [change(value) for value in table[column].to_pylist()]
        position = table.column_names.index(column)
        pq.write_table(
            table.set_column(position, table.field(column), pa.array(values, table.field(column).type)), part
        )


def test_the_winner_is_reproduced_bit_for_bit_and_then_tested(sweep: Path) -> None:
    run = program("best", sweep)
    assert run.returncode == 0, run.stderr
    assert "identical" in run.stdout
    assert "test_accuracy" in run.stdout


def test_the_winner_is_the_completed_trial_with_the_lowest_loss(sweep: Path) -> None:
    report = json.loads(program_here("best", sweep, "--json").stdout)
    trials = pd.read_parquet(sweep / "trials").query("status == 'completed'").set_index("trial")
    assert report["trial"]["number"] == trials["val_loss"].idxmin()
    assert report["scores"]["val_loss"] == trials["val_loss"].min()


def test_each_look_at_the_test_rows_is_counted(sweep: Path) -> None:
    looks = [json.loads(program_here("best", sweep, "--json").stdout)["test"]["number"] for _ in range(2)]
    assert looks == [1, 2]
    assert len((sweep / "best" / "looks.jsonl").read_text().splitlines()) == 2


def test_the_saved_model_predicts_as_well_as_was_said(sweep: Path) -> None:
    report = json.loads(program_here("best", sweep, "--json").stdout)
    model, digits = load(sweep / "best" / "model.npz"), load_data("digits")
    right = [label == digits.classes[code] for label, code in zip(model.predict(digits.x), digits.y, strict=True)]
    assert sum(right) / len(right) > 0.9 * report["test"]["scores"]["test_accuracy"]


def test_the_best_config_is_itself_a_config(sweep: Path) -> None:
    program_here("best", sweep)
    run = program_here("check", sweep / "best" / "config.yaml")
    assert run.returncode == 0, run.stderr
    assert "all 1 networks passed" in run.stdout


def test_a_number_that_does_not_come_back_ends_with_exit_4_and_no_look_at_the_test_rows(sweep: Path) -> None:
    rewrite(sweep, "train_loss", lambda loss: loss * (1 + 1e-15))
    run = program_here("best", sweep)
    assert run.returncode == 4
    assert "not reproduced" in run.stdout
    assert "train_loss was" in run.stdout
    assert "Test rows" not in run.stdout
    assert not (sweep / "best" / "looks.jsonl").exists()
    assert not (sweep / "best" / "model.npz").exists()


def test_a_model_of_an_earlier_re_run_does_not_outlive_a_failed_one(sweep: Path) -> None:
    assert program_here("best", sweep).returncode == 0
    assert (sweep / "best" / "model.npz").exists()
    rewrite(sweep, "val_loss", lambda loss: loss * (1 + 1e-12))
    assert program_here("best", sweep).returncode == 4
    assert not (sweep / "best" / "model.npz").exists()


def test_an_interrupted_confirmation_leaves_what_was_there_as_it_was(sweep: Path) -> None:
    assert program_here("best", sweep).returncode == 0
    before = {path.name: path.read_bytes() for path in (sweep / "best").iterdir()}
    process = start("best", sweep, "--top", "2", "--seeds", "400")
    assert process.stderr is not None
    assert process.stderr.readline() == "Training 2 configurations with 400 fresh seeds each\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    stopped = finish(process)
    assert stopped.returncode == 130
    assert stopped.stderr == "hpsearch: interrupted; give the same command again\n"
    assert {path.name: path.read_bytes() for path in (sweep / "best").iterdir()} == before


def test_a_model_from_when_another_trial_led_says_so_when_it_is_used(sweep: Path) -> None:
    assert program_here("best", sweep).returncode == 0
    report = sweep / "best" / "report.json"
    found = json.loads(report.read_text())
    best = found["trial"]["number"]
    note = f"from when trial {best + 1} led; the best is trial {best} now: hpsearch best {sweep}"
    assert note not in program_here("evaluate", sweep, "digits").stderr
    report.write_text(json.dumps({**found, "ranked_first": best + 1}))
    assert note in program_here("evaluate", sweep, "digits").stderr


def test_the_best_of_an_unfinished_sweep_is_called_so(sweep: Path) -> None:
    SweepFolder(sweep).extend(26, "2026-01-01T00:00:00+00:00")
    run = program_here("best", sweep)
    assert run.returncode == 0, run.stderr
    assert "not finished: 18 of 26 trials" in run.stderr
    assert f"Go on by: hpsearch resume {sweep}" in program_here("status", sweep).stdout


def test_a_config_changed_after_the_sweep_is_refused(sweep: Path) -> None:
    text = (sweep / "config.yaml").read_text()
    (sweep / "config.yaml").write_text(text.replace("epochs: 4", "epochs: 5"))
    for command in ("best", "resume", "status", "trials"):
        run = program_here(command, sweep)
        assert run.returncode == 2
        assert run.stderr.count("\n") == 1
        assert "config.yaml was changed" in run.stderr


def test_another_platform_is_never_called_reproduced(sweep: Path) -> None:
    rewrite(sweep, "platform", lambda platform: f"another-{platform}")
    run = program_here("best", sweep)
    assert run.returncode == 0, run.stderr
    assert "other platform" in run.stdout
    assert "identical" not in run.stdout


def test_a_sweep_without_a_completed_trial_has_no_best(sweep: Path) -> None:
    rewrite(sweep, "status", lambda status: "diverged")
    run = program_here("best", sweep)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "no trial" in run.stderr
    assert tables(sweep)["trials"].num_rows == 18
