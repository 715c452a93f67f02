"""The engine without Ray: in this process, for debugging."""

import time
from collections.abc import Sequence

from hpsearch.engine.base import Engine, Objective
from hpsearch.objective import Worker
from hpsearch.records import Outcome, Trial


class SerialEngine(Engine):
    """Runs submitted trials within `wait`."""

    def __init__(self, objective: Objective, *, cpus: int) -> None:
        self._objective = objective
        self._worker = Worker.here("serial", cpus, time.time)
        self._waiting: list[Sequence[Trial]] = []

    @property
    def free(self) -> int:
        return 0 if self._waiting else 1

    @property
    def workers(self) -> int:
        return 1

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        self._waiting.extend(stacks)

    def wait(self, timeout_s: float) -> list[Outcome]:
        stacks, self._waiting = self._waiting, []
        return [outcome for stack in stacks for outcome in self._objective(stack, self._worker)]

    def close(self) -> None:
        self._waiting = []
