"""The engine without Ray: in this process, for debugging."""

import os
import time
from collections.abc import Sequence
from typing import ClassVar

from hpsearch.engine.base import Engine
from hpsearch.numeric_platform import numeric_platform
from hpsearch.objective import Task, Worker, run_trials
from hpsearch.records import Outcome, Trial


class SerialEngine(Engine):
    """Runs submitted trials within `wait`."""

    kind: ClassVar[str] = "serial"

    def __init__(self, task: Task) -> None:
        self._task = task
        self._worker = Worker(
            "serial", os.uname().nodename, numeric_platform(task.config.run.resources.cpus), time.time, time.monotonic
        )
        self._waiting: list[Trial] = []

    @property
    def free(self) -> int:
        return 0 if self._waiting else 1

    @property
    def workers(self) -> int:
        return 1

    def submit(self, trials: Sequence[Trial]) -> None:
        self._waiting.extend(trials)

    def wait(self, timeout_s: float) -> list[Outcome]:
        trials, self._waiting = self._waiting, []
        return run_trials(self._task, trials, self._worker)

    def close(self) -> None:
        self._waiting = []
