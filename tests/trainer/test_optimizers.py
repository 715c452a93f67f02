"""Laws of every registered optimizer."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from tests.trainer.cases import Steps
from trainer.arrays import Array
from trainer.optimizers import OPTIMIZERS

Rule = Callable[[float, float, float], Iterator[float]]
"""(θ, α, β) -> a generator that takes gradients of one number θ and gives its next values."""


def sgd(theta: float, alpha: float, _beta: float) -> Iterator[float]:
    while True:  # Robbins, Monro 1951
        gradient = yield theta
        theta -= alpha * gradient


def momentum(theta: float, alpha: float, beta: float) -> Iterator[float]:
    velocity = 0.0
    while True:  # Polyak 1964
        gradient = yield theta
        velocity = beta * velocity + gradient
        theta -= alpha * velocity


def adam(theta: float, alpha: float, beta: float) -> Iterator[float]:
    m, v, t = 0.0, 0.0, 0
    while True:  # Kingma, Ba 2015, algorithm 1, with its β₂ = 0.999 and ε = 1e-8
        gradient = yield theta
        t += 1
        m = beta * m + (1 - beta) * gradient
        v = 0.999 * v + (1 - 0.999) * gradient**2
        m_hat = m / (1 - beta**t)
        v_hat = v / (1 - 0.999**t)
        theta -= alpha * m_hat / (math.sqrt(v_hat) + 1e-8)


def nesterov(theta: float, alpha: float, beta: float) -> Iterator[float]:
    velocity = 0.0
    while True:  # Bengio, Boulanger-Lewandowski, Pascanu 2013, equation 7
        gradient = yield theta
        old, velocity = velocity, beta * velocity - alpha * gradient
        theta += beta**2 * old - (1 + beta) * alpha * gradient


def rmsprop(theta: float, alpha: float, _beta: float) -> Iterator[float]:
    square = 0.0
    while True:  # Tieleman, Hinton 2012
        gradient = yield theta
        square = 0.999 * square + (1 - 0.999) * gradient**2
        theta -= alpha * gradient / (math.sqrt(square) + 1e-8)


RULES: Mapping[str, Rule] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,  # here without decay
}

every_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)


@every_optimizer
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.99])
def test_a_hundred_steps_follow_the_published_rule(kind: str, beta: float, rng: np.random.Generator) -> None:
    parameters = rng.normal(size=5)
    rules = [RULES[kind](theta, 0.05, beta) for theta in parameters.tolist()]
    for rule in rules:
        next(rule)
    optimizer = Steps(kind, parameters, beta)
    for _ in range(100):
        gradient = rng.normal(0.2, 1.0, 5)
        expected = [rule.send(g) for rule, g in zip(rules, gradient.tolist(), strict=True)]
        optimizer.step(gradient, 0.05)
        np.testing.assert_allclose(parameters, expected, rtol=1e-12, atol=1e-12)


@every_optimizer
def test_parameters_are_updated_in_place_and_keep_their_precision(kind: str) -> None:
    parameters = np.ones(3, dtype=np.float32)
    optimizer = Steps(kind, parameters, 0.9)
    optimizer.step(np.ones(3, dtype=np.float32), 0.1)
    assert (parameters < 1).all()
    assert {slot.dtype for slot in optimizer.optimizer.state.values()} <= {parameters.dtype}


@every_optimizer
def test_no_gradient_from_the_start_means_no_movement(kind: str) -> None:
    parameters = np.arange(4.0)
    optimizer = Steps(kind, parameters, 0.9)
    for _ in range(10):
        optimizer.step(np.zeros(4), 0.1)
    assert parameters.tolist() == [0.0, 1.0, 2.0, 3.0]


@every_optimizer
def test_the_minimum_of_a_bowl_is_found(kind: str) -> None:
    parameters = np.array([8.0, -3.0])
    optimizer = Steps(kind, parameters, 0.9)
    for _ in range(3000):
        optimizer.step(2 * (parameters - 1.0), 0.05)
    np.testing.assert_allclose(parameters, 1.0, atol=1e-3)


def descended(steps: int) -> float:
    """Gradient descent on w² − 10 w + 25 from 0 with a learning rate of 0.01."""
    w: Array = np.zeros(1)
    optimizer = Steps("sgd", w, 0.0)
    for _ in range(steps):
        optimizer.step(2 * w - 10, 0.01)
    return w.item()


def test_gradient_descent_on_a_parabola_has_the_published_values() -> None:
    # A. Ng, Improving Deep Neural Networks (2017), week 3, "TensorFlow"; the closed form is 5 (1 − 0.98ⁿ).
    assert descended(1) == pytest.approx(0.1, rel=1e-15)
    assert descended(1001) == pytest.approx(5 * (1 - 0.98**1001), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_size(scale: float) -> None:
    # m̂/√v̂ is the sign of the gradient after one step (Kingma, Ba 2015, section 2.1).
    parameters = np.zeros(2)
    Steps("adam", parameters, 0.9).step(np.array([scale, -scale]), 0.01)
    np.testing.assert_allclose(parameters, [-0.01, 0.01], rtol=2e-5)


def test_momentum_without_memory_is_gradient_descent(rng: np.random.Generator) -> None:
    start = rng.normal(size=4)
    both = [start.copy(), start.copy()]
    optimizers = [Steps(kind, w, 0.0) for kind, w in zip(("sgd", "momentum"), both, strict=True)]
    for _ in range(20):
        gradient = rng.normal(size=4)
        for optimizer in optimizers:
            optimizer.step(gradient.copy(), 0.1)
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_with_another_beta_adam_goes_on_from_the_same_averages(kind: str, rng: np.random.Generator) -> None:
    before, after = (Steps(kind, np.zeros(3), beta).optimizer for beta in (0.9, 0.99))
    sums = {name: rng.random(3) for name in before.slots}
    after.restore(7, sums, before.rates)
    # The averages are m = (1 − β) M (Kingma, Ba 2015, algorithm 1, with M as the class has it).
    np.testing.assert_allclose((1 - 0.99) * after.state["sum"], (1 - 0.9) * sums["sum"], rtol=1e-12)
    np.testing.assert_array_equal(after.state["square_sum"], sums["square_sum"])
    assert after.steps == 7
