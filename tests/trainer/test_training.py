"""Laws of training."""

import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.trainer import twins
from tests.trainer.bundled_cases import BUNDLED_CASES, LEARNING_RATES
from tests.trainer.training_bits import bits, trained
from trainer import Architecture, Fit, Network, Training, evaluate, fit
from trainer.arrays import Array
from trainer.data import BUNDLED, Prepared, Rows
from trainer.history import End, Epoch
from trainer.metrics import accuracy
from trainer.optimizers import OPTIMIZERS

ROOT = Path(__file__).parents[2]


def random_rows(rng: np.random.Generator, count: int) -> Rows:
    return Rows(rng.normal(size=(count, 4)), np.eye(3)[rng.integers(3, size=count)])


def softmax_regression(capacity: int = 32) -> Network:
    network = Architecture(4, 3, (), l2=0.1).build(capacity=capacity, dtype=np.float64)
    network.initialise(np.random.default_rng(5))
    return network


def fitted(network: Network, rows: Rows, training: Training, **settings: object) -> Fit:
    generators = {"shuffle": np.random.default_rng(1), "noise": np.random.default_rng(2)}
    return fit(network, rows, rows, training, **(generators | settings))


def test_the_same_generators_give_the_same_bits_in_another_process() -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.trainer.training_bits"]
    other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout == bits()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("generator", ["shuffle", "noise"])
def test_each_generator_matters(optimizer: str, generator: str) -> None:
    (network, _), (other, _) = trained(optimizer), trained(optimizer, **{generator: 99})
    assert (network.parameters != other.parameters).any()


def by_hand(w: Array, b: Array, rows: Rows, training: Training, epochs: int) -> None:
    """Gradient descent for softmax regression with an L2 of 0.1, row by row."""
    shuffle = np.random.default_rng(1)
    for _ in range(epochs):
        order = shuffle.permutation(len(rows)).tolist()
        while order:
            batch, order = order[: training.batch_size], order[training.batch_size :]
            dw, db = 0.1 * w, np.zeros_like(b)
            for row in batch:
                scores = (rows.x[row] @ w + b[0]).tolist()
                error = (np.array(twins.softmax(scores)) - rows.targets[row]) / len(batch)
                dw += np.outer(rows.x[row], error)
                db[0] += error
            w -= training.learning_rate * dw
            b -= training.learning_rate * db


@pytest.mark.parametrize("batch_size", [1, 4, 10, 100])
def test_every_row_is_used_once_in_every_epoch_the_last_smaller_batch_included(
    batch_size: int, rng: np.random.Generator
) -> None:
    rows, network = random_rows(rng, 10), softmax_regression()
    training = Training(optimizer="sgd", learning_rate=0.3, schedule="constant", batch_size=batch_size, epochs=3)
    w, b = (network.tensors[name].value.copy() for name in ("dense_1.W", "dense_1.b"))
    by_hand(w, b, rows, training, epochs=3)
    fitted(network, rows, training)
    np.testing.assert_allclose(network.tensors["dense_1.W"].value, w, rtol=1e-12)
    np.testing.assert_allclose(network.tensors["dense_1.b"].value, b, rtol=1e-12)


@pytest.mark.parametrize("capacity", [1, 3, 10, 64])
def test_evaluation_is_the_mean_of_all_rows_whatever_the_chunks(capacity: int, rng: np.random.Generator) -> None:
    rows, network = random_rows(rng, 10), softmax_regression(capacity)
    w, b = (network.tensors[name].value for name in ("dense_1.W", "dense_1.b"))
    scores = (rows.x @ w + b).tolist()
    found = evaluate(network, rows, ["accuracy"])
    expected = twins.softmax_cross_entropy(scores, rows.targets.tolist())
    assert found.pop("loss") == pytest.approx(expected, rel=1e-12)  # without the L2 of 0.1
    assert found == {"accuracy": accuracy(rows.targets, np.array(scores))}


def test_an_epochs_scores_are_those_of_the_network_it_left(rng: np.random.Generator) -> None:
    train, validation, network = random_rows(rng, 20), random_rows(rng, 10), softmax_regression()
    seen: list[Epoch] = []

    def on_epoch(epoch: Epoch) -> None:
        seen.append(epoch)
        after = evaluate(network, validation, ["accuracy"])
        assert epoch.scores == {
            "train_loss": evaluate(network, train, [])["loss"],
            "val_loss": after["loss"],
            "val_accuracy": after["accuracy"],
        }

    generators = {"shuffle": rng, "noise": rng}
    result = fit(network, train, validation, Training(epochs=4), **generators, on_epoch=on_epoch)
    assert result == Fit(tuple(seen), End.EPOCHS, best_epoch=4)
    assert [epoch.epoch for epoch in seen] == [1, 2, 3, 4]


def test_evaluating_between_epochs_does_not_change_what_is_learnt(rng: np.random.Generator) -> None:
    rows = random_rows(rng, 20)
    together, apart = softmax_regression(), softmax_regression()
    fitted(together, rows, Training(optimizer="sgd", schedule="constant", epochs=2))
    generators = {"shuffle": np.random.default_rng(1), "noise": np.random.default_rng(2)}
    for _ in range(2):
        fitted(apart, rows, Training(optimizer="sgd", schedule="constant", epochs=1), **generators)
        evaluate(apart, rows, [])
    np.testing.assert_array_equal(together.parameters, apart.parameters)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_divergence_ends_the_training_with_a_type_and_without_a_warning(
    optimizer: str, batch_norm: bool, rng: np.random.Generator
) -> None:
    rows = Rows(*(part.astype(np.float32) for part in (random_rows(rng, 40).x, random_rows(rng, 40).targets)))
    network = Architecture(4, 3, (6,), batch_norm=batch_norm).build(capacity=32)
    network.initialise(rng)
    result = fitted(network, rows, Training(optimizer=optimizer, learning_rate=1e38, epochs=50))
    assert result.diverged
    assert len(result.epochs) < 50
    *before, last = [all(math.isfinite(score) for score in epoch.scores.values()) for epoch in result.epochs]
    assert all(before)
    assert not last


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_data_set_is_learnt(name: str, prepared: Mapping[str, Prepared]) -> None:
    case, data = BUNDLED_CASES[name], prepared[name]
    network = Architecture(case.features, case.classes, (64,), dropout=0.2, l2=1e-4).build(capacity=256)
    network.initialise(np.random.default_rng(0))
    result = fit(
        network,
        data.train,
        data.validation,
        Training(optimizer="momentum", learning_rate=0.05),
        shuffle=np.random.default_rng(1),
        noise=np.random.default_rng(2),
    )
    first, last = result.epochs[0].scores, result.epochs[-1].scores
    assert not result.diverged
    assert last["train_loss"] < first["train_loss"]
    assert last["val_accuracy"] >= case.accuracy


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_digits(optimizer: str, prepared: Mapping[str, Prepared]) -> None:
    data = prepared["digits"]
    network = Architecture(64, 10, (64,)).build(capacity=256)
    network.initialise(np.random.default_rng(0))
    generators = {"shuffle": np.random.default_rng(1), "noise": np.random.default_rng(2)}
    result = fit(
        network,
        data.train,
        data.validation,
        Training(optimizer=optimizer, learning_rate=LEARNING_RATES[optimizer]),
        **generators,
    )
    assert result.epochs[-1].scores["val_accuracy"] >= BUNDLED_CASES["digits"].accuracy
