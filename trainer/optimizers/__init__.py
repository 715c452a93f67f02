"""Optimizers: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from trainer.optimizers.adam import Adam
from trainer.optimizers.base import Optimizer
from trainer.optimizers.momentum import Momentum
from trainer.optimizers.sgd import SGD

OPTIMIZERS: Mapping[str, type[Optimizer]] = {optimizer.kind: optimizer for optimizer in (SGD, Momentum, Adam)}

__all__ = ["OPTIMIZERS", "Optimizer"]
