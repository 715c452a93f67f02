"""The hyperbolic tangent."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.activation import Activation


class Tanh(Activation):
    """f(x) = tanh x, f′ = 1 − y²."""

    kind: ClassVar[str] = "tanh"
    analytic: ClassVar[bool] = True

    def value(self, x: Array, out: Array) -> None:
        np.tanh(x, out)

    def slope(self, x: Array, y: Array, out: Array) -> None:
        np.multiply(y, y, out)
        np.subtract(self.one, out, out)
