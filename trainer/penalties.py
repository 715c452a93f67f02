"""Penalties on the size of weights; biases and batch-norm parameters are never penalised."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array


class Penalty(ABC):
    """A cost of the weights alone, scaled by `coefficient`."""

    kind: ClassVar[str]

    def __init__(self, coefficient: float) -> None:
        self.coefficient = coefficient

    @abstractmethod
    def value(self, weights: Array) -> float:
        """The cost of the flat weights (n,), summed in float64."""

    @abstractmethod
    def add_gradient(self, weights: Array, gradient: Array) -> None:
        """Add the gradient of `value` to `gradient` (n,)."""


class L2(Penalty):
    """coefficient/2 · Σ w², whose gradient is coefficient · w: weight decay (Krogh, Hertz 1992)."""

    kind: ClassVar[str] = "l2"

    def value(self, weights: Array) -> float:
        return self.coefficient / 2 * float(np.square(weights).sum(dtype=np.float64))

    def add_gradient(self, weights: Array, gradient: Array) -> None:
        gradient += self.coefficient * weights


PENALTIES: Mapping[str, type[Penalty]] = {penalty.kind: penalty for penalty in (L2,)}
