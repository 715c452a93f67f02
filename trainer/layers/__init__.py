"""Layers: one a file. To add an activation, write its file and list it here."""

from collections.abc import Mapping

from trainer.layers.activation import Activation
from trainer.layers.base import Layer
from trainer.layers.batch_norm import BatchNorm
from trainer.layers.dense import Dense
from trainer.layers.dropout import Dropout
from trainer.layers.elu import Elu
from trainer.layers.gelu import Gelu
from trainer.layers.identity import Identity
from trainer.layers.leaky_relu import LeakyRelu
from trainer.layers.relu import Relu
from trainer.layers.sigmoid import Sigmoid
from trainer.layers.tanh import Tanh

ACTIVATIONS: Mapping[str, type[Activation]] = {
    layer.kind: layer for layer in (Relu, LeakyRelu, Elu, Gelu, Tanh, Sigmoid, Identity)
}

LAYERS: tuple[type[Layer], ...] = (Dense, BatchNorm, *ACTIVATIONS.values(), Dropout)
"""Every layer that a network can be built from; the contract tests run over this."""

__all__ = ["ACTIVATIONS", "LAYERS", "Activation", "BatchNorm", "Dense", "Dropout", "Layer"]
