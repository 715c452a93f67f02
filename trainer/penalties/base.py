"""What a penalty is."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array, Setting, constant


class Penalty(ABC):
    """A cost of the weights alone, scaled by a coefficient; biases and batch-norm parameters are never penalised."""

    kind: ClassVar[str]
    analytic: ClassVar[bool] = False
    """Whether `value` also takes complex weights, deciding by their real parts."""

    def __init__(self, coefficient: Setting, dtype: npt.DTypeLike) -> None:
        self._coefficient = constant(coefficient, dtype, axes=1)

    @property
    def coefficient(self) -> Setting:
        """What the penalty is multiplied by; for trials side by side one for each."""
        setting: Setting = self._coefficient.ravel().tolist() if self._coefficient.ndim else float(self._coefficient)
        return setting

    @coefficient.setter
    def coefficient(self, value: float) -> None:
        self._coefficient[...] = value

    @property
    def active(self) -> bool:
        """Whether any coefficient is not 0."""
        return bool(np.any(self._coefficient != 0))

    @abstractmethod
    def value(self, weights: Array) -> Array:
        """The cost of the flat weights (n,), an array without axes, summed in double precision."""

    @abstractmethod
    def add_gradient(self, weights: Array, gradient: Array, work: Array) -> None:
        """Add the gradient of `value` to `gradient` (n,); `work` (n,) is scratch memory."""

    def pattern(self, weights: Array) -> Array | None:
        """On which side of each kink the weights are; None for a smooth penalty."""
        return None

    def _scaled(self, total: Array) -> Array:
        coefficient = self._coefficient[..., 0] if self._coefficient.ndim else self._coefficient
        product: Array = np.asarray(coefficient * total)
        return product


def double(weights: Array) -> npt.DTypeLike:
    """The type to sum in: double precision, complex for complex weights."""
    return np.result_type(weights.dtype, np.float64)
