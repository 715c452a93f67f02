"""Gradient descent with momentum."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.optimizers.sgd import SGD


class Momentum(SGD):
    """v ← β v + g, θ ← θ − α v (Polyak 1964; in this form Sutskever, Martens, Dahl, Hinton 2013)."""

    kind: ClassVar[str] = "momentum"

    def __init__(self, parameters: Array, *, beta: float) -> None:
        super().__init__(parameters, beta=beta)
        self.velocity = np.zeros_like(parameters)

    def step(self, gradient: Array, learning_rate: float) -> None:
        np.multiply(self.velocity, self.beta, out=self.velocity)
        np.add(self.velocity, gradient, out=self.velocity)
        np.copyto(gradient, self.velocity)
        super().step(gradient, learning_rate)
