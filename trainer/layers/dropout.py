"""Inverted dropout."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.errors import TrainerError
from trainer.layers.base import Layer
from trainer.parts import ROWS, Buffer

LEVELS = 65536
"""A number is kept if 16 random bits reach a threshold, so probabilities are multiples of 1/65 536."""
AHEAD = 8192
"""So many mask elements are drawn at once, for several steps where a step needs fewer: calls cost time."""
WORDS = 512
"""64-bit words taken from a generator at once: an array of 4 KB."""


class Dropout(Layer):
    """In training, y = x · m / (1 − rate), where each m is 0 with probability `rate`, else 1.

    Inference is the identity, because the expectation was kept in training
    (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, section 10). `rate` is the probability
    really used: the one asked for, rounded to a multiple of 1/65 536.

    `groups`: the group (0, 1, …) of each column. The columns of a group are dropped together, as whole
    channels of an image should be (Tompson, Goroshin, Jain, LeCun, Bregler 2015).
    """

    kind: ClassVar[str] = "dropout"
    passes_input: ClassVar[bool] = True

    output: Array
    scale: Array

    def __init__(self, n: int, rate: Setting, groups: Sequence[int] | None = None) -> None:
        super().__init__(n, n)
        self._thresholds = np.atleast_1d(np.rint(np.multiply(rate, LEVELS)).clip(0, LEVELS - 1)).astype(np.uint16)
        self.rate: Setting = (self._thresholds / LEVELS).tolist()
        if np.ndim(rate) == 0:
            self.rate = float(self._thresholds[0] / LEVELS)
        self._groups = None if groups is None else _checked(groups, n)
        self._draws = n if self._groups is None else int(self._groups.max()) + 1
        self._memory = np.empty(0)
        self._words = np.empty(AHEAD // 4, np.uint64)
        self._halves = self._words.view(np.uint16)
        self._kept = np.empty(AHEAD, np.bool_)
        self.forget()

    def buffers(self) -> Mapping[str, Buffer]:
        return {} if self.in_place else {"output": Buffer((ROWS, self.n_out))}

    def constants(self) -> Mapping[str, Setting | Array]:
        return {"scale": (1 / np.subtract(1, self.rate)).tolist()}

    def draw(self, rngs: Sequence[np.random.Generator]) -> None:
        rows = self.ones.shape[-1]
        if self._next == self._steps or rows != self._ahead.shape[-2]:
            self._draw_ahead(rngs, rows)
        mask = self._ahead[..., self._next, :, :]  # (batch, draws)
        self.mask = mask if self._groups is None else mask[..., self._groups]
        self._next += 1

    def _draw_ahead(self, rngs: Sequence[np.random.Generator], rows: int) -> None:
        self._steps = max(1, AHEAD // (rows * self._draws))
        self._next = 0
        count = self._steps * rows * self._draws
        if self._memory.size < count * len(rngs):
            self._memory = np.empty(count * len(rngs), self.scale.dtype)
        masks = self._memory[: count * len(rngs)].reshape(len(rngs), count)
        scales = self.scale.reshape(-1)
        for rng, threshold, scale, mask in zip(rngs, self._thresholds, scales, masks, strict=True):
            for start in range(0, count, AHEAD):
                self._fill(mask[start : start + AHEAD], rng.bit_generator, threshold, scale)
        shape = (self._steps, rows, self._draws)
        self._ahead = masks.reshape((len(rngs), *shape) if self.scale.ndim else shape)

    def _fill(self, mask: Array, bits: np.random.BitGenerator, threshold: np.uint16, scale: np.number[Any]) -> None:
        """`scale` where a number is kept, 0 where it is dropped."""
        for start in range(0, -(-mask.size // 4), WORDS):
            self._words[start : start + WORDS] = bits.random_raw(WORDS)
        kept = self._kept[: mask.size]
        np.greater_equal(self._halves[: mask.size], threshold, kept)
        np.copyto(mask, kept)
        np.multiply(mask, scale, mask)

    def forget(self) -> None:
        self._next = self._steps = 0
        self._ahead = np.empty((0, 0, 0))

    def keep_all(self) -> None:
        self.forget()
        self.mask = np.ones((self.ones.shape[-1], self.n_out), self.scale.dtype)

    def forward(self, x: Array, *, train: bool) -> Array:
        if not train:
            return x
        output = x if self.in_place else self.output
        np.multiply(x, self.mask, output)
        return output

    def backward(self, dy: Array) -> Array:
        if self.input_gradient:
            np.multiply(dy, self.mask, dy)
        return dy


def _checked(groups: Sequence[int], n: int) -> Array:
    found = np.asarray(groups)
    if found.shape != (n,) or not np.array_equal(np.unique(found), np.arange(found.max() + 1)):
        raise TrainerError(f"dropout's groups must give each of the {n} columns a group 0, 1, … without gaps")
    return found.astype(np.intp)
