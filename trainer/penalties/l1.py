"""The L1 penalty."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.penalties.base import Penalty, double


class L1(Penalty):
    """coefficient · Σ |w|, whose gradient is coefficient · sign(w): the lasso (Tibshirani 1996); slope 0 at 0."""

    kind: ClassVar[str] = "l1"
    analytic: ClassVar[bool] = True

    def value(self, weights: Array) -> Array:
        return self._scaled((weights * np.sign(weights.real)).sum(axis=-1, dtype=double(weights)))

    def add_gradient(self, weights: Array, gradient: Array, work: Array) -> None:
        np.sign(weights, out=work)
        np.multiply(work, self._coefficient, work)
        np.add(gradient, work, gradient)

    def pattern(self, weights: Array) -> Array:
        return np.sign(weights)
