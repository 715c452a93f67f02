"""Adam."""

from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.optimizers.base import Optimizer

BETA2 = 0.999
EPSILON = 1e-8


class Adam(Optimizer):
    """m ← β m + (1 − β) g, v ← β₂ v + (1 − β₂) g², θ ← θ − α m̂ / (√v̂ + ε) (Kingma, Ba 2015, algorithm 1).

    m̂ = m / (1 − βᵗ) and v̂ = v / (1 − β₂ᵗ) correct the averages for having started at 0.
    """

    kind: ClassVar[str] = "adam"

    def __init__(self, parameters: Array, *, beta: float) -> None:
        super().__init__(parameters, beta=beta)
        self.mean = np.zeros_like(parameters)
        self.square = np.zeros_like(parameters)
        self.work = np.zeros_like(parameters)
        self.steps = 0

    def step(self, gradient: Array, learning_rate: float) -> None:
        self.steps += 1
        work = self.work
        np.multiply(self.mean, self.beta, out=self.mean)
        np.multiply(gradient, 1 - self.beta, out=work)
        np.add(self.mean, work, out=self.mean)
        np.multiply(self.square, BETA2, out=self.square)
        np.multiply(gradient, gradient, out=gradient)
        np.multiply(gradient, 1 - BETA2, out=gradient)
        np.add(self.square, gradient, out=self.square)

        np.divide(self.square, 1 - BETA2**self.steps, out=work)
        np.sqrt(work, out=work)
        np.add(work, EPSILON, out=work)
        np.divide(self.mean, work, out=work)
        np.multiply(work, learning_rate / (1 - self.beta**self.steps), out=work)
        np.subtract(self.parameters, work, out=self.parameters)
