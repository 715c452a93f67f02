"""The exponential linear unit."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.layers.activation import Activation


class Elu(Activation):
    """f(x) = x for x > 0, else eˣ − 1 (Clevert, Unterthiner, Hochreiter 2016, with α = 1); f′ = 1 + min(y, 0)."""

    kind: ClassVar[str] = "elu"
    analytic: ClassVar[bool] = True

    def value(self, x: Array, out: Array) -> None:
        np.minimum(x, self.zero, out=self.work)  # eˣ must not overflow where it is not wanted
        np.expm1(self.work, out=self.work)
        np.maximum(x, self.zero, out=out)
        np.add(out, self.work, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> None:
        np.minimum(y, self.zero, out=out)
        np.add(out, self.one, out=out)

    def pattern(self) -> Array:
        positive: Array = self.y > self.zero  # the second derivative jumps at 0
        return positive
