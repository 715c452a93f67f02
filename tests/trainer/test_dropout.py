"""Laws of dropout beyond those of every layer."""

import math

import numpy as np
import pytest

from tests.trainer.cases import given_memory
from trainer.layers import Dropout

over_rates = pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
over_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def layer_of(rate: float, rng: np.random.Generator, dtype: type = np.float64, rows: int = 400) -> Dropout:
    layer = Dropout(500, rate)
    given_memory(layer, rows, rng, dtype=dtype)
    return layer


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.1, 0.3, 0.5, 0.75, 0.8, 0.9])
@over_types
def test_the_rate_recorded_is_the_rate_used(rate: float, dtype: type, rng: np.random.Generator) -> None:
    layer = layer_of(rate, rng, dtype)
    dropped = []
    for _ in range(8):
        layer.draw([rng])
        assert set(np.unique(layer.mask)) <= {dtype(0), dtype(1 / (1 - layer.rate))}
        dropped.append(np.mean(layer.mask == 0))
    assert abs(layer.rate - rate) <= 0.5 / 65536
    deviation = math.sqrt(layer.rate * (1 - layer.rate) / (8 * layer.mask.size))  # of a mean of Bernoulli variables
    assert abs(np.mean(dropped) - layer.rate) <= 4 * deviation


@over_rates
@over_types
def test_every_unit_is_either_dropped_or_scaled_by_one_over_the_share_kept(
    rate: float, dtype: type, rng: np.random.Generator
) -> None:
    layer = layer_of(rate, rng, dtype)
    values = np.unique(layer.mask)
    np.testing.assert_allclose(values, [0, 1 / (1 - layer.rate)], rtol=np.finfo(dtype).eps)


@over_rates
def test_the_expectation_of_the_output_is_the_input(rate: float, rng: np.random.Generator) -> None:
    layer = layer_of(rate, rng)
    x = np.full((400, 500), 3.0)
    deviation = 3.0 * math.sqrt(rate / (1 - rate) / x.size)  # of the mean of x · m / (1 − rate)
    assert abs(float(layer.forward(x, train=True).mean()) - 3.0) < 4 * deviation


def test_a_drawn_mask_is_used_until_the_next_draw(rng: np.random.Generator) -> None:
    layer = layer_of(0.5, rng, rows=3)
    x = np.ones((3, 500))
    first = layer.forward(x, train=True).copy()
    layer.forward(2 * x, train=False)
    layer.backward(x.copy())
    np.testing.assert_array_equal(layer.forward(x, train=True), first)
    layer.draw([rng])
    assert (layer.forward(x, train=True) != first).any()


def test_gradients_pass_where_the_mask_let_the_input_pass(rng: np.random.Generator) -> None:
    layer = layer_of(0.5, rng, rows=3)
    ones = np.ones((3, 500))
    np.testing.assert_array_equal(layer.forward(ones, train=True), layer.backward(ones.copy()))


def test_keep_all_makes_training_the_identity(rng: np.random.Generator) -> None:
    layer = layer_of(0.5, rng, rows=3)
    x = rng.normal(size=(3, 500))
    layer.keep_all()
    np.testing.assert_array_equal(layer.forward(x, train=True), x)
    np.testing.assert_array_equal(layer.backward(x.copy()), x)


def test_equal_generators_draw_equal_masks_and_each_row_has_its_own() -> None:
    one, other = (layer_of(0.5, np.random.default_rng(3), rows=2) for _ in range(2))
    np.testing.assert_array_equal(one.mask, other.mask)
    assert (one.mask[0] != one.mask[1]).any()
