"""Adam."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array, constant
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
        self._decays = [constant(decay, np.float64, axes=1) for decay in (self.rates.beta, self.rates.beta2)]
        self._epsilon = constant(self.rates.epsilon, np.float64, axes=1)
        self._powers = [np.ones(decay.shape) for decay in self._decays]
        self._factors = [np.empty(decay.shape) for decay in self._decays]
        self.step_size = self.learning_rate.copy()
        self.floor = self.learning_rate.copy()

    def prepare(self) -> None:
        """√v̂ + ε = √V · r + ε with r = √((1 − β₂)/(1 − β₂ᵗ)), so both sides are divided by r."""
        for decay, power, factor in zip(self._decays, self._powers, self._factors, strict=True):
            np.multiply(power, decay, power)
            np.subtract(1.0, power, factor)
            np.divide(1.0 - decay, factor, factor)
        mean, root = self._factors
        np.sqrt(root, root)
        np.divide(mean, root, mean)
        np.multiply(mean, self.learning_rate, mean)
        np.copyto(self.step_size, mean, casting="same_kind")
        np.divide(self._epsilon, root, root)
        np.copyto(self.floor, root, casting="same_kind")

    def restore(self, steps: int, state: Mapping[str, Array]) -> None:
        super().restore(steps, state)
        for decay, power in zip(self._decays, self._powers, strict=True):
            power[...] = 1.0
            for _ in range(steps):  # as in training, to the last bit
                np.multiply(power, decay, power)

    def update(self, block: Block) -> None:
        total, square_total = block.slots
        work = block.work
        np.multiply(total, self.beta, total)
        np.add(total, block.gradient, total)
        np.multiply(block.gradient, block.gradient, work)
        np.multiply(square_total, self.beta2, square_total)
        np.add(square_total, work, square_total)

        np.sqrt(square_total, work)
        np.add(work, self.floor, work)
        np.divide(total, work, work)
        np.multiply(work, self.step_size, work)
        np.subtract(block.parameters, work, block.parameters)
