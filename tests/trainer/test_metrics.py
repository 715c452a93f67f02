"""Laws of every registered metric."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, f1_score, get_scorer_names, r2_score, roc_auc_score

from tests.trainer import twins
from trainer.arrays import Array
from trainer.errors import TrainerError
from trainer.losses import LOSSES
from trainer.metrics import CLASSIFICATION, METRICS, REGRESSION, accuracy, larger_is_better, metric, require_metrics

SOFTMAX = "softmax_cross_entropy"
BINARY = {"average_precision", "f1", "jaccard", "precision", "recall", "roc_auc"}  # of one class against the other
every_metric = pytest.mark.parametrize("name", METRICS)


@given(
    scores=arrays(np.float64, (6, 3), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
    classes=st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_accuracy_is_its_definition_row_by_row(scores: Array, classes: list[int]) -> None:
    targets = np.eye(3)[classes]
    assert accuracy(targets, scores) == pytest.approx(twins.accuracy(targets.tolist(), scores.tolist()), rel=1e-14)
    assert metric("accuracy", SOFTMAX, targets, scores) == accuracy(targets, scores)


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_no_class_scores_are_better_than_the_targets_themselves(name: str, rng: np.random.Generator) -> None:
    targets = np.eye(2 if name in BINARY else 4)[rng.integers(2 if name in BINARY else 4, size=50)]
    perfect = metric(name, SOFTMAX, targets, 50 * targets)
    assert all(metric(name, SOFTMAX, targets, rng.normal(size=targets.shape)) < perfect for _ in range(5))


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_one_logistic_output_is_a_softmax_of_two(name: str, rng: np.random.Generator) -> None:
    scores, labels = rng.normal(size=50), rng.integers(2, size=50)
    logistic = metric(name, "logistic_cross_entropy", labels[:, np.newaxis] * 1.0, scores[:, np.newaxis])
    softmax = metric(name, SOFTMAX, np.eye(2)[labels], np.stack([np.zeros(50), scores], axis=1))
    assert logistic == pytest.approx(softmax, rel=1e-12)


@pytest.mark.parametrize("name", REGRESSION)
def test_no_numbers_are_better_than_the_targets_themselves(name: str, rng: np.random.Generator) -> None:
    targets = rng.normal(size=(50, 1))
    perfect = metric(name, "huber", targets, targets)
    assert all(metric(name, "huber", targets, rng.normal(size=(50, 1))) < perfect for _ in range(5))


def test_accuracy_is_one_for_the_targets_and_zero_for_their_opposite() -> None:
    targets = np.eye(3)
    assert accuracy(targets, targets) == 1.0
    assert accuracy(targets, -targets) == 0.0


@every_metric
def test_metrics_are_scikit_learns_and_maximised(name: str) -> None:
    assert name in get_scorer_names()
    assert larger_is_better(f"val_{name}")


def test_losses_are_minimised() -> None:
    assert not larger_is_better("val_loss")
    assert not larger_is_better("train_loss")


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", ["mean_squared_error", "huber"])
def test_r2_is_scikit_learns(outputs: int, loss: str, rng: np.random.Generator) -> None:
    targets, scores = rng.normal(size=(40, outputs)), rng.normal(size=(40, outputs))
    assert metric("r2", loss, targets, scores) == pytest.approx(r2_score(targets, scores), rel=1e-12)
    targets[:, 0] = 2.0  # of a constant, 0 unless it is met
    assert metric("r2", loss, targets, scores) == pytest.approx(r2_score(targets, scores), rel=1e-12)
    scores[:, 0] = 2.0
    assert metric("r2", loss, targets, scores) == pytest.approx(r2_score(targets, scores), rel=1e-12)
    assert np.isnan(metric("r2", loss, targets[:1], scores[:1]))


@pytest.mark.parametrize("value", [0.1, 1 / 3, 123.456])
def test_r2_of_a_constant_whose_mean_is_off_by_rounding_is_1_if_it_is_met_else_0(value: float) -> None:
    targets = np.full((3, 1), value)
    assert metric("r2", "mean_squared_error", targets, targets) == 1.0
    assert metric("r2", "mean_squared_error", targets, targets + 0.5) == 0.0


def accepts(loss: str, outputs: int, name: str) -> bool:
    try:
        require_metrics([name], LOSSES[loss], outputs)
    except TrainerError:
        return False
    return True


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [(SOFTMAX, 2), (SOFTMAX, 3), *((loss, n) for loss in LOSSES if loss != SOFTMAX for n in (1, 3))],
)
def test_a_metric_is_accepted_just_where_it_is_a_number(loss: str, outputs: int, rng: np.random.Generator) -> None:
    targets, task = rng.uniform(1, 2, (40, outputs)), LOSSES[loss].task
    if task == "classification":
        targets = np.eye(outputs)[np.arange(40) % outputs] if loss == SOFTMAX else np.round(targets - 1)
    scores = rng.normal(size=(40, outputs))
    defined = [name for name in METRICS if METRICS[name] == task and np.isfinite(metric(name, loss, targets, scores))]
    assert [name for name in METRICS if accepts(loss, outputs, name)] == defined


@pytest.mark.parametrize(
    ("loss", "outputs", "name", "words"),
    [
        (SOFTMAX, 10, "f1", ["'f1' is no metric for classification of 10 classes", "f1_macro", "roc_auc_ovr"]),
        (
            "logistic_cross_entropy",
            3,
            "recall",
            ["'recall' is no metric for classification of 3 labels", "recall_macro"],
        ),
        ("huber", 2, "accuracy", ["'accuracy' is no metric for regression of 2 numbers", "r2"]),
    ],
)
def test_a_metric_that_is_not_defined_is_refused_with_those_that_are(
    loss: str, outputs: int, name: str, words: list[str]
) -> None:
    with pytest.raises(TrainerError) as refused:
        require_metrics([name], LOSSES[loss], outputs)
    assert all(word in str(refused.value) for word in words)


@pytest.mark.parametrize("outputs", [1, 3])
def test_accuracy_of_logistic_outputs_is_scikit_learns(outputs: int, rng: np.random.Generator) -> None:
    labels, scores = rng.integers(2, size=(40, outputs)), rng.normal(size=(40, outputs))
    found = metric("accuracy", "logistic_cross_entropy", labels * 1.0, scores)
    assert found == accuracy_score(labels, (scores > 0).astype(int))


@pytest.mark.parametrize("outputs", [2, 3])
def test_scores_of_labels_are_scikit_learns(outputs: int, rng: np.random.Generator) -> None:
    labels, scores = rng.integers(2, size=(40, outputs)), rng.normal(size=(40, outputs))
    yes = (scores > 0).astype(int)
    expected = {"roc_auc": roc_auc_score(labels, scores), "f1_macro": f1_score(labels, yes, average="macro")}
    for name, value in expected.items():
        assert metric(name, "logistic_cross_entropy", labels * 1.0, scores) == pytest.approx(value, rel=1e-12)
