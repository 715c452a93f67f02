"""Laws of every registered penalty."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from tests.trainer.cases import central_differences
from trainer.penalties import PENALTIES

TWINS: Mapping[str, Callable[[float, list[float]], float]] = {
    "l2": lambda coefficient, weights: coefficient / 2 * math.fsum(w * w for w in weights),
    "l1": lambda coefficient, weights: coefficient * math.fsum(abs(w) for w in weights),
}

every_penalty = pytest.mark.parametrize("kind", PENALTIES)


@every_penalty
def test_the_value_is_the_formula_number_by_number(kind: str, rng: np.random.Generator) -> None:
    weights = rng.normal(size=50)
    assert PENALTIES[kind](0.7, np.float64).value(weights) == pytest.approx(
        TWINS[kind](0.7, weights.tolist()), rel=1e-13
    )


@every_penalty
def test_the_gradient_of_the_value_is_added_to_what_is_there(kind: str, rng: np.random.Generator) -> None:
    penalty, weights, gradient = PENALTIES[kind](0.7, np.float64), rng.normal(size=9), rng.normal(size=9)
    expected = gradient + central_differences(lambda: TWINS[kind](0.7, weights.tolist()), weights)
    penalty.add_gradient(weights, gradient, np.empty(9))
    np.testing.assert_allclose(gradient, expected, atol=1e-9)


@every_penalty
def test_a_coefficient_of_zero_is_no_penalty(kind: str, rng: np.random.Generator) -> None:
    gradient = np.zeros(9)
    PENALTIES[kind](0.0, np.float64).add_gradient(rng.normal(size=9), gradient, np.empty(9))
    assert PENALTIES[kind](0.0, np.float64).value(rng.normal(size=9)) == 0
    assert not gradient.any()


@every_penalty
def test_the_value_of_many_small_weights_is_summed_in_double_precision(kind: str) -> None:
    weights = np.full(300_000, 1e-3, dtype=np.float32)
    number = float(np.float32(1e-3))
    expected = {"l1": 2 * 300_000 * number, "l2": 300_000 * float(np.float32(number * number))}[kind]
    assert PENALTIES[kind](2.0, np.float32).value(weights) == pytest.approx(expected, rel=1e-12)
