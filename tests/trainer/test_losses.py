"""Laws of every registered loss."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.trainer import twins
from tests.trainer.cases import central_differences, loss_of
from trainer.arrays import Array
from trainer.losses import LOSSES, Loss

TWINS: Mapping[str, Callable[[twins.Matrix, twins.Matrix], float]] = {
    "softmax_cross_entropy": twins.softmax_cross_entropy,
    "logistic_cross_entropy": twins.logistic_cross_entropy,
    "mean_squared_error": twins.mean_squared_error,
    "huber": twins.huber,
}

every_loss = pytest.mark.parametrize("kind", LOSSES)
some_scores = arrays(np.float64, (4, 3), elements=st.floats(-20, 20))


def gradient_of(loss: Loss, scores: Array, targets: Array) -> Array:
    out = np.empty_like(scores)
    loss.gradient(scores, targets, out)
    return out


def one_hot(rng: np.random.Generator, rows: int, classes: int = 3) -> Array:
    return np.eye(classes)[rng.integers(classes, size=rows)]


@every_loss
@given(scores=some_scores, seed=st.integers(0, 99))
def test_the_value_is_the_formula_written_with_math_log_and_exp(kind: str, scores: Array, seed: int) -> None:
    targets = one_hot(np.random.default_rng(seed), 4)
    expected = TWINS[kind](scores.tolist(), targets.tolist())
    assert loss_of(kind, scores).value(scores, targets) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@every_loss
@pytest.mark.parametrize("rows", [1, 5])
def test_the_gradient_is_the_slope_of_the_value_in_every_score(kind: str, rows: int, rng: np.random.Generator) -> None:
    scores, targets = rng.normal(size=(rows, 3)), one_hot(rng, rows)
    loss = loss_of(kind, scores)
    expected = central_differences(lambda: TWINS[kind](scores.tolist(), targets.tolist()), scores)
    np.testing.assert_allclose(gradient_of(loss, scores, targets), expected, atol=1e-9)


@every_loss
def test_repeating_every_row_leaves_the_value_as_it_is(kind: str, rng: np.random.Generator) -> None:
    scores, targets = rng.normal(size=(5, 3)), one_hot(rng, 5)
    loss, double = loss_of(kind, scores), np.tile(scores, (2, 1))
    twice = loss_of(kind, double).value(double, np.tile(targets, (2, 1)))
    assert twice == pytest.approx(loss.value(scores, targets), rel=1e-14)


@every_loss
def test_the_scores_and_targets_are_left_as_they_were(kind: str, rng: np.random.Generator) -> None:
    scores, targets = rng.normal(size=(5, 3)), one_hot(rng, 5)
    loss = loss_of(kind, scores)
    before = scores.copy(), targets.copy()
    loss.value(scores, targets)
    gradient_of(loss, scores, targets)
    loss.predict(scores)
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(targets, before[1])


@given(scores=some_scores)
def test_predictions_of_softmax_are_probabilities_in_the_order_of_the_scores(scores: Array) -> None:
    probabilities = loss_of("softmax_cross_entropy", scores).predict(scores)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
    assert (probabilities >= 0).all()
    best = np.take_along_axis(probabilities, scores.argmax(axis=1)[:, np.newaxis], axis=1)[:, 0]
    np.testing.assert_array_equal(best, probabilities.max(axis=1))


def test_huge_scores_of_softmax_neither_overflow_nor_warn() -> None:
    scores = np.array([[3e4, -3e4, 0.0]], dtype=np.float32)
    targets = np.eye(3, dtype=np.float32)[[1]]
    loss = loss_of("softmax_cross_entropy", scores)
    # log Σ exp(z) is the largest score here, so the loss is their difference.
    assert loss.value(scores, targets) == 6e4
    assert gradient_of(loss, scores, targets).tolist() == [[1.0, -1.0, 0.0]]


def test_softmax_of_single_scores_is_the_twins() -> None:
    row = [0.3, -1.2, 2.0]
    predicted = LOSSES["softmax_cross_entropy"](3).predict(np.array([row]))
    np.testing.assert_allclose(predicted, [twins.softmax(row)], rtol=1e-14)


@pytest.mark.parametrize("classes", [2, 10])
def test_knowing_nothing_costs_the_log_of_the_number_of_classes(classes: int, rng: np.random.Generator) -> None:
    # The entropy of the uniform distribution.
    scores = np.zeros((7, classes))
    value = loss_of("softmax_cross_entropy", scores).value(scores, one_hot(rng, 7, classes))
    assert value == pytest.approx(math.log(classes), rel=1e-14)


@given(scores=some_scores, shift=st.floats(-50, 50))
def test_softmax_cross_entropy_does_not_see_a_shift_of_all_scores(scores: Array, shift: float) -> None:
    loss, targets = loss_of("softmax_cross_entropy", scores), np.eye(3)[[0, 1, 2, 0]]
    assert loss.value(scores + shift, targets) == pytest.approx(loss.value(scores, targets), rel=1e-9, abs=1e-12)
