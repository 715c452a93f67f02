"""How weights are drawn before training."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from trainer.arrays import Array

Initializer = Callable[[int, int], float]
"""(n_in, n_out) -> the standard deviation of the normal numbers in W (n_in, n_out)."""

BLOCK = 65536
"""So many numbers are drawn at once, in double precision; all of a large W would take twice its memory."""
NORMAL_DEVIATION = 0.01


def he(n_in: int, _n_out: int) -> float:
    """Variance 2 / n_in, for activations that silence half of their inputs (He et al. 2015)."""
    return math.sqrt(2 / n_in)


def xavier(n_in: int, n_out: int) -> float:
    """Variance 2 / (n_in + n_out), for activations near linear at 0 (Glorot, Bengio 2010)."""
    return math.sqrt(2 / (n_in + n_out))


def lecun(n_in: int, _n_out: int) -> float:
    """Variance 1 / n_in, which keeps the variance in a linear layer (LeCun, Bottou, Orr, Müller 1998)."""
    return math.sqrt(1 / n_in)


def normal(_n_in: int, _n_out: int) -> float:
    """Deviation 0.01 whatever the widths, as networks were begun before (Krizhevsky, Sutskever, Hinton 2012)."""
    return NORMAL_DEVIATION


def fill(weights: Array, rng: np.random.Generator, initializer: Initializer) -> None:
    """Draw W (n_in, n_out) in place."""
    n_in, n_out = weights.shape
    rows = max(1, BLOCK // n_out)
    for start in range(0, n_in, rows):
        part = weights[start : start + rows]
        part[...] = rng.normal(0.0, initializer(n_in, n_out), part.shape)


INITIALIZERS: Mapping[str, Initializer] = {rule.__name__: rule for rule in (he, xavier, lecun, normal)}

_HALF_SILENT = ("relu", "leaky_relu", "elu", "gelu")


def initializer_for(activation: str, name: str | None = None) -> Initializer:
    """The one named, or else the usual choice: He where half of the inputs are silenced, Xavier otherwise."""
    return INITIALIZERS[name or ("he" if activation in _HALF_SILENT else "xavier")]
