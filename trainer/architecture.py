"""A network in a few words, and how to build it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainer.initializers import initializer_for
from trainer.layers import ACTIVATIONS, BatchNorm, Dense, Dropout, Layer
from trainer.losses import LOSSES
from trainer.network import Network
from trainer.penalties import L2


@dataclass(frozen=True)
class Architecture:
    """A multi-layer perceptron: for each hidden width dense, batch norm, activation, dropout; then dense."""

    n_in: int
    n_out: int
    hidden: tuple[int, ...] = ()  # widths; empty: softmax regression
    activation: str = "relu"
    batch_norm: bool = True
    dropout: float = 0.0  # probability of dropping a hidden unit, 0 ≤ dropout < 1
    l2: float = 0.0  # coefficient/2 · Σ w² is added to the cost
    loss: str = "softmax_cross_entropy"

    def build(self, *, capacity: int, dtype: npt.DTypeLike = np.float32) -> Network:
        """The network, with memory for batches of up to `capacity` rows."""
        return Network(list(self._layers()), LOSSES[self.loss](), [L2(self.l2)], capacity=capacity, dtype=dtype)

    def _layers(self) -> Iterator[Layer]:
        initializer = initializer_for(self.activation)
        n_in = self.n_in
        for width in self.hidden:
            yield Dense(n_in, width, initializer=initializer, bias=not self.batch_norm)
            if self.batch_norm:
                yield BatchNorm(width)
            yield ACTIVATIONS[self.activation](width)
            if self.dropout > 0:
                yield Dropout(width, self.dropout)
            n_in = width
        yield Dense(n_in, self.n_out, initializer=initializer_for("identity"))
