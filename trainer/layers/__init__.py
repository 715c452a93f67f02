"""Layers: one idea a file. To add an activation, write it in `activations.py` and list it there."""

from trainer.layers.activations import ACTIVATIONS, Activation
from trainer.layers.base import Layer
from trainer.layers.batch_norm import BatchNorm
from trainer.layers.dense import Dense
from trainer.layers.dropout import Dropout

LAYERS: tuple[type[Layer], ...] = (Dense, BatchNorm, *ACTIVATIONS.values(), Dropout)
"""Every layer that a network can be built from; the contract tests run over this."""

__all__ = ["ACTIVATIONS", "LAYERS", "Activation", "BatchNorm", "Dense", "Dropout", "Layer"]
