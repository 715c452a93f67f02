"""Batch normalisation."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.base import Layer

EPSILON = 1e-5
KEEP = 0.9
"""How much of the running statistics each batch leaves in place."""


class BatchNorm(Layer):
    """y = γ (x − μ) / √(σ² + ε) + β (Ioffe, Szegedy 2015, algorithm 1).

    In training μ and σ² are the batch's own, and the gradient flows through them; inference uses their
    exponentially weighted averages. γ and β have the shape (1, n). Departure from the paper: the
    running variance averages the biased batch variances, so that a batch of one row is no special case.
    """

    kind: ClassVar[str] = "batch_norm"

    gamma: Array
    dgamma: Array
    beta: Array
    dbeta: Array
    running_mean: Array
    running_variance: Array
    normalised: Array
    work: Array

    def __init__(self, n: int) -> None:
        super().__init__(n, n)

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        return {"gamma": (1, self.n_out), "beta": (1, self.n_out)}

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        return {"running_mean": (1, self.n_out), "running_variance": (1, self.n_out)}

    def buffers(self) -> Mapping[str, int]:
        return {**super().buffers(), "normalised": self.n_out, "work": self.n_out}

    def initialise(self, rng: np.random.Generator) -> None:
        self.gamma[...] = 1.0
        self.beta[...] = 0.0
        self.running_mean[...] = 0.0
        self.running_variance[...] = 1.0

    def forward(self, x: Array, *, train: bool) -> Array:
        if train:
            self._normalise_by_batch(x)
        else:
            np.subtract(x, self.running_mean, out=self.normalised)
            np.divide(self.normalised, np.sqrt(self.running_variance + EPSILON), out=self.normalised)
        np.multiply(self.normalised, self.gamma, out=self.y)
        np.add(self.y, self.beta, out=self.y)
        return self.y

    def _normalise_by_batch(self, x: Array) -> None:
        mean = _row_mean(x)  # (1, n)
        np.subtract(x, mean, out=self.normalised)
        np.multiply(self.normalised, self.normalised, out=self.work)
        variance = _row_mean(self.work)
        self.inverse_deviation = 1 / np.sqrt(variance + EPSILON)
        np.multiply(self.normalised, self.inverse_deviation, out=self.normalised)
        _average(self.running_mean, mean)
        _average(self.running_variance, variance)

    def backward(self, dy: Array) -> Array:
        """With x̂ the normalised input: dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂))."""
        n = dy.shape[-2]
        np.multiply(dy, self.normalised, out=self.work)
        np.add.reduce(self.work, axis=-2, keepdims=True, out=self.dgamma)
        np.add.reduce(dy, axis=-2, keepdims=True, out=self.dbeta)
        np.multiply(self.normalised, self.dgamma / n, out=self.work)
        np.subtract(dy, self.dbeta / n, out=self.dx)
        np.subtract(self.dx, self.work, out=self.dx)
        np.multiply(self.dx, self.gamma * self.inverse_deviation, out=self.dx)
        return self.dx


def _average(running: Array, batch: Array) -> None:
    """Take a batch's statistic into its exponentially weighted average, in place."""
    running *= KEEP
    running += (1 - KEEP) * batch


def _row_mean(x: Array) -> Array:
    """The mean over the batch, kept as one row: (1, n)."""
    total: Array = np.add.reduce(x, axis=-2, keepdims=True)
    total /= x.shape[-2]
    return total
