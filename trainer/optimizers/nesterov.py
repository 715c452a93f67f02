"""Nesterov's accelerated gradient."""

from typing import ClassVar

import numpy as np

from trainer.optimizers.base import Block
from trainer.optimizers.momentum import Momentum


class Nesterov(Momentum):
    """v ← β v + g, θ ← θ − α (g + β v): momentum that looks ahead (Nesterov 1983; Sutskever et al. 2013).

    In the form of Bengio, Boulanger-Lewandowski, Pascanu 2013 (equations 6 and 7), whose θ is the point looked at.
    """

    kind: ClassVar[str] = "nesterov"

    def update(self, block: Block) -> None:
        (velocity,) = block.slots
        np.multiply(velocity, self.beta, velocity)
        np.add(velocity, block.gradient, velocity)
        np.multiply(velocity, self.beta, block.work)
        np.add(block.gradient, block.work, block.gradient)
        np.multiply(block.gradient, self.learning_rate, block.gradient)
        np.subtract(block.parameters, block.gradient, block.parameters)
