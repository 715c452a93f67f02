"""How a network is trained: settings."""

import math
from dataclasses import dataclass

from trainer.checks import (
    require,
    require_count,
    require_fraction,
    require_not_negative,
    require_one_of,
    require_positive,
)
from trainer.optimizers import OPTIMIZERS
from trainer.schedules import SCHEDULES, Schedule


@dataclass(frozen=True)
class Training:
    """The settings of a training. A setting that the optimizer or schedule does not know has no effect."""

    optimizer: str = "adamw"
    learning_rate: float = 0.01
    beta: float = 0.9  # momentum's coefficient; decay of Adam's first moment
    beta2: float = 0.999  # decay of the average square in RMSprop, Adam, AdamW
    epsilon: float = 1e-8  # in the denominator of RMSprop, Adam, AdamW
    weight_decay: float = 0.2  # AdamW's, decoupled from the gradient
    clip: float | None = None  # the gradient's largest norm
    max_norm: float | None = None  # the largest norm of a unit's incoming weights
    schedule: str = "cosine"
    warmup: float = 0.0  # epochs
    decay: float | None = None  # of the schedules step (½) and exponential (0.95)
    decay_every: int = 10  # epochs, of the schedule step
    decay_times: int | None = None  # of the schedule step; None: no limit
    batch_size: int = 32
    epochs: int = 20
    patience: int | None = None  # epochs without a better val_loss after which to stop, and go back to the best

    def __post_init__(self) -> None:
        require_one_of("optimizer", self.optimizer, OPTIMIZERS)
        require_one_of("schedule", self.schedule, SCHEDULES)
        require_positive("learning_rate", self.learning_rate)
        require(self.learning_rate < math.inf, "learning_rate", self.learning_rate, "above 0 and finite")
        for name in ("beta", "beta2"):
            require_fraction(name, getattr(self, name))
        for name in ("weight_decay", "warmup"):
            require_not_negative(name, getattr(self, name))
        for name in ("epsilon", "clip", "max_norm", "decay"):
            if getattr(self, name) is not None or name == "epsilon":
                require_positive(name, getattr(self, name))
        for name in ("batch_size", "epochs", "decay_every", "decay_times", "patience"):
            if getattr(self, name) is not None or name not in {"decay_times", "patience"}:
                require_count(name, getattr(self, name))

    def rates(self) -> Schedule:
        """The schedule of the learning rate."""
        return Schedule(self.schedule, self.epochs, self.warmup, self.decay, self.decay_every, self.decay_times)
