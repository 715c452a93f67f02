"""Activation functions, element by element."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.base import Layer


class Activation(Layer):
    """y = f(x) with as many outputs as inputs; `dx = dy · f′(x)`, written in terms of y where that is shorter."""

    def __init__(self, n: int) -> None:
        super().__init__(n, n)

    def forward(self, x: Array, *, train: bool) -> Array:
        self.value(x, self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        self.slope(self.y, self.dx)
        np.multiply(self.dx, dy, out=self.dx)
        return self.dx

    @abstractmethod
    def value(self, x: Array, out: Array) -> None:
        """Write f(x) to `out`."""

    @abstractmethod
    def slope(self, y: Array, out: Array) -> None:
        """Write f′(x) to `out`, given y = f(x)."""


class Relu(Activation):
    """f(x) = max(x, 0), with the slope 0 at 0 (Nair, Hinton 2010)."""

    kind: ClassVar[str] = "relu"

    def value(self, x: Array, out: Array) -> None:
        np.maximum(x, 0, out=out)

    def slope(self, y: Array, out: Array) -> None:
        np.sign(y, out=out)  # y is never negative, so this is 0 or 1 without a cast from bool

    def pattern(self) -> Array:
        active: Array = self.y > 0
        return active


class Tanh(Activation):
    """f(x) = tanh x, f′ = 1 − y²."""

    kind: ClassVar[str] = "tanh"

    def value(self, x: Array, out: Array) -> None:
        np.tanh(x, out=out)

    def slope(self, y: Array, out: Array) -> None:
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)


class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), f′ = y (1 − y); by way of tanh(x/2), which cannot overflow."""

    kind: ClassVar[str] = "sigmoid"

    def value(self, x: Array, out: Array) -> None:
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        np.add(out, 1, out=out)
        np.multiply(out, 0.5, out=out)

    def slope(self, y: Array, out: Array) -> None:
        np.subtract(1, y, out=out)
        np.multiply(out, y, out=out)


ACTIVATIONS: Mapping[str, type[Activation]] = {layer.kind: layer for layer in (Relu, Tanh, Sigmoid)}
