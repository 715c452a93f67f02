"""The gradient check catches what is wrong, and names the place."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tests.trainer.faults import FAULTS, Fault
from trainer import Architecture, Network
from trainer.arrays import Array
from trainer.data import Prepared
from trainer.gradcheck import Batch, Report, Settings, check
from trainer.gradcheck.surface import Build
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES
from trainer.penalties import PENALTIES

SEEDS = range(3)


@pytest.fixture(scope="module")
def batch(prepared: Mapping[str, Prepared]) -> Batch:
    rows = prepared["wine"].train
    return Batch(rows.x[:8], rows.targets[:8])


def building(*hidden: int, **settings: object) -> Build:
    return lambda dtype: Architecture(13, 3, hidden, **settings).build(capacity=8, dtype=dtype)


def building_with(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Three hidden blocks; biases are there only without batch norm."""
    activation = fault.kind if fault.kind in ACTIVATIONS else "tanh"
    batch_norm = not fault.guilty.endswith(".b")

    def build(dtype: npt.DTypeLike) -> Network:
        network = building(9, 8, 7, activation=activation, batch_norm=batch_norm, dropout=0.3)(dtype)
        fault.put_into(network, monkeypatch)
        return network

    return build


def failed_checks(report: Report) -> set[str]:
    return {tensor.check for tensor in report.tensors if not tensor.passed}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.kind}: {fault.name}") for fault in FAULTS])
def test_a_fault_in_a_layer_is_caught_and_the_layer_blamed(
    fault: Fault, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = building_with(fault, monkeypatch)
    for seed in SEEDS:
        report = check(build, batch, np.random.default_rng(seed))
        assert report.verdict == "failed"
        assert report.guilty is not None
        assert {tensor.blamed for tensor in report.tensors if not tensor.passed} == {fault.layer}
        if fault.guilty:
            assert report.guilty.tensor == fault.guilty
        if fault.with_dropout_only:
            assert all("dropout" in name for name in failed_checks(report))
        else:
            assert failed_checks(report) == {tensor.check for tensor in report.tensors}


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
    build = building(9, loss=kind)
    for seed in SEEDS:
        report = check(build, batch, np.random.default_rng(seed))
        assert report.guilty is not None
        assert (report.guilty.tensor, report.guilty.blamed) == ("dense_2.b", kind)
        assert {tensor.tensor for tensor in report.tensors if not tensor.passed} == set(build(np.float64).tensors)


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1 / 8, 0.999])
@pytest.mark.parametrize("coefficient", [1e-9, 1e-6, 0.1])
def test_a_missing_or_wrong_penalty_is_caught_at_any_coefficient(
    kind: str, factor: float, coefficient: float, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = PENALTIES[kind].add_gradient

    def add_gradient(self: object, weights: Array, gradient: Array, work: Array) -> None:
        share = np.zeros_like(gradient)
        honest(self, weights, share, work)
        gradient += factor * share

    monkeypatch.setattr(PENALTIES[kind], "add_gradient", add_gradient)
    report = check(building(9, **{kind: coefficient}), batch, np.random.default_rng(0))
    assert failed_checks(report) == {kind}
    assert report.guilty is not None
    assert report.guilty.blamed == kind


def with_fault_in_one_coordinate(build: Build, layer: str, tensor: str, index: tuple[int, int], by: float) -> Build:
    def spoiled(dtype: npt.DTypeLike) -> Network:
        network = build(dtype)
        part = network.layers[network.names.index(layer)]
        honest = part.backward

        def backward(dy: Array) -> Array:
            dx = honest(dy)
            getattr(part, "d" + tensor)[index] += by
            return dx

        part.backward = backward  # this is the fault
        return network

    return spoiled


def test_a_fault_in_a_single_coordinate_is_caught_by_directions_and_found_by_the_closer_look(batch: Batch) -> None:
    spoiled = with_fault_in_one_coordinate(building(9, 8, activation="tanh"), "dense_2", "W", (4, 5), 0.01)
    for settings in (Settings(), replace(Settings(), coordinates=None)):
        for seed in SEEDS:
            guilty = check(spoiled, batch, np.random.default_rng(seed), settings).guilty
            assert guilty is not None
            assert (guilty.tensor, guilty.worst, guilty.checked) == ("dense_2.W", 4 * 8 + 5, 72)
            assert guilty.blamed == "dense_2"
            assert guilty.gradient == pytest.approx(guilty.slope + 0.01, abs=1e-7)


def test_a_gradient_that_is_no_number_never_passes(batch: Batch) -> None:
    spoiled = with_fault_in_one_coordinate(building(9), "dense_2", "b", (0, 0), np.nan)
    report = check(spoiled, batch, np.random.default_rng(0))
    assert not report.passed
    assert report.guilty is not None
    assert (report.guilty.tensor, report.guilty.blamed) == ("dense_2.b", "dense_2")
    assert np.isnan(report.error)


def test_every_parameter_of_the_layer_to_blame_and_of_its_neighbours_is_compared(batch: Batch) -> None:
    spoiled = with_fault_in_one_coordinate(building(9, 8, 7, 6, batch_norm=False), "dense_3", "W", (0, 0), 0.1)
    checked = {tensor.tensor: tensor.checked for tensor in check(spoiled, batch, np.random.default_rng(0)).tensors}
    sizes = {name: tensor.value.size for name, tensor in spoiled(np.float64).tensors.items()}
    near = {name for name in sizes if name.split(".")[0] in {"dense_2", "dense_3", "dense_4"}}
    assert {name for name in sizes if checked[name] == sizes[name]} == near


def test_every_check_looks_at_every_tensor_that_it_concerns(batch: Batch) -> None:
    build = building(9, 8, dropout=0.5, l1=0.1, l2=0.1)
    tensors = build(np.float64).tensors
    penalised = {name for name, tensor in tensors.items() if tensor.penalised}
    for seed in SEEDS:
        report = check(build, batch, np.random.default_rng(seed))
        seen: dict[str, list[str]] = {}
        for tensor in report.tensors:
            seen.setdefault(tensor.check, []).append(tensor.tensor)
        assert len(seen) == 4
        for name, own in seen.items():
            assert sorted(own) == sorted(penalised if name in PENALTIES else tensors)
