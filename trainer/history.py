"""What a training tells about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Epoch:
    """The state of a network after an epoch; losses are means a row, without penalties, in inference mode."""

    epoch: int  # from 1
    scores: Mapping[str, float]  # train_loss, train_<metric>, val_loss, val_<metric>


class End(StrEnum):
    """Why a training ended."""

    EPOCHS = "epochs"  # all of them are done
    PATIENCE = "patience"  # no better val_loss for too long
    STOPPED = "stopped"  # the caller said so
    DIVERGED = "diverged"  # a loss stopped being a finite number: that epoch is the last


@dataclass(frozen=True)
class Fit:
    """A training so far."""

    epochs: tuple[Epoch, ...]
    end: End
    best_epoch: int  # whose weights the network now has: with patience the best, else the last; 0: before the first

    @property
    def diverged(self) -> bool:
        """Whether a loss stopped being a finite number."""
        return self.end is End.DIVERGED

    @property
    def scores(self) -> Mapping[str, float]:
        """The scores of `best_epoch`."""
        return self.epochs[self.best_epoch - 1].scores if self.best_epoch else {}


OnEpoch = Callable[[Epoch], object]
"""Called after each epoch; a true answer ends the training."""
