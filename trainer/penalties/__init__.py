"""Penalties on the size of weights: one a file. To add a cost, write its file and list it here."""

from collections.abc import Mapping

from trainer.penalties.base import Penalty
from trainer.penalties.l1 import L1
from trainer.penalties.l2 import L2
from trainer.penalties.max_norm import MaxNorm

PENALTIES: Mapping[str, type[Penalty]] = {penalty.kind: penalty for penalty in (L1, L2)}

__all__ = ["PENALTIES", "MaxNorm", "Penalty"]
