"""A case for every registered layer, and memory for a layer that stands alone."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from tests.trainer import twins
from trainer.arrays import Array
from trainer.initializers import he
from trainer.layers import ACTIVATIONS, LAYERS, BatchNorm, Dense, Dropout, Layer

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
    shapes = dict(layer.tensors())
    shapes |= {f"d{key}": shape for key, shape in layer.tensors().items()} | dict(layer.statistics())
    shapes |= {key: (rows, width) for key, width in layer.buffers().items()}
    for key, shape in shapes.items():
        setattr(layer, key, np.zeros((*stack, *shape), dtype))
    layer.initialise(rng)
    for key in layer.tensors():
        tensor = getattr(layer, key)
        tensor[...] = rng.normal(1.0, 0.5, tensor.shape)
    for key in layer.statistics():
        statistic = getattr(layer, key)
        statistic[...] = rng.uniform(0.5, 2.0, statistic.shape)
    layer.draw(rng)
    return layer


def state(layer: Layer) -> dict[str, Array]:
    """What a layer's output depends on beside its input."""
    keys = [*layer.tensors(), *layer.statistics(), *(key for key in layer.buffers() if key == "mask")]
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
