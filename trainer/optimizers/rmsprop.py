"""RMSprop."""

from typing import ClassVar

import numpy as np

from trainer.network import Network
from trainer.optimizers.base import Block, Optimizer, Rates


class RMSprop(Optimizer):
    """s ← β₂ s + (1 − β₂) g², θ ← θ − α g / (√s + ε) (Tieleman, Hinton 2012, lecture 6.5 of their course)."""

    kind: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    uses: ClassVar[tuple[str, ...]] = ("beta2", "epsilon")

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        super().__init__(network, rates)
        self.beta2 = self.number(self.rates.beta2)
        self.rest = self.number(np.subtract(1, self.rates.beta2).tolist())
        self.epsilon = self.number(self.rates.epsilon)

    def update(self, block: Block) -> None:
        (square,) = block.slots
        np.multiply(block.gradient, block.gradient, out=block.work)
        np.multiply(block.work, self.rest, out=block.work)
        np.multiply(square, self.beta2, out=square)
        np.add(square, block.work, out=square)

        np.sqrt(square, out=block.work)
        np.add(block.work, self.epsilon, out=block.work)
        np.divide(block.gradient, block.work, out=block.work)
        np.multiply(block.work, self.learning_rate, out=block.work)
        np.subtract(block.parameters, block.work, out=block.parameters)
