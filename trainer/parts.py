"""What layers and losses have in common: they declare the memory they need, and the network gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy.typing as npt

from trainer.arrays import Array, Setting

ROWS = -1
"""In the shape of a buffer: as many as the batch has rows."""


@dataclass(frozen=True)
class Buffer:
    """Working memory for a batch. Buffers of one `shared` name are the same memory: good within one call only."""

    shape: tuple[int, int]  # one of the two may be ROWS
    dtype: npt.DTypeLike | None = None  # the network's own
    shared: str | None = None


class Part:
    """A part of a network, whose memory belongs to the network, which sets it as attributes.

    - every name in `buffers()`: an array for each batch;
    - every name in `vectors()`: a row (1, n) that stays from batch to batch;
    - every name in `constants()`: an array without axes for a number, or the array given;
    - `ones` and `shares`, both (1, batch), filled with 1 and with 1/batch: a product with them is a sum or a
      mean over the rows, several times faster than a reduction; `share`, 1/batch, an array without axes;
    - `product`: the matrix product, with `out=`.

    All arrays may have further axes in front (trials trained side by side), so parts reckon axes from the end.
    """

    kind: ClassVar[str]
    """The part's name, in configs and in tables."""
    analytic: ClassVar[bool] = False
    """Whether `forward` (or a loss's `value`) also takes complex numbers, deciding by their real parts.

    It must then be built of analytic functions and of choices between them: no absolute value, no conjugate. A
    gradient check then differentiates it by complex step.
    """

    ones: Array
    shares: Array
    share: Array
    product: Callable[..., Array]

    def buffers(self) -> Mapping[str, Buffer]:
        """Names and shapes of working memory."""
        return {}

    def vectors(self) -> Mapping[str, int]:
        """Names and widths of rows that stay."""
        return {}

    def constants(self) -> Mapping[str, Setting | Array]:
        """Names and values of what enters the arithmetic unchanged: numbers, or arrays that every trial shares."""
        return {}

    def pattern(self) -> Array | None:
        """On which side of each kink the last forward pass was; None for a smooth part.

        Two parameter settings with equal patterns lie on one smooth piece of the cost.
        """
        return None
