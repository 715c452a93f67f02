"""Losses: one a file. To add one, write its file and list it here."""

from collections.abc import Mapping

from trainer.losses.base import Loss
from trainer.losses.softmax_cross_entropy import SoftmaxCrossEntropy

LOSSES: Mapping[str, type[Loss]] = {loss.kind: loss for loss in (SoftmaxCrossEntropy,)}

__all__ = ["LOSSES", "Loss"]
