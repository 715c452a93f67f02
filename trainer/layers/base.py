"""What a layer is: one differentiable step whose memory belongs to the network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from trainer.arrays import Array
from trainer.parts import Part


class Layer(Part, ABC):
    """One step of a network, from rows of `n_in` numbers to rows of `n_out` numbers.

    Beside the memory of every part, a layer declares, and the network sets as attributes:

    - every name in `tensors()` (and, behind a `d`, its gradient): a view of the flat parameter vector;
    - every name in `statistics()`: what inference needs beside the tensors, an exponentially weighted
      average of what training batches write to the same name behind `new_`.

    Randomness enters through `initialise` and `draw` alone: `forward` and `backward` are pure functions
    of parameters, input and what was last drawn, which is what a gradient check needs.
    """

    weights: ClassVar[tuple[str, ...]] = ()
    """The tensors that penalties act on."""
    keeps_output: ClassVar[bool] = False
    """Whether `backward` reads what `forward` returned, which the next layer must then leave as it is."""
    passes_input: ClassVar[bool] = False
    """Whether `forward` may return its input itself."""
    input_gradient: bool = True
    """Whether anything comes before this layer that needs dJ/dx."""
    in_place: bool = False
    """Whether a training `forward` may overwrite its input."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.n_in = n_in
        self.n_out = n_out

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        """Names and shapes of the trained tensors; a vector has the shape (1, n)."""
        return {}

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Names and shapes of what inference needs beside the tensors."""
        return {}

    def initialise(self, rng: np.random.Generator, trial: Sequence[int]) -> None:
        """Set the tensors to their values before training; `trial` is the index in front, () for a lone network."""

    def draw(self, rngs: Sequence[np.random.Generator]) -> None:
        """Draw the randomness of the next training step, from one generator for each trial side by side."""

    def forget(self) -> None:
        """Drop what was drawn ahead, so that the next draw depends on the generators' state alone."""

    def keep_all(self) -> None:
        """Undo `draw`: the next training step is as if nothing were random."""

    @abstractmethod
    def forward(self, x: Array, *, train: bool) -> Array:
        """The output for `x` (batch, n_in), in a buffer that the next call overwrites: (batch, n_out)."""

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """From dJ/dy (batch, n_out) of the last training `forward` to dJ/dx (batch, n_in).

        Writes the gradients of the layer's tensors on the way. May overwrite dy, and return it.
        """
