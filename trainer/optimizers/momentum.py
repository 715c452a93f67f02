"""Gradient descent with momentum."""

from typing import ClassVar

import numpy as np

from trainer.network import Network
from trainer.optimizers.base import Block, Optimizer, Rates


class Momentum(Optimizer):
    """v ← β v + g, θ ← θ − α v (Polyak 1964; in this form Sutskever, Martens, Dahl, Hinton 2013)."""

    kind: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    uses: ClassVar[tuple[str, ...]] = ("beta",)

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        super().__init__(network, rates)
        self.beta = self.number(self.rates.beta)

    def update(self, block: Block) -> None:
        (velocity,) = block.slots
        np.multiply(velocity, self.beta, velocity)
        np.add(velocity, block.gradient, velocity)
        np.multiply(velocity, self.learning_rate, block.work)
        np.subtract(block.parameters, block.work, block.parameters)
