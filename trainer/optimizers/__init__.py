"""Optimizers: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from trainer.optimizers.adam import Adam
from trainer.optimizers.adamw import AdamW
from trainer.optimizers.base import Block, Optimizer, Rates
from trainer.optimizers.clipping import clip_norm
from trainer.optimizers.momentum import Momentum
from trainer.optimizers.nesterov import Nesterov
from trainer.optimizers.rmsprop import RMSprop
from trainer.optimizers.sgd import SGD

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    optimizer.kind: optimizer for optimizer in (SGD, Momentum, Nesterov, RMSprop, Adam, AdamW)
}

__all__ = ["OPTIMIZERS", "Block", "Optimizer", "Rates", "clip_norm"]
