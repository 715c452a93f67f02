"""What a gradient check found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.arrays import Array

BANDS = (
    (1e-7, "right"),
    (1e-4, "right only where not smooth"),
    (1e-2, "suspicious"),
    (np.inf, "wrong"),
)
"""How the literature reads a relative error below each bound; kinks are left out here, so the second never excuses."""


@dataclass(frozen=True)
class TensorCheck:
    """One tensor in one check."""

    check: str  # "rows" or "random", perhaps " + dropout"; or a penalty
    tensor: str
    method: str  # that decided: "differences", "complex step", "extrapolation" or "another state"
    error: float  # relative, 0 … 1; 0 where both gradients are 0
    mean_absolute_difference: float  # over the directions and coordinates compared
    checked: int  # coordinates and directions compared
    kinks: int  # left out because their difference straddled a kink
    worst: int  # flat index of the coordinate with the largest difference; -1: none was compared
    gradient: float | None  # there, by back-propagation
    slope: float | None  # there, the cost's
    passed: bool
    decided: bool  # False: failed, but no worse than rounding explains
    zero: bool  # neither gradient is larger than rounding makes of 0
    blamed: str | None = None  # if the check failed, the layer or loss at fault

    @property
    def band(self) -> str:
        """The relative error in the literature's words."""
        return next((word for bound, word in BANDS if self.error < bound), "wrong")


@dataclass(frozen=True)
class Report:
    """A gradient check of one network."""

    tensors: tuple[TensorCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every tensor passed in every check."""
        return all(tensor.passed for tensor in self.tensors)

    @property
    def error(self) -> float:
        """The largest relative error of a tensor."""
        return float(np.max([tensor.error for tensor in self.tensors]))  # a NaN is the largest of all

    @property
    def guilty(self) -> TensorCheck | None:
        """The tensor to look at first: of the first check that failed, in the layer to blame or nearest to it."""
        failed = [tensor for tensor in self.tensors if not tensor.passed]
        first = [tensor for tensor in failed if tensor.check == failed[0].check]
        own = [tensor for tensor in first if tensor.tensor.split(".")[0] == tensor.blamed]
        return _largest(own) if own else first[-1] if first else None

    @property
    def verdict(self) -> str:
        """`passed` or `failed`."""
        return "passed" if self.passed else "failed"


def _largest(tensors: Sequence[TensorCheck]) -> TensorCheck:
    return max(tensors, key=lambda tensor: np.inf if np.isnan(tensor.error) else tensor.error)


def relative_error(a: Array, b: Array) -> float:
    """‖a − b‖₂ / (‖a‖₂ + ‖b‖₂), and 0 where both are zero."""
    scale = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / scale if scale != 0 else 0.0
