"""Layers put together: one flat parameter vector, one gradient vector, one cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array, aligned_zeros
from trainer.layers import Layer
from trainer.losses import Loss
from trainer.memory import Memory, cut
from trainer.penalties import Penalty

KEEP = 0.9
"""How much of the running statistics a full batch leaves in place."""


@dataclass(frozen=True)
class Tensor:
    """A trained tensor: views of its part of the network's parameters and gradient."""

    name: str  # layer and tensor, as in "dense_1.W"
    value: Array
    gradient: Array
    penalised: bool


class Network:
    """A chain of layers under a loss and penalties.

    All trained numbers are one vector, `parameters`, with `gradient` beside it, so that an optimizer,
    a gradient check or a model file handles one array. Penalised weights come first in it and are
    `weights`. `statistics` holds what inference needs beside the parameters.

    With `stack` = (K,), K trials of one shape stand side by side: every vector is (K, n), every batch
    (K, rows, columns), and each trial's numbers are, bit for bit, what it would have alone.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        penalties: Sequence[Penalty] = (),
        *,
        plain_loss: Loss | None = None,
        capacity: int,
        dtype: npt.DTypeLike = np.float32,
        stack: tuple[int, ...] = (),
    ) -> None:
        """Allocate everything for batches of up to `capacity` rows; the values are zeros until `initialise`.

        `plain_loss`: what evaluation reports; the same as `loss` unless given.
        """
        for before, after in pairwise(layers):
            if before.n_out != after.n_in:
                raise ValueError(f"{before.kind} gives {before.n_out} columns, {after.kind} takes {after.n_in}")
        self.layers = tuple(layers)
        self.loss = loss
        self.plain_loss = plain_loss or loss
        self.penalties = tuple(penalties)
        self.dtype = np.dtype(dtype)
        self.stack = stack
        self.names = _layer_names(self.layers)
        self.random = tuple(layer for layer in self.layers if type(layer).draw is not Layer.draw)  # those that draw
        self._connect()
        self._allocate_tensors()
        self._allocate_statistics()
        self._learning: dict[float, Array] = {}
        parts = [*self.layers, self.loss] if self.plain_loss is self.loss else [*self.layers, loss, self.plain_loss]
        self._memory = Memory(parts, stack, capacity, dtype)
        self._dscores = aligned_zeros((*stack, capacity, self.layers[-1].n_out), dtype)
        self.rows = 0
        self._resize(capacity)

    @property
    def capacity(self) -> int:
        """The most rows of a batch."""
        return self._memory.capacity

    def _connect(self) -> None:
        """Tell each layer what stands before it."""
        trained_before = False
        for before, layer in zip((None, *self.layers), self.layers, strict=False):
            layer.input_gradient = trained_before
            layer.in_place = (
                before is not None and not before.keeps_output and (before.in_place or not before.passes_input)
            )
            trained_before |= bool(layer.tensors())

    def _allocate_tensors(self) -> None:
        wanted = [
            (layer, name, key, shape, key in layer.weights)
            for name, layer in zip(self.names, self.layers, strict=True)
            for key, shape in layer.tensors().items()
        ]
        order = [f"{name}.{key}" for _, name, key, _, _ in wanted]
        wanted.sort(key=lambda tensor: not tensor[-1])  # penalised first, otherwise in the layers' order
        shapes = [shape for _, _, _, shape, _ in wanted]
        size = sum(rows * columns for rows, columns in shapes)
        self.parameters, self.gradient = (aligned_zeros((*self.stack, size), self.dtype) for _ in range(2))
        tensors = {}
        views = zip(wanted, cut(self.parameters, shapes), cut(self.gradient, shapes), strict=True)
        for (layer, name, key, _, penalised), value, gradient in views:
            setattr(layer, key, value)
            setattr(layer, "d" + key, gradient)
            tensors[f"{name}.{key}"] = Tensor(f"{name}.{key}", value, gradient, penalised)
        self.penalised = sum(rows * columns for _, _, _, (rows, columns), penalised in wanted if penalised)
        self.tensors: Mapping[str, Tensor] = {name: tensors[name] for name in order}

    def _allocate_statistics(self) -> None:
        wanted = [(layer, key, shape) for layer in self.layers for key, shape in layer.statistics().items()]
        shapes = [shape for _, _, shape in wanted]
        size = sum(rows * columns for rows, columns in shapes)
        self.statistics, self.new_statistics = (aligned_zeros((*self.stack, size), self.dtype) for _ in range(2))
        views = zip(wanted, cut(self.statistics, shapes), cut(self.new_statistics, shapes), strict=True)
        for (layer, key, _), average, new in views:
            setattr(layer, key, average)
            setattr(layer, "new_" + key, new)

    def _resize(self, rows: int) -> None:
        """Make ready for batches of `rows` rows; raises ValueError if there is no memory for so many."""
        if rows > self.capacity:
            raise ValueError(f"a batch of {rows} rows was given to a network built for at most {self.capacity}")
        self.rows = rows
        self._memory.resize(rows)
        size = int(np.prod((*self.stack, rows, self.layers[-1].n_out)))
        self.dscores = self._dscores.reshape(-1)[:size].reshape(*self.stack, rows, self.layers[-1].n_out)

    @property
    def weights(self) -> Array:
        """The penalised part of `parameters`."""
        return self.parameters[..., : self.penalised]

    def initialise(self, *rngs: np.random.Generator) -> None:
        """Set every parameter and statistic to its value before training; one generator for each trial."""
        for index, rng in enumerate(rngs):
            for layer in self.layers:
                layer.initialise(rng, (index,) if self.stack else ())

    def draw(self, rngs: Sequence[np.random.Generator], rows: int) -> None:
        """Draw the randomness (dropout's masks) of the next training step, for a batch of `rows`."""
        if rows != self.rows:
            self._resize(rows)
        for layer in self.random:
            layer.draw(rngs)

    def forget(self) -> None:
        """Drop what was drawn ahead."""
        for layer in self.layers:
            layer.forget()

    def keep_all(self, rows: int) -> None:
        """As `draw`, but nothing is dropped."""
        if rows != self.rows:
            self._resize(rows)
        for layer in self.layers:
            layer.keep_all()

    def forward(self, x: Array, *, train: bool) -> Array:
        """The scores of `x` (batch, n_in): (batch, n_out), in a buffer that the next call overwrites."""
        rows = x.shape[-2]
        if rows != self.rows:
            self._resize(rows)
        for layer in self.layers:
            x = layer.forward(x, train=train)
        return x

    def backpropagate(self, scores: Array, targets: Array, weights: Array | None = None) -> None:
        """Fill `gradient` with the gradient of the loss at the last training `forward`."""
        dy = self.dscores
        self.loss.gradient(scores, targets, dy, weights)
        for layer in reversed(self.layers):
            dy = layer.backward(dy)

    def poison(self) -> None:
        """Spoil the working memory that is good within one call only, so that reading it in another shows."""
        self._memory.poison()
        self._dscores.fill(np.nan)

    def add_penalties(self) -> None:
        """Add the penalties' part to `gradient`."""
        for penalty in self.penalties:
            penalty.add_gradient(self.weights, self.gradient[..., : self.penalised], np.empty_like(self.weights))

    def backward(self, scores: Array, targets: Array, weights: Array | None = None) -> None:
        """Fill `gradient` with the gradient of `cost` at the last training `forward`."""
        self.backpropagate(scores, targets, weights)
        self.add_penalties()

    def learn_statistics(self, share: float = 1.0) -> None:
        """Take the last training batch into the running averages; `share` is its rows in those of a full batch.

        A smaller batch counts for less: a last batch of one row has no variance, and must not spoil the average.
        """
        if self.statistics.size:
            np.subtract(self.new_statistics, self.statistics, self.new_statistics)
            if share not in self._learning:
                self._learning[share] = np.array(1 - KEEP**share, self.dtype)
            np.multiply(self.new_statistics, self._learning[share], self.new_statistics)
            np.add(self.statistics, self.new_statistics, self.statistics)

    def penalty(self) -> Array:
        """The sum of the penalties, an array without axes."""
        return sum((penalty.value(self.weights) for penalty in self.penalties), np.zeros(self.stack))

    def cost(self, x: Array, targets: Array, weights: Array | None = None) -> Array:
        """What training minimises: the mean loss of the batch, in training mode, and the penalties."""
        return self.loss.value(self.forward(x, train=True), targets, weights) + self.penalty()

    def chunks(self, x: Array) -> Iterator[tuple[slice, Array]]:
        """Scores in inference mode, in chunks of `capacity` rows: each chunk's place in `x`, and its scores."""
        for start in range(0, len(x), self.capacity):
            place = slice(start, min(start + self.capacity, len(x)))
            yield place, self.forward(x[place], train=False)


def _layer_names(layers: Sequence[Layer]) -> list[str]:
    """Each layer's kind, numbered from 1 among its like."""
    kinds = [layer.kind for layer in layers]
    return [f"{kind}_{kinds[: index + 1].count(kind)}" for index, kind in enumerate(kinds)]
