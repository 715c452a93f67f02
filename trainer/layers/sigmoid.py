"""The logistic function."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.activation import Activation


class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), f′ = y (1 − y); by way of tanh(x/2), which cannot overflow."""

    kind: ClassVar[str] = "sigmoid"
    analytic: ClassVar[bool] = True

    def value(self, x: Array, out: Array) -> None:
        np.multiply(x, self.half, out=out)
        np.tanh(out, out=out)
        np.add(out, self.one, out=out)
        np.multiply(out, self.half, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> None:
        np.subtract(self.one, y, out=out)
        np.multiply(out, y, out=out)
