"""The state of a running sweep in one line: redrawn on a terminal, otherwise printed every few seconds."""

import shutil
import sys
import time
from collections import Counter
from statistics import fmean
from types import TracebackType
from typing import Self

import typer

from hpsearch.cli.tables import counted
from hpsearch.driver import Event
from hpsearch.objective import maximise
from hpsearch.records import Outcome, Status, Trial
from hpsearch.summary import Summary

REDRAW_S = 0.2
PRINT_S = 5.0
CLEAR_LINE = "\r\x1b[2K"


class Progress:
    """Writes to standard error, which leaves standard output to results."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._shown_at = time.monotonic()
        self._durations = 0.0
        self._finished_here = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal and not self._quiet:
            typer.echo(CLEAR_LINE, nl=False, err=True)

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        if not self._quiet:
            typer.echo((CLEAR_LINE if self._terminal else "") + sentence, err=True)

    def started(self, summary: Summary) -> None:
        """Take note of what was there before the work began."""
        self._planned = summary.planned
        self._metric = summary.metric
        self._counts = Counter(summary.counts)
        self._repeats = summary.repeats
        self._scores = {number: list(scores) for number, scores in summary.scores.items()}
        self._best = (summary.best[self._unit], summary.best[summary.metric]) if summary.best else None
        begun = f", {summary.done} done" if summary.done else ""
        self._title = f"{summary.path}: {counted(summary.planned, 'trial')}{begun}"
        if self._terminal:
            self._redraw(f"{self._title}, starting workers")

    def ready(self, workers: int) -> None:
        """Take note of how many trials can run at once."""
        self._workers = workers
        self.say(f"{self._title}, {counted(workers, 'worker')}")

    def observe(self, event: Event) -> None:
        """Count what has become durable, and show it if it is time to."""
        for outcome in event.outcomes:
            self._count(outcome)
        now = time.monotonic()
        if not self._quiet and now - self._shown_at >= (REDRAW_S if self._terminal else PRINT_S):
            self._shown_at = now
            line = self._line(event.running)
            self._redraw(line) if self._terminal else self.say(line)

    def _redraw(self, line: str) -> None:
        if not self._quiet:
            width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be cleared
            typer.echo(f"{CLEAR_LINE}{line[:width]}", nl=False, err=True)

    def _count(self, outcome: Outcome) -> None:
        self._counts[outcome.result.status] += 1
        self._durations += outcome.place.duration_s
        self._finished_here += 1
        if outcome.result.status is Status.COMPLETED:
            self._compare(outcome.trial, outcome.result.scores[self._metric])

    @property
    def _unit(self) -> str:
        """What is ranked."""
        return "trial" if self._repeats == 1 else "configuration"

    def _compare(self, trial: Trial, score: float) -> None:
        """Note the best; a configuration counts once all of its trials have completed."""
        number = trial.number if trial.configuration is None else trial.configuration
        scores = [*self._scores.pop(number, []), score]
        if len(scores) < self._repeats:
            self._scores[number] = scores
            return
        sign, mean = -1 if maximise(self._metric) else 1, fmean(scores)
        if self._best is None or (sign * mean, number) < (sign * self._best[1], self._best[0]):
            self._best = (number, mean)

    def _line(self, running: int) -> str:
        done = sum(self._counts.values())
        parts = [f"{done}/{self._planned} trials"]
        parts += [
            f"{count} {status.replace('_', ' ')}" for status, count in self._counts.items() if status != "completed"
        ]
        if self._best:
            parts.append(f"best {self._metric} {self._best[1]:.4g} ({self._unit} {self._best[0]})")
        parts.append(f"{running} running")
        if self._finished_here:
            parts.append(f"about {self._seconds_left(done, running):.0f} s left")
        return " · ".join(parts)

    def _seconds_left(self, done: int, running: int) -> float:
        """Trials not begun take a mean duration each, those running half of one on average."""
        mean = self._durations / self._finished_here
        return mean * (self._planned - done - running / 2) / self._workers
