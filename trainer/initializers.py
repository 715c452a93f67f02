"""How weights are drawn before training."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from trainer.arrays import Array

Initializer = Callable[[np.random.Generator, int, int], Array]
"""(generator, n_in, n_out) -> W (n_in, n_out)."""

NORMAL_DEVIATION = 0.01


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 2 / n_in, for activations that silence half of their inputs (He et al. 2015)."""
    return rng.normal(0.0, math.sqrt(2 / n_in), (n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 2 / (n_in + n_out), for activations near linear at 0 (Glorot, Bengio 2010)."""
    return rng.normal(0.0, math.sqrt(2 / (n_in + n_out)), (n_in, n_out))


def lecun(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 1 / n_in, which keeps the variance of a linear layer (LeCun, Bottou, Orr, Müller 1998)."""
    return rng.normal(0.0, math.sqrt(1 / n_in), (n_in, n_out))


def normal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with deviation 0.01 whatever the widths, as networks were begun before (Krizhevsky et al. 2012)."""
    return rng.normal(0.0, NORMAL_DEVIATION, (n_in, n_out))


INITIALIZERS: Mapping[str, Initializer] = {rule.__name__: rule for rule in (he, xavier, lecun, normal)}

_HALF_SILENT = ("relu", "leaky_relu", "elu", "gelu")


def initializer_for(activation: str, name: str | None = None) -> Initializer:
    """The one named, or else the usual choice: He where half of the inputs are silenced, Xavier otherwise."""
    return INITIALIZERS[name or ("he" if activation in _HALF_SILENT else "xavier")]
