"""When to stop: at Ctrl-C or SIGTERM, after the trials under way, at a second one at once; when the time is used up."""

import signal
import sys
import time
from types import FrameType, TracebackType
from typing import Self

from hpsearch.errors import Interrupted
from hpsearch.location import Location

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Listens for signals while it is entered, and counts the seconds since it was made."""

    def __init__(self, sweep: Location, time_budget_s: float | None = None) -> None:
        self._sweep = sweep
        self._requested = False
        self._end = None if time_budget_s is None else time.monotonic() + time_budget_s

    def requested(self) -> bool:
        """Whether the user has asked to stop."""
        return self._requested

    def due(self) -> bool:
        """Whether no more trials are to be begun."""
        return self._requested or (self._end is not None and time.monotonic() >= self._end)

    def __enter__(self) -> Self:
        self._before = [signal.signal(number, self._handle) for number in SIGNALS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in zip(SIGNALS, self._before, strict=True):
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._requested:
            raise Interrupted(f"ended at once; what was counted is safe, go on by: hpsearch resume {self._sweep}")
        self._requested = True
        # Not by typer.echo, which would write past a live view and into the middle of it.
        sys.stderr.write("Stopping when the trials under way are done; once more to end at once.\n")
        sys.stderr.flush()
