"""Learning-rate schedules: what the learning rate is multiplied by in the course of training."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Which schedule, and its settings. Time is counted in epochs, as a real number, and a step's is that of its end.

    So a factor that holds for an interval holds up to and including its end.
    """

    kind: str = "constant"
    epochs: int = 20  # cosine: when the end is reached
    warmup: float = 0.0  # epochs in which the factor first grows linearly from 0 to 1; 0: none
    decay: float | None = None  # step: what each step multiplies by (½); exponential: the factor of an epoch (0.95)
    decay_every: int = 10  # step: epochs between steps
    decay_times: int | None = None  # step: the most steps; None: no limit

    def factor(self, epoch: float) -> float:
        """The factor at time `epoch` (0 at the start; in the middle of the first epoch 0.5)."""
        warm = min(1.0, epoch / self.warmup) if self.warmup > 0 else 1.0
        return warm * SCHEDULES[self.kind](self, epoch)


def constant(_schedule: Schedule, _epoch: float) -> float:
    """1."""
    return 1.0


def step(schedule: Schedule, epoch: float) -> float:
    """decayᵏ after k · `decay_every` epochs, k at most `decay_times`: by default halved (as in He et al. 2016)."""
    steps = _whole(epoch / schedule.decay_every)
    most = steps if schedule.decay_times is None else schedule.decay_times
    return float((0.5 if schedule.decay is None else schedule.decay) ** min(steps, most))


def exponential(schedule: Schedule, epoch: float) -> float:
    """decay^epoch, with whole epochs: the same factor again each epoch (Senior, Heigold, Ranzato, Yang 2013)."""
    return float((0.95 if schedule.decay is None else schedule.decay) ** _whole(epoch))


def cosine(schedule: Schedule, epoch: float) -> float:
    """(1 + cos(π t)) / 2 where t goes from 0 to 1 over what follows the warm-up (Loshchilov, Hutter 2017, eq. 5)."""
    rest = schedule.epochs - schedule.warmup
    t = (epoch - schedule.warmup) / rest if rest > 0 else 0.0
    return (1 + math.cos(math.pi * min(1.0, max(0.0, t)))) / 2


def _whole(intervals: float) -> int:
    """How many intervals are over; one that ends just now is not."""
    return max(0, math.ceil(intervals) - 1)


SCHEDULES: Mapping[str, Callable[[Schedule, float], float]] = {
    rule.__name__: rule for rule in (constant, step, exponential, cosine)
}
