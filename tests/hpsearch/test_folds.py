"""Sweeps whose trials are judged on folds: every number is the mean of plain trainings."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpsearch.config import Config, load_config
from hpsearch.cost import flops
from hpsearch.data import load_data
from hpsearch.driver import Driver
from hpsearch.errors import UsageError
from hpsearch.folders import schemas_of
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, run_trials, stack_key, train_trial
from hpsearch.records import Status, Trial
from hpsearch.refit import refit
from hpsearch.rerun import MODEL, REFITTED, rerun_best
from hpsearch.running import Execution, Hooks, plan_of, resume, run
from hpsearch.store import MemoryStore, SweepFolder
from hpsearch.sweep import next_round
from tests.processes.program import program
from tests.trainer.table_cases import dirty_table
from trainer import evaluate
from trainer import load as load_model
from trainer.layers import Dense

from .engines import Disorder
from .worlds import content

TEXT = """
name: folded
data: {source: iris, validation: {folds: 3}}
model: {hidden: [8], dropout: {uniform: [0.1, 0.5]}}
train: {learning_rate: {log: [1e-3, 1]}, epochs: 10}
search: {trials: 18, stopping: median}
"""
SERIAL = Execution(serial=True)
TABLE = ("data.target=dear", "data.drop=[price]", "metrics=[accuracy, f1_macro]")


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Config]:
    frame = dirty_table(160)
    frame["agent"] = [f"agent {min(agent, 12)}" for agent in np.random.default_rng(0).integers(0, 32, 160)]
    frame.to_csv(tmp_path / "houses.csv", index=False)
    return lambda *overrides: load_config(TEXT, KNOWN, overrides)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SweepFolder:
    """The sweep, run serially, where trials are trained side by side."""
    return SweepFolder(run(load_config(TEXT, KNOWN), tmp_path_factory.mktemp("whole"), SERIAL, Hooks()).path)


def worker() -> Worker:
    return Worker("w", "n", "p", lambda: 0.0, lambda: 0.0)


def first_trials(config: Config) -> tuple[Task, tuple[Trial, ...]]:
    return Task.of(config, load_data(config)), next_round(plan_of(config), [], []).trials


@pytest.mark.parametrize("table", [False, True])
def test_a_trial_s_epochs_are_the_means_of_plain_trainings_on_each_fold_s_rows(
    configure: Callable[..., Config], tmp_path: Path, table: bool
) -> None:
    config = configure(*((f"data.source={tmp_path / 'houses.csv'}", *TABLE) if table else ()))
    task, trials = first_trials(config)
    inputs = {architecture.n_in for architecture in task.architectures(config.run)}
    assert len(inputs) == (3 if table else 1)  # of a table, folds know other categories
    for trial in trials:
        found = train_trial(task, trial, worker())[0].result
        assert found.status is Status.COMPLETED
        plain = [Task(config, train, validation, task.classes) for train, validation in task.folds]
        alone = [train_trial(each, trial, worker())[0].result for each in plain]
        for number, epoch in enumerate(found.epochs):
            scores = [each.epochs[number].scores for each in alone]
            assert epoch.scores == {
                **{name: np.mean([each[name] for each in scores]) for name in scores[0]},
                "val_loss_std": np.std([each["val_loss"] for each in scores], ddof=1),
            }
        assert found.scores == found.epochs[-1].scores


def test_trials_side_by_side_have_the_outcomes_that_each_has_alone(configure: Callable[..., Config]) -> None:
    task, trials = first_trials(configure("gradcheck.at=[start, 4]"))
    assert len({stack_key(task, trial) for trial in trials}) == 1
    limits = (0.5, 0.3)  # of which some trials fall short
    trials = tuple(replace(trial, limits=limits) for trial in trials)
    alone = [train_trial(task, trial, worker())[0] for trial in trials]
    assert repr(run_trials(task, trials, worker())) == repr(alone)
    statuses = {outcome.result.status for outcome in alone}
    assert statuses == {Status.COMPLETED, Status.STOPPED}


def test_every_network_that_differs_is_gated_before_the_trial(configure: Callable[..., Config], tmp_path: Path) -> None:
    plain, trials = first_trials(configure("gradcheck.at=[start, 4]"))
    checks = {row.check for row in train_trial(plain, trials[0], worker())[0].result.gradchecks}
    assert not any("fold" in check for check in checks)
    task, trials = first_trials(configure(f"data.source={tmp_path / 'houses.csv'}", *TABLE, "gradcheck.at=[start, 4]"))
    rows = train_trial(task, trials[0], worker())[0].result.gradchecks
    by_fold = {
        fold: {(row.epoch, row.tensor) for row in rows if row.check.endswith(f", fold {fold}")} for fold in (2, 3)
    }
    first = {(row.epoch, row.tensor) for row in rows if "fold" not in row.check}
    assert first == by_fold[2] == by_fold[3]
    assert {epoch for epoch, _ in first} == {0, 4}


def test_a_wrong_gradient_in_the_second_fold_alone_fails_the_gate(
    configure: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, trials = first_trials(configure(f"data.source={tmp_path / 'houses.csv'}", *TABLE))
    second = task.folds[1][0].x.shape[1]
    honest = Dense.backward

    def backward(self: Dense, dy: np.ndarray) -> np.ndarray:
        dx = honest(self, dy)
        if self.n_in == second:
            self.dW *= 1.01
        return dx

    monkeypatch.setattr(Dense, "backward", backward)
    result = train_trial(task, trials[0], worker())[0].result
    assert result.status is Status.GATE_FAILED
    assert not result.epochs
    assert "fold 2) failed at dense_1.W" in str(result.error)


def test_operations_are_counted_over_all_folds(configure: Callable[..., Config]) -> None:
    task, trials = first_trials(configure())
    plain = [Task(task.config, train, validation, task.classes) for train, validation in task.folds]
    assert flops(task, trials[0].values) == sum(flops(each, trials[0].values) for each in plain)


def test_a_sweep_over_folds_is_recorded_resumed_and_its_best_is_proved_and_saved_as_a_refit(
    whole: SweepFolder, tmp_path: Path
) -> None:
    config = load_config(TEXT, KNOWN)
    path, stops = tmp_path / "cut" / "folded", iter([False] * 3 + [True] * 99)
    run(config, tmp_path / "cut", SERIAL, Hooks(should_stop=lambda: next(stops)))
    assert 0 < len(SweepFolder(path).read_tables()["trials"]) < 18
    resume(path, SERIAL, Hooks())
    tables = SweepFolder(path).read_tables()
    assert content(tables) == content(whole.read_tables())
    names = tables["trials"].column_names
    assert names.index("val_loss_std") == names.index("val_loss") + 1
    assert "stopped" in tables["trials"]["status"].to_pylist()
    assert min(tables["epochs"]["val_loss_std"].to_pylist()) > 0
    assert SweepFolder(path).read_manifest()["data"]["folds"] == [{"train": 80, "validation": 40, "test": 0}] * 3

    best = rerun_best(path, lambda: 0.0)
    assert (best.rerun.verdict, best.saved) == ("identical", (MODEL,))
    again = refit(config, load_data(config), best.rerun.trial, 10)
    model = load_model(path / "best" / MODEL)
    assert not (path / "best" / REFITTED).exists()
    np.testing.assert_array_equal(model.parameters, again.network.parameters)
    assert best.refit == again.figures
    assert best.refit.rows == 120
    assert best.look.scores == {
        f"test_{name}": value for name, value in evaluate(again.network, again.test, ["accuracy"]).items()
    }
    confirmed = rerun_best(path, lambda: 0.0, top=2, seeds=2)
    assert (confirmed.look.seeds, confirmed.look.number) == (2, 2)
    assert json.loads((path / "best" / "report.json").read_text())["saved"] == [MODEL]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_rows_are_the_same_with_any_number_of_workers_and_in_any_order(whole: SweepFolder, workers: int) -> None:
    config = load_config(TEXT, KNOWN)
    task, plan = Task.of(config, load_data(config)), plan_of(config)
    store = MemoryStore(schemas_of(config))
    engine = Disorder(workers, seed=workers, outcome=lambda trial: train_trial(task, trial, worker())[0])
    Driver(plan, store, engine, lambda event: None, lambda: False, lambda trial: None, None).run()
    assert content(store.tables()) == content(whole.read_tables())


@pytest.mark.chaos
def test_the_rows_are_the_same_by_two_ray_workers(whole: SweepFolder, tmp_path: Path) -> None:
    (tmp_path / "folded.yaml").write_text(TEXT)
    ran = program("run", tmp_path / "folded.yaml", "--workers", 2, "--results", tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert content(SweepFolder(tmp_path / "folded").read_tables()) == content(whole.read_tables())


REFUSED = {
    "data.validation={folds: 1}": r"data.validation.folds must be greater than or equal to 2; it is 1",
    "data.validation={fold: 3}": r"'data.validation.folds' is missing",
    "data.validation=some": r"data.validation must be a number; it is 'some'",
    "data.validation={folds: 3.5}": r"data.validation.folds must be a whole number; it is 3.5",
    "data.validation={folds: {int: [2, 3]}}": r"data.validation.folds cannot be searched",
    "data.validation={folds: 500}": r"120 rows that are no test rows cannot be cut into 500 parts",
    "search.metric=val_loss_std": r"'val_loss_std' says nothing of how good a trial is; did you mean 'val_loss'",
}


@pytest.mark.parametrize("override", REFUSED)
def test_folds_that_cannot_be_are_refused_in_a_sentence(configure: Callable[..., Config], override: str) -> None:
    with pytest.raises(UsageError, match=REFUSED[override]) as refusal:
        load_data(configure(override))
    assert "\n" not in str(refusal.value)
