"""What a loss is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from trainer.arrays import Array


class Loss(ABC):
    """A cost of scores (batch, n_out) against targets of the same shape, averaged over the rows."""

    kind: ClassVar[str]

    @abstractmethod
    def value(self, scores: Array, targets: Array) -> float:
        """The mean loss of a row, summed in float64."""

    @abstractmethod
    def gradient(self, scores: Array, targets: Array, out: Array) -> None:
        """Write the gradient of `value` with respect to the scores to `out` (batch, n_out)."""

    @abstractmethod
    def predict(self, scores: Array) -> Array:
        """What the scores say in the targets' terms: probabilities (batch, n_out)."""
