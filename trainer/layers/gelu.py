"""The Gaussian error linear unit."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.layers.activation import Activation
from trainer.parts import ROWS, Buffer

CUBIC = 0.044715


class Gelu(Activation):
    """f(x) = x/2 · (1 + t), t = tanh(√(2/π) (x + 0.044715 x³)) (Hendrycks, Gimpel 2016, section 2).

    f′ = (1 + t)/2 + x/2 · (1 − t²) · √(2/π) (1 + 3 · 0.044715 x²). This is the paper's approximation by tanh.
    """

    kind: ClassVar[str] = "gelu"
    analytic: ClassVar[bool] = True

    t: Array
    factor: Array
    cubic: Array
    cubic_slope: Array
    root: Array

    def buffers(self) -> Mapping[str, Buffer]:
        full = (ROWS, self.n_out)
        return {**super().buffers(), "t": Buffer(full), "factor": Buffer(full, shared="factor")}

    def constants(self) -> Mapping[str, Setting | Array]:
        root = math.sqrt(2 / math.pi)
        return {**super().constants(), "root": root, "cubic": CUBIC, "cubic_slope": 3 * CUBIC}

    def value(self, x: Array, out: Array) -> None:
        t = self.t
        self._one_plus(x, self.cubic, t)
        np.multiply(t, x, out=t)
        np.multiply(t, self.root, out=t)
        np.tanh(t, out=t)
        np.add(t, self.one, out=out)
        np.multiply(out, x, out=out)
        np.multiply(out, self.half, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> None:
        """As (1 + t)/2 · (1 + (1 − t) · x · √(2/π) (1 + 3 · 0.044715 x²)): 1 − t² = (1 − t)(1 + t)."""
        self._one_plus(x, self.cubic_slope, out)
        np.multiply(out, self.root, out=out)
        np.multiply(out, x, out=out)
        np.subtract(self.one, self.t, out=self.factor)
        np.multiply(out, self.factor, out=out)
        np.add(out, self.one, out=out)
        np.add(self.t, self.one, out=self.factor)
        np.multiply(out, self.factor, out=out)
        np.multiply(out, self.half, out=out)

    def _one_plus(self, x: Array, coefficient: Array, out: Array) -> None:
        """1 + coefficient · x²."""
        np.multiply(x, x, out=out)
        np.multiply(out, coefficient, out=out)
        np.add(out, self.one, out=out)
