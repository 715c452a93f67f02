"""What an engine is: it runs trials somewhere and says what came of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import ClassVar, Self

from hpsearch.records import Outcome, Trial


class Engine(ABC):
    """Workers for one sweep. Every trial submitted comes back from `wait` exactly once, in any order."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def free(self) -> int:
        """How many workers have nothing to do."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many workers there are."""

    @abstractmethod
    def submit(self, trials: Sequence[Trial]) -> None:
        """Give trials to a free worker, which trains them side by side if there are several."""

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
