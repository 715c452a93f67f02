"""When to stop: at Ctrl-C or SIGTERM, after the trials under way, at a second one at once; when the time is used up."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hpsearch.cli.saying import say
from hpsearch.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def answering_signals(answer: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `answer` at Ctrl-C and at SIGTERM for as long as this is entered."""
    heard = SIGNALS if threading.current_thread() is threading.main_thread() else ()  # elsewhere none arrive
    before = {number: signal.signal(number, answer) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class StopRequest:
    """Whether the user has asked to stop, and the seconds since it was made."""

    def __init__(self, go_on: str, time_budget_s: float | None = None) -> None:
        """`go_on`: what to do later to go on, for the user."""
        self._go_on = go_on
        self._requested = False
        self._end = None if time_budget_s is None else time.monotonic() + time_budget_s

    def requested(self) -> bool:
        """Whether the user has asked to stop."""
        return self._requested

    def due(self) -> bool:
        """Whether no more trials are to be begun."""
        return self._requested or (self._end is not None and time.monotonic() >= self._end)

    def answer(self, _number: int, _frame: FrameType | None) -> None:
        """Take note of a signal; raises Interrupted at the second."""
        if self._requested:
            raise Interrupted(f"ended at once; what was counted is safe, go on by: {self._go_on}")
        self._requested = True
        say("Stopping when the trials under way are done; once more to end at once.")
