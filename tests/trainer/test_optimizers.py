"""Laws of every registered optimizer."""

import numpy as np
import pytest

from tests.trainer.cases import Steps
from trainer.arrays import Array
from trainer.optimizers import OPTIMIZERS

every_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)


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
