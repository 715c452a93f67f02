"""What activation functions have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.layers.base import Layer
from trainer.parts import ROWS, Buffer


class Activation(Layer):
    """y = f(x), element by element; dx = dy · f′(x), written in terms of y where that is shorter.

    To add one, override `value` and `slope`; a function that is not smooth everywhere also overrides `pattern`.
    """

    keeps_output: ClassVar[bool] = True

    y: Array
    work: Array
    zero: Array
    half: Array
    one: Array

    def __init__(self, n: int) -> None:
        super().__init__(n, n)

    def buffers(self) -> Mapping[str, Buffer]:
        full = (ROWS, self.n_out)
        return {"y": Buffer(full), "work": Buffer(full, shared="work")}

    def constants(self) -> Mapping[str, Setting | Array]:
        return {"zero": 0.0, "half": 0.5, "one": 1.0}

    def forward(self, x: Array, *, train: bool) -> Array:
        self.x = x
        self.value(x, self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        self.slope(self.x, self.y, self.work)
        np.multiply(dy, self.work, dy)
        return dy

    @abstractmethod
    def value(self, x: Array, out: Array) -> None:
        """Write f(x) to `out`."""

    @abstractmethod
    def slope(self, x: Array, y: Array, out: Array) -> None:
        """Write f′(x) to `out`, given also y = f(x)."""
