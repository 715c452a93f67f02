"""Values that are made anew only when somebody asks, something has changed, and the last making was long enough ago."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Paced(Generic[T]):
    """A value for any number of threads that ask; they get the same one, and wait while it is made."""

    def __init__(self, least_s: float, rest: float, clock: Callable[[], float]) -> None:
        """At least `least_s` seconds, and `rest` times the processor time of the last making, pass between two makings.

        So however many ask, and however large the value grows, it takes 1 / (1 + `rest`) of a processor at most.
        """
        self._least_s, self._rest, self._clock = least_s, rest, clock
        self._lock = threading.Lock()
        self._made: tuple[Hashable, T] | None = None
        self._due = -float("inf")

    @property
    def is_made(self) -> bool:
        """Whether there is a value already."""
        return self._made is not None

    def is_behind(self, state: Hashable) -> bool:
        """Whether it would be made anew for this state, were it asked for now."""
        return self._clock() >= self._due and (self._made is None or state != self._made[0])

    def __call__(
        self, state: Callable[[], Hashable], make: Callable[[], T], stale: Callable[[], bool] = lambda: False
    ) -> T:
        """The value; made by `make` if `state()`, which is read first, is another than when it was last made.

        Also if it is `stale()` in spite of that.
        """
        with self._lock:
            if self._made is not None and self._clock() < self._due:
                return self._made[1]
            began, found = time.thread_time(), state()
            if self._made is None or found != self._made[0] or stale():
                self._made = found, make()
            self._due = self._clock() + max(self._least_s, self._rest * (time.thread_time() - began))
            return self._made[1]
