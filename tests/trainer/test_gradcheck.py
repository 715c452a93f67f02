"""The gradient check passes what is right, whatever the rows, the kinks and the rounding."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from tests.trainer.cases import central_differences
from tests.trainer.random_networks import sample
from trainer import Architecture, Network
from trainer.arrays import Array
from trainer.data import Prepared
from trainer.gradcheck import Batch, Probes, Report, Settings, check, judge, relative_error, surfaces
from trainer.gradcheck.settings import DRAWS
from trainer.gradcheck.surface import Build, LossSurface, PenaltySurface
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, Activation, Dense, Dropout, Identity, Layer, Sigmoid, Tanh
from trainer.losses import LOSSES
from trainer.network import Tensor
from trainer.penalties import PENALTIES

TOLERANCE = Settings().tolerance
FULL = Settings(coordinates=None)


def batch_of(prepared: Prepared, rng: np.random.Generator, rows: int = 8) -> Batch:
    chosen = rng.choice(len(prepared.train), rows, replace=False)
    return Batch(prepared.train.x[chosen], prepared.train.targets[chosen])


def building(batch: Batch, hidden: tuple[int, ...], **settings: object) -> Build:
    architecture = Architecture(batch.x.shape[1], batch.targets.shape[1], hidden, **settings)
    return lambda dtype: architecture.build(capacity=len(batch.x), dtype=dtype)


def methods(report: Report) -> set[str]:
    return {tensor.method for tensor in report.tensors}


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_correct_network_passes_on_real_rows(
    depth: int, activation: str, batch_norm: bool, dropout: float, prepared: Mapping[str, Prepared]
) -> None:
    for seed, data in enumerate(prepared.values()):
        rng = np.random.default_rng(seed)
        hidden = tuple(int(width) for width in rng.integers(2, 24, size=depth))
        batch = batch_of(data, rng)
        build = building(batch, hidden, activation=activation, batch_norm=batch_norm, dropout=dropout, l1=0.1, l2=0.1)
        report = check(build, batch, rng)
        assert report.passed, report.guilty
        assert report.verdict == "passed"
        assert report.guilty is None
        assert report.error < TOLERANCE


def test_no_random_correct_network_is_accused() -> None:
    for seed in range(200):
        rng = np.random.default_rng([2, seed])
        drawn = sample(rng)
        report = drawn.check(rng)
        assert report.passed, (seed, drawn.architecture, report.guilty)


@pytest.mark.parametrize(("rows", "batch_norm"), [(1, True), (2, True), (4, True), (1, False), (2, False)])
def test_a_correct_network_passes_on_the_smallest_batches(
    rows: int, batch_norm: bool, prepared: Mapping[str, Prepared]
) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["wine"], rng, rows)
        report = check(building(batch, (6, 5), activation="tanh", batch_norm=batch_norm), batch, rng)
        assert report.passed, report.guilty


def test_what_differences_cannot_judge_is_decided_by_complex_step(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    two_rows = batch_of(prepared["wine"], rng, 2)  # a batch norm makes ±γ of them, whatever they are
    assert "complex step" in methods(check(building(two_rows, (6, 5), activation="tanh"), two_rows, rng))
    batch = batch_of(prepared["digits"], rng)
    faint = check(building(batch, (8,) * 10, activation="sigmoid", batch_norm=False), batch, rng)
    assert "complex step" in methods(faint)
    linear = check(building(batch, (8, 8), activation="identity"), batch, rng)  # the next batch norm takes β off again
    assert {tensor.method for tensor in linear.tensors if tensor.tensor == "batch_norm_1.beta"} == {"complex step"}
    assert faint.passed
    assert linear.passed


def test_stretched_parameters_leave_little_for_complex_step_to_decide(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    report = check(building(batch, (8,) * 10, activation="sigmoid", batch_norm=False), batch, rng)
    names = list(dict.fromkeys(tensor.check for tensor in report.tensors))
    by_check = [sum(t.method == "complex step" for t in report.tensors if t.check == name) for name in names]
    assert by_check[1] < by_check[0]


def test_full_mode_compares_every_coordinate_and_agrees_with_differences_taken_one_by_one(
    prepared: Mapping[str, Prepared],
) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    build = building(batch, (6, 5), activation="tanh", dropout=0.3, l1=0.1)
    report = check(build, batch, rng, FULL)
    sizes = {name: tensor.value.size for name, tensor in build(np.float64).tensors.items()}
    assert report.passed
    assert report.error < 1e-8
    assert {tensor.check for tensor in report.tensors} == {"rows", "rows + dropout", "random", "random + dropout", "l1"}
    assert all(tensor.checked + tensor.kinks == sizes[tensor.tensor] for tensor in report.tensors)
    for surface in surfaces(build(np.float64), build, batch.of_type(np.float64), rng, FULL):
        if isinstance(surface, LossSurface):
            for name, value in surface.values.items():
                if name in surface.gradients:
                    slopes = central_differences(lambda name=name, look=surface.look: look(name)[0], value)
                    assert relative_error(surface.gradients[name], slopes) < 1e-7, name


def test_a_sample_has_the_wanted_directions_and_coordinates(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    build = building(batch, (6,), activation="tanh")
    sizes = {name: tensor.value.size for name, tensor in build(np.float64).tensors.items()}
    for tensor in check(build, batch, rng, Settings(directions=3, coordinates=4)).tensors:
        assert tensor.checked == min(7, sizes[tensor.tensor])
        assert 0 <= tensor.worst < sizes[tensor.tensor]


def test_every_direction_is_a_unit_vector_in_which_every_parameter_takes_part() -> None:
    probes = Probes(np.random.default_rng(0))
    for size in (10, 5000, 300):
        directions, wanted = next(probes.candidates(size, Settings(directions=2)))
        first, second = (next(iter(directions)).move(1.0) for _ in range(wanted))
        assert np.linalg.norm(first) == pytest.approx(1)
        assert np.count_nonzero(first) == size
        assert abs(np.dot(first, second)) < 4 / np.sqrt(size)


def test_the_same_generator_gives_the_same_report(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (7, 6), dropout=0.4)
    assert check(build, batch, np.random.default_rng(3)) == check(build, batch, np.random.default_rng(3))
    assert check(build, batch, np.random.default_rng(3)) != check(build, batch, np.random.default_rng(4))


def test_given_parameters_are_checked_where_they_are(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["wine"], rng)
    build = building(batch, (7,), l2=0.1)
    parameters = rng.standard_normal(build(np.float64).parameters.size).astype(np.float32)
    network = build(np.float64)
    for surface in surfaces(network, build, batch.of_type(np.float64), rng, Settings(), parameters):
        assert (network.parameters == parameters).all()
        assert all(judge(surface, name, Settings(), Probes(rng)).passed for name in surface.gradients)
    assert check(build, batch, rng, parameters=parameters).passed


def seen_states(network: Network, build: Build, batch: Batch, seed: int) -> list[LossSurface]:
    found = surfaces(network, build, batch.of_type(np.float64), np.random.default_rng(seed), Settings())
    return [surface for surface in found if isinstance(surface, LossSurface)]


def test_every_check_sees_real_rows_and_random_inputs_and_dropout_on_and_off(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (7,), dropout=0.4)
    pairings = set()
    for seed in range(20):
        real, random = sorted(
            seen_states(build(np.float64), build, batch, seed), key=lambda each: "random" in each.name
        )
        assert np.array_equal(real.batch.x, batch.x)
        assert random.batch.x.min() >= 0
        assert random.batch.x.max() <= 1
        assert {real.masks is None, random.masks is None} == {True, False}
        pairings.add((real.name, random.name))
    assert pairings == {("rows", "random + dropout"), ("rows + dropout", "random")}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("depth", [1, 4, 10])
def test_every_activation_is_driven_through_its_range(
    activation: str, batch_norm: bool, depth: int, prepared: Mapping[str, Prepared]
) -> None:
    batch = batch_of(prepared["digits"], np.random.default_rng(depth))
    build = building(batch, (9,) * depth, activation=activation, batch_norm=batch_norm)
    network = build(np.float64)
    reached = np.zeros(depth)
    for surface in surfaces(network, build, batch.of_type(np.float64), np.random.default_rng(0), Settings()):
        assert isinstance(surface, LossSurface)
        peaks = [np.abs(surface.values[f"into {activation}_{number + 1}"]).max() for number in range(depth)]
        reached = np.maximum(reached, peaks)
    assert (reached >= 4).all()


def test_huber_s_loss_is_seen_on_both_sides_of_a_large_delta(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (9,), loss="huber", delta=8.0)
    last = seen_states(build(np.float64), build, batch, 0)[-1]
    residuals = np.abs(last.values["into loss"] - last.batch.targets.ravel())
    assert residuals.min() < 8 < residuals.max()


def test_no_parameter_is_left_at_a_special_value(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (20, 20))
    network = build(np.float64)
    for _ in surfaces(network, build, batch.of_type(np.float64), np.random.default_rng(0), Settings()):
        assert all((tensor.value != 0).all() and (tensor.value != 1).all() for tensor in network.tensors.values())


@pytest.mark.parametrize("kind", PENALTIES)
def test_each_penalty_of_a_trial_is_checked_by_itself_at_a_coefficient_near_one(
    kind: str, prepared: Mapping[str, Prepared]
) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (9,), **{kind: 1e-9})
    network = build(np.float64)
    *_, surface = surfaces(network, build, batch.of_type(np.float64), np.random.default_rng(0), Settings())
    assert isinstance(surface, PenaltySurface)
    assert surface.name == kind
    assert 0.5 <= surface.coefficient <= 2
    assert surface.coefficient != 1
    for name, gradient in surface.gradients.items():
        weights = network.tensors[name].value.ravel()
        expected = np.zeros_like(weights)
        PENALTIES[kind](surface.coefficient, np.float64).add_gradient(weights, expected, np.empty_like(weights))
        assert gradient == pytest.approx(expected, abs=1e-15)
    names = {tensor.check for tensor in check(build, batch, np.random.default_rng(0)).tensors}
    assert names & set(PENALTIES) == {kind}


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
    surface = at_first(kinked([KINK]), Settings())
    found = judge(surface, "dense_1.W", Settings(), Probes(np.random.default_rng(0)))
    assert (found.method, found.passed, found.kinks) == ("complex step", True, 2)


class OpaqueRelu(ACTIVATIONS["relu"]):  # type: ignore[misc]
    """A relu that does not take complex numbers."""

    analytic: ClassVar[bool] = False


def test_a_tensor_with_nothing_but_kinks_is_not_passed_unseen() -> None:
    surface = at_first(kinked([KINK], OpaqueRelu), Settings())
    found = judge(surface, "dense_1.W", Settings(), Probes(np.random.default_rng(0)))
    assert (found.checked, found.kinks, found.passed, found.decided, found.worst) == (0, 2, False, False, -1)
    assert np.isnan([found.gradient, found.slope, found.mean_absolute_difference, found.error]).all()
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


def test_zero_gradients_on_both_sides_are_right() -> None:
    report = check(kinked([DEAD, DEAD]), ROW, np.random.default_rng(0))
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


def test_without_complex_step_what_drowns_in_rounding_is_drawn_again_at_larger_parameters(
    prepared: Mapping[str, Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[float] = []
    honest = Dense.initialise

    def initialise(self: Dense, rng: np.random.Generator, trial: Sequence[int]) -> None:
        honest(self, rng, trial)
        sizes.append(0.0)

    monkeypatch.setattr(Dense, "initialise", initialise)
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    assert check(opaque(Faint, 10, batch_norm=False, batch=batch), batch, rng).passed
    assert 11 < len(sizes) <= 11 * DRAWS


def test_without_complex_step_a_gradient_that_is_zero_in_every_draw_is_right(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["digits"], rng)
    report = check(opaque(Straight, 2, batch_norm=True, batch=batch), batch, rng)
    beta = [tensor for tensor in report.tensors if tensor.tensor == "batch_norm_1.beta"]
    assert all(tensor.zero and tensor.passed and tensor.error == 0 for tensor in beta)
    assert report.passed


def weights_by_draw(tensors: Iterable[Tensor]) -> float:
    return float(np.sqrt(sum(np.vdot(each.value, each.value) for each in tensors if each.penalised)))


def test_every_draw_doubles_the_weights(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (20, 20))
    network = build(np.float64)
    sizes = []
    for draw in range(DRAWS):
        next(surfaces(network, build, batch.of_type(np.float64), np.random.default_rng(5), Settings(), None, 2.0**draw))
        sizes.append(weights_by_draw(network.tensors.values()))
    for smaller, larger in pairwise(sizes):
        assert larger == pytest.approx(2 * smaller, rel=1e-9)


def test_dropouts_masks_are_frozen_and_shared_by_the_complex_twin(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    build = building(batch, (7, 6), dropout=0.4)
    network = build(np.float64)
    surface = next(each for each in seen_states(network, build, batch, 0) if each.masks is not None)
    before = [layer.mask.copy() for layer in network.layers if isinstance(layer, Dropout)]
    judge(surface, "dense_1.W", Settings(), Probes(np.random.default_rng(0)))
    twin = surface._twin.network
    for mask, layer, other in zip(
        before,
        (layer for layer in network.layers if isinstance(layer, Dropout)),
        (layer for layer in twin.layers if isinstance(layer, Dropout)),
        strict=True,
    ):
        assert np.array_equal(mask, layer.mask)
        assert np.array_equal(mask, other.mask)
