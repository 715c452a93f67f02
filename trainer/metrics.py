"""Scores beside the loss."""

from collections.abc import Callable, Mapping

import numpy as np

from trainer.arrays import Array

Metric = Callable[[Array, Array], float]
"""(targets (n, n_out), scores (n, n_out)) -> the score of all rows; larger is better."""


def accuracy(targets: Array, scores: Array) -> float:
    """The share of rows whose largest score is at the target's class (ties to the first)."""
    return float(np.mean(targets.argmax(axis=-1) == scores.argmax(axis=-1)))


METRICS: Mapping[str, Metric] = {"accuracy": accuracy}


def larger_is_better(metric: str) -> bool:
    """Whether a recorded metric (`val_loss`, `val_accuracy`, `train_loss`) is to be maximised."""
    return not metric.endswith("loss")
