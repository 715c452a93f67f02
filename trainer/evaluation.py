"""Losses and metrics of a network on rows, in inference mode."""

from collections.abc import Sequence

import numpy as np

from trainer.arrays import Array
from trainer.data.dataset import Rows
from trainer.metrics import meaning_of_scores, metric
from trainer.network import Network


def evaluate(network: Network, rows: Rows, metrics: Sequence[str] = ()) -> dict[str, float]:
    """The mean loss and the metrics of `rows`.

    The loss is without penalties, label smoothing and class weights, so that it means the same for every setting.
    """
    return evaluate_trials(network, rows, metrics)[0]


def evaluate_trials(network: Network, rows: Rows, metrics: Sequence[str] = ()) -> list[dict[str, float]]:
    """As `evaluate`, for each of the trials side by side."""
    total = np.zeros(network.stack)
    scores = np.empty((*network.stack, *rows.targets.shape), rows.targets.dtype) if metrics else None
    for place, chunk in network.chunks(rows.x):
        weights = None if rows.weights is None else rows.weights[place]
        total += network.plain_loss.value(chunk, rows.targets[place], weights) * chunk.shape[-2]
        if scores is not None:
            scores[..., place, :] = chunk
    losses = np.atleast_1d(total) / len(rows)
    per_trial: Array | list[None] = [None] * len(losses) if scores is None else scores.reshape(-1, *rows.targets.shape)
    kind = meaning_of_scores(network.loss)
    return [
        {"loss": float(loss), **{name: metric(name, kind, rows.targets, each) for name in metrics}}
        for loss, each in zip(losses, per_trial, strict=True)
    ]
