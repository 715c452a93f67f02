"""Stochastic gradient descent."""

from typing import ClassVar

import numpy as np

from trainer.optimizers.base import Block, Optimizer


class SGD(Optimizer):
    """θ ← θ − α g (Robbins, Monro 1951)."""

    kind: ClassVar[str] = "sgd"

    def update(self, block: Block) -> None:
        np.multiply(block.gradient, self.learning_rate, block.gradient)
        np.subtract(block.parameters, block.gradient, block.parameters)
