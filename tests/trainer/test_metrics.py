"""Laws of every registered metric."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.trainer import twins
from trainer.arrays import Array
from trainer.metrics import METRICS, larger_is_better

TWINS: Mapping[str, Callable[[twins.Matrix, twins.Matrix], float]] = {"accuracy": twins.accuracy}

every_metric = pytest.mark.parametrize("name", METRICS)


@every_metric
@given(
    scores=arrays(np.float64, (6, 3), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
    classes=st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_a_metric_is_its_definition_row_by_row(name: str, scores: Array, classes: list[int]) -> None:
    targets = np.eye(3)[classes]
    assert METRICS[name](targets, scores) == pytest.approx(TWINS[name](targets.tolist(), scores.tolist()), rel=1e-14)


@every_metric
def test_no_scores_are_better_than_the_targets_themselves(name: str, rng: np.random.Generator) -> None:
    targets = np.eye(4)[rng.integers(4, size=50)]
    perfect = METRICS[name](targets, targets)
    assert all(METRICS[name](targets, rng.normal(size=targets.shape)) < perfect for _ in range(20))


def test_accuracy_is_one_for_the_targets_and_zero_for_their_opposite() -> None:
    targets = np.eye(3)
    assert METRICS["accuracy"](targets, targets) == 1.0
    assert METRICS["accuracy"](targets, -targets) == 0.0


@every_metric
def test_metrics_are_maximised_and_losses_minimised(name: str) -> None:
    assert larger_is_better(f"val_{name}")
    assert not larger_is_better("val_loss")
    assert not larger_is_better("train_loss")
