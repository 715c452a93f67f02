"""Batch normalisation."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.layers.base import Layer
from trainer.parts import ROWS, Buffer

EPSILON = 1e-5


class BatchNorm(Layer):
    """y = γ (x − μ) / √(σ² + ε) + β (Ioffe, Szegedy 2015, algorithm 1).

    In training μ and σ² are the batch's own, and the gradient flows through them; inference uses their
    exponentially weighted averages. γ and β have the shape (1, n). Departure from the paper: the average
    is of the biased batch variances, so that a batch of one row is no special case.
    """

    kind: ClassVar[str] = "batch_norm"
    analytic: ClassVar[bool] = True

    gamma: Array
    dgamma: Array
    beta: Array
    dbeta: Array
    mean: Array
    new_mean: Array
    variance: Array
    new_variance: Array
    centred: Array
    y: Array
    work: Array
    epsilon: Array
    deviation: Array
    scale: Array
    slope: Array
    scales: Array

    def __init__(self, n: int) -> None:
        super().__init__(n, n)

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        return {"gamma": (1, self.n_out), "beta": (1, self.n_out)}

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        return {"mean": (1, self.n_out), "variance": (1, self.n_out)}

    def buffers(self) -> Mapping[str, Buffer]:
        full = (ROWS, self.n_out)
        buffers = {"y": Buffer(full), "scales": Buffer(full), "work": Buffer(full, shared="work")}
        return buffers if self.in_place else buffers | {"centred": Buffer(full)}

    def vectors(self) -> Mapping[str, int]:
        return dict.fromkeys(("deviation", "scale", "slope"), self.n_out)

    def constants(self) -> Mapping[str, Setting | Array]:
        return {"epsilon": EPSILON}

    def initialise(self, rng: np.random.Generator, trial: Sequence[int]) -> None:
        self.gamma[*trial] = 1.0
        self.beta[*trial] = 0.0
        self.mean[*trial] = 0.0
        self.variance[*trial] = 1.0

    def forward(self, x: Array, *, train: bool) -> Array:
        return self._by_batch(x) if train else self._by_averages(x)

    def _by_batch(self, x: Array) -> Array:
        if self.in_place:
            self.centred = x
        self.product(self.shares, x, self.new_mean)  # (1, n)
        np.subtract(x, self._spread(self.new_mean), self.centred)
        np.multiply(self.centred, self.centred, self.work)
        self.product(self.shares, self.work, self.new_variance)  # (1, n)
        self._set_scale(self.new_variance)
        np.copyto(self.scales, self.scale)
        np.multiply(self.centred, self.scales, self.y)
        np.add(self.y, self._spread(self.beta), self.y)
        return self.y

    def _spread(self, row: Array) -> Array:
        """The row (1, n) as often as the batch has rows: broadcasting it would take NumPy half as long again."""
        np.copyto(self.work, row)
        return self.work

    def _by_averages(self, x: Array) -> Array:
        self._set_scale(self.variance)
        np.multiply(self.mean, self.scale, self.slope)
        np.subtract(self.beta, self.slope, self.slope)
        np.multiply(x, self.scale, self.y)
        np.add(self.y, self.slope, self.y)
        return self.y

    def _set_scale(self, variance: Array) -> None:
        np.add(variance, self.epsilon, self.deviation)
        np.sqrt(self.deviation, self.deviation)
        np.divide(self.gamma, self.deviation, self.scale)

    def backward(self, dy: Array) -> Array:
        """With x̂ = (x − μ)/√(σ² + ε): dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂))."""
        np.multiply(dy, self.centred, self.work)
        self.product(self.ones, self.work, self.dgamma)
        np.divide(self.dgamma, self.deviation, self.dgamma)
        self.product(self.ones, dy, self.dbeta)

        np.divide(self.dgamma, self.deviation, self.slope)
        np.multiply(self.slope, self.share, self.slope)
        np.multiply(self.centred, self._spread(self.slope), self.work)
        np.subtract(dy, self.work, dy)
        np.multiply(self.dbeta, self.share, self.slope)
        np.subtract(dy, self._spread(self.slope), dy)
        np.multiply(dy, self.scales, dy)
        return dy
