"""Scores beside the loss: accuracy, and what scikit-learn calls by these names."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from trainer.arrays import Array
from trainer.errors import TrainerError
from trainer.losses import LOSSES, USUAL, Loss

CLASSIFICATION = (
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "jaccard",
    "jaccard_macro",
    "jaccard_micro",
    "jaccard_weighted",
    "matthews_corrcoef",
    "neg_brier_score",
    "neg_log_loss",
    "precision",
    "precision_macro",
    "precision_micro",
    "precision_weighted",
    "recall",
    "recall_macro",
    "recall_micro",
    "recall_weighted",
    "roc_auc",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
)
REGRESSION = (
    "explained_variance",
    "neg_max_error",
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_squared_error",
    "neg_median_absolute_error",
    "neg_root_mean_squared_error",
    "r2",
)
METRICS: Mapping[str, str] = {
    **dict.fromkeys(CLASSIFICATION, "classification"),
    **dict.fromkeys(REGRESSION, "regression"),
}
"""The names of metrics, and the task that each is for. By scikit-learn's convention larger is always better."""

OF_ONE_CLASS = ("f1", "jaccard", "precision", "recall")
UNDEFINED: Mapping[str, Sequence[str]] = {
    "classes": (*OF_ONE_CLASS, "roc_auc"),
    "labels": (*OF_ONE_CLASS, "balanced_accuracy", "matthews_corrcoef"),
    "numbers": ("neg_max_error",),
}
"""What is no number where several of these are predicted: of classes more than two."""


def larger_is_better(metric: str) -> bool:
    """Whether a recorded score (`val_loss`, `val_accuracy`, `train_loss`) is to be maximised."""
    return metric.partition("_")[2] != "loss"


def meaning_of_scores(loss: Loss | type[Loss]) -> str:
    """The loss of ours as whose scores those of `loss` are read: itself, or for a plug-in's the usual one of its task."""
    return loss.kind if loss.kind in LOSSES else USUAL[loss.task]


def require_metrics(names: Sequence[str], loss: Loss | type[Loss], outputs: int) -> None:
    """Raise TrainerError unless each metric is known, and made for what this loss learns in so many outputs."""
    kind, single = "numbers", 1
    if loss.task == "classification":
        kind, single = ("labels", 1) if meaning_of_scores(loss) == "logistic_cross_entropy" else ("classes", 2)
    several = outputs > single
    what = f"{loss.task} of {outputs} {kind}" if several else loss.task
    undefined = UNDEFINED[kind] if several else ()
    known = [name for name, task in METRICS.items() if task == loss.task and name not in undefined]
    for name in names:
        if name not in known:
            raise TrainerError(f"{name!r} is no metric for {what}; take some of {', '.join(known)}")


def metric(name: str, loss: str, targets: Array, scores: Array) -> float:
    """The metric `name` of scores (n, n_out) against targets (n, n_out), under a loss that says what they mean.

    A metric that is not defined for these rows (as roc_auc, where one class alone occurs) is NaN.
    """
    quick = _QUICK.get((name, loss))
    if quick is not None:
        return quick(targets, scores)
    from sklearn.metrics import get_scorer

    truth, answers = _answers(loss, targets.astype(np.float64), scores.astype(np.float64))
    with warnings.catch_warnings():  # of classes that were never predicted, and the like
        warnings.simplefilter("ignore")
        try:
            return float(get_scorer(name)(answers, np.empty((len(truth), 1)), truth))
        except ValueError:
            return float("nan")


def accuracy(targets: Array, scores: Array) -> float:
    """The share of rows whose largest score is at the target's class (ties to the first)."""
    return float(np.mean(targets.argmax(axis=-1) == scores.argmax(axis=-1)))


def logistic_accuracy(targets: Array, scores: Array) -> float:
    """The share of rows whose scores are all on the target's side of 0."""
    return float(np.mean(np.all((targets > 0.5) == (scores > 0), axis=-1)))


def r2(targets: Array, scores: Array) -> float:
    """1 − Σ (t − z)² / Σ (t − t̄)², the mean over the outputs; of a constant output 1 if it is met, else 0.

    Of a constant, the mean may be off by rounding and the spread is then not 0; so constants are looked for.
    """
    if len(targets) < 2:
        return float("nan")
    targets, scores = targets.astype(np.float64), scores.astype(np.float64)
    errors = np.square(targets - scores).sum(axis=0)
    spread = np.square(targets - targets.mean(axis=0)).sum(axis=0)
    constant = (targets == targets[0]).all(axis=0) | (spread == 0)
    values = np.where(constant, errors == 0, 1 - errors / np.where(constant, 1, spread))
    return float(values.mean())


_QUICK: Mapping[tuple[str, str], Callable[[Array, Array], float]] = {
    ("accuracy", "softmax_cross_entropy"): accuracy,
    ("accuracy", "logistic_cross_entropy"): logistic_accuracy,
    ("r2", "mean_squared_error"): r2,
    ("r2", "huber"): r2,
}
"""What training after each epoch would wait for if scikit-learn computed it: by metric and loss."""


def _answers(loss: str, targets: Array, scores: Array) -> tuple[Array, Any]:
    """The true values as scikit-learn wants them, and an estimator that has given these answers."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    truth, predicted, probabilities = _readings(loss, targets, scores)

    class Answers(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        def fit(self) -> None: ...

        def predict(self, x: Array) -> Array:
            return predicted

    class ClassAnswers(ClassifierMixin, Answers):  # type: ignore[misc]  # scikit-learn has no types
        classes_ = _classes(loss, scores.shape[-1])

        def predict_proba(self, x: Array) -> Array:
            return probabilities

    class NumberAnswers(RegressorMixin, Answers):  # type: ignore[misc]  # scikit-learn has no types
        pass

    return truth, NumberAnswers() if LOSSES[loss].task == "regression" else ClassAnswers()


def _classes(loss: str, outputs: int) -> Any:
    """The codes of the classes; of several labels those of each, by which scikit-learn tells labels from classes."""
    if loss != "logistic_cross_entropy":
        return np.arange(outputs)
    return np.arange(2) if outputs == 1 else [np.arange(2)] * outputs


def _readings(loss: str, targets: Array, scores: Array) -> tuple[Array, Array, Array]:
    """True values, predictions, probabilities."""
    if LOSSES[loss].task == "regression":
        squeezed = (targets[:, 0], scores[:, 0]) if targets.shape[-1] == 1 else (targets, scores)
        return *squeezed, scores
    if loss == "softmax_cross_entropy":
        exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
        return targets.argmax(axis=-1), scores.argmax(axis=-1), probabilities
    yes = 0.5 * (1 + np.tanh(scores / 2))
    if targets.shape[-1] == 1:
        return (targets[:, 0] > 0.5).astype(int), (scores[:, 0] > 0).astype(int), np.hstack([1 - yes, yes])
    return (targets > 0.5).astype(int), (scores > 0).astype(int), yes
