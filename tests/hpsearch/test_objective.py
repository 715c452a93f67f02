"""Trials that are trained side by side in one worker have the outcomes that each has alone."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpsearch import gate
from hpsearch.config import load_config
from hpsearch.data import load_data
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, run_trials, stack_key, train_trial
from hpsearch.records import Result, Status, Trial
from hpsearch.running import plan_of
from hpsearch.sweep import next_round

CONFIG = """\
name: side-by-side
data: {source: digits}
model: {hidden: [12, 8], dropout: {uniform: [0.1, 0.5]}, input_dropout: 0.1}
train:
  optimizer: adam
  learning_rate: {log: [1e-3, 1e-1]}
  l2: {log: [1e-6, 1e-1]}
  label_smoothing: {uniform: [0.01, 0.2]}
  schedule: cosine
  epochs: 3
metrics: [accuracy]
train_metrics: [accuracy]
search: {trials: 5, round: 5}
"""


Sweep = tuple[Task, Sequence[Trial]]


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return sweep_of(tmp_path)


def sweep_of(folder: Path, *overrides: str) -> Sweep:
    file = folder / "sweep.yaml"
    file.write_text(CONFIG)
    config = load_config(file, KNOWN, overrides)
    return Task.of(config, load_data(config)), next_round(plan_of(config), [], []).trials


class Clock:
    """A second goes by from one look to the next."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def worker() -> Worker:
    return Worker("worker-1", "node", "platform", Clock(), Clock())


def alone(task: Task, trials: Sequence[Trial]) -> list[str]:
    """As text, in which NaN equals NaN and every digit counts."""
    return [repr(train_trial(task, trial, worker())[0].result) for trial in trials]


def together(task: Task, trials: Sequence[Trial]) -> list[Result]:
    outcomes = run_trials(task, trials, worker())
    assert [outcome.trial for outcome in outcomes] == list(trials)
    return [outcome.result for outcome in outcomes]


def with_value(trial: Trial, name: str, value: float) -> Trial:
    assert name in trial.values
    return replace(trial, values={**trial.values, name: value})


def test_trials_side_by_side_end_as_each_does_alone(sweep: Sweep) -> None:
    task, trials = sweep
    results = together(task, trials)
    assert [result.status for result in results] == [Status.COMPLETED] * 5
    assert list(map(repr, results)) == alone(task, trials)


def test_a_trial_that_diverges_leaves_those_beside_it_as_they_are(
    sweep: Sweep,
) -> None:
    task, trials = sweep
    rate = next(name for name in trials[0].values if "learning_rate" in name)
    trials = [trials[0], with_value(trials[1], rate, 1e38), *trials[2:]]
    results = together(task, trials)
    assert [result.status for result in results].count(Status.DIVERGED) == 1
    assert list(map(repr, results)) == alone(task, trials)


def test_a_trial_that_fails_the_gate_is_not_trained_and_leaves_those_beside_it_as_they_are(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, trials = sweep
    check, calls = gate.check_gradients, []

    def fails_the_third(*arguments: Any) -> Any:
        report = check(*arguments)
        calls.append(report)
        failed = [replace(tensor, passed=False, error=1.0) for tensor in report.tensors]
        return replace(report, tensors=tuple(failed)) if len(calls) == 3 else report

    expected = alone(task, trials)
    monkeypatch.setattr(gate, "check_gradients", fails_the_third)
    results = together(task, trials)
    assert results[2].status is Status.GATE_FAILED
    assert results[2].epochs == ()
    assert list(map(repr, results[:2] + results[3:])) == expected[:2] + expected[3:]


def test_an_error_in_one_trial_is_its_own_outcome_and_leaves_those_beside_it_as_they_are(
    sweep: Sweep,
) -> None:
    task, trials = sweep
    trials = [*trials[:3], with_value(trials[3], next(iter(trials[3].values)), float("nan")), trials[4]]
    results = together(task, trials)
    assert [result.status for result in results].count(Status.FAILED) == 1
    assert results[3].error is not None
    assert list(map(repr, results)) == alone(task, trials)


def test_a_trial_whose_metric_cannot_be_computed_has_failed_with_the_reason(tmp_path: Path) -> None:
    task, trials = sweep_of(tmp_path, "metrics=[roc_auc_ovr]", "search.metric=val_roc_auc_ovr")
    ones = task.validation.targets[:, 1] == 1  # rows of one class, and roc_auc compares classes
    one_class = replace(task.validation, x=task.validation.x[ones], targets=task.validation.targets[ones])
    task = replace(task, validation=one_class)
    for result in together(task, trials):
        assert result.status is Status.FAILED
        assert "val_roc_auc_ovr cannot be computed" in str(result.error)
        assert len(result.epochs) == 3


def test_the_time_of_training_side_by_side_is_shared_out(sweep: Sweep) -> None:
    task, trials = sweep
    outcomes = run_trials(task, trials, worker())
    # Each gate takes a second by this timer, and the training of all five together one more.
    assert [outcome.place.duration_s for outcome in outcomes] == pytest.approx([1 + 1 / 5] * 5)


def test_a_clock_that_is_put_back_does_not_change_how_long_a_trial_took(sweep: Sweep) -> None:
    task, trials = sweep
    hours = iter([100 * 3600.0, 99 * 3600.0, 98 * 3600.0])
    worker = Worker("worker-1", "node", "platform", lambda: next(hours), Clock())
    for trial in (trials[0], with_value(trials[0], next(iter(trials[0].values)), float("nan"))):  # and one that fails
        place = run_trials(task, [trial], worker)[0].place
        assert place.duration_s in {1.0, 2.0}
        assert 98 <= place.started_at.timestamp() / 3600 <= 100


def test_trials_have_one_stack_key_when_they_can_be_trained_side_by_side(sweep: Sweep) -> None:
    task, trials = sweep
    keys = {stack_key(task, trial) for trial in trials}
    assert len(keys) == 1
    assert None not in keys


def test_networks_of_other_shapes_have_other_stack_keys_and_a_large_one_has_none(tmp_path: Path) -> None:
    def key(hidden: str) -> Hashable:
        task, trials = sweep_of(tmp_path, f"model.hidden={hidden}")
        return stack_key(task, trials[0])

    assert len({key("[12, 8]"), key("[12, 9]"), key("[12]"), key("[]")}) == 4
    assert key("[2048, 2048]") is None
