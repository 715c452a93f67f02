"""What a running sweep tells its user is true."""

import io
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from hpsearch.cli.live import LiveView
from hpsearch.cli.progress import Progress, line
from hpsearch.cli.stopping import StopRequest
from hpsearch.cli.tally import Tally
from hpsearch.driver import Event
from hpsearch.records import Status
from hpsearch.summary import Summary

from .worlds import outcome_of, plan_of, rounds_of

TRIALS = [trial for planned in rounds_of(plan_of()) for trial in planned.trials]


class Timer:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def tally(timer: Timer) -> Tally:
    """Of a sweep of 22 trials that begins."""
    return Tally(Summary(Path("sweep"), 22, {}, "val_loss", None), timer)


def _after(tally: Tally, statuses: list[Status], running: int) -> list[float]:
    """Let trials end so; returns the scores of those that completed."""
    outcomes = tuple(outcome_of(trial, status=status) for trial, status in zip(TRIALS, statuses, strict=False))
    tally.observe(Event(outcomes, running, workers=2))
    return [outcome.result.scores["val_loss"] for outcome in outcomes if outcome.result.status is Status.COMPLETED]


def test_counts_and_the_best_are_those_of_the_outcomes(tally: Tally) -> None:
    scores = _after(tally, [Status.COMPLETED, Status.STOPPED, Status.COMPLETED, Status.FAILED, Status.COMPLETED], 2)
    assert tally.counts == {Status.COMPLETED: 3, Status.STOPPED: 1, Status.FAILED: 1}
    assert tally.best is not None
    assert tally.best[1] == min(scores)
    assert tally.best_settings == TRIALS[tally.best[0]].values


def test_the_time_left_follows_the_pace_and_counts_trials_under_way_as_half_done(tally: Tally, timer: Timer) -> None:
    assert tally.seconds_left() is None
    timer.now = 100.0
    tally.ready(2)  # starting took 100 s, which say nothing of the pace
    timer.now = 110.0
    _after(tally, [Status.COMPLETED] * 4, running=2)
    # In 10 s 4 trials and two halves were done; 18 are left, two of them half done: 17 trials at 0.5 a second.
    assert tally.seconds_left() == pytest.approx(34.0)
    assert tally.trials_per_second() == pytest.approx(0.4)


def test_at_the_end_no_time_is_left(tally: Tally, timer: Timer) -> None:
    timer.now = 3.0
    _after(tally, [Status.COMPLETED] * 22, running=0)
    assert tally.seconds_left() == 0.0


def test_what_an_earlier_process_did_counts_as_done_but_not_for_the_pace(timer: Timer) -> None:
    tally = Tally(Summary(Path("sweep"), 22, {Status.COMPLETED: 12}, "val_loss", {"trial": 1, "val_loss": -5.0}), timer)
    timer.now = 2.0
    _after(tally, [Status.COMPLETED] * 2, running=0)
    assert tally.done == 14
    assert tally.seconds_left() == pytest.approx(8.0)
    assert tally.best == (1, -5.0)


def test_a_line_and_the_live_view_say_the_same(tally: Tally, timer: Timer) -> None:
    timer.now = 10.0
    _after(tally, [Status.COMPLETED, Status.DIVERGED, Status.GATE_FAILED], running=2)
    screen = io.StringIO()
    view = LiveView(Console(file=screen, force_terminal=True, width=200, highlight=False))
    view.open("starting workers")
    view.show(tally)
    view.say("a sentence")
    view.close()
    for words in ("3/22 trials", "1 diverged", "1 gate failed", "2 running", "0.3 trials/s", "about 45 s left"):
        assert words in line(tally)
        assert words in screen.getvalue()
    assert "a sentence\n" in screen.getvalue()
    assert "learning_rate=" in screen.getvalue()


def test_no_line_of_the_live_view_is_longer_than_the_terminal(tally: Tally, timer: Timer) -> None:
    timer.now = 10.0
    _after(tally, [Status.COMPLETED] * 3, running=2)
    screen = io.StringIO()
    view = LiveView(Console(file=screen, force_terminal=True, width=60, color_system=None))
    view.open("x" * 200)
    view.show(tally)
    view.close()
    shown = re.sub(r"\x1b\[[0-9?]*[a-zA-Z]|\r", "\n", screen.getvalue()).splitlines()
    assert max(map(len, shown)) == 60


def test_more_trials_than_workers_are_said_to_run_side_by_side(tally: Tally) -> None:
    for running in (2, 3):
        _after(tally, [], running)
        assert ("3 running side by side" in line(tally)) == (running == 3)


def test_nobody_reading_any_more_ends_no_sweep_and_still_the_wish_to_stop_is_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    unread = os.fdopen(writing, "w")
    stop = StopRequest("hpsearch resume sweep")
    for tell in (lambda: Progress(quiet=False).say("3/22 trials"), lambda: stop.answer(signal.SIGTERM, None)):
        monkeypatch.setattr(sys, "stderr", unread)
        tell()
        sys.stderr.close()
    assert stop.requested()
    with suppress(BrokenPipeError):
        unread.close()
