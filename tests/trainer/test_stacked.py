"""Trials trained side by side give, bit for bit, what each gives alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from trainer import Architecture, Fit, Fitting, TrainerError, Training, build_stack
from trainer.arrays import Array
from trainer.data import Rows
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES
from trainer.optimizers import OPTIMIZERS
from trainer.schedules import SCHEDULES

Result = tuple[Fit, Array, Array]

ARCHITECTURE = Architecture(12, 4, (16, 8), dropout=0.3, l2=1e-3)
REGRESSION = ("mean_squared_error", "huber")
TRAINING = Training(batch_size=16, epochs=3)


def rows(n: int, architecture: Architecture, seed: int = 0, *, weighted: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, architecture.n_in), dtype=np.float32)
    if architecture.loss in REGRESSION:
        targets = rng.standard_normal((n, architecture.n_out), dtype=np.float32)
    else:
        targets = np.eye(architecture.n_out, dtype=np.float32)[rng.integers(0, architecture.n_out, n)]
    return Rows(x, targets, rng.uniform(0.5, 1.5, (n, 1)).astype(np.float32) if weighted else None)


def generators(purpose: int, count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([purpose, trial]) for trial in range(count)]


def alone_and_together(
    architectures: Sequence[Architecture], trainings: Sequence[Training], *, weighted: bool = False
) -> tuple[list[Result], list[Result]]:
    train, validation = rows(70, architectures[0], weighted=weighted), rows(23, architectures[0], 1)
    count = len(architectures)
    metrics = ["r2"] if architectures[0].loss in REGRESSION else ["accuracy"]
    alone = []
    for index, (architecture, training) in enumerate(zip(architectures, trainings, strict=True)):
        network = architecture.build(capacity=100)
        network.initialise(generators(0, count)[index])
        fitting = Fitting(
            network, [training], shuffle=[generators(1, count)[index]], noise=[generators(2, count)[index]]
        )
        alone.append((fitting.fit(train, validation, metrics=metrics)[0], network.parameters, network.statistics))
    network = build_stack(architectures, capacity=100)
    network.initialise(*generators(0, count))
    fitting = Fitting(network, trainings, shuffle=generators(1, count), noise=generators(2, count))
    fits = fitting.fit(train, validation, metrics=metrics)
    return alone, list(zip(fits, network.parameters, network.statistics, strict=True))


def assert_identical(alone: Sequence[Result], together: Sequence[Result]) -> None:
    for (fit, parameters, statistics), (other, other_parameters, other_statistics) in zip(alone, together, strict=True):
        assert [dict(epoch.scores) for epoch in fit.epochs] == [dict(epoch.scores) for epoch in other.epochs]
        assert (fit.end, fit.best_epoch) == (other.end, other.best_epoch)
        assert parameters.tobytes() == other_parameters.tobytes()
        assert statistics.tobytes() == other_statistics.tobytes()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_trials_with_settings_of_their_own_are_identical(optimizer: str, schedule: str) -> None:
    architectures = [replace(ARCHITECTURE, dropout=0.1 * k, l2=10.0**-k) for k in (1, 2, 3)]
    training = replace(TRAINING, optimizer=optimizer, schedule=schedule)
    trainings = [
        replace(training, learning_rate=0.003 * k, beta=0.9 - 0.1 * k, beta2=0.99, warmup=k) for k in (1, 2, 3)
    ]
    assert_identical(*alone_and_together(architectures, trainings))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_activation_and_loss_is_identical(activation: str, batch_norm: bool, loss: str) -> None:
    architecture = replace(ARCHITECTURE, activation=activation, batch_norm=batch_norm, loss=loss, input_dropout=0.2)
    assert_identical(*alone_and_together([architecture] * 2, [TRAINING] * 2, weighted=True))


@pytest.mark.parametrize("hidden", [(), (1,), (64,), (33, 17, 5)])
@pytest.mark.parametrize("batch_size", [1, 7, 32, 64, 100])
def test_every_shape_is_identical(hidden: tuple[int, ...], batch_size: int) -> None:
    training = replace(TRAINING, batch_size=batch_size)
    architectures = [replace(ARCHITECTURE, hidden=hidden, n_in=64)] * 3
    assert_identical(*alone_and_together(architectures, [training] * 3))


def test_clipping_max_norm_l1_smoothing_and_patience_are_identical() -> None:
    architectures = [replace(ARCHITECTURE, l1=1e-3 * k, label_smoothing=0.05 * k) for k in (1, 2)]
    trainings = [
        replace(TRAINING, epochs=12, patience=2, clip=0.5 * k, max_norm=1.0 * k, learning_rate=0.1) for k in (1, 2)
    ]
    assert_identical(*alone_and_together(architectures, trainings))


@pytest.mark.parametrize(
    ("setting", "values"),
    [("max_norm", (None, 0.5)), ("clip", (None, 0.1)), ("decay", (None, 0.5)), ("decay_times", (None, 1))],
)
def test_a_trial_without_a_limit_is_identical_beside_one_with_it(
    setting: str, values: tuple[float | None, float]
) -> None:
    training = replace(TRAINING, epochs=4, schedule="step", decay_every=1, learning_rate=0.1)
    trainings = [replace(training, **{setting: value}) for value in values]
    assert_identical(*alone_and_together([ARCHITECTURE] * 2, trainings))


def test_a_trial_that_diverges_leaves_the_others_as_they_are() -> None:
    architectures = [replace(ARCHITECTURE, batch_norm=False, loss="mean_squared_error")] * 3
    trainings = [replace(TRAINING, learning_rate=rate) for rate in (0.01, 1e30, 0.02)]
    alone, together = alone_and_together(architectures, trainings)
    assert [fit.diverged for fit, _, _ in together] == [False, True, False]
    assert_identical(alone[:1] + alone[2:], together[:1] + together[2:])
    assert len(together[1][0].epochs) == len(alone[1][0].epochs) == 1


def test_networks_of_different_shapes_are_refused() -> None:
    with pytest.raises(TrainerError, match="one shape"):
        build_stack([ARCHITECTURE, replace(ARCHITECTURE, hidden=(16, 9))], capacity=32)
    with pytest.raises(TrainerError, match="must agree on"):
        Fitting(
            build_stack([ARCHITECTURE] * 2, capacity=32),
            [TRAINING, replace(TRAINING, batch_size=8)],
            shuffle=generators(1, 2),
            noise=generators(2, 2),
        )
