"""The gradient check passes what is right, whatever the rows, the kinks and the rounding."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tests.trainer.cases import central_differences
from trainer import Architecture, Network
from trainer.arrays import Array
from trainer.data import Prepared
from trainer.gradcheck import COORDINATES, DRAWS, TOLERANCE, _check_once, check, relative_error
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, Dense
from trainer.losses import LOSSES

Batch = tuple[Array, Array]


def batch_of(prepared: Prepared, rng: np.random.Generator, rows: int = 8) -> Batch:
    chosen = rng.choice(len(prepared.train), rows, replace=False)
    return prepared.train.x[chosen].astype(np.float64), prepared.train.targets[chosen].astype(np.float64)


def built(batch: Batch, hidden: tuple[int, ...], **settings: object) -> Network:
    x, targets = batch
    return Architecture(x.shape[1], targets.shape[1], hidden, **settings).build(capacity=len(x), dtype=np.float64)


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
        network = built(batch, hidden, activation=activation, batch_norm=batch_norm, dropout=dropout)
        report = check(network, *batch, rng)
        assert report.passed, report.guilty
        assert report.verdict == "passed"
        assert report.guilty is None
        assert report.error < TOLERANCE


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_strong_dropout_and_the_rounding_floor_accuse_no_correct_network(
    activation: str, batch_norm: bool, prepared: Mapping[str, Prepared]
) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["digits"], rng)
        network = built(batch, (12, 12, 12), activation=activation, batch_norm=batch_norm, dropout=0.8)
        report = check(network, *batch, rng)
        assert report.passed, (seed, report.guilty)


def test_a_check_that_drowns_in_rounding_is_drawn_again_at_larger_weights(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["digits"], np.random.default_rng(0))
    network = built(batch, (8,) * 10, activation="sigmoid", batch_norm=False)
    once = list(_check_once(network, *batch, np.random.default_rng(1), COORDINATES, TOLERANCE, 1.0))
    assert any(not tensor.decided for tensor in once)
    assert check(network, *batch, np.random.default_rng(1)).passed


@pytest.mark.parametrize(("rows", "batch_norm"), [(1, True), (4, True), (1, False), (2, False)])
def test_a_correct_network_passes_on_the_smallest_batches(
    rows: int, batch_norm: bool, prepared: Mapping[str, Prepared]
) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["wine"], rng, rows)
        report = check(built(batch, (6, 5), activation="tanh", batch_norm=batch_norm), *batch, rng)
        assert report.passed, report.guilty


def test_strong_curvature_behind_a_batch_norm_accuses_no_correct_network(prepared: Mapping[str, Prepared]) -> None:
    for seed in range(150):  # without extrapolation, about one in a hundred of these is accused
        rng = np.random.default_rng(seed)
        batch = batch_of(prepared["digits"], rng)
        report = check(built(batch, (4, 4, 4), activation="tanh", dropout=0.8), *batch, rng)
        assert report.passed, (seed, report.guilty)


def test_full_mode_compares_every_coordinate_and_agrees_with_differences_taken_one_by_one(
    prepared: Mapping[str, Prepared],
) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    network = built(batch, (6, 5), activation="tanh", dropout=0.3)
    report = check(network, *batch, rng, coordinates=None)
    assert report.passed
    for tensor in report.tensors:  # near 0, L1 has a kink
        assert tensor.checked + tensor.kinks == network.tensors[tensor.tensor].value.size
    network.backward(network.forward(batch[0], train=True), batch[1])
    gradient = network.gradient.copy()
    slopes = central_differences(lambda: network.cost(*batch), network.parameters)
    assert relative_error(gradient, slopes) < 1e-8


def test_a_sample_has_the_wanted_number_of_different_coordinates(prepared: Mapping[str, Prepared]) -> None:
    rng = np.random.default_rng(0)
    batch = batch_of(prepared["iris"], rng)
    network = built(batch, (6,), activation="tanh")
    for tensor in check(network, *batch, rng, coordinates=7).tensors:
        assert tensor.checked == min(7, network.tensors[tensor.tensor].value.size)
        assert 0 <= tensor.worst < network.tensors[tensor.tensor].value.size


def test_the_same_generator_gives_the_same_report(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))

    def report(seed: int) -> object:
        return check(built(batch, (7, 6), dropout=0.4), *batch, np.random.default_rng(seed))

    assert report(3) == report(3)
    assert report(3) != report(4)


def test_what_was_in_the_network_before_does_not_matter(prepared: Mapping[str, Prepared]) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    fresh, used = (built(batch, (7,), dropout=0.4, l2=l2) for l2 in (0.0, 3.0))
    used.parameters[...] = 7.0
    used.statistics[...] = 7.0
    assert check(fresh, *batch, np.random.default_rng(1)) == check(used, *batch, np.random.default_rng(1))


def kinked(columns: list[list[float]]) -> Network:
    """A relu network of two inputs whose first weights are these columns at the first draw."""

    class First(Dense):
        def initialise(self, rng: np.random.Generator, trial: Sequence[int]) -> None:
            self.W[...] = np.array(columns).T

    first = First(2, len(columns), initializer=he, bias=False)
    last = Dense(len(columns), 2, initializer=he)
    layers = [first, ACTIVATIONS["relu"](len(columns)), last]
    return Network(layers, LOSSES["softmax_cross_entropy"](2), capacity=1, dtype=np.float64)


KINK = [1.0, -1.0]  # at the row (1, 1) the pre-activation is exactly 0
SMOOTH = [0.5, 0.7]
DEAD = [-0.5, -0.7]
ROW = np.ones((1, 2)), np.array([[1.0, 0.0]])


def test_differences_across_a_kink_are_left_out_and_drawn_again() -> None:
    for seed in range(10):
        report = check(kinked([KINK, SMOOTH]), *ROW, np.random.default_rng(seed), coordinates=2)
        assert report.passed
        assert all(tensor.checked == 2 for tensor in report.tensors)
    full = check(kinked([KINK, SMOOTH]), *ROW, np.random.default_rng(0), coordinates=None)
    counted = {tensor.tensor: (tensor.checked, tensor.kinks) for tensor in full.tensors if tensor.check == "data"}
    assert counted == {"dense_1.W": (2, 2), "dense_2.W": (4, 0), "dense_2.b": (2, 0)}


def test_a_difference_across_a_kink_would_have_accused_a_correct_network() -> None:
    network = kinked([KINK, SMOOTH])
    network.initialise(np.random.default_rng(0))
    network.backward(network.forward(ROW[0], train=True), ROW[1])
    gradient = network.tensors["dense_1.W"].gradient.copy()
    slopes = central_differences(lambda: network.cost(*ROW), network.tensors["dense_1.W"].value)
    assert relative_error(gradient[:, 0], slopes[:, 0]) > 0.1
    assert relative_error(gradient[:, 1], slopes[:, 1]) < TOLERANCE


def test_a_tensor_with_nothing_but_kinks_is_not_passed_unseen() -> None:
    report = check(kinked([KINK]), *ROW, np.random.default_rng(0))
    guilty = report.guilty
    assert guilty is not None
    assert (guilty.tensor, guilty.checked, guilty.kinks, guilty.decided) == ("dense_1.W", 0, 2, False)
    assert guilty.worst == -1
    assert np.isnan([guilty.gradient, guilty.difference, guilty.mean_absolute_difference]).all()


def test_zero_gradients_on_both_sides_are_right() -> None:
    report = check(kinked([DEAD, DEAD]), *ROW, np.random.default_rng(0))
    dead = next(tensor for tensor in report.tensors if (tensor.check, tensor.tensor) == ("data", "dense_1.W"))
    assert (dead.gradient, dead.difference, dead.error, dead.passed) == (0.0, 0.0, 0.0, True)
    assert report.passed


def test_a_zero_gradient_on_one_side_alone_is_entirely_wrong() -> None:
    assert relative_error(np.zeros(3), np.ones(3)) == relative_error(np.ones(3), np.zeros(3)) == 1.0
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0


def test_every_draw_doubles_the_weights_and_leaves_nothing_at_a_special_value(
    prepared: Mapping[str, Prepared],
) -> None:
    batch = batch_of(prepared["wine"], np.random.default_rng(0))
    network = built(batch, (20, 20))
    sizes = []
    for draw in range(DRAWS):
        list(_check_once(network, *batch, np.random.default_rng(5), 1, TOLERANCE, 2.0**draw))
        assert all((tensor.value != 0).all() and (tensor.value != 1).all() for tensor in network.tensors.values())
        sizes.append(float(np.linalg.norm(network.weights)))
    for smaller, larger in itertools.pairwise(sizes):
        assert larger == pytest.approx(2 * smaller, rel=1e-9)
