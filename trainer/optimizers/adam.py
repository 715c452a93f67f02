"""Adam."""

from typing import ClassVar

import numpy as np

from trainer.network import Network
from trainer.optimizers.base import Block, Optimizer, Rates


class Adam(Optimizer):
    """m ← β m + (1 − β) g, v ← β₂ v + (1 − β₂) g², θ ← θ − α m̂ / (√v̂ + ε) (Kingma, Ba 2015, algorithm 1).

    m̂ = m / (1 − βᵗ) and v̂ = v / (1 − β₂ᵗ) correct the averages for having started at 0. Kept are the sums
    M = m / (1 − β) and V = v / (1 − β₂), which need two passes over memory less; the factors between sums and
    averages go into one step size and one ε for each step.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("sum", "square_sum")

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        super().__init__(network, rates)
        self.beta = self.number(self.rates.beta)
        self.beta2 = self.number(self.rates.beta2)
        self._beta, self._beta2 = (np.asarray(each, np.float64) for each in (self.rates.beta, self.rates.beta2))
        self.step_size = self.learning_rate.copy()
        self.floor = self.learning_rate.copy()

    def prepare(self) -> None:
        """√v̂ + ε = √V · r + ε with r = √((1 − β₂)/(1 − β₂ᵗ)), so both sides are divided by r."""
        mean = (1 - self._beta) / (1 - self._beta**self.steps)
        root = np.sqrt((1 - self._beta2) / (1 - self._beta2**self.steps))
        shape = self.step_size.shape
        np.multiply(self.learning_rate, np.reshape(mean / root, shape if np.ndim(mean / root) else ()), self.step_size)
        self.floor[...] = np.reshape(np.asarray(self.rates.epsilon) / root, shape if np.ndim(root) else ())

    def update(self, block: Block) -> None:
        total, square_total = block.slots
        work = block.work
        np.multiply(total, self.beta, out=total)
        np.add(total, block.gradient, out=total)
        np.multiply(block.gradient, block.gradient, out=work)
        np.multiply(square_total, self.beta2, out=square_total)
        np.add(square_total, work, out=square_total)

        np.sqrt(square_total, out=work)
        np.add(work, self.floor, out=work)
        np.divide(total, work, out=work)
        np.multiply(work, self.step_size, out=work)
        np.subtract(block.parameters, work, out=block.parameters)
