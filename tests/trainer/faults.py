"""Faults that a gradient check must catch: one layer, loss or penalty of a real network, spoiled."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from trainer.arrays import Array
from trainer.layers import ACTIVATIONS, Layer
from trainer.network import Network

Change = Callable[[Layer, Array], None]
"""(layer, dy): what is changed after the layer's honest `backward`."""


@dataclass(frozen=True)
class Fault:
    """A change of the second layer of a kind."""

    kind: str
    name: str
    change: Change
    guilty: str = ""  # the tensor that must be named, if the fault is in a tensor's gradient
    with_dropout_only: bool = False  # whether it shows only where something is dropped

    def put_into(self, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
        """Spoil the layer for the length of a test."""
        layer = network.layers[network.names.index(self.layer)]
        honest = layer.backward

        def backward(dy: Array) -> Array:
            before = dy.copy()  # a layer may write its dx over dy
            monkeypatch.setattr(layer, "dx", honest(dy), raising=False)
            self.change(layer, before)
            return layer.dx

        monkeypatch.setattr(layer, "backward", backward)

    @property
    def layer(self) -> str:
        return f"{self.kind}_2"


def scaled(name: str, factor: float) -> Change:
    def change(layer: Layer, _dy: Array) -> None:
        array = getattr(layer, name)
        array *= factor

    return change


def over_batch(name: str) -> Change:
    def change(layer: Layer, dy: Array) -> None:
        array = getattr(layer, name)
        array /= len(dy)

    return change


def _without_mean(layer: Layer, dy: Array) -> None:
    layer.dx += layer.scale * layer.dbeta / len(dy)


def _without_projection(layer: Layer, dy: Array) -> None:
    layer.dx += layer.scale * layer.centred / layer.deviation * layer.dgamma / len(dy)


def _without_gamma(layer: Layer, _dy: Array) -> None:
    layer.dx /= layer.gamma


def _unsummed(layer: Layer, dy: Array) -> None:
    layer.db[...] = dy[0]


def _slope_forgotten(layer: Layer, dy: Array) -> None:
    np.copyto(layer.dx, dy)


_DENSE = (
    Fault("dense", "sign of dW", scaled("dW", -1), "dense_2.W"),
    Fault("dense", "dW over the batch again", over_batch("dW"), "dense_2.W"),
    Fault("dense", "dW half as large", scaled("dW", 0.5), "dense_2.W"),
    Fault("dense", "one in a thousand too much in dW", scaled("dW", 1.001), "dense_2.W"),
    Fault("dense", "sign of dx", scaled("dx", -1)),
    Fault("dense", "dx over the batch again", over_batch("dx")),
    Fault("dense", "no dx", scaled("dx", 0)),
    Fault("dense", "sign of db", scaled("db", -1), "dense_2.b"),
    Fault("dense", "db over the batch again", over_batch("db"), "dense_2.b"),
    Fault("dense", "db of one row", _unsummed, "dense_2.b"),
)
_BATCH_NORM = (
    Fault("batch_norm", "sign of dgamma", scaled("dgamma", -1), "batch_norm_2.gamma"),
    Fault("batch_norm", "sign of dbeta", scaled("dbeta", -1), "batch_norm_2.beta"),
    Fault("batch_norm", "dgamma over the batch again", over_batch("dgamma"), "batch_norm_2.gamma"),
    Fault("batch_norm", "dbeta over the batch again", over_batch("dbeta"), "batch_norm_2.beta"),
    Fault("batch_norm", "sign of dx", scaled("dx", -1)),
    Fault("batch_norm", "mean(dy) dropped", _without_mean),
    Fault("batch_norm", "mean(dy · x̂) dropped", _without_projection),
    Fault("batch_norm", "γ dropped", _without_gamma),
)


_ACTIVATIONS = tuple(
    fault
    for kind in ACTIVATIONS
    for fault in (
        Fault(kind, "sign of dx", scaled("dx", -1)),
        *([] if kind == "identity" else [Fault(kind, "slope dropped", _slope_forgotten)]),
        Fault(kind, "dx over the batch again", over_batch("dx")),
    )
)
_DROPOUT = (
    Fault("dropout", "sign of dx", scaled("dx", -1)),
    Fault("dropout", "mask dropped", _slope_forgotten, with_dropout_only=True),
    Fault("dropout", "scale dropped", scaled("dx", 0.7)),
)
FAULTS = (*_DENSE, *_BATCH_NORM, *_ACTIVATIONS, *_DROPOUT)
