"""What a loss is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from trainer.arrays import Array, Setting
from trainer.errors import TrainerError
from trainer.parts import ROWS, Buffer, Part

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class LossSettings:
    """What some losses can be told; a loss that cannot use a setting refuses it."""

    label_smoothing: Setting = 0.0  # share of each target that is spread evenly over the classes
    class_weights: Sequence[float] | None = None  # how much the rows of each class count
    delta: float = 1.0  # where Huber's loss turns from square to linear


class Loss(Part, ABC):
    """A cost of scores (batch, n_out) against targets of the same shape: the mean of what each row costs.

    Weights (batch, 1), where given, multiply what a row costs; the sum is still divided by the number of
    rows, so weights with a mean of 1 over all rows leave every batch's step as long as before.
    """

    task: ClassVar[Task]
    """What the targets are: classes, one column a class or one for yes and no; or numbers."""
    uses: ClassVar[frozenset[str]] = frozenset()
    """The settings that this loss can use."""

    row_losses: Array
    work: Array

    def __init__(self, n_out: int, settings: LossSettings | None = None) -> None:
        self.n_out = n_out
        self.settings = settings or LossSettings()
        for name in LossSettings.__dataclass_fields__:
            if name not in self.uses and getattr(self.settings, name) != getattr(LossSettings, name):
                raise TrainerError(f"the loss {self.kind} has no {name}; leave it out or take another loss")

    def buffers(self) -> Mapping[str, Buffer]:
        return {"row_losses": Buffer((ROWS, 1)), "work": Buffer((ROWS, self.n_out))}

    def value(self, scores: Array, targets: Array, weights: Array | None = None) -> Array:
        """The mean loss of a row, summed in double precision: an array without axes."""
        self.losses(scores, targets, self.row_losses)
        if weights is not None:
            np.multiply(self.row_losses, weights, self.row_losses)
        total = self.row_losses.sum(axis=(-1, -2), dtype=np.result_type(scores.dtype, np.float64))
        mean: Array = total / scores.shape[-2]
        return mean

    def gradient(self, scores: Array, targets: Array, out: Array, weights: Array | None = None) -> None:
        """Write the gradient of `value` with respect to the scores to `out` (batch, n_out)."""
        self.slopes(scores, targets, out)
        if weights is not None:
            np.multiply(out, weights, out)
        np.multiply(out, self.share, out)

    @abstractmethod
    def losses(self, scores: Array, targets: Array, out: Array) -> None:
        """Write what each row costs to `out` (batch, 1)."""

    @abstractmethod
    def slopes(self, scores: Array, targets: Array, out: Array) -> None:
        """Write the gradient of each row's loss with respect to its scores to `out` (batch, n_out)."""

    def random_targets(self, rng: np.random.Generator, rows: int) -> Array:
        """Targets (rows, n_out) of a kind that this loss is made for: what a gradient check puts beside random inputs."""
        return rng.random((rows, self.n_out))

    @abstractmethod
    def predict(self, scores: Array) -> Array:
        """What the scores (any batch, n_out) say in the targets' terms: probabilities, or numbers."""
