"""What the gradient check makes of kinks, of zeros, and of layers that take no complex numbers."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from tests.trainer.cases import central_differences
from tests.trainer.gradcheck_cases import batch_of, building, methods
from trainer import Network
from trainer.arrays import Array
from trainer.data import Prepared
from trainer.gradcheck import Batch, Probes, Settings, check, judge, relative_error, surfaces
from trainer.gradcheck.surface import Build, LossSurface
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, Activation, Dense, Identity, Layer, Sigmoid, Tanh
from trainer.losses import LOSSES

TOLERANCE = Settings().tolerance
FULL = Settings(coordinates=None)


KINK = [1.0, -1.0]  # at the row (1, 1) the pre-activation is exactly 0
SMOOTH = [0.5, 0.7]
DEAD = [-0.5, -0.7]
ROW = Batch(np.ones((1, 2)), np.array([[1.0, 0.0]]))


class Opaque(Tanh):
    """A right activation that does not take complex numbers."""

    analytic: ClassVar[bool] = False


class Faint(Sigmoid):
    """Another."""

    analytic: ClassVar[bool] = False


class Straight(Identity):
    """And another."""

    analytic: ClassVar[bool] = False


def kinked(columns: list[list[float]], activation: type[Activation] = ACTIVATIONS["relu"]) -> Build:
    """A network of two inputs whose first weights are these columns, not stretched."""

    class First(Dense):
        def initialise(self, rng: np.random.Generator, trial: Sequence[int]) -> None:
            self.W[...] = np.array(columns).T

    def build(dtype: npt.DTypeLike) -> Network:
        first = First(2, len(columns), initializer=he, bias=False)
        layers: list[Layer] = [first, activation(len(columns)), Dense(len(columns), 2, initializer=he)]
        return Network(layers, LOSSES["softmax_cross_entropy"](2), capacity=1, dtype=dtype)

    return build


def at_first(build: Build, settings: Settings, batch: Batch = ROW) -> LossSurface:
    """The surface on the real rows, at the parameters before stretching."""
    for seed in range(20):
        surface = next(surfaces(build(np.float64), build, batch, np.random.default_rng(seed), settings))
        if surface.name == "rows" and isinstance(surface, LossSurface):
            return surface
    raise AssertionError


def test_coordinates_that_straddle_a_kink_are_left_out_and_counted() -> None:
    surface = at_first(kinked([KINK, SMOOTH]), FULL)
    found = {name: judge(surface, name, FULL, Probes(np.random.default_rng(0))) for name in surface.gradients}
    assert {name: (each.checked, each.kinks) for name, each in found.items()} == {
        "dense_1.W": (2, 2),
        "dense_2.W": (4, 0),
        "dense_2.b": (2, 0),
    }
    assert all(each.passed and each.method == "differences" for each in found.values())


def test_a_difference_across_a_kink_would_have_accused_a_correct_network() -> None:
    surface = at_first(kinked([KINK, SMOOTH]), FULL)
    gradient = surface.gradients["dense_1.W"].reshape(2, 2).copy()
    slopes = central_differences(lambda: surface.look("dense_1.W")[0], surface.values["dense_1.W"]).reshape(2, 2)
    assert relative_error(gradient[:, 0], slopes[:, 0]) > 0.1
    assert relative_error(gradient[:, 1], slopes[:, 1]) < TOLERANCE


def test_a_tensor_with_nothing_but_kinks_is_decided_by_complex_step() -> None:
    surface = at_first(kinked([KINK]), FULL)
    found = judge(surface, "dense_1.W", FULL, Probes(np.random.default_rng(0)))
    assert (found.method, found.passed, found.kinks) == ("complex step", True, 2)


class OpaqueRelu(ACTIVATIONS["relu"]):
    """A relu that does not take complex numbers."""

    analytic: ClassVar[bool] = False


def test_a_tensor_with_nothing_but_kinks_is_not_passed_unseen() -> None:
    surface = at_first(kinked([KINK], OpaqueRelu), FULL)
    found = judge(surface, "dense_1.W", FULL, Probes(np.random.default_rng(0)))
    assert (found.checked, found.kinks, found.passed, found.decided, found.worst) == (0, 2, False, False, -1)
    assert (found.gradient, found.slope) == (None, None)
    assert np.isnan([found.mean_absolute_difference, found.error]).all()
    assert check(kinked([KINK], OpaqueRelu), ROW, np.random.default_rng(0)).passed  # once the row is moved


@pytest.mark.parametrize("wrong", [1.0, 0.5])
def test_a_fault_behind_silent_relus_is_looked_for_elsewhere(wrong: float) -> None:
    """With one hidden unit, it is silent on the row at first, and all gradients before it are 0 whatever the formula."""

    class Spoiled(Dense):
        def backward(self, dy: Array) -> Array:
            dx = super().backward(dy)
            dx *= wrong
            return dx

    def build(dtype: npt.DTypeLike) -> Network:
        parts: list[Layer] = [Dense(2, 1, initializer=he), ACTIVATIONS["relu"](1), Spoiled(1, 2, initializer=he)]
        return Network(parts, LOSSES["softmax_cross_entropy"](2), capacity=1, dtype=dtype)

    assert all(check(build, ROW, np.random.default_rng(seed)).passed is (wrong == 1.0) for seed in range(20))


def test_a_backward_pass_that_reads_what_another_call_left_in_shared_memory_is_stopped() -> None:
    class Stale(Tanh):
        def backward(self, dy: Array) -> Array:
            np.multiply(dy, self.work, dy)  # the slope was never written there
            return dy

    assert not check(kinked([SMOOTH], Stale), ROW, np.random.default_rng(0)).passed


def test_zero_gradients_on_both_sides_are_right() -> None:
    report = check(kinked([DEAD, DEAD]), ROW, np.random.default_rng(0), FULL)
    dead = next(tensor for tensor in report.tensors if tensor.tensor == "dense_1.W")
    assert (dead.gradient, dead.slope, dead.error, dead.passed) == (0.0, 0.0, 0.0, True)
    assert report.passed


def test_a_zero_gradient_on_one_side_alone_is_entirely_wrong() -> None:
    assert relative_error(np.zeros(3), np.ones(3)) == relative_error(np.ones(3), np.zeros(3)) == 1.0
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0


def opaque(activation: type[Activation], depth: int, *, batch_norm: bool, batch: Batch) -> Build:
    """A network with an activation that does not take complex numbers."""

    def build(dtype: npt.DTypeLike) -> Network:
        plain = building(batch, (8,) * depth, activation="tanh", batch_norm=batch_norm)(dtype)
        layers = [activation(layer.n_in) if isinstance(layer, Tanh) else layer for layer in plain.layers]
        return Network(layers, plain.loss, capacity=len(batch.x), dtype=dtype)

    return build


def test_without_complex_step_correct_networks_pass_by_differences_and_extrapolation(
    prepared: Mapping[str, Prepared],
) -> None:
    found: set[str] = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["digits"], rng)
        report = check(opaque(Opaque, 3, batch_norm=True, batch=batch), batch, rng)
        assert report.passed, (seed, report.guilty)
        found |= methods(report)
    assert "complex step" not in found


def test_without_complex_step_what_drowns_in_rounding_is_decided_at_larger_parameters(
    prepared: Mapping[str, Prepared],
) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    report = check(opaque(Faint, 10, batch_norm=False, batch=batch), batch, rng)
    assert report.passed
    assert report.error < TOLERANCE
    assert methods(report) >= {"differences", "another state"}


def test_without_complex_step_a_gradient_that_is_zero_in_every_draw_is_right(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    report = check(opaque(Straight, 2, batch_norm=True, batch=batch), batch, rng)
    beta = [tensor for tensor in report.tensors if tensor.tensor == "batch_norm_1.beta"]
    assert all(tensor.zero and tensor.passed and tensor.error == 0 for tensor in beta)
    assert report.passed
