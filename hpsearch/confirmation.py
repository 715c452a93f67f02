"""Confirmation: leaders trained again with fresh seeds, because the winner of many trials looks better than it is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from hpsearch.config import Config
from hpsearch.errors import HpsearchError
from hpsearch.known import maximise
from hpsearch.objective import Task, Worker, run_all
from hpsearch.records import Status, Trial
from hpsearch.seeds import confirmation_seed, recheck_seed
from hpsearch.store import SweepFolder
from hpsearch.summary import ranking

LEVEL = 0.95
FEWEST_SEEDS = 2  # of which a standard deviation can be taken


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, and the half width of its interval, of 95% if nothing else is said: t · s/√n (Student 1908)."""

    mean: float
    half_width: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float], level: float = LEVEL) -> "Estimate":
        """From at least two values."""
        from scipy.stats import t

        count = len(values)
        quantile = float(t.ppf((1 + level) / 2, count - 1))
        return cls(fmean(values), quantile * stdev(values) / math.sqrt(count), count)


@dataclass(frozen=True)
class Leader:
    """A trial of the sweep, and what its configuration gives with fresh seeds."""

    trial: Trial
    recorded: float  # the metric, as the sweep has it
    scores: tuple[float | None, ...]  # the metric with each fresh seed; None where the training did not complete
    estimate: Estimate | None  # of the scores; None if fewer than two trainings completed


def leaders_of(folder: SweepFolder, config: Config, count: int) -> list[tuple[Trial, float]]:
    """The best completed trials of a sweep, best first, with the metric as recorded; raises HpsearchError if none is."""
    search = config.run.search
    trials = folder.read_tables()["trials"]
    order = ranking(trials, search.metric, maximise=maximise(search.metric), repeats=search.repeats).slice(0, count)
    if not len(order):
        one = "trial" if search.repeats == 1 else f"configuration with all of its {search.repeats} trials"
        raise HpsearchError(f"no {one} of {folder.path} has completed, so there is no best one")
    columns = (order[name].to_pylist() for name in ("trial", "round", search.metric))
    return [(folder.read_trial(number, planned_in), score) for number, planned_in, score in zip(*columns, strict=True)]


def confirm(
    task: Task,
    recorded: Sequence[tuple[Trial, float]],
    again: Callable[[Trial], Sequence[Trial]],
    worker: Worker,
) -> list[Leader]:
    """Train each trial's configuration `again`, with fresh seeds, and rank by the mean: the best first.

    A configuration that did not complete with every seed comes after all that did; ties go to the lowest trial.
    """
    metric = task.config.run.search.metric
    sign = -1 if maximise(metric) else 1
    leaders = [_leader(task, trial, score, again(trial), worker) for trial, score in recorded]

    def rank(leader: Leader) -> tuple[int, float, int]:
        mean = math.inf if leader.estimate is None else sign * leader.estimate.mean
        return leader.scores.count(None), mean, leader.trial.number

    return sorted(leaders, key=rank)


def with_fresh_seeds(trial: Trial, sweep_seed: int, count: int) -> list[Trial]:
    """The same configuration, `count` times, with seeds that the sweep never used; nothing stops them early."""
    return [
        replace(trial, seed=confirmation_seed(sweep_seed, trial.number, index), limits=()) for index in range(count)
    ]


def with_shared_seeds(trial: Trial, sweep_seed: int, count: int) -> list[Trial]:
    """The same with seeds that all trials share, so that they can be compared in pairs."""
    return [replace(trial, seed=recheck_seed(sweep_seed, index), limits=()) for index in range(count)]


def _leader(task: Task, trial: Trial, recorded: float, again: Sequence[Trial], worker: Worker) -> Leader:
    metric = task.config.run.search.metric
    outcomes = run_all(task, again, worker)
    scores = tuple(
        outcome.result.scores[metric] if outcome.result.status is Status.COMPLETED else None for outcome in outcomes
    )
    found = [score for score in scores if score is not None]
    return Leader(trial, recorded, scores, Estimate.of(found) if len(found) >= FEWEST_SEEDS else None)
