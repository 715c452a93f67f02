"""Laws of `best --refit`: a second model, trained on training and validation rows for the best epoch."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch.config import Config, load_config
from hpsearch.data import load_data
from hpsearch.errors import HpsearchError
from hpsearch.known import KNOWN
from hpsearch.objective import Ended, Task, Worker, train_trial
from hpsearch.records import Status, Trial
from hpsearch.refit import refit
from hpsearch.rerun import MODEL, REFITTED, Verdict, rerun_best
from hpsearch.running import Execution, Hooks, run
from hpsearch.seeds import split_seed
from trainer import load
from trainer.arrays import Array
from trainer.data import prepare
from trainer.layers import Dense

TEXT = """name: small
data: {source: iris, validation: 0.2, test: 0.2}
model: {hidden: [8]}
train: {learning_rate: {log: [1e-2, 1]}, epochs: 12, patience: 2}
search: {trials: 4, stopping: none}
gradcheck: {at: [start, 2]}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    file = tmp_path_factory.mktemp("refit") / "config.yaml"
    file.write_text(TEXT)
    return load_config(file, KNOWN)


@pytest.fixture(scope="module")
def sweep(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    run(config, results, Execution(serial=True), Hooks())
    return results / "small"


def test_a_refit_sees_the_training_and_validation_rows_and_none_of_the_test(config: Config) -> None:
    dataset, seed = load_data(config).dataset, split_seed(config.run.seed)
    apart = prepare(dataset, validation=0.2, test=0.2, seed=seed)
    together = prepare(dataset, validation=0.0, test=0.2, seed=seed)

    def raw(scaler: object, *parts: object) -> set[tuple[float, ...]]:
        rows = np.concatenate([scaler.inverse(part.x) for part in parts])
        return {tuple(row) for row in rows.round(3).tolist()}

    assert raw(together.standardizer, together.train) == raw(apart.standardizer, apart.train, apart.validation)
    assert raw(together.standardizer, together.test) == raw(apart.standardizer, apart.test)
    assert len(together.train) == 120


def _without_patience(config: Config) -> Config:
    tree = {**config.tree, "train": {**config.tree["train"], "patience": None}}
    return type(config)(tree, type(config.space).of(tree), config.run, config.known)


def test_a_refit_trains_as_a_run_of_the_trial_would_on_those_rows_until_the_best_epoch(config: Config) -> None:
    # The slow twin: the objective itself, on a data set in which these rows are the training rows.
    data, trial = load_data(config), Trial(0, 0, 5, (0.5,), {"learning_rate": 0.1})
    everything = prepare(data.dataset, validation=0.0, test=0.2, seed=split_seed(0))
    whole = config.trial(trial.values).train.epochs
    patient = _without_patience(config)
    task = Task(patient, everything.train, data.prepared.validation, everything.classes)
    outcome, network = train_trial(task, trial, Worker("w", "n", "p", time.time, time.monotonic))
    refitted = refit(config, data, trial, whole)
    found, model = refitted.figures, refitted.model
    assert (found.rows, found.epochs) == (120, 12)
    assert found.train_loss == outcome.result.scores["train_loss"]
    assert np.array_equal(model.parameters, network.parameters)
    shorter = refit(config, data, trial, 3).figures
    assert shorter.train_loss == outcome.result.epochs[2].scores["train_loss"]  # the schedule is that of 12 epochs


def test_best_saves_a_second_model_beside_the_first_and_says_what_it_was_trained_on(sweep: Path) -> None:
    looks = rerun_best(sweep, time.time).look.number
    report = json.loads(rerun_best(sweep, time.time, refitted=True).as_json())
    first, second = (load(sweep / "best" / name) for name in (MODEL, REFITTED))
    assert report["refit"]["rows"] == 120
    assert report["refit"]["epochs"] == report["best_epoch"] < 12
    assert not np.array_equal(first.parameters, second.parameters)
    assert not np.array_equal(first.standardizer.mean, second.standardizer.mean)
    assert report["test"]["number"] == looks + 1  # at the refit there is no look
    assert len((sweep / "best" / "looks.jsonl").read_text().splitlines()) == looks + 1


def test_a_refit_does_not_outlive_a_re_run_without_one(sweep: Path) -> None:
    rerun_best(sweep, time.time, refitted=True)
    assert (sweep / "best" / REFITTED).exists()
    again = rerun_best(sweep, time.time)
    assert again.refit is None
    assert not (sweep / "best" / REFITTED).exists()
    assert (sweep / "best" / MODEL).exists()


def test_a_re_run_that_does_not_complete_leaves_no_model_and_no_refit(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: Any) -> Ended:  # as a limit can end it on another platform, whose last bits differ
        outcome = train_trial(*arguments)[0]
        return replace(outcome, result=replace(outcome.result, status=Status.STOPPED)), None

    monkeypatch.setattr("hpsearch.rerun.train_trial", stopped)
    monkeypatch.setattr("hpsearch.objective.numeric_platform", lambda threads: "elsewhere")
    found = rerun_best(sweep, time.time, refitted=True)
    assert found.rerun.verdict is Verdict.OTHER_PLATFORM
    assert (found.rerun.best_epoch, found.refit, found.saved) == (None, None, ())


@pytest.mark.parametrize("only_trained", [False, True], ids=["at the start", "in mid-training"])
def test_a_refit_that_fails_its_gate_is_refused_in_a_sentence(
    config: Config, monkeypatch: pytest.MonkeyPatch, only_trained: bool
) -> None:
    honest = Dense.backward

    def backward(self: Dense, dy: Array) -> Array:
        dx = honest(self, dy)
        if not only_trained or (self.W.astype(np.float32) == self.W).all():  # as single precision leaves them
            self.dW *= 1.01
        return dx

    monkeypatch.setattr(Dense, "backward", backward)
    where = "after epoch 2: gradient" if only_trained else "gradient"
    with pytest.raises(HpsearchError, match=rf"trial 7 cannot be refitted on .* rows: {where} check"):
        refit(config, load_data(config), Trial(7, 0, 5, (0.5,), {"learning_rate": 0.1}), 4)


def test_a_refit_that_diverges_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT.replace("hidden: [8]", "hidden: [8], batch_norm: false"))
    config = load_config(tmp_path / "config.yaml", KNOWN, ["train.learning_rate=1e30", "train.optimizer=sgd"])
    with pytest.raises(
        HpsearchError, match=r"cannot be refitted on .* rows: a loss was not a finite number after epoch 1"
    ):
        refit(config, load_data(config), Trial(7, 0, 5, (), {}), 4)
