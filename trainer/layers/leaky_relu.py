"""The leaky rectified linear unit."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.layers.activation import Activation
from trainer.parts import ROWS, Buffer

LEAK = 0.01


class LeakyRelu(Activation):
    """f(x) = x for x > 0, else 0.01 x (Maas, Hannun, Ng 2013), with the slope 0.01 at 0."""

    kind: ClassVar[str] = "leaky_relu"
    analytic: ClassVar[bool] = True

    leak: Array
    rest: Array
    active: Array

    def buffers(self) -> Mapping[str, Buffer]:
        return {**super().buffers(), "active": Buffer((ROWS, self.n_out), dtype=np.bool_, shared="active")}

    def constants(self) -> Mapping[str, Setting | Array]:
        return {**super().constants(), "leak": LEAK, "rest": 1 - LEAK}

    def value(self, x: Array, out: Array) -> None:
        np.multiply(x, self.leak, out=out)
        if out.dtype.kind == "c":  # of two complex numbers `maximum` would look at the imaginary parts too
            np.copyto(out, x, where=x.real > 0)
        else:
            np.maximum(x, out, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> None:
        np.greater(y, self.zero, out=self.active)
        np.copyto(out, self.active)
        np.multiply(out, self.rest, out=out)
        np.add(out, self.leak, out=out)

    def pattern(self) -> Array:
        positive: Array = self.y > self.zero
        return positive
