"""Laws of a network as a whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.cases import central_differences
from trainer import Architecture, Network
from trainer.arrays import CACHE_LINE
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, BatchNorm, Dense, Layer
from trainer.losses import LOSSES

FULL = Architecture(5, 3, (6, 4), activation="tanh", dropout=0.3, l2=0.1)


def network_of(architecture: Architecture = FULL, capacity: int = 8, dtype: type = np.float64) -> Network:
    network = architecture.build(capacity=capacity, dtype=dtype)
    network.initialise(np.random.default_rng(0))
    return network


def test_tensors_and_layers_share_the_memory_of_the_flat_vectors() -> None:
    network = network_of()
    network.parameters[...] = np.arange(network.parameters.size)
    network.gradient[...] = -network.parameters
    layers = dict(zip(network.names, network.layers, strict=True))
    for name, tensor in network.tensors.items():
        layer, key = name.split(".")
        assert np.shares_memory(tensor.value, network.parameters)
        np.testing.assert_array_equal(getattr(layers[layer], key), tensor.value)
        np.testing.assert_array_equal(getattr(layers[layer], f"d{key}"), -tensor.value)
    for tensor in network.tensors.values():
        tensor.value[...] = 7.0
    assert (network.parameters == 7.0).all()


def test_tensors_cover_the_flat_vector_exactly_once() -> None:
    network = network_of()
    network.parameters[...] = np.arange(network.parameters.size)
    numbers = np.concatenate([tensor.value.ravel() for tensor in network.tensors.values()])
    np.testing.assert_array_equal(np.sort(numbers), network.parameters)


def test_penalised_weights_come_first_and_are_weights() -> None:
    network = network_of()
    network.parameters[...] = np.arange(network.parameters.size)
    penalised = np.concatenate([tensor.value.ravel() for tensor in network.tensors.values() if tensor.penalised])
    np.testing.assert_array_equal(network.weights, np.sort(penalised))
    np.testing.assert_array_equal(network.weights, np.arange(5 * 6 + 6 * 4 + 4 * 3))
    assert {name.split(".")[1] for name, tensor in network.tensors.items() if tensor.penalised} == {"W"}


def test_tensors_are_listed_in_the_order_of_the_layers() -> None:
    assert list(network_of().tensors) == [
        "dense_1.W", "batch_norm_1.gamma", "batch_norm_1.beta",
        "dense_2.W", "batch_norm_2.gamma", "batch_norm_2.beta",
        "dense_3.W", "dense_3.b",
    ]  # fmt: skip


def test_statistics_are_one_vector_that_inference_reads(rng: np.random.Generator) -> None:
    network = network_of()
    x = rng.normal(size=(4, 5))
    before = network.forward(x, train=False).copy()
    assert network.statistics.size == 2 * (6 + 4)
    network.statistics[...] = 3.0
    assert (network.forward(x, train=False) != before).all()


def test_smaller_batches_reuse_the_memory_of_the_largest(rng: np.random.Generator) -> None:
    network = network_of()
    large = network.forward(rng.normal(size=(8, 5)), train=False)
    small = network.forward(rng.normal(size=(3, 5)), train=False)
    assert np.shares_memory(large, small)
    assert small.shape == (3, 3)
    assert network.forward(rng.normal(size=(8, 5)), train=False).shape == (8, 3)


def test_a_batch_larger_than_the_capacity_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"5 rows .* at most 4"):
        network_of(capacity=4).forward(rng.normal(size=(5, 5)), train=False)


def test_big_arrays_start_on_a_cache_line() -> None:
    network = network_of()
    arrays = [
        network.parameters,
        network.gradient,
        network.statistics,
        *(layer.y for layer in network.layers if layer.kind == "dense"),
    ]
    assert all(array.ctypes.data % CACHE_LINE == 0 for array in arrays)


@given(rows=st.integers(0, 20), capacity=st.integers(1, 9), batch_norm=st.booleans(), depth=st.integers(0, 2))
def test_inference_in_chunks_is_inference_row_by_row(rows: int, capacity: int, batch_norm: bool, depth: int) -> None:
    architecture = Architecture(5, 3, (6, 4)[:depth], batch_norm=batch_norm, dropout=0.5)
    network = network_of(architecture, capacity)
    x = np.random.default_rng(rows).normal(size=(rows, 5))
    found = [(place, scores.copy()) for place, scores in network.chunks(x)]
    assert [row for place, _ in found for row in range(place.start, place.stop)] == list(range(rows))
    for place, scores in found:
        assert len(scores) <= capacity
        for row, score in zip(x[place], scores, strict=True):
            np.testing.assert_allclose(network.forward(row[np.newaxis], train=False)[0], score, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_backward_is_the_slope_of_the_cost_with_penalties_and_frozen_masks(
    activation: str, batch_norm: bool, rng: np.random.Generator
) -> None:
    network = network_of(Architecture(5, 3, (6, 4), activation=activation, batch_norm=batch_norm, dropout=0.3, l2=0.7))
    x, targets = rng.normal(size=(8, 5)), np.eye(3)[rng.integers(3, size=8)]
    network.draw([rng], 8)
    network.backward(network.forward(x, train=True), targets)
    gradient = network.gradient.copy()
    slopes = central_differences(lambda: network.cost(x, targets), network.parameters)
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)


def test_the_cost_is_the_loss_and_the_penalties(rng: np.random.Generator) -> None:
    network = network_of()
    x, targets = rng.normal(size=(8, 5)), np.eye(3)[rng.integers(3, size=8)]
    network.draw([rng], 8)
    loss = network.loss.value(network.forward(x, train=True), targets)
    assert network.penalty() == pytest.approx(0.1 / 2 * float(np.square(network.weights).sum()), rel=1e-13)
    assert network.cost(x, targets) == pytest.approx(loss + network.penalty(), rel=1e-13)


def test_drawing_makes_ready_for_a_batch_of_any_size(rng: np.random.Generator) -> None:
    network = network_of()
    for rows in (3, 8, 1):
        x = rng.normal(size=(rows, 5))
        network.keep_all(rows)
        kept = network.forward(x, train=True).copy()
        network.draw([rng], rows)
        first = network.forward(x, train=True).copy()
        assert first.shape == kept.shape == (rows, 3)
        np.testing.assert_array_equal(network.forward(x, train=True), first)


def test_keep_all_is_a_network_without_dropout(rng: np.random.Generator) -> None:
    network, without = network_of(), network_of(Architecture(5, 3, (6, 4), activation="tanh"))
    without.parameters[...] = network.parameters
    x = rng.normal(size=(4, 5))
    network.draw([rng], 4)
    dropped = network.forward(x, train=True).copy()
    network.keep_all(4)
    np.testing.assert_array_equal(network.forward(x, train=True), without.forward(x, train=True))
    assert (network.forward(x, train=True) != dropped).any()


@pytest.mark.parametrize(
    "layers",
    [
        [Dense(4, 3, initializer=he), Dense(4, 2, initializer=he)],
        [Dense(4, 3, initializer=he), BatchNorm(2), Dense(2, 2, initializer=he)],
    ],
)
def test_layers_that_do_not_fit_each_other_are_refused(layers: list[Layer]) -> None:
    with pytest.raises(ValueError, match=r"^dense gives 3 columns, (dense|batch_norm) takes [24]$"):
        Network(layers, LOSSES["softmax_cross_entropy"](2), capacity=1)


def test_initialising_twice_with_equal_generators_gives_equal_bits_and_forgets_the_past() -> None:
    network = network_of(dtype=np.float32)
    before = network.parameters.copy(), network.statistics.copy()
    network.parameters[...], network.statistics[...] = 5.0, 5.0
    network.initialise(np.random.default_rng(0))
    np.testing.assert_array_equal(network.parameters, before[0])
    np.testing.assert_array_equal(network.statistics, before[1])
    network.initialise(np.random.default_rng(1))
    assert (network.weights != before[0][: network.weights.size]).all()


def test_no_gradient_is_computed_for_the_networks_input(rng: np.random.Generator) -> None:
    network = network_of()
    network.keep_all(8)
    network.backward(network.forward(rng.normal(size=(8, 5)), train=True), np.eye(3)[rng.integers(3, size=8)])
    dense = [layer for layer in network.layers if layer.kind == "dense"]
    assert not hasattr(dense[0], "dx")
    assert all(layer.dx.any() for layer in dense[1:])
