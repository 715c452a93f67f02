"""`hpsearch best` proves that the numbers come back, and says so when they do not."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpsearch.seeds import split_seed
from hpsearch.store import SweepFolder
from tests.processes.program import finish, program, program_here, start, tables
from trainer import load
from trainer.data import load as load_data
from trainer.data.splits import split


@pytest.fixture(scope="module")
def first_run(
    finished: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The finished sweep after its first `hpsearch best`, and what that said."""
    sweep = Path(shutil.copytree(finished, tmp_path_factory.mktemp("proved") / "small"))
    return sweep, program("best", sweep)


@pytest.fixture
def proved(first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> Path:
    """A copy of the sweep whose winner came back, to be changed at will."""
    path, run = first_run
    assert run.returncode == 0, run.stderr
    return Path(shutil.copytree(path, tmp_path / "small"))


@pytest.fixture
def sweep(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished sweep, to be changed at will."""
    return Path(shutil.copytree(finished, tmp_path / "small"))


def report_of(sweep: Path) -> dict[str, Any]:
    return dict(json.loads((sweep / "best" / "report.json").read_text()))


def rewrite(sweep: Path, column: str, change: object) -> None:
    """Change a column of every recorded trial behind the program's back."""
    for part in (sweep / "trials").glob("*.parquet"):
        table = pq.read_table(part)
        values = [change(value) for value in table[column].to_pylist()]
        position = table.column_names.index(column)
        pq.write_table(
            table.set_column(position, table.field(column), pa.array(values, table.field(column).type)), part
        )


def test_the_winner_is_reproduced_bit_for_bit_and_then_tested(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, run = first_run
    assert run.returncode == 0, run.stderr
    assert "identical" in run.stdout
    assert "test_accuracy" in run.stdout


def test_the_winner_is_the_completed_trial_with_the_lowest_loss(proved: Path) -> None:
    report = report_of(proved)
    trials = pd.read_parquet(proved / "trials").query("status == 'completed'").set_index("trial")
    assert report["trial"]["number"] == trials["val_loss"].idxmin()
    assert report["scores"]["val_loss"] == trials["val_loss"].min()


def test_each_look_at_the_test_rows_is_counted(proved: Path) -> None:
    assert report_of(proved)["test"]["number"] == 1
    again = json.loads(program_here("best", proved, "--json").stdout)
    assert again == report_of(proved)
    assert again["test"]["number"] == 2
    assert len((proved / "best" / "looks.jsonl").read_text().splitlines()) == 2


def test_the_saved_model_has_the_scores_on_the_test_rows_that_were_said(proved: Path) -> None:
    model, digits = load(proved / "best" / "model.npz"), load_data("digits")
    _, _, test = split(digits, validation=0.2, test=0.2, seed=split_seed(3))
    found = model.evaluate(digits.x[test], digits.y[test], ["accuracy"])
    assert {f"test_{name}": score for name, score in found.items()} == report_of(proved)["test"]["scores"]


def test_the_best_config_is_itself_a_config(proved: Path) -> None:
    run = program_here("check", proved / "best" / "config.yaml")
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


def test_a_model_of_an_earlier_re_run_does_not_outlive_a_failed_one(proved: Path) -> None:
    assert (proved / "best" / "model.npz").exists()
    rewrite(proved, "val_loss", lambda loss: loss * (1 + 1e-12))
    assert program_here("best", proved).returncode == 4
    assert not (proved / "best" / "model.npz").exists()


def test_an_interrupted_confirmation_leaves_what_was_there_as_it_was(proved: Path) -> None:
    before = {path.name: path.read_bytes() for path in (proved / "best").iterdir()}
    process = start("best", proved, "--top", "2", "--seeds", "400")
    assert process.stderr is not None
    assert process.stderr.readline() == "Training 2 configurations with 400 fresh seeds each\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    stopped = finish(process)
    assert stopped.returncode == 130
    assert stopped.stderr == "hpsearch: interrupted; give the same command again\n"
    assert {path.name: path.read_bytes() for path in (proved / "best").iterdir()} == before


def test_a_model_from_when_another_trial_led_says_so_when_it_is_used(proved: Path) -> None:
    found = report_of(proved)
    best = found["trial"]["number"]
    note = f"from when trial {best + 1} led; the best is trial {best} now: hpsearch best {proved}"
    assert note not in program_here("evaluate", proved, "digits").stderr
    (proved / "best" / "report.json").write_text(json.dumps({**found, "ranked_first": best + 1}))
    assert note in program_here("evaluate", proved, "digits").stderr


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
