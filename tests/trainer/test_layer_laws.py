"""Dropout, batch norm, max-norm and initialisers: what each promises beyond its gradient."""

import numpy as np
import pytest

from tests.trainer.cases import given_memory
from trainer import Architecture, TrainerError
from trainer.gradcheck import Batch, Settings, check
from trainer.initializers import INITIALIZERS, fill
from trainer.layers import ACTIVATIONS, LAYERS, Dropout
from trainer.layers.dropout import AHEAD
from trainer.losses import LOSSES
from trainer.memory import Memory
from trainer.penalties import PENALTIES, MaxNorm


def dropout_of(rate: float, rows: int, columns: int, groups: tuple[int, ...] | None = None) -> Dropout:
    layer = Dropout(columns, rate, groups)
    Memory([layer], (), rows, np.float32).resize(rows)
    return layer


@pytest.mark.parametrize("rows", [1, 3, 32, 1000])
def test_masks_are_new_at_each_step_and_depend_on_the_generator_alone(rows: int) -> None:
    first, second = dropout_of(0.4, rows, 64), dropout_of(0.4, rows, 64)
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    seen = []
    for _ in range(2 * max(1, AHEAD // (rows * 64)) + 1):
        first.draw([one])
        second.draw([other])
        np.testing.assert_array_equal(first.mask, second.mask)
        seen.append(first.mask.tobytes())
    assert len(set(seen)) == len(seen)


def test_columns_of_a_group_are_dropped_together() -> None:
    layer = dropout_of(0.5, 64, 6, (0, 0, 1, 2, 2, 2))
    layer.draw([np.random.default_rng(0)])
    np.testing.assert_array_equal(layer.mask[:, 0], layer.mask[:, 1])
    np.testing.assert_array_equal(layer.mask[:, 3], layer.mask[:, 5])
    assert not np.array_equal(layer.mask[:, 1], layer.mask[:, 2])


@pytest.mark.parametrize("groups", [(0, 1), (0, 2, 2), (1, 1, 1)])
def test_groups_that_do_not_fit_are_refused(groups: tuple[int, ...]) -> None:
    with pytest.raises(TrainerError, match="each of the 3 columns"):
        Dropout(3, 0.5, groups)


def test_max_norm_scales_long_columns_and_leaves_short_ones() -> None:
    weights = np.array([[3.0, 0.3], [4.0, 0.4]])
    MaxNorm(1.0).project(weights, np.empty_like(weights))
    np.testing.assert_allclose(weights, [[0.6, 0.3], [0.8, 0.4]], rtol=1e-15)


VARIANCES = {  # of 300 inputs and 500 outputs
    "he": 2 / 300,  # He et al. 2015, equation 10
    "xavier": 2 / (300 + 500),  # Glorot, Bengio 2010, equation 12
    "lecun": 1 / 300,  # LeCun, Bottou, Orr, Müller 1998, equation 16
    "normal": 1e-4,
}


@pytest.mark.parametrize("kind", INITIALIZERS)
def test_first_weights_have_mean_zero_and_the_published_variance(kind: str) -> None:
    weights = np.empty((300, 500))
    fill(weights, np.random.default_rng(0), INITIALIZERS[kind])
    assert abs(weights.mean()) < 4 * np.sqrt(VARIANCES[kind] / weights.size)
    assert weights.var() == pytest.approx(VARIANCES[kind], rel=4 * np.sqrt(2 / weights.size))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gate_passes_every_network(activation: str, loss: str) -> None:
    architecture = Architecture(5, 3, (6,), activation, dropout=0.3, input_dropout=0.2, l1=0.1, l2=0.1, loss=loss)
    rng = np.random.default_rng(1)
    batch = Batch(rng.standard_normal((8, 5)), np.eye(3)[rng.integers(0, 3, 8)])
    full = Settings(coordinates=None)
    report = check(lambda dtype: architecture.build(capacity=8, dtype=dtype), batch, rng, full)
    assert report.passed, report.guilty


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_network_takes_a_complex_step(activation: str, loss: str, batch_norm: bool) -> None:
    """Im J(θ + ih)/h is the slope, to rounding: Squire, Trapp 1998, Using complex variables to estimate derivatives."""
    architecture = Architecture(5, 3, (6,), activation, batch_norm, l1=0.1, l2=0.1, loss=loss)
    rng = np.random.default_rng(2)
    real, imaginary = (architecture.build(capacity=8, dtype=dtype) for dtype in (np.float64, np.complex128))
    real.initialise(rng)
    direction = rng.standard_normal(real.parameters.shape)
    x, targets = rng.standard_normal((8, 5)), np.eye(3)[rng.integers(0, 3, 8)]
    real.backward(real.forward(x, train=True), targets)
    imaginary.parameters[...] = real.parameters + 1e-30j * direction
    slope = imaginary.cost(x.astype(complex), targets.astype(complex)).imag / 1e-30
    assert slope == pytest.approx(real.gradient @ direction, rel=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_an_activation_decides_by_the_real_part_also_just_at_its_kink(activation: str, sign: float) -> None:
    rng = np.random.default_rng(0)
    layer = given_memory(ACTIVATIONS[activation](3), 2, rng, dtype=np.complex128)
    slope = layer.forward(np.full((2, 3), sign * 1e-30j), train=True).imag / (sign * 1e-30)
    real = given_memory(ACTIVATIONS[activation](3), 2, rng)
    real.forward(np.zeros((2, 3)), train=True)
    assert slope == pytest.approx(real.backward(np.ones((2, 3))), rel=1e-12)


def test_every_part_of_the_trainer_claims_to_take_complex_numbers() -> None:
    assert all(part.analytic for part in (*LAYERS, *LOSSES.values(), *PENALTIES.values()))
