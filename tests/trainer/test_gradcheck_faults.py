"""The gradient check catches what is wrong, and names the place."""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.trainer.faults import FAULTS, Fault
from trainer import Architecture, Network
from trainer.arrays import Array
from trainer.data import Prepared
from trainer.gradcheck import CHECKS, Report, check
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES
from trainer.penalties import PENALTIES

SEEDS = range(3)
Batch = tuple[Array, Array]


@pytest.fixture(scope="module")
def batch(prepared: Mapping[str, Prepared]) -> Batch:
    rows = prepared["wine"].train
    return rows.x[:8].astype(np.float64), rows.targets[:8].astype(np.float64)


def network_with(fault: Fault) -> Network:
    """Three hidden blocks; biases are there only without batch norm."""
    activation = fault.kind if fault.kind in ACTIVATIONS else "tanh"
    batch_norm = not fault.guilty.endswith(".b")
    architecture = Architecture(13, 3, (9, 8, 7), activation=activation, batch_norm=batch_norm, dropout=0.3)
    return architecture.build(capacity=8, dtype=np.float64)


def nearest_tensor_before(network: Network, layer: str) -> str:
    before = network.names[: network.names.index(layer)]
    return next(name for name in reversed(network.tensors) if name.split(".")[0] in before)


def failed_checks(report: Report) -> set[str]:
    return {tensor.check for tensor in report.tensors if not tensor.passed}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.kind}: {fault.name}") for fault in FAULTS])
def test_a_fault_in_a_layer_is_caught_and_the_right_tensor_named(
    fault: Fault, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_with(fault)
    fault.put_into(network, monkeypatch)
    for seed in SEEDS:
        report = check(network, *batch, np.random.default_rng(seed))
        assert report.verdict == "failed"
        assert report.guilty is not None
        assert report.guilty.tensor == (fault.guilty or nearest_tensor_before(network, fault.layer))
        assert failed_checks(report) == set(fault.checks)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("factor", [-1.0, 8.0, 0.999])
def test_a_fault_in_a_losss_gradient_is_seen_from_the_last_layer_on(
    kind: str, factor: float, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = LOSSES[kind].gradient

    def gradient(self: object, scores: Array, targets: Array, out: Array, weights: Array | None = None) -> None:
        honest(self, scores, targets, out, weights)
        out *= factor

    monkeypatch.setattr(LOSSES[kind], "gradient", gradient)
    network = Architecture(13, 3, (9,), loss=kind).build(capacity=8, dtype=np.float64)
    for seed in SEEDS:
        report = check(network, *batch, np.random.default_rng(seed))
        assert report.guilty is not None
        assert report.guilty.tensor == "dense_2.b"
        assert {tensor.tensor for tensor in report.tensors if not tensor.passed} == set(network.tensors)


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1 / 8, 0.999])
@pytest.mark.parametrize("l2", [0.0, 1e-6, 0.1])
def test_a_missing_or_wrong_penalty_is_caught_at_any_coefficient(
    kind: str, factor: float, l2: float, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = PENALTIES[kind].add_gradient

    def add_gradient(self: object, weights: Array, gradient: Array, work: Array) -> None:
        share = np.zeros_like(gradient)
        honest(self, weights, share, work)
        gradient += factor * share

    monkeypatch.setattr(PENALTIES[kind], "add_gradient", add_gradient)
    network = Architecture(13, 3, (9,), l2=l2).build(capacity=8, dtype=np.float64)
    report = check(network, *batch, np.random.default_rng(0))
    assert failed_checks(report) == {"penalty"}
    assert report.guilty is not None
    assert report.guilty.tensor == "dense_2.W"


def test_a_fault_in_a_single_coordinate_is_caught_by_the_full_check(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Architecture(13, 3, (9, 8), activation="tanh").build(capacity=8, dtype=np.float64)
    layer = network.layers[network.names.index("dense_2")]
    honest = layer.backward

    def backward(dy: Array) -> Array:
        dx = honest(dy)
        layer.dW[4, 5] += 0.01
        return dx

    monkeypatch.setattr(layer, "backward", backward)
    guilty = check(network, *batch, np.random.default_rng(0), coordinates=None).guilty
    assert guilty is not None
    assert (guilty.tensor, guilty.worst) == ("dense_2.W", 4 * 8 + 5)
    assert guilty.gradient == pytest.approx(guilty.difference + 0.01, abs=1e-7)


def test_a_gradient_that_is_no_number_never_passes(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Architecture(13, 3, (9,)).build(capacity=8, dtype=np.float64)
    layer = network.layers[-1]
    honest = layer.backward

    def backward(dy: Array) -> Array:
        dx = honest(dy)
        layer.db[...] = np.nan
        return dx

    monkeypatch.setattr(layer, "backward", backward)
    report = check(network, *batch, np.random.default_rng(0))
    assert not report.passed
    assert report.guilty is not None
    assert report.guilty.tensor == "dense_2.b"


def test_every_check_looks_at_every_tensor_that_it_concerns(batch: Batch) -> None:
    network = Architecture(13, 3, (9, 8), dropout=0.5).build(capacity=8, dtype=np.float64)
    report = check(network, *batch, np.random.default_rng(0))
    seen = [(tensor.check, tensor.tensor) for tensor in report.tensors]
    penalised = {name for name, tensor in network.tensors.items() if tensor.penalised}
    concerned = {"data": set(network.tensors), "dropout": set(network.tensors), "penalty": penalised}
    assert set(CHECKS) == set(concerned)
    assert sorted(seen) == sorted((name, tensor) for name in CHECKS for tensor in concerned[name])


@pytest.mark.parametrize("l2", [0.0, 1e-6, 30.0])
def test_penalties_are_checked_at_a_coefficient_of_one_and_parameters_moved_are_moved_back(
    l2: float, batch: Batch
) -> None:
    network = Architecture(13, 3, (9,), l2=l2).build(capacity=8, dtype=np.float64)
    for tensor in check(network, *batch, np.random.default_rng(0)).tensors:
        if tensor.check == "penalty":
            weights = network.tensors[tensor.tensor].value.ravel()
            expected = np.zeros_like(weights)
            for penalty in network.penalties:
                type(penalty)(1.0, np.float64).add_gradient(weights, expected, np.empty_like(weights))
            assert tensor.gradient == pytest.approx(expected[tensor.worst], rel=1e-12)
