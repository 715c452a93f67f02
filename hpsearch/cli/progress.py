"""The state of a running sweep: a live view on a terminal, otherwise a line every few seconds."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hpsearch.cli.saying import say
from hpsearch.cli.tally import Tally, pace
from hpsearch.driver import Event
from hpsearch.summary import Summary
from hpsearch.words import counted

if TYPE_CHECKING:
    from hpsearch.cli.live import LiveView

REDRAW_S = 0.2
PRINT_S = 5.0


class Progress:
    """Writes to standard error, which leaves standard output to results."""

    def __init__(self, *, quiet: bool, write: Callable[[str], None] | None = None) -> None:
        """`write` is given each sentence, if they are not to go to standard error."""
        self._quiet, self._write = quiet, write
        self._view: LiveView | None = None
        self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._quiet and self._write is None:
            from rich.console import Console

            from hpsearch.cli.live import LiveView

            self._view = LiveView(Console(stderr=True, highlight=False))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._view:
            self._view.close()

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        if self._view:
            self._view.say(sentence)
        elif self._write:
            self._write(sentence)
        elif not self._quiet:
            say(sentence)

    def started(self, summary: Summary) -> None:
        """Take note of what was there before the work began."""
        self._tally = Tally(summary, time.monotonic)
        begun = f", {summary.done} done" if summary.done else ""
        self._title = f"{summary.path}: {counted(summary.planned, 'trial')}{begun}"
        if self._view:
            self._view.open(f"{self._title}, starting workers")

    def ready(self, workers: int) -> None:
        """Take note of how many trials can run at once."""
        self._tally.ready(workers)
        self._shown_at = time.monotonic()
        self.say(f"{self._title}, {counted(workers, 'worker')}")

    def observe(self, event: Event) -> None:
        """Count what has become durable, and show it if it is time to."""
        self._tally.observe(event)
        now = time.monotonic()
        if not self._quiet and now - self._shown_at >= (REDRAW_S if self._view else PRINT_S):
            self._shown_at = now
            self._view.show(self._tally) if self._view else self.say(line(self._tally))


def line(tally: Tally) -> str:
    """The state of a sweep in one line."""
    parts = [f"{tally.done}/{tally.planned} trials"]
    parts += [f"{count} {status.replace('_', ' ')}" for status, count in tally.counts.items() if status != "completed"]
    if tally.best:
        parts.append(f"best {tally.metric} {tally.best[1]:.4g} ({tally.unit} {tally.best[0]})")
    beside = " side by side" if tally.running > tally.workers else ""
    parts += [f"{tally.running} running{beside}", *pace(tally)]
    return " · ".join(parts)
