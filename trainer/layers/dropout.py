"""Inverted dropout."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from trainer.arrays import Array, Setting
from trainer.errors import TrainerError
from trainer.layers.base import Layer
from trainer.parts import ROWS, Buffer

COARSE, FINE = np.dtype(np.uint8), np.dtype(np.uint16)
"""A number is kept if so many random bits reach a threshold: 8 where that gives the rate exactly, 16 otherwise."""
AHEAD = 8192
"""So many mask elements are drawn at once, for several steps where a step needs fewer: calls cost time."""
WORDS = 512
"""64-bit words taken from a generator at once: an array of 4 KB."""

Threshold = np.uint8 | np.uint16


class Dropout(Layer):
    """In training, y = x · m / (1 − rate), where each m is 0 with probability `rate`, else 1.

    Inference is the identity, because the expectation was kept in training
    (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, section 10). `rate` is the probability
    really used: the one asked for, rounded to a multiple of 1/65 536.

    `groups`: the group (0, 1, …) of each column. The columns of a group are dropped together, as whole
    channels of an image should be (Tompson, Goroshin, Jain, LeCun, Bregler 2015).
    """

    kind: ClassVar[str] = "dropout"
    analytic: ClassVar[bool] = True
    passes_input: ClassVar[bool] = True

    output: Array
    scale: Array

    def __init__(self, n: int, rate: Setting, groups: Sequence[int] | None = None) -> None:
        super().__init__(n, n)
        self._thresholds = [_threshold(each) for each in np.atleast_1d(np.asarray(rate, np.float64)).tolist()]
        used = [float(threshold) / _levels(threshold.dtype) for threshold in self._thresholds]
        self.rate: Setting = used if np.ndim(rate) else used[0]
        self._groups = None if groups is None else _checked(groups, n)
        self._draws = n if self._groups is None else int(self._groups.max()) + 1
        self._memory = np.empty(0)
        self._words = np.empty(AHEAD // 4, np.uint64)
        self._bits = {width: self._words.view(width) for width in (COARSE, FINE)}
        self._kept = np.empty(AHEAD, np.bool_)
        self._trials: list[tuple[Threshold, Array, Array]] = []
        self._masks: list[Array] = []
        self._rows = self._next = 0

    def buffers(self) -> Mapping[str, Buffer]:
        return {} if self.in_place else {"output": Buffer((ROWS, self.n_out))}

    def constants(self) -> Mapping[str, Setting | Array]:
        return {"scale": (1 / np.subtract(1, self.rate)).tolist()}

    def draw(self, rngs: Sequence[np.random.Generator]) -> None:
        rows = self.ones.shape[-1]
        if rows != self._rows:
            self._lay_out(rows, len(rngs))
        if self._next == len(self._masks):
            self._draw_ahead(rngs)
        mask = self._masks[self._next]  # (batch, draws)
        self.mask = mask if self._groups is None else mask[..., self._groups]
        self._next += 1

    def _lay_out(self, rows: int, trials: int) -> None:
        """Cut the memory into masks for batches of `rows`."""
        steps = max(1, AHEAD // (rows * self._draws))
        count = steps * rows * self._draws
        if self._memory.size < count * trials:
            self._memory = np.empty(count * trials, self.scale.dtype)
        ahead = self._memory[: count * trials].reshape(trials, count)
        thresholds = self._thresholds * (trials // len(self._thresholds))  # one rate may be all trials'
        scales = [scale.reshape(()) for scale in np.split(np.resize(self.scale, trials), trials)]
        self._trials = list(zip(thresholds, scales, ahead, strict=True))
        masks = ahead.reshape(trials, steps, rows, self._draws)
        stacked = self.scale.ndim > 0 or trials > 1
        self._masks = [masks[:, step] if stacked else masks[0, step] for step in range(steps)]
        self._rows, self._next = rows, steps

    def _draw_ahead(self, rngs: Sequence[np.random.Generator]) -> None:
        for rng, (threshold, scale, masks) in zip(rngs, self._trials, strict=True):
            for start in range(0, masks.size, AHEAD):
                self._fill(masks[start : start + AHEAD], rng.bit_generator, threshold, scale)
        self._next = 0

    def _fill(self, mask: Array, bits: np.random.BitGenerator, threshold: Threshold, scale: Array) -> None:
        """`scale` where a number is kept, 0 where it is dropped."""
        for start in range(0, -(-mask.size * threshold.itemsize // 8), WORDS):
            self._words[start : start + WORDS] = bits.random_raw(WORDS)
        kept = self._kept[: mask.size]
        np.greater_equal(self._bits[threshold.dtype][: mask.size], threshold, kept)
        np.copyto(mask, kept)
        np.multiply(mask, scale, mask)

    def forget(self) -> None:
        self._next = len(self._masks)

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


def _levels(bits: np.dtype[Any]) -> int:
    return int(np.iinfo(bits).max) + 1


def _threshold(rate: float) -> Threshold:
    """The smallest random number that is kept, in the type of the random numbers."""
    bits = COARSE if (rate * _levels(COARSE)).is_integer() else FINE
    threshold: Threshold = bits.type(min(round(rate * _levels(bits)), _levels(bits) - 1))
    return threshold


def _checked(groups: Sequence[int], n: int) -> Array:
    found = np.asarray(groups)
    if found.shape != (n,) or not np.array_equal(np.unique(found), np.arange(found.max() + 1)):
        raise TrainerError(f"dropout's groups must give each of the {n} columns a group 0, 1, … without gaps")
    return found.astype(np.intp)
