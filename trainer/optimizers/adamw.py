"""Adam with decoupled weight decay."""

from typing import ClassVar

import numpy as np

from trainer.network import Network
from trainer.optimizers.adam import Adam
from trainer.optimizers.base import Block, Rates


class AdamW(Adam):
    """θ ← θ − α λ θ before each step of Adam (Loshchilov, Hutter 2019, algorithm 2), on weights alone.

    λ is `weight_decay`; as in PyTorch and other libraries it is multiplied by the learning rate α.
    """

    kind: ClassVar[str] = "adamw"
    uses: ClassVar[tuple[str, ...]] = ("beta", "beta2", "epsilon", "weight_decay")

    def __init__(self, network: Network, rates: Rates | None = None) -> None:
        super().__init__(network, rates)
        self._decay = self.number(self.rates.weight_decay)
        self.shrink = self.learning_rate.copy()

    def prepare(self) -> None:
        super().prepare()
        np.multiply(self.learning_rate, self._decay, self.shrink)
        np.subtract(1, self.shrink, self.shrink)

    def update(self, block: Block) -> None:
        np.multiply(block.weights, self.shrink, block.weights)
        super().update(block)
