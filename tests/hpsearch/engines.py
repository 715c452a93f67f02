"""Engines without workers: trials end in any order and after any delay, each with the outcome it always has."""

from collections.abc import Callable, Sequence

import numpy as np

from hpsearch.engine import Engine
from hpsearch.records import Outcome, Trial

from .worlds import outcome_of


class Disorder(Engine):
    """An engine whose trials take as long as chance has it, on `slots` workers."""

    def __init__(self, slots: int, seed: int, outcome: Callable[[Trial], Outcome] = outcome_of) -> None:
        self.slots, self.outcome = slots, outcome
        self.rng = np.random.default_rng(seed)
        self.under_way: list[list[Trial]] = []  # for each worker that is busy
        self.most = 0
        self.submitted: list[list[Trial]] = []
        self.stacks: list[list[Trial]] = []

    @property
    def seen(self) -> list[int]:
        return [trial.number for trials in self.submitted for trial in trials]

    @property
    def free(self) -> int:
        return self.slots - len(self.under_way)

    @property
    def workers(self) -> int:
        return self.slots

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        assert self.free
        assert all(stacks)
        trials = [trial for stack in stacks for trial in stack]
        self.stacks.extend(list(stack) for stack in stacks)
        self.under_way.append(list(trials))
        self.submitted.append(list(trials))
        self.most = max(self.most, sum(len(each) for each in self.under_way))

    def wait(self, timeout_s: float) -> list[Outcome]:
        self.rng.shuffle(self.under_way)
        done = [self.under_way.pop() for _ in range(self.rng.integers(0, len(self.under_way) + 1))]
        return [self.outcome(trial) for trials in done for trial in trials]

    def close(self) -> None:
        self.under_way = []


class InOrder(Disorder):
    """One worker, whose trials end within `wait`: the obvious engine, whose rows all others must give."""

    def __init__(self, outcome: Callable[[Trial], Outcome] = outcome_of) -> None:
        super().__init__(1, 0, outcome)

    def wait(self, timeout_s: float) -> list[Outcome]:
        done, self.under_way = self.under_way, []
        return [self.outcome(trial) for trials in done for trial in trials]
