"""Inverted dropout."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.base import Layer


class Dropout(Layer):
    """In training, y = x · m / (1 − rate), where each m is 0 with probability `rate`, else 1.

    Inference is the identity, because the expectation was kept in training
    (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, section 10).
    """

    kind: ClassVar[str] = "dropout"

    mask: Array

    def __init__(self, n: int, rate: float) -> None:
        super().__init__(n, n)
        self.rate = rate

    def buffers(self) -> Mapping[str, int]:
        return {**super().buffers(), "mask": self.n_out}

    def draw(self, rng: np.random.Generator) -> None:
        rng.random(dtype=self.mask.dtype, out=self.mask)
        np.greater_equal(self.mask, self.rate, out=self.mask)
        np.multiply(self.mask, 1 / (1 - self.rate), out=self.mask)

    def keep_all(self) -> None:
        self.mask[...] = 1.0

    def forward(self, x: Array, *, train: bool) -> Array:
        if not train:
            return x
        np.multiply(x, self.mask, out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        np.multiply(dy, self.mask, out=self.dx)
        return self.dx
