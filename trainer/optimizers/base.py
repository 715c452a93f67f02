"""What an optimizer is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from trainer.arrays import Array


class Optimizer(ABC):
    """Moves a flat parameter vector against a flat gradient; its own state has the same shape."""

    kind: ClassVar[str]

    def __init__(self, parameters: Array, *, beta: float) -> None:
        """`beta`: how much of the averaged gradient a step keeps; optimizers without an average ignore it."""
        self.parameters = parameters
        self.beta = beta

    @abstractmethod
    def step(self, gradient: Array, learning_rate: float) -> None:
        """Update the parameters in place; `gradient` may be used as scratch memory."""
