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
        np.multiply(velocity, self.beta, out=velocity)
        np.add(velocity, block.gradient, out=velocity)
        np.multiply(velocity, self.beta, out=block.work)
        np.add(block.gradient, block.work, out=block.gradient)
        np.multiply(block.gradient, self.learning_rate, out=block.gradient)
        np.subtract(block.parameters, block.gradient, out=block.parameters)
