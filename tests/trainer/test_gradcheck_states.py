"""Where the gradient check looks: inputs, masks, parameters, penalties."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import pytest

from tests.trainer.gradcheck_cases import batch_of, building
from trainer import Network
from trainer.data import Prepared
from trainer.gradcheck import Batch, Probes, Settings, check, judge, surfaces
from trainer.gradcheck.settings import DRAWS
from trainer.gradcheck.surface import Build, LossSurface, PenaltySurface
from trainer.layers import ACTIVATIONS, Dropout
from trainer.network import Tensor
from trainer.penalties import PENALTIES


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
