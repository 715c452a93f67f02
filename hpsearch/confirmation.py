"""Confirmation: leaders trained again with fresh seeds, because the winner of many trials looks better than it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from hpsearch.driver import STACK
from hpsearch.objective import Task, Worker, maximise, run_trials, stack_key
from hpsearch.records import Status, Trial
from hpsearch.seeds import confirmation_seed

LEVEL = 0.95
FEWEST_SEEDS = 2  # of which a standard deviation can be taken


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, and the half width of its 95% interval: t · s/√n (Student 1908)."""

    mean: float
    half_width: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """From at least two values."""
        from scipy.stats import t

        count = len(values)
        quantile = float(t.ppf((1 + LEVEL) / 2, count - 1))
        return cls(fmean(values), quantile * stdev(values) / math.sqrt(count), count)


@dataclass(frozen=True)
class Leader:
    """A trial of the sweep, and what its configuration gives with fresh seeds."""

    trial: Trial
    recorded: float  # the metric, as the sweep has it
    scores: tuple[float | None, ...]  # the metric with each fresh seed; None where the training did not complete
    estimate: Estimate | None  # of the scores; None if fewer than two trainings completed


def confirm(task: Task, recorded: Sequence[tuple[Trial, float]], seeds: int, worker: Worker) -> list[Leader]:
    """Train each trial's configuration with so many fresh seeds, and rank by the mean: the best first.

    A configuration that did not complete with every seed comes after all that did; ties go to the lowest trial.
    """
    metric = task.config.run.search.metric
    sign = -1 if maximise(metric) else 1
    leaders = [_leader(task, trial, score, metric, seeds, worker) for trial, score in recorded]

    def rank(leader: Leader) -> tuple[int, float, int]:
        mean = math.inf if leader.estimate is None else sign * leader.estimate.mean
        return leader.scores.count(None), mean, leader.trial.number

    return sorted(leaders, key=rank)


def with_fresh_seeds(trial: Trial, sweep_seed: int, count: int) -> list[Trial]:
    """The same configuration, `count` times, with seeds that the sweep never used; nothing stops them early."""
    return [
        replace(trial, seed=confirmation_seed(sweep_seed, trial.number, index), limits=()) for index in range(count)
    ]


def _leader(task: Task, trial: Trial, recorded: float, metric: str, seeds: int, worker: Worker) -> Leader:
    again = with_fresh_seeds(trial, task.config.run.seed, seeds)
    size = 1 if stack_key(task, trial) is None else STACK
    outcomes = [
        outcome for start in range(0, seeds, size) for outcome in run_trials(task, again[start : start + size], worker)
    ]
    scores = tuple(
        outcome.result.scores[metric] if outcome.result.status is Status.COMPLETED else None for outcome in outcomes
    )
    found = [score for score in scores if score is not None]
    return Leader(trial, recorded, scores, Estimate.of(found) if len(found) >= FEWEST_SEEDS else None)
