"""Training: epochs of shuffled mini-batches, each followed by an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.arrays import Array, aligned_zeros
from trainer.data.dataset import Rows
from trainer.metrics import METRICS
from trainer.network import Network
from trainer.optimizers import OPTIMIZERS, Optimizer


@dataclass(frozen=True)
class Training:
    """How a network is trained."""

    optimizer: str = "momentum"
    learning_rate: float = 0.01
    beta: float = 0.9
    batch_size: int = 32
    epochs: int = 20


@dataclass(frozen=True)
class Epoch:
    """The state of a network after an epoch; losses are means a row, without penalties, in inference mode."""

    epoch: int  # from 1
    scores: Mapping[str, float]  # train_loss, val_loss, val_<metric>


@dataclass(frozen=True)
class Fit:
    """A finished training; `diverged` if a loss stopped being a finite number (that epoch is the last)."""

    epochs: tuple[Epoch, ...]
    diverged: bool


def fit(
    network: Network,
    train: Rows,
    validation: Rows,
    training: Training,
    *,
    shuffle: np.random.Generator,
    noise: np.random.Generator,
    metrics: Sequence[str] = ("accuracy",),
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Fit:
    """Train `network` in place from its present parameters.

    `shuffle` orders the rows of each epoch, `noise` feeds dropout. The last, smaller batch is included.
    """
    optimizer = OPTIMIZERS[training.optimizer](network.parameters, beta=training.beta)
    batches = _Batches(train, min(training.batch_size, len(train)))
    epochs: list[Epoch] = []
    with np.errstate(all="ignore"):  # an overflow ends the training as diverged, below
        for number in range(1, training.epochs + 1):
            _train_one_epoch(network, batches, optimizer, training.learning_rate, shuffle, noise)
            epoch = Epoch(number, _scores(network, train, validation, metrics))
            epochs.append(epoch)
            on_epoch(epoch)
            if not all(np.isfinite(score) for score in epoch.scores.values()):
                return Fit(tuple(epochs), diverged=True)
    return Fit(tuple(epochs), diverged=False)


def evaluate(network: Network, rows: Rows, metrics: Sequence[str]) -> dict[str, float]:
    """The mean loss and the metrics of `rows`, in inference mode."""
    scores = np.empty_like(rows.targets)
    loss = 0.0
    for place, chunk in network.chunks(rows.x):
        scores[place] = chunk
        loss += network.loss.value(chunk, rows.targets[place]) * len(chunk)
    return {"loss": loss / len(rows), **{name: METRICS[name](rows.targets, scores) for name in metrics}}


def _scores(network: Network, train: Rows, validation: Rows, metrics: Sequence[str]) -> dict[str, float]:
    found = {f"val_{name}": value for name, value in evaluate(network, validation, metrics).items()}
    return {"train_loss": evaluate(network, train, ())["loss"], **found}


class _Batches:
    """The training rows, gathered batch by batch into one pair of buffers."""

    def __init__(self, rows: Rows, size: int) -> None:
        self.rows = rows
        self.size = size
        self._x = aligned_zeros((size, rows.x.shape[1]), rows.x.dtype)
        self._targets = aligned_zeros((size, rows.targets.shape[1]), rows.targets.dtype)

    def gather(self, indices: Array) -> tuple[Array, Array]:
        x, targets = self._x[: len(indices)], self._targets[: len(indices)]
        # mode="clip" writes straight to `out`; the default would go through a buffer.
        np.take(self.rows.x, indices, axis=0, out=x, mode="clip")
        np.take(self.rows.targets, indices, axis=0, out=targets, mode="clip")
        return x, targets


def _train_one_epoch(
    network: Network,
    batches: _Batches,
    optimizer: Optimizer,
    learning_rate: float,
    shuffle: np.random.Generator,
    noise: np.random.Generator,
) -> None:
    order = shuffle.permutation(len(batches.rows))
    for start in range(0, len(order), batches.size):
        x, targets = batches.gather(order[start : start + batches.size])
        network.draw(noise, len(x))
        network.backward(network.forward(x, train=True), targets)
        optimizer.step(network.gradient, learning_rate)
