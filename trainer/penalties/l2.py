"""The L2 penalty."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.penalties.base import Penalty, double


class L2(Penalty):
    """coefficient/2 · Σ w², whose gradient is coefficient · w: weight decay (Krogh, Hertz 1992)."""

    kind: ClassVar[str] = "l2"
    analytic: ClassVar[bool] = True

    def value(self, weights: Array) -> Array:
        return self._scaled(np.square(weights).sum(axis=-1, dtype=double(weights)) / 2)

    def add_gradient(self, weights: Array, gradient: Array, work: Array) -> None:
        np.multiply(weights, self._coefficient, work)
        np.add(gradient, work, gradient)
