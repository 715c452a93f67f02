"""Losses and metrics of a network on rows, in inference mode."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.arrays import Array
from trainer.data.dataset import Rows
from trainer.metrics import meaning_of_scores, metric
from trainer.network import Network

EVALUATION_ROWS = 256
"""Rows evaluated at once, or a batch if that is larger; part of what decides the last bits of a loss."""


def evaluate(network: Network, rows: Rows, metrics: Sequence[str] = ()) -> dict[str, float]:
    """The mean loss and the metrics of `rows`.

    The loss is without penalties, label smoothing and class weights, so that it means the same for every setting.
    Where targets were scaled, the loss is of scaled ones, and the metrics are of what they were before.
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
    truth = _unscaled(rows, rows.targets) if metrics else rows.targets
    return [
        {"loss": float(loss), **{name: metric(name, kind, truth, _unscaled(rows, each)) for name in metrics}}
        for loss, each in zip(losses, per_trial, strict=True)
    ]


def _unscaled(rows: Rows, values: Any) -> Any:
    """Targets, or scores for them, in the units that they had before they were scaled."""
    return values if rows.scaling is None else rows.scaling.inverse(values.astype(np.float64))
