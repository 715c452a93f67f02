"""Stochastic gradient descent."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.optimizers.base import Optimizer


class SGD(Optimizer):
    """θ ← θ − α g (Robbins, Monro 1951)."""

    kind: ClassVar[str] = "sgd"

    def step(self, gradient: Array, learning_rate: float) -> None:
        np.multiply(gradient, learning_rate, out=gradient)
        np.subtract(self.parameters, gradient, out=self.parameters)
