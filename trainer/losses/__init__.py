"""Losses: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from trainer.losses.base import Loss, LossSettings, Task
from trainer.losses.huber import Huber
from trainer.losses.logistic_cross_entropy import LogisticCrossEntropy
from trainer.losses.mean_squared_error import MeanSquaredError
from trainer.losses.softmax_cross_entropy import SoftmaxCrossEntropy

LOSSES: Mapping[str, type[Loss]] = {
    loss.kind: loss for loss in (SoftmaxCrossEntropy, LogisticCrossEntropy, MeanSquaredError, Huber)
}

USUAL: Mapping[Task, str] = {"classification": SoftmaxCrossEntropy.kind, "regression": MeanSquaredError.kind}
"""The loss to take where nothing is said."""

__all__ = ["LOSSES", "USUAL", "Loss", "LossSettings", "Task"]
