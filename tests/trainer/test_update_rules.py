"""Optimizers against the rules that their papers print, written out plainly, in float64 over 100 steps."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trainer.arrays import Array
from trainer.optimizers import OPTIMIZERS, Rates, clip_norm
from trainer.optimizers.base import BLOCK
from trainer.penalties import PENALTIES, Penalty

STEPS, RATE = 100, 0.05


def sgd(theta: Array, gradient: Array, _t: int, _state: dict[str, Array], _rates: Rates) -> Array:
    """Robbins, Monro 1951."""
    return theta - RATE * gradient


def momentum(theta: Array, gradient: Array, _t: int, state: dict[str, Array], rates: Rates) -> Array:
    """Sutskever, Martens, Dahl, Hinton 2013, equation 1, with the learning rate outside of the velocity."""
    state["v"] = rates.beta * state.get("v", np.zeros(1)) + gradient
    return theta - RATE * state["v"]


def nesterov(theta: Array, gradient: Array, _t: int, state: dict[str, Array], rates: Rates) -> Array:
    """Bengio, Boulanger-Lewandowski, Pascanu 2013, equation 7: Θ + β² v' − (1 + β) α g, with v' the old velocity."""
    old = state.get("v", np.zeros_like(theta))
    state["v"] = rates.beta * old - RATE * gradient
    return theta + rates.beta * rates.beta * old - (1 + rates.beta) * RATE * gradient


def rmsprop(theta: Array, gradient: Array, _t: int, state: dict[str, Array], rates: Rates) -> Array:
    """Tieleman, Hinton 2012, lecture 6.5; ε outside of the root, as in PyTorch."""
    state["s"] = rates.beta2 * state.get("s", np.zeros(1)) + (1 - rates.beta2) * gradient**2
    return theta - RATE * gradient / (np.sqrt(state["s"]) + rates.epsilon)


def adam(theta: Array, gradient: Array, t: int, state: dict[str, Array], rates: Rates) -> Array:
    """Kingma, Ba 2015, algorithm 1."""
    state["m"] = rates.beta * state.get("m", np.zeros(1)) + (1 - rates.beta) * gradient
    state["v"] = rates.beta2 * state.get("v", np.zeros(1)) + (1 - rates.beta2) * gradient**2
    mean, square = state["m"] / (1 - rates.beta**t), state["v"] / (1 - rates.beta2**t)
    return theta - RATE * mean / (np.sqrt(square) + rates.epsilon)


def adamw(theta: Array, gradient: Array, t: int, state: dict[str, Array], rates: Rates) -> Array:
    """Loshchilov, Hutter 2019, algorithm 2, line 12; the decay is of the weights (here the first half) alone."""
    decayed = np.where(np.arange(theta.size) < theta.size // 2, RATE * rates.weight_decay * theta, 0.0)
    return adam(theta, gradient, t, state, rates) - decayed


RULES = {rule.__name__: rule for rule in (sgd, momentum, nesterov, rmsprop, adam, adamw)}


def network_of(size: int, penalties: Sequence[Penalty] = ()) -> Any:
    return SimpleNamespace(
        parameters=np.linspace(-1, 1, size),
        gradient=np.zeros(size),
        dtype=np.dtype(np.float64),
        penalised=size // 2,
        penalties=penalties,
        stack=(),
    )


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("beta", [0.0, 0.8, 0.9, 0.99])
@pytest.mark.parametrize(("beta2", "epsilon", "decay"), [(0.95, 1e-6, 0.1), (0.999, 1e-8, 0.0)])
def test_steps_equal_the_published_rule_to_1e_12_over_100_steps(
    kind: str, beta: float, beta2: float, epsilon: float, decay: float
) -> None:
    network, rates = network_of(10), Rates(beta, beta2, epsilon, decay)
    optimizer = OPTIMIZERS[kind](network, rates)
    optimizer.set_learning_rate(RATE)
    expected = network.parameters.copy()
    state: dict[str, Array] = {}
    rng = np.random.default_rng(0)
    for t in range(1, STEPS + 1):
        gradient = rng.standard_normal(10) * 10.0 ** rng.integers(-3, 3)
        expected = RULES[kind](expected, gradient, t, state, rates)
        network.gradient[...] = gradient
        optimizer.step()
        np.testing.assert_allclose(network.parameters, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_vector_of_many_blocks_moves_as_its_parts_do(kind: str) -> None:
    rates, size = Rates(0.8, 0.95, 1e-6, 0.0), 2 * BLOCK + 17
    long, short = network_of(size), network_of(3)
    picks = [0, BLOCK + 5, size - 1]
    short.parameters[...] = long.parameters[picks]
    optimizers = [OPTIMIZERS[kind](network, rates) for network in (long, short)]
    for seed in range(3):
        long.gradient[...] = np.random.default_rng(seed).standard_normal(size)
        short.gradient[...] = long.gradient[picks]
        for optimizer in optimizers:
            optimizer.set_learning_rate(RATE)
            optimizer.step()
    np.testing.assert_array_equal(long.parameters[picks], short.parameters)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties_added_on_the_way_are_those_added_before(penalty: str) -> None:
    networks = [network_of(BLOCK + 100, [PENALTIES[penalty](0.3, np.float64)]) for _ in range(2)]
    on_the_way, before = (OPTIMIZERS["momentum"](network) for network in networks)
    for optimizer in (on_the_way, before):
        optimizer.set_learning_rate(RATE)
    on_the_way.step()
    before.add_penalties()
    before.step(penalised=True)
    np.testing.assert_array_equal(networks[0].parameters, networks[1].parameters)
    assert not np.array_equal(networks[0].parameters, network_of(BLOCK + 100).parameters)


def test_clipping_keeps_the_direction_and_bounds_the_norm() -> None:
    gradient = np.array([3.0, 4.0])
    clip_norm(gradient, 1.0)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-15)
    clip_norm(gradient, 5.0)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-15)


def test_a_gradient_whose_squares_overflow_is_clipped_like_any_other() -> None:
    gradient = np.array([3e30, 4e30], np.float32)
    with np.errstate(over="ignore"):
        clip_norm(gradient, 1.0)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-6)


def test_each_trial_side_by_side_is_clipped_by_its_own_norm() -> None:
    gradient = np.array([[3.0, 4.0], [0.3, 0.4]])
    clip_norm(gradient, [1.0, 1.0])
    np.testing.assert_allclose(gradient, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-15)
