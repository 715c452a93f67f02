"""Stopping rules: which trials are not worth their remaining epochs.

A trial sets out with its limits, reckoned from the rounds that it may see, and decides alone: after each of its
rungs it is stopped if its score is worse than the limit. So the decision is the same on every machine.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from hpsearch.records import Observation

SHARES = (0.2, 0.47)  # of a trial's epochs, after which it may be stopped
FEWEST_EPOCHS = 10  # below, an epoch costs too little and says too little
LEADERS = 5  # completed trials before any is stopped
BEST_SHARE = 1 / 3  # of the trials at a rung that `halving` lets go on

Rule = Callable[[Sequence[Observation], int], float]
"""The worst score with which a trial goes on after a rung, given what is known of earlier trials."""


def rungs(epochs: int) -> tuple[int, ...]:
    """The epochs after which a trial of so many may be stopped."""
    return tuple(math.ceil(share * epochs) for share in SHARES) if epochs >= FEWEST_EPOCHS else ()


def rung_scores(scores: Sequence[float], epochs: int, *, completed: bool) -> tuple[float, ...]:
    """What a trial of so many epochs had reached at its rungs, from its score after each epoch that it ran.

    A completed trial that ended early, out of patience, stays at its last score.
    """
    reached = [epoch for epoch in rungs(epochs) if completed or epoch <= len(scores)]
    return tuple(scores[min(epoch, len(scores)) - 1] for epoch in reached) if scores else ()


def _envelope(history: Sequence[Observation], rung: int) -> float:
    """The worst that one of the best completed trials had at this rung."""
    leaders = sorted(_completed(history), key=lambda seen: (seen.score, seen.number))[:LEADERS]
    return max(seen.rungs[rung] for seen in leaders)


def _median(history: Sequence[Observation], rung: int) -> float:
    """The median of what completed trials had at this rung (after Golovin et al. 2017, Google Vizier, section 3.2)."""
    return median(seen.rungs[rung] for seen in _completed(history))


def _halving(history: Sequence[Observation], rung: int) -> float:
    """What the best third of the trials that came to this rung had there.

    In successive halving (Jamieson, Talwalkar 2016) the trials of a rung wait for one another; here a trial is
    compared with those of earlier rounds, so that nobody waits.
    """
    return float(np.quantile([seen.rungs[rung] for seen in history if len(seen.rungs) > rung], BEST_SHARE))


STOPPING: Mapping[str, Rule | None] = {"none": None, "envelope": _envelope, "halving": _halving, "median": _median}
"""The rules by name. To add one, write its function and list it here."""


def limits(rule: Rule | None, history: Sequence[Observation]) -> tuple[float, ...]:
    """A trial's limits, one a rung; none while too few trials are completed to judge by."""
    if rule is None or len(_completed(history)) < LEADERS:
        return ()
    return tuple(rule(history, rung) for rung in range(len(SHARES)))


def with_extrapolated_scores(history: Sequence[Observation]) -> list[Observation]:
    """The history in which a stopped trial has a score too: its last, moved on by as much as completed trials moved.

    By the median from the same rung to the end.
    """
    completed = _completed(history)
    if not completed:
        return list(history)
    moves = [
        median(seen.score - seen.rungs[rung] for seen in completed if seen.score is not None)
        for rung in range(len(SHARES))
    ]
    return [
        replace(seen, score=seen.rungs[-1] + moves[len(seen.rungs) - 1], extrapolated=True)
        if seen.score is None and seen.rungs
        else seen
        for seen in history
    ]


def _completed(history: Sequence[Observation]) -> list[Observation]:
    """The completed trials that were long enough to have rungs."""
    return [seen for seen in history if seen.score is not None and seen.rungs]
