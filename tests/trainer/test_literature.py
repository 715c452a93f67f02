"""Figures that the literature prints, and formulas at their extremes."""

import numpy as np
import pytest

from tests.trainer.cases import central_differences, loss_of
from trainer import TrainerError
from trainer.losses import LOSSES, LossSettings
from trainer.schedules import SCHEDULES, Schedule


def test_softmax_of_four_numbers() -> None:
    """(5, 2, −1, 3) ↦ (0.842, 0.042, 0.002, 0.114): A. Ng, Improving Deep Neural Networks (2017), week 3."""
    scores = np.array([[5.0, 2.0, -1.0, 3.0]])
    loss = loss_of("softmax_cross_entropy", scores)
    np.testing.assert_allclose(loss.predict(scores)[0], [0.842, 0.042, 0.002, 0.114], atol=5e-4)
    gradient = np.empty_like(scores)
    loss.gradient(scores, np.zeros_like(scores), gradient)
    np.testing.assert_allclose(gradient, loss.predict(scores), rtol=1e-15)


def test_the_loss_of_that_softmax_at_its_second_class() -> None:
    """−log 0.042 = 3.18, from the same figures."""
    scores = np.array([[5.0, 2.0, -1.0, 3.0]])
    value = loss_of("softmax_cross_entropy", scores).value(scores, np.array([[0.0, 1.0, 0.0, 0.0]]))
    assert float(value) == pytest.approx(-np.log(0.0419), abs=5e-3)


def test_the_central_difference_of_a_parabola() -> None:
    """f(x) = x² + 3x at 2 has the slope 7, which central differences give exactly but for rounding."""
    point = np.array([2.0])

    def cost() -> float:
        return float(point[0] ** 2 + 3 * point[0])

    assert central_differences(cost, point) == pytest.approx(7, abs=1e-9)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0.0, 1e3, 1e10])
def test_losses_are_finite_in_the_extremes(kind: str, dtype: type, size: float) -> None:
    scores = np.array([[size, -size, 0.0], [-size, -size, -size], [size, size, size]], dtype)
    targets = np.eye(3, dtype=dtype)
    loss = loss_of(kind, scores)
    gradient = np.empty_like(scores)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = loss.value(scores, targets)
        loss.gradient(scores, targets, gradient)
        predicted = loss.predict(scores)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("kind", LOSSES)
def test_the_mean_of_rows_is_what_each_costs_alone(kind: str) -> None:
    rng = np.random.default_rng(0)
    scores, targets, weights = rng.standard_normal((5, 3)), np.eye(3)[[0, 1, 2, 0, 1]], rng.uniform(0.5, 2, (5, 1))
    together = float(loss_of(kind, scores).value(scores, targets, weights))
    one = loss_of(kind, scores[:1])
    alone = [float(one.value(scores[row : row + 1], targets[row : row + 1])) * weights[row].item() for row in range(5)]
    assert together == pytest.approx(np.mean(alone), rel=1e-14)


@pytest.mark.parametrize("kind", ["mean_squared_error", "huber"])
def test_a_loss_refuses_settings_that_it_cannot_use(kind: str) -> None:
    with pytest.raises(TrainerError, match=f"the loss {kind} has no label_smoothing"):
        LOSSES[kind](3, LossSettings(label_smoothing=0.1))


@pytest.mark.parametrize(("kind", "outputs"), [("softmax_cross_entropy", 3), ("logistic_cross_entropy", 3)])
def test_class_weights_of_another_number_of_classes_are_refused(kind: str, outputs: int) -> None:
    with pytest.raises(TrainerError, match="class_weights must be 3 numbers"):
        LOSSES[kind](outputs, LossSettings(class_weights=(1.0, 2.0)))


FACTORS = {
    "constant": {0.0: 1.0, 7.3: 1.0, 40.0: 1.0},
    "step": {0.0: 1.0, 10.0: 1.0, 10.1: 0.5, 20.0: 0.5, 25.0: 0.25, 39.0: 0.25},  # halved every 10, twice at most
    "exponential": {0.0: 1.0, 1.0: 1.0, 1.1: 0.95, 2.0: 0.95, 2.5: 0.95**2},
    "cosine": {0.0: 1.0, 5.0: (2 + 2**0.5) / 4, 10.0: 0.5, 20.0: 0.0, 30.0: 0.0},
}


@pytest.mark.parametrize("kind", SCHEDULES)
def test_schedules_give_the_factors_of_their_formulas(kind: str) -> None:
    schedule = Schedule(kind, epochs=20, decay_times=2)
    for epoch, factor in FACTORS[kind].items():
        assert schedule.factor(epoch) == pytest.approx(factor, abs=1e-15)


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("epoch", [0, 1, 2.5, 4, 7.3, 19])
def test_warm_up_grows_linearly_and_then_leaves_the_schedule_alone(kind: str, epoch: float) -> None:
    late = 4 if kind == "cosine" else 0  # which begins after the warm-up
    plain = Schedule(kind, epochs=20 - late).factor(epoch - late)
    assert Schedule(kind, epochs=20, warmup=4.0).factor(epoch) == pytest.approx(min(1, epoch / 4) * plain, rel=1e-15)


@pytest.mark.parametrize("epochs", [1, 3, 4])
def test_what_is_no_longer_than_its_warm_up_is_all_warm_up(epochs: int) -> None:
    schedule = Schedule("cosine", epochs=epochs, warmup=4.0)
    assert [schedule.factor(epoch) for epoch in range(epochs + 1)] == [epoch / 4 for epoch in range(epochs + 1)]
