"""What a layer is: one differentiable step whose memory belongs to the network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from trainer.arrays import Array


class Layer(ABC):
    """One step of a network, from rows of `n_in` numbers to rows of `n_out` numbers.

    A layer declares what memory it needs, and the network sets it as attributes:

    - every name in `tensors()` (and, behind a `d`, its gradient): a view of the flat parameter vector;
    - every name in `statistics()`: numbers that training updates and inference reads, but no gradient;
    - every name in `buffers()`: one row for each row of the batch, with that many columns.

    All arrays may have further axes in front (trials trained side by side), so layers reckon axes from
    the end. Randomness enters through `initialise` and `draw` alone: `forward` and `backward` are
    pure functions of parameters, input and what was last drawn, which is what a gradient check needs.
    """

    kind: ClassVar[str]
    """The layer's name in tables, as in `dense_1.W`."""
    weights: ClassVar[tuple[str, ...]] = ()
    """The tensors that penalties act on."""
    input_gradient: bool = True
    """Whether anything comes before this layer that needs `dx`."""

    y: Array
    dx: Array

    def __init__(self, n_in: int, n_out: int) -> None:
        self.n_in = n_in
        self.n_out = n_out

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        """Names and shapes of the trained tensors; a vector has the shape (1, n)."""
        return {}

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Names and shapes of what inference needs beside the tensors."""
        return {}

    def buffers(self) -> Mapping[str, int]:
        """Names and widths of the per-row work arrays."""
        return {"y": self.n_out, "dx": self.n_in}

    def initialise(self, rng: np.random.Generator) -> None:
        """Set the tensors to their values before training."""

    def draw(self, rng: np.random.Generator) -> None:
        """Draw the randomness of the next training step."""

    def keep_all(self) -> None:
        """Undo `draw`: the next training step is as if nothing were random."""

    @abstractmethod
    def forward(self, x: Array, *, train: bool) -> Array:
        """The output for `x` (batch, n_in), in a buffer that the next call overwrites: (batch, n_out)."""

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """From dJ/dy (batch, n_out) of the last training `forward` to dJ/dx (batch, n_in).

        Writes the gradients of the layer's tensors on the way.
        """

    def pattern(self) -> Array | None:
        """On which side of each kink the last `forward` was; None for a smooth layer.

        Two parameter settings with equal patterns lie on one smooth piece of the cost.
        """
        return None
