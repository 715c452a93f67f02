"""How weights are drawn before training."""

import math
from collections.abc import Callable

import numpy as np

from trainer.arrays import Array

Initializer = Callable[[np.random.Generator, int, int], Array]
"""(generator, n_in, n_out) -> W (n_in, n_out)."""


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 2 / n_in, for activations that silence half of their inputs (He et al. 2015)."""
    return rng.normal(0.0, math.sqrt(2 / n_in), (n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Normal with variance 2 / (n_in + n_out), for activations near linear at 0 (Glorot, Bengio 2010)."""
    return rng.normal(0.0, math.sqrt(2 / (n_in + n_out)), (n_in, n_out))


def initializer_for(activation: str) -> Initializer:
    """The usual choice: He for relu, Xavier for the S-shaped activations."""
    return he if activation == "relu" else xavier
