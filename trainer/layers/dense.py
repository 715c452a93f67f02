"""The fully connected layer."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.initializers import Initializer, fill
from trainer.layers.base import Layer
from trainer.parts import ROWS, Buffer


class Dense(Layer):
    """y = x W + b, with W (n_in, n_out) and b (1, n_out).

    Gradients: dW = xᵀ dy, db = Σ_rows dy, dx = dy Wᵀ (Rumelhart, Hinton, Williams 1986).
    `bias=False` where batch normalisation follows: it would subtract the bias again.
    """

    kind: ClassVar[str] = "dense"
    analytic: ClassVar[bool] = True
    weights: ClassVar[tuple[str, ...]] = ("W",)

    W: Array
    dW: Array
    b: Array
    db: Array
    y: Array
    dx: Array

    def __init__(self, n_in: int, n_out: int, *, initializer: Initializer, bias: bool = True) -> None:
        super().__init__(n_in, n_out)
        self.bias = bias
        self.initializer = initializer

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        weight = {"W": (self.n_in, self.n_out)}
        return weight | {"b": (1, self.n_out)} if self.bias else weight

    def buffers(self) -> Mapping[str, Buffer]:
        output = {"y": Buffer((ROWS, self.n_out))}
        return output | {"dx": Buffer((ROWS, self.n_in), shared="dx")} if self.input_gradient else output

    def initialise(self, rng: np.random.Generator, trial: Sequence[int]) -> None:
        fill(self.W[*trial], rng, self.initializer)
        if self.bias:
            self.b[*trial] = 0.0

    def forward(self, x: Array, *, train: bool) -> Array:
        self.x = x
        self.product(x, self.W, self.y)  # (batch, n_out)
        if self.bias:
            np.add(self.y, self.b, self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        self.product(self.x.mT, dy, self.dW)
        if self.bias:
            self.product(self.ones, dy, self.db)
        if not self.input_gradient:
            return dy
        self.product(dy, self.W.mT, self.dx)
        return self.dx
