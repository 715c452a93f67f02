"""Laws of batch normalisation beyond those of every layer."""

import numpy as np
import pytest

from tests.trainer.cases import given_memory
from tests.trainer.twins import moments
from trainer.layers import BatchNorm


def fresh(rows: int, rng: np.random.Generator) -> BatchNorm:
    layer = BatchNorm(3)
    given_memory(layer, rows, rng)
    layer.initialise(rng, ())
    return layer


def test_running_statistics_are_the_weighted_averages_of_the_batches_moments(rng: np.random.Generator) -> None:
    layer = fresh(6, rng)
    means, variances = [0.0] * 3, [1.0] * 3  # their values before training
    for _ in range(25):
        x = rng.normal(2.0, 3.0, (6, 3))
        layer.forward(x, train=True)
        layer.mean += 0.1 * (layer.new_mean - layer.mean)
        layer.variance += 0.1 * (layer.new_variance - layer.variance)
        for j, column in enumerate(zip(*x.tolist(), strict=True)):
            mean, variance = moments(column)
            means[j] = 0.9 * means[j] + 0.1 * mean  # KEEP = 0.9
            variances[j] = 0.9 * variances[j] + 0.1 * variance
        np.testing.assert_allclose(layer.mean, [means], rtol=1e-12)
        np.testing.assert_allclose(layer.variance, [variances], rtol=1e-12)


def test_inference_uses_the_running_statistics_and_not_the_batch(rng: np.random.Generator) -> None:
    layer = fresh(4, rng)
    layer.mean[...], layer.variance[...] = 2.0, 4.0
    # (x − 2) / √(4 + 1e-5) at x = 4, by hand.
    np.testing.assert_allclose(layer.forward(np.full((4, 3), 4.0), train=False), 2 / np.sqrt(4 + 1e-5), rtol=1e-14)


def test_training_output_has_mean_beta_and_deviation_gamma(rng: np.random.Generator) -> None:
    layer = fresh(500, rng)
    layer.gamma[...], layer.beta[...] = [[1.0, 2.0, 3.0]], [[0.0, -1.0, 5.0]]
    y = layer.forward(rng.normal(7.0, 2.0, (500, 3)), train=True)
    np.testing.assert_allclose(y.mean(axis=0), layer.beta[0], atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), layer.gamma[0], rtol=1e-5)  # not exactly: ε


def test_a_batch_of_one_row_gives_beta_and_passes_no_gradient_back(rng: np.random.Generator) -> None:
    layer = fresh(1, rng)
    layer.beta[...] = [[1.0, 2.0, 3.0]]
    assert layer.forward(rng.normal(size=(1, 3)), train=True).tolist() == [[1.0, 2.0, 3.0]]
    assert not layer.backward(rng.normal(size=(1, 3))).any()


@pytest.mark.parametrize("shift", [1.0, -30.0])
def test_training_output_does_not_see_a_shift_or_a_positive_scale(shift: float, rng: np.random.Generator) -> None:
    layer = fresh(20, rng)
    x = rng.normal(size=(20, 3))
    plain = layer.forward(x, train=True).copy()
    np.testing.assert_allclose(layer.forward(10 * x + shift, train=True), plain, atol=1e-4)  # not exactly: ε
