"""Layers put together: one flat parameter vector, one gradient vector, one cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array, aligned_zeros
from trainer.layers import Layer
from trainer.losses import Loss
from trainer.penalties import Penalty


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
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        loss: Loss,
        penalties: Sequence[Penalty] = (),
        *,
        capacity: int,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        """Allocate everything for batches of up to `capacity` rows; the values are zeros until `initialise`."""
        for before, after in pairwise(layers):
            if before.n_out != after.n_in:
                raise ValueError(f"{before.kind} gives {before.n_out} columns, {after.kind} takes {after.n_in}")
        self.layers = tuple(layers)
        self.loss = loss
        self.penalties = tuple(penalties)
        self.dtype = np.dtype(dtype)
        self.capacity = capacity
        self.names = _layer_names(self.layers)
        self.layers[0].input_gradient = False
        self._allocate_tensors()
        self._allocate_statistics()
        self._allocate_buffers()

    def _allocate_tensors(self) -> None:
        wanted = [
            (layer, name, key, shape, key in layer.weights)
            for name, layer in zip(self.names, self.layers, strict=True)
            for key, shape in layer.tensors().items()
        ]
        wanted.sort(key=lambda tensor: not tensor[-1])  # penalised first, otherwise in the layers' order
        size = sum(rows * columns for *_, (rows, columns), _ in wanted)
        self.parameters, self.gradient = (aligned_zeros((size,), self.dtype) for _ in range(2))
        tensors, start = {}, 0
        for layer, name, key, shape, penalised in wanted:
            end = start + shape[0] * shape[1]
            value = self.parameters[start:end].reshape(shape)
            gradient = self.gradient[start:end].reshape(shape)
            setattr(layer, key, value)
            setattr(layer, "d" + key, gradient)
            tensors[f"{name}.{key}"] = Tensor(f"{name}.{key}", value, gradient, penalised)
            start = end
        self._penalised = sum(tensor.value.size for tensor in tensors.values() if tensor.penalised)
        order = [
            f"{name}.{key}" for name, layer in zip(self.names, self.layers, strict=True) for key in layer.tensors()
        ]
        self.tensors: Mapping[str, Tensor] = {name: tensors[name] for name in order}

    def _allocate_statistics(self) -> None:
        wanted = [(layer, key, shape) for layer in self.layers for key, shape in layer.statistics().items()]
        self.statistics = aligned_zeros((sum(rows * columns for *_, (rows, columns) in wanted),), self.dtype)
        start = 0
        for layer, key, shape in wanted:
            end = start + shape[0] * shape[1]
            setattr(layer, key, self.statistics[start:end].reshape(shape))
            start = end

    def _allocate_buffers(self) -> None:
        self._buffers = [
            (layer, key, aligned_zeros((self.capacity, width), self.dtype))
            for layer in self.layers
            for key, width in layer.buffers().items()
        ]
        self._dscores = aligned_zeros((self.capacity, self.layers[-1].n_out), self.dtype)
        self.resize(self.capacity)

    def resize(self, rows: int) -> None:
        """Make ready for batches of `rows` rows; raises ValueError if there is no memory for so many."""
        if rows > self.capacity:
            raise ValueError(f"a batch of {rows} rows was given to a network built for at most {self.capacity}")
        self.rows = rows
        for layer, key, buffer in self._buffers:
            setattr(layer, key, buffer[:rows])
        self.dscores = self._dscores[:rows]

    @property
    def weights(self) -> Array:
        """The penalised part of `parameters`."""
        return self.parameters[: self._penalised]

    def initialise(self, rng: np.random.Generator) -> None:
        """Set every parameter and statistic to its value before training."""
        for layer in self.layers:
            layer.initialise(rng)

    def draw(self, rng: np.random.Generator, rows: int) -> None:
        """Draw the randomness (dropout's masks) of the next training step, for a batch of `rows`."""
        if rows != self.rows:
            self.resize(rows)
        for layer in self.layers:
            layer.draw(rng)

    def keep_all(self, rows: int) -> None:
        """As `draw`, but nothing is dropped."""
        if rows != self.rows:
            self.resize(rows)
        for layer in self.layers:
            layer.keep_all()

    def forward(self, x: Array, *, train: bool) -> Array:
        """The scores of `x` (batch, n_in): (batch, n_out), in a buffer that the next call overwrites."""
        if len(x) != self.rows:
            self.resize(len(x))
        for layer in self.layers:
            x = layer.forward(x, train=train)
        return x

    def backward(self, scores: Array, targets: Array) -> None:
        """Fill `gradient` with the gradient of `cost` at the last training `forward`."""
        self.loss.gradient(scores, targets, self.dscores)
        dy = self.dscores
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        for penalty in self.penalties:
            penalty.add_gradient(self.weights, self.gradient[: self._penalised])

    def penalty(self) -> float:
        """The sum of the penalties."""
        return sum(penalty.value(self.weights) for penalty in self.penalties)

    def cost(self, x: Array, targets: Array) -> float:
        """What training minimises: the mean loss of the batch, in training mode, and the penalties."""
        return self.loss.value(self.forward(x, train=True), targets) + self.penalty()

    def chunks(self, x: Array) -> Iterator[tuple[slice, Array]]:
        """Scores in inference mode, in chunks of `capacity` rows: each chunk's place in `x`, and its scores."""
        for start in range(0, len(x), self.capacity):
            place = slice(start, min(start + self.capacity, len(x)))
            yield place, self.forward(x[place], train=False)


def _layer_names(layers: Sequence[Layer]) -> list[str]:
    """Each layer's kind, numbered from 1 among its like."""
    kinds = [layer.kind for layer in layers]
    return [f"{kind}_{kinds[: index + 1].count(kind)}" for index, kind in enumerate(kinds)]
