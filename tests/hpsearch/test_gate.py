"""Laws of the gate: every trial is checked, at the start and where the config says, and checking changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpsearch.config import load_config
from hpsearch.data import load_data
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, run_trials
from hpsearch.records import Result, Status, Trial
from trainer.arrays import Array
from trainer.layers import Dense

CONFIG = """\
name: small
data: {source: wine}
model: {hidden: [9, 7], dropout: 0.3}
train: {epochs: 6, batch_size: 16, optimizer: adam, l2: 1e-3}
"""
WORKER = Worker("worker", "node", "platform", lambda: 0.0, lambda: 0.0)
SEED = 5
Run = Callable[..., Result]


@pytest.fixture
def results(tmp_path: Path) -> Callable[..., list[Result]]:
    """Runs trials of the config above with further settings: together, and one for each seed."""

    def run(*settings: str, seeds: Sequence[int] = (SEED,)) -> list[Result]:
        path = tmp_path / "small.yaml"
        path.write_text(CONFIG)
        config = load_config(path, KNOWN, settings)
        task = Task.of(config, load_data(config))
        trials = [Trial(number, 0, seed, (), {}) for number, seed in enumerate(seeds)]
        return [outcome.result for outcome in run_trials(task, trials, WORKER)]

    return run


@pytest.fixture
def result(results: Callable[..., list[Result]]) -> Run:
    """Runs one trial."""
    return lambda *settings, seed=SEED: results(*settings, seeds=[seed])[0]


def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backward pass that is wrong at trained weights alone: at those that single precision can hold."""
    honest = Dense.backward

    def backward(self: Dense, dy: Array) -> Array:
        dx = honest(self, dy)
        if self.W.dtype == np.float64 and (self.W.astype(np.float32) == self.W).all():
            self.dW *= 1.01
        return dx

    monkeypatch.setattr(Dense, "backward", backward)


def test_each_trial_draws_its_check_from_its_own_seed(result: Run) -> None:
    first, again, other = result(), result(), result(seed=SEED + 1)
    assert first == again
    assert {row.error for row in first.gradchecks}.isdisjoint({row.error for row in other.gradchecks} - {0.0})


@pytest.mark.parametrize(
    "settings", [(), ("train.patience=1",), ("train.optimizer=momentum", "model.batch_norm=false")]
)
def test_gates_in_mid_training_change_no_bit_of_the_result(result: Run, settings: tuple[str, ...]) -> None:
    plain, gated = result(*settings), result(*settings, "gradcheck.at=[start, 1, 2, 6]")
    assert {row.epoch for row in plain.gradchecks} == {0}
    assert {row.epoch for row in gated.gradchecks} >= {0, 1, 2}
    assert gated.status is Status.COMPLETED
    ours = replace(gated, gradchecks=plain.gradchecks, gradcheck_error=plain.gradcheck_error)
    assert ours == plain


def test_a_gate_that_fails_in_mid_training_ends_the_trial_with_its_epochs_and_no_score(
    result: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = result()
    spoil(monkeypatch)
    assert result().status is Status.COMPLETED
    failed = result("gradcheck.at=[start, 3]")
    assert failed.status is Status.GATE_FAILED
    assert failed.epochs == plain.epochs[:3]
    assert failed.scores == {}
    assert failed.best_epoch is None
    assert failed.gradcheck_verdict == "failed"
    assert failed.gradcheck_error is not None
    assert failed.gradcheck_error > 1e-3
    assert failed.error is not None
    assert failed.error.startswith("after epoch 3: gradient check")
    assert {row.epoch for row in failed.gradchecks if not row.passed} == {3}
    assert {row.blamed for row in failed.gradchecks if not row.passed} == {"dense_3"}


@pytest.mark.parametrize("spoiled", [False, True])
def test_gates_in_mid_training_find_the_same_in_trials_side_by_side(
    spoiled: bool, results: Callable[..., list[Result]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if spoiled:
        spoil(monkeypatch)
    seeds = [3, 4, 5]
    together = results("gradcheck.at=[start, 2, 4]", seeds=seeds)
    assert [results("gradcheck.at=[start, 2, 4]", seeds=[seed])[0] for seed in seeds] == together
    assert {each.status for each in together} == {Status.GATE_FAILED if spoiled else Status.COMPLETED}
    assert {len(each.epochs) for each in together} == {2 if spoiled else 6}


def test_a_gate_after_an_epoch_that_a_trial_does_not_reach_is_not_held(result: Run) -> None:
    assert {row.epoch for row in result("gradcheck.at=[start, 7]").gradchecks} == {0}
    patient = result("train.patience=1", "train.epochs=200", "gradcheck.at=[start, 190]")
    assert {row.epoch for row in patient.gradchecks} == {0}


def test_a_diverged_trial_is_no_failed_gate(result: Run) -> None:
    diverged = result(
        "train.optimizer=sgd", "train.learning_rate=1e30", "model.batch_norm=false", "gradcheck.at=[start, 1]"
    )
    assert diverged.status is Status.DIVERGED


def test_thresholds_are_settings(result: Run) -> None:
    assert "complex step" in {row.method for row in result("gradcheck.tolerance=1e-18").gradchecks}
    assert {row.checked for row in result("gradcheck.directions=3", "gradcheck.coordinates=4").gradchecks} == {3, 7}
