"""The training loop: what it promises of resuming, patience, endings and odd data."""

import warnings
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from trainer import Architecture, End, Epoch, Fitting, Network, TrainerError, Training, evaluate, fit
from trainer.data import Rows
from trainer.optimizers import OPTIMIZERS, Rates
from trainer.schedules import SCHEDULES

ARCHITECTURE = Architecture(6, 3, (8,), dropout=0.2, l2=1e-3)
TRAINING = Training(batch_size=16, epochs=6)


def some_rows(count: int, seed: int = 0, architecture: Architecture = ARCHITECTURE) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, architecture.n_in), dtype=np.float32)
    targets = np.eye(architecture.n_out, dtype=np.float32)[x[:, : architecture.n_out].argmax(axis=1)]
    return Rows(x, targets)


def network_of(architecture: Architecture = ARCHITECTURE, dtype: Any = np.float32) -> Network:
    network = architecture.build(capacity=64, dtype=dtype)
    network.initialise(np.random.default_rng(0))
    return network


def fitting_of(training: Training, architecture: Architecture = ARCHITECTURE) -> Fitting:
    shuffle, noise = ([np.random.default_rng(purpose)] for purpose in (1, 2))
    return Fitting(network_of(architecture), [training], shuffle=shuffle, noise=noise)


def histories(fitting: Fitting) -> list[dict[str, float]]:
    return [dict(epoch.scores) for epoch in fitting.fit(some_rows(50), some_rows(20, 1))[0].epochs]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("patience", [None, 2])
def test_a_resumed_training_equals_an_uninterrupted_one(optimizer: str, schedule: str, patience: int | None) -> None:
    training = replace(TRAINING, optimizer=optimizer, schedule=schedule, patience=patience, warmup=1.5)
    whole = fitting_of(training)
    expected = histories(whole)
    first = fitting_of(training)
    first.fit(some_rows(50), some_rows(20, 1), epochs=2)
    second = fitting_of(training)
    second.restore(first.state())
    first.network.parameters[...] = np.nan  # the state is a copy
    assert histories(second) == expected
    np.testing.assert_array_equal(second.network.parameters, whole.network.parameters)
    np.testing.assert_array_equal(second.network.statistics, whole.network.statistics)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("rate", [field.name for field in fields(Rates)])
def test_an_optimizer_uses_the_rates_that_it_says_and_no_other(optimizer: str, rate: str) -> None:
    found = []
    for value in (0.5, 0.6):
        fitting = fitting_of(replace(TRAINING, optimizer=optimizer, **{rate: value}))
        fitting.fit(some_rows(50), epochs=2)
        found.append(fitting.network.parameters)
    assert np.array_equal(*found) == (rate not in OPTIMIZERS[optimizer].uses)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rewinding_takes_weights_and_optimizer_back_and_nothing_else(optimizer: str) -> None:
    fitting = fitting_of(replace(TRAINING, optimizer=optimizer))
    train, validation = some_rows(50), some_rows(20, 1)
    fitting.fit(train, validation, epochs=2)
    earlier = fitting.state()
    later = fitting.fit(train, validation, epochs=2)[0]
    generators = fitting.state()["generators"]
    fitting.rewind(earlier)
    state = fitting.state()
    np.testing.assert_array_equal(state["parameters"], earlier["parameters"])
    np.testing.assert_array_equal(state["statistics"], earlier["statistics"])
    np.testing.assert_equal((state["steps"], state["optimizer"]), (earlier["steps"], earlier["optimizer"]))
    assert (state["epoch"], state["generators"]) == (4, generators)
    assert fitting.fit(train, validation, epochs=1)[0].epochs[:4] == later.epochs


def test_a_training_that_diverged_can_be_rewound_and_trained_on() -> None:
    architecture = replace(ARCHITECTURE, batch_norm=False)
    fitting = fitting_of(replace(TRAINING, epochs=9, learning_rate=1e30), architecture)
    start, train = fitting.state(), some_rows(50)
    assert fitting.fit(train, epochs=5)[0].end is End.DIVERGED
    calmer = fitting_of(replace(TRAINING, epochs=9), architecture)
    fitting.rewind(start)
    calmer.restore(fitting.state())
    fit = calmer.fit(train, epochs=2)[0]
    assert (fit.end, len(fit.epochs)) == (End.EPOCHS, fitting.epoch + 2)
    assert np.isfinite(fit.epochs[-1].scores["train_loss"])


def test_patience_stops_and_goes_back_to_the_best_weights() -> None:
    training = replace(TRAINING, epochs=200, patience=3, learning_rate=0.3)
    fitting = fitting_of(training)
    train, validation = some_rows(50), some_rows(20, 1)
    result = fitting.fit(train, validation)[0]
    losses = [epoch.scores["val_loss"] for epoch in result.epochs]
    assert result.end is End.PATIENCE
    assert result.best_epoch == 1 + int(np.argmin(losses)) == len(losses) - 3
    assert evaluate(fitting.network, validation)["loss"] == result.scores["val_loss"] == min(losses)


def test_without_patience_the_last_weights_are_kept() -> None:
    fitting = fitting_of(TRAINING)
    validation = some_rows(20, 1)
    result = fitting.fit(some_rows(50), validation)[0]
    assert (result.end, result.best_epoch) == (End.EPOCHS, 6)
    assert evaluate(fitting.network, validation)["loss"] == result.epochs[-1].scores["val_loss"]


def test_divergence_is_an_end_and_no_storm_of_warnings() -> None:
    architecture = replace(ARCHITECTURE, batch_norm=False, loss="mean_squared_error")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = fitting_of(replace(TRAINING, learning_rate=1e20), architecture).fit(some_rows(50))[0]
    assert result.diverged
    assert len(result.epochs) == 1


def test_the_caller_sees_each_epoch_and_can_stop() -> None:
    seen: list[int] = []

    def stop_after_three(epoch: Epoch) -> bool:
        seen.append(epoch.epoch)
        return epoch.epoch == 3

    result = fitting_of(TRAINING).fit(some_rows(50), on_epoch=[stop_after_three])[0]
    assert (seen, result.end, result.best_epoch) == ([1, 2, 3], End.STOPPED, 3)


def test_a_training_that_was_stopped_stays_stopped_and_one_that_ran_out_of_epochs_goes_on() -> None:
    stopped, whole = fitting_of(TRAINING), fitting_of(TRAINING)
    for fitting, stop in ((stopped, True), (whole, False)):
        fitting.fit(some_rows(50), epochs=2, on_epoch=[lambda _, stop=stop: stop])
    assert (stopped.going_on, whole.going_on) == ([False], [True])
    before = stopped.network.parameters.copy()
    ends = [(len(found.epochs), found.end) for found in (f.fit(some_rows(50), epochs=2)[0] for f in (stopped, whole))]
    assert ends == [(1, End.STOPPED), (4, End.EPOCHS)]
    np.testing.assert_array_equal(stopped.network.parameters, before)


@pytest.mark.parametrize(
    ("settings", "factors"),
    [
        ({"schedule": "step", "decay_every": 2}, [1, 1, 0.5, 0.5, 0.25]),
        ({"schedule": "exponential", "decay": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
    ],
)
@pytest.mark.parametrize("batch_size", [16, 64])
def test_a_rate_that_is_one_epochs_is_that_of_each_of_its_steps(
    settings: dict[str, Any], factors: list[float], batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting, rates = fitting_of(replace(TRAINING, epochs=5, batch_size=batch_size, **settings)), []
    step = fitting.optimizer.step

    def noted(*, penalised: bool) -> None:
        rates.append(float(fitting.optimizer.learning_rate))
        step(penalised=penalised)

    monkeypatch.setattr(fitting.optimizer, "step", noted)
    fitting.fit(some_rows(50))
    expected = TRAINING.learning_rate * np.repeat(factors, -(-50 // batch_size))
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 1.0])
def test_a_training_of_a_single_step_moves_the_weights(schedule: str, warmup: float) -> None:
    training = replace(TRAINING, epochs=1, batch_size=64, schedule=schedule, warmup=warmup)
    fitting = fitting_of(training)
    before = fitting.network.parameters.copy()
    fitting.fit(some_rows(50))
    assert (fitting.network.parameters != before).any()


def test_training_can_go_on_with_other_rows_as_partial_fit_does() -> None:
    fitting = fitting_of(TRAINING)
    for seed, count in enumerate((50, 3, 1, 17)):
        result = fitting.fit(some_rows(count, seed), epochs=1)[0]
    assert [epoch.epoch for epoch in result.epochs] == [1, 2, 3, 4]


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 33])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_any_number_of_rows_trains_also_with_a_last_batch_of_one(count: int, batch_norm: bool) -> None:
    result = fitting_of(TRAINING, replace(ARCHITECTURE, batch_norm=batch_norm)).fit(some_rows(count))[0]
    assert result.end is End.EPOCHS


def test_a_last_batch_of_one_row_does_not_spoil_the_running_variance() -> None:
    with_rest, without = (fitting_of(replace(TRAINING, epochs=30, learning_rate=1e-9)) for _ in range(2))
    with_rest.fit(some_rows(33))
    without.fit(some_rows(32))
    ratio = with_rest.network.layers[1].variance / without.network.layers[1].variance
    assert np.all((ratio > 0.8) & (ratio < 1.25))


def test_inference_needs_one_sample_only() -> None:
    fitting = fitting_of(TRAINING)
    fitting.fit(some_rows(50))
    rows = some_rows(50)
    together = fitting.network.forward(rows.x, train=False).copy()
    alone = fitting.network.forward(rows.x[7:8], train=False)
    np.testing.assert_allclose(alone[0], together[7], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layout_and_type_of_the_rows_do_not_matter(dtype: Any) -> None:
    rows = some_rows(50)
    found = []
    for x in (rows.x, np.asfortranarray(rows.x), rows.x.astype(np.float64), np.repeat(rows.x, 2, axis=0)[::2]):
        network = network_of(dtype=dtype)
        shuffle, noise = (np.random.default_rng(purpose) for purpose in (1, 2))
        fit(network, Rows(x, rows.targets), None, TRAINING, shuffle=shuffle, noise=noise, metrics=())
        assert network.parameters.dtype == dtype
        found.append(network.parameters)
    for parameters in found:
        np.testing.assert_array_equal(parameters, found[0])


@pytest.mark.parametrize("columns", [slice(None), slice(0, 1)], ids=["all", "one"])
def test_constant_features_train(columns: slice) -> None:
    rows = some_rows(50)
    rows.x[:, columns] = 3.0
    assert fitting_of(TRAINING).fit(rows)[0].end is End.EPOCHS


def test_a_single_class_trains() -> None:
    rows = some_rows(50)
    rows.targets[...] = [1, 0, 0]
    result = fitting_of(replace(TRAINING, epochs=30)).fit(rows)[0]
    assert result.epochs[-1].scores["train_loss"] < 0.1


def test_a_label_unseen_in_training_is_evaluated() -> None:
    train, validation = some_rows(50), some_rows(20, 1)
    train.targets[...] = [1, 0, 0]
    result = fitting_of(TRAINING).fit(train, validation, metrics=["accuracy", "f1_macro", "roc_auc_ovr"])[0]
    assert np.isfinite(result.scores["val_loss"])
    assert 0 <= result.scores["val_accuracy"] <= 1


@pytest.mark.parametrize("batch_norm", [False, True])
def test_masks_that_drop_every_unit_train(batch_norm: bool) -> None:
    architecture = replace(ARCHITECTURE, dropout=0.99999, input_dropout=0.9999, batch_norm=batch_norm)
    assert fitting_of(TRAINING, architecture).fit(some_rows(50))[0].end is End.EPOCHS


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_data_that_is_no_finite_number_is_refused(bad: float) -> None:
    rows = some_rows(50)
    rows.x[3, 2] = bad
    with pytest.raises(TrainerError, match="finite numbers"):
        fitting_of(TRAINING).fit(rows)


def test_rows_that_do_not_fit_the_network_are_refused() -> None:
    with pytest.raises(TrainerError, match="takes 6 features"):
        fitting_of(TRAINING).fit(some_rows(9, architecture=replace(ARCHITECTURE, n_in=5)))
    with pytest.raises(TrainerError, match="no rows"):
        fitting_of(TRAINING).fit(some_rows(0))


@pytest.mark.parametrize("part", ["metrics", "train_metrics"])
def test_a_metric_of_another_task_is_refused(part: str) -> None:
    with pytest.raises(TrainerError, match="'r2' is no metric for classification"):
        fitting_of(TRAINING).fit(some_rows(9), some_rows(9), **{part: ["r2"]})


def test_metrics_of_the_training_rows_are_what_evaluation_gives_and_change_nothing_else() -> None:
    train, validation, fitting = some_rows(50), some_rows(20, 1), fitting_of(TRAINING)
    found = fitting.fit(train, validation, train_metrics=["accuracy", "f1_macro"])[0]
    expected = {
        f"train_{name}": value for name, value in evaluate(fitting.network, train, ["accuracy", "f1_macro"]).items()
    }
    assert {name: found.scores[name] for name in expected} == expected
    without = [
        {key: value for key, value in epoch.scores.items() if key not in expected or key == "train_loss"}
        for epoch in found.epochs
    ]
    assert without == histories(fitting_of(TRAINING))


def test_a_million_features_and_three_rows_train() -> None:
    architecture = Architecture(1_000_000, 2, ())
    rng = np.random.default_rng(0)
    rows = Rows(rng.standard_normal((3, 1_000_000), dtype=np.float32), np.eye(2, dtype=np.float32)[[0, 1, 0]])
    network = architecture.build(capacity=3)
    network.initialise(rng)
    result = fit(network, rows, None, Training(epochs=2, learning_rate=1e-6), shuffle=rng, noise=rng, metrics=())
    assert np.isfinite(result.scores["train_loss"])


def test_a_lone_layer_learns_a_linear_problem() -> None:
    result = fitting_of(replace(TRAINING, epochs=60, learning_rate=0.1), replace(ARCHITECTURE, hidden=())).fit(
        some_rows(200), some_rows(100, 1), metrics=["accuracy"]
    )[0]
    assert result.scores["val_accuracy"] > 0.9


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("optimizer", "sgdd", "optimizer must be one of sgd"),
        ("schedule", "cos", "schedule must be one of constant"),
        ("learning_rate", 0.0, "learning_rate must be above 0"),
        ("learning_rate", float("inf"), "learning_rate must be above 0 and finite"),
        ("learning_rate", "fast", "learning_rate must be above 0, a number; it is 'fast'"),
        ("epochs", 2.5, "epochs must be at least 1, a whole number; it is 2.5"),
        ("epochs", None, "epochs must be at least 1, a whole number; it is None"),
        ("beta", 1.0, "beta must be at least 0 and below 1"),
        ("clip", -1.0, "clip must be above 0"),
        ("warmup", -1.0, "warmup must be at least 0"),
        ("patience", 0, "patience must be at least 1"),
    ],
)
def test_settings_out_of_range_are_refused_in_a_sentence(setting: str, value: object, sentence: str) -> None:
    with pytest.raises(TrainerError, match=sentence):
        replace(TRAINING, **{setting: value})


def test_a_batch_larger_than_the_network_was_built_for_is_refused() -> None:
    with pytest.raises(TrainerError, match="built for batches of up to 64"):
        fitting_of(replace(TRAINING, batch_size=65)).fit(some_rows(70))
