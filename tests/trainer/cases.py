"""A case for every registered layer, and memory for a layer that stands alone."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

from tests.trainer import twins
from trainer.arrays import Array
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, LAYERS, BatchNorm, Dense, Dropout, Layer
from trainer.losses import LOSSES, Loss, LossSettings
from trainer.memory import Memory
from trainer.network import Network
from trainer.optimizers import OPTIMIZERS, Rates

WIDTH = 5
RATE = 0.4


@dataclass(frozen=True)
class LayerCase:
    """How to build a layer of `WIDTH` inputs, and what it should compute."""

    build: Callable[[], Layer]
    twin: twins.Twin


ACTIVATION_TWINS: Mapping[str, Callable[[float], float]] = {
    "relu": twins.relu,
    "tanh": math.tanh,
    "sigmoid": twins.sigmoid,
    "leaky_relu": lambda number: number if number > 0 else 0.01 * number,
    "elu": lambda number: number if number > 0 else math.expm1(number),
    "gelu": twins.gelu,
    "identity": lambda number: number,
}

LAYER_CASES: Mapping[type[Layer], Mapping[str, LayerCase]] = {
    Dense: {
        "dense": LayerCase(lambda: Dense(WIDTH, 3, initializer=he), twins.dense),
        "dense without bias": LayerCase(lambda: Dense(WIDTH, 3, initializer=he, bias=False), twins.dense),
    },
    BatchNorm: {"batch_norm": LayerCase(lambda: BatchNorm(WIDTH), twins.batch_norm)},
    Dropout: {"dropout": LayerCase(lambda: Dropout(WIDTH, RATE), twins.dropout)},
    **{
        ACTIVATIONS[kind]: {kind: LayerCase(lambda kind=kind: ACTIVATIONS[kind](WIDTH), twins.elementwise(function))}
        for kind, function in ACTIVATION_TWINS.items()
        if kind in ACTIVATIONS
    },
}

every_layer = pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=name) for layer in LAYERS for name, case in LAYER_CASES.get(layer, {}).items()],
)
"""Over every registered layer; `test_registries.py` fails if one has no case."""


def given_memory(
    layer: Layer,
    rows: int,
    rng: np.random.Generator,
    *,
    stack: tuple[int, ...] = (),
    dtype: npt.DTypeLike = np.float64,
) -> Layer:
    """The layer with memory of its own, as a network would set it, random parameters and a first draw."""
    shapes = dict(layer.tensors()) | {f"d{key}": shape for key, shape in layer.tensors().items()}
    shapes |= dict(layer.statistics()) | {f"new_{key}": shape for key, shape in layer.statistics().items()}
    for key, shape in shapes.items():
        setattr(layer, key, np.zeros((*stack, *shape), dtype))
    Memory([layer], stack, rows, dtype).resize(rows)
    for key in layer.tensors():
        tensor = getattr(layer, key)
        tensor[...] = rng.normal(1.0, 0.5, tensor.shape)
    for key in layer.statistics():
        statistic = getattr(layer, key)
        statistic[...] = rng.uniform(0.5, 2.0, statistic.shape)
    layer.draw([rng] * (stack[0] if stack else 1))
    return layer


def loss_of(kind: str, scores: Array, settings: LossSettings | None = None) -> Loss:
    """The loss with memory for scores of this shape."""
    rows, n_out = scores.shape
    loss = LOSSES[kind](n_out, settings)
    Memory([loss], (), rows, scores.dtype).resize(rows)
    return loss


class Steps:
    """An optimizer of a lone vector of parameters."""

    def __init__(self, kind: str, parameters: Array, beta: float) -> None:
        self.network = SimpleNamespace(
            parameters=parameters,
            gradient=np.zeros_like(parameters),
            dtype=parameters.dtype,
            penalised=parameters.size,
            penalties=(),
            stack=(),
        )
        self.optimizer = OPTIMIZERS[kind](cast("Network", self.network), Rates(beta=beta, weight_decay=0.0))

    def step(self, gradient: Array, learning_rate: float) -> None:
        self.network.gradient[...] = gradient
        self.optimizer.set_learning_rate(learning_rate)
        self.optimizer.step()


def state(layer: Layer) -> dict[str, Array]:
    """What a layer's output depends on beside its input."""
    keys = [*layer.tensors(), *layer.statistics(), *(["mask"] if isinstance(layer, Dropout) else [])]
    return {key: getattr(layer, key) for key in keys}


def central_differences(cost: Callable[[], float], point: Array, h: float = 1e-5) -> Array:
    """The slope of `cost` along every element of `point`, which is moved in place."""
    slopes = np.empty_like(point)
    for index in np.ndindex(point.shape):
        original = point[index]
        point[index] = original + h
        above = cost()
        point[index] = original - h
        slopes[index] = (above - cost()) / (2 * h)
        point[index] = original
    return slopes
