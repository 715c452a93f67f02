"""How a network is trained: settings."""

import math
from dataclasses import dataclass

from trainer.errors import TrainerError
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
        _require(self.optimizer in OPTIMIZERS, "optimizer", self.optimizer, f"one of {', '.join(OPTIMIZERS)}")
        _require(self.schedule in SCHEDULES, "schedule", self.schedule, f"one of {', '.join(SCHEDULES)}")
        _require(0 < self.learning_rate < math.inf, "learning_rate", self.learning_rate, "above 0")
        for name in ("beta", "beta2"):
            _require(0 <= getattr(self, name) < 1, name, getattr(self, name), "at least 0 and below 1")
        for name in ("epsilon", "clip", "max_norm", "decay"):
            value = getattr(self, name)
            _require(value is None or value > 0, name, value, "above 0")
        for name in ("weight_decay", "warmup"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "at least 0")
        for name in ("batch_size", "epochs", "decay_every", "decay_times", "patience"):
            value = getattr(self, name)
            _require(value is None or value >= 1, name, value, "at least 1")

    def rates(self) -> Schedule:
        """The schedule of the learning rate."""
        return Schedule(self.schedule, self.epochs, self.warmup, self.decay, self.decay_every, self.decay_times)


def _require(holds: bool, name: str, value: object, rule: str) -> None:
    if not holds:
        raise TrainerError(f"{name} must be {rule}; it is {value!r}")
