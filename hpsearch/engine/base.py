"""What an engine is: it runs trials somewhere and says what came of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from hpsearch.objective import Worker
from hpsearch.records import Outcome, Trial

Objective = Callable[[Sequence[Trial], Worker], list[Outcome]]
"""What a worker does with trials that can be trained side by side; must not raise for a trial's own failure."""


class Engine(ABC):
    """Workers for one sweep. Every trial submitted comes back from `wait` exactly once, in any order."""

    @property
    @abstractmethod
    def free(self) -> int:
        """How many workers have nothing to do."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many workers there are."""

    @abstractmethod
    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        """Give trials to a free worker, which runs one stack after another, those of a stack side by side."""

    @abstractmethod
    def wait(self, timeout_s: float) -> list[Outcome]:
        """Outcomes since the last call; waits up to `timeout_s` for the first."""

    @abstractmethod
    def close(self) -> None:
        """End the workers; trials under way are dropped."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
