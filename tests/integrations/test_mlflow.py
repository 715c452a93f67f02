"""Tracking: what MLflow has is what the rows say, and its failures are not the sweep's."""

import math
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from hpsearch import driver, tracking
from hpsearch.config import load_config
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.running import Execution, Hooks, resume, run
from hpsearch.store import SweepFolder
from tests.hpsearch.worlds import content

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what MLflow itself is built on

TEXT = """
name: small
data: {source: iris}
model: {hidden: [6], activation: {choice: [relu, tanh]}}
train: {optimizer: sgd, learning_rate: {log: [1e-4, 1e8]}, epochs: 10}
search: {trials: 24, strategy: random, stopping: median, start_with: [{activation: tanh, learning_rate: 0.01}]}
"""
STATES = {"completed": "FINISHED", "stopped": "KILLED", "diverged": "FAILED"}
ALONE = Execution(serial=True)


@pytest.fixture(autouse=True, scope="module")
def mlflow() -> Any:
    """Not imported while tests are collected, which every process does: it takes seconds."""
    return pytest.importorskip("mlflow")


@pytest.fixture
def server(mlflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of an empty tracking database, to which sweeps report."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'tracking.db'}")
    return mlflow.MlflowClient()


def sweep(results: Path, *overrides: str, **hooks: Any) -> Path:
    config = load_config(TEXT, KNOWN, ["tracking=mlflow", *overrides])
    return run(config, results, ALONE, Hooks(**hooks)).path


def test_runs_have_the_settings_scores_and_ends_of_the_rows_also_over_a_resume(server: Any, tmp_path: Path) -> None:
    stops, said = iter([False] * 6 + [True] * 99), []
    path = sweep(tmp_path / "results", should_stop=lambda: next(stops), say=said.append)
    assert 0 < len(SweepFolder(path).read_tables()["trials"]) < 24
    experiment = server.get_experiment_by_name("small").experiment_id
    whole = "tags.`hpsearch.sweep` LIKE 'small %'"
    [parent] = server.search_runs([experiment], whole)
    assert parent.info.status == "KILLED"
    children = f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
    left_out, half = server.search_runs([experiment], children)[:2]  # as if the process had been killed while reporting
    server.delete_run(left_out.info.run_id)
    server.update_run(half.info.run_id, status="RUNNING")

    resume(path, ALONE, Hooks(say=said.append))
    tables = SweepFolder(path).read_tables()
    rows = {row["trial"]: row for row in tables["trials"].to_pylist()}
    assert {row["status"] for row in rows.values()} == set(STATES)
    runs = {int(each.data.tags["hpsearch.trial"]): each for each in server.search_runs([experiment], children)}
    assert sorted(runs) == sorted(rows) == list(range(24))
    for number, row in rows.items():
        found = runs[number]
        assert found.info.status == STATES[row["status"]]
        assert found.data.tags["hpsearch.status"] == row["status"]
        assert found.data.params == {name[6:]: str(row[name]) for name in row if name.startswith("param_")}
        assert found.info.end_time - found.info.start_time == pytest.approx(1000 * row["duration_s"], abs=1)
    curve = [row["val_loss"] for row in tables["epochs"].to_pylist() if row["trial"] == 3]
    history = server.get_metric_history(runs[3].info.run_id, "val_loss")
    assert [(each.step, each.value) for each in history] == list(enumerate(filter(math.isfinite, curve), start=1))

    [parent] = server.search_runs([experiment], whole)
    best = min((row["val_loss"], number) for number, row in rows.items() if row["status"] == "completed")[1]
    assert (parent.info.status, parent.data.metrics["val_loss"]) == ("FINISHED", rows[best]["val_loss"])
    artifact = Path(server.download_artifacts(parent.info.run_id, "best/config.yaml"))
    settings = load_config(artifact, KNOWN).run
    assert settings.train.learning_rate == rows[best]["param_learning_rate"]
    assert not server.search_runs([experiment], children + " AND attributes.status = 'RUNNING'")
    assert not said


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "nonsense://here"])
def test_a_server_that_fails_costs_one_sentence_and_no_row(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said: list[str] = []
    path = sweep(tmp_path / "tracked", "search.trials=6", say=said.append)
    config = load_config(TEXT, KNOWN, ["search.trials=6"])
    run(config, tmp_path / "plain", ALONE, Hooks())
    plain = SweepFolder(tmp_path / "plain" / "small").read_tables()
    assert content(SweepFolder(path).read_tables()) == content(plain)
    [sentence] = said
    assert sentence.startswith("MLflow: ")
    assert sentence.endswith("The sweep is not touched by this, but it is not tracked any more.")
    assert "\n" not in sentence


def test_a_server_that_hangs_is_not_waited_for_any_longer_than_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "WAIT_S", 0.05)
    released = Event()
    monkeypatch.setattr(tracking._Reporter, "_report", lambda reporter: released.wait(60))
    said: list[str] = []
    sweep(tmp_path, "search.trials=2", say=said.append)
    assert len(said) == 1
    assert "has not taken all trials" in said[0]
    released.set()


def test_what_nobody_reports_any_more_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tracking._Reporter, "_report", Mock(side_effect=OSError))
    reporter = tracking._Reporter(load_config(TEXT, KNOWN), SweepFolder(tmp_path), lambda: None)
    reporter._thread.join()
    reporter.observe(driver.Event((None,) * 3, 0, 1))
    assert reporter._outcomes.empty()


def test_a_sweep_that_ends_in_an_error_is_not_left_running_there(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "HURRIED_S", 60)  # the first look at a new database takes long
    with pytest.raises(ZeroDivisionError):
        sweep(tmp_path / "results", observer=Mock(side_effect=ZeroDivisionError))
    experiment = server.get_experiment_by_name("small").experiment_id
    [parent] = server.search_runs([experiment], "tags.`hpsearch.sweep` LIKE 'small %'")
    assert parent.info.status == "KILLED"


def test_a_sweep_that_is_to_be_tracked_without_mlflow_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"tracking: mlflow needs the package mlflow, .* pip install"):
        sweep(tmp_path)
    assert not list(tmp_path.iterdir())
