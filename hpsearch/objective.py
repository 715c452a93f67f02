"""From a trial to its outcome: the gate, then the training."""

import math
import os
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from threadpoolctl import threadpool_limits

from hpsearch.config import Config, Run
from hpsearch.data import Data
from hpsearch.gate import Gate
from hpsearch.numeric_platform import numeric_platform
from hpsearch.records import EpochRow, Outcome, Place, Result, Status, Trial
from hpsearch.seeds import TrialGenerators
from hpsearch.segments import SegmentedFit, Watch, train_in_segments
from hpsearch.settings import architecture_of, plugins_of, rows_of, training_of, with_settings
from hpsearch.stopping import rungs
from trainer import Architecture, End, Epoch, Fit, Fitting, Network, build_stack, fit_together
from trainer.arrays import Array
from trainer.data import Rows
from trainer.evaluation import EVALUATION_ROWS
from trainer.fitting import SHARED
from trainer.history import OnEpoch
from trainer.metrics import larger_is_better
from trainer.plugins import place_in_plugins

STACK = 8
"""Trials are trained side by side up to so many: more leave the cache."""

STACKED_WORK = 1_000_000
"""Trials are trained side by side up to so many weights times rows of a batch: beyond, the cache is too small."""

Ended = tuple[Outcome, Network | None]
"""What came of a trial, and the trained network if it completed."""


@dataclass(frozen=True)
class Task:
    """What a worker must know to run any trial of a sweep; it never sees the test rows."""

    config: Config
    train: Rows
    validation: Rows
    classes: tuple[str, ...]
    more_folds: tuple[tuple[Rows, Rows], ...] = ()  # training and validation rows of each fold but the first

    @classmethod
    def of(cls, config: Config, data: Data) -> "Task":
        """The task of a sweep over this data."""
        first, *more = data.folds or (data.prepared,)
        folds = tuple((fold.train, fold.validation) for fold in more)
        return cls(config, first.train, first.validation, data.prepared.classes, folds)

    @property
    def folds(self) -> tuple[tuple[Rows, Rows], ...]:
        """Training and validation rows of each fold; of one where there are no folds."""
        return (self.train, self.validation), *self.more_folds

    def architectures(self, run: Run) -> tuple[Architecture, ...]:
        """The network of one of its runs, for each fold: tables may have other categories in other rows."""
        return tuple(self.architecture(run, train) for train, _ in self.folds)

    def architecture(self, run: Run, train: Rows) -> Architecture:
        """The network of one of its runs on these training rows."""
        return architecture_of(run, train, self.classes, plugins_of(self.config))


@dataclass(frozen=True)
class Worker:
    """Who runs a trial, when (seconds since 1970), and for how long (seconds that a change of the clock leaves alone)."""

    name: str
    node: str
    platform: str
    clock: Callable[[], float]
    timer: Callable[[], float]

    @classmethod
    def here(cls, name: str, cpus: int, clock: Callable[[], float]) -> "Worker":
        """A worker of this process, whose trials have so many threads."""
        return cls(name, os.uname().nodename, numeric_platform(cpus), clock, time.monotonic)

    def place(self, started: float, duration_s: float) -> Place:
        """Here, from `started` on, by the clock."""
        return Place(datetime.fromtimestamp(started, UTC), duration_s, self.name, self.node, self.platform)


def stack_key(task: Task, trial: Trial) -> Hashable:
    """Trials with equal keys can be trained side by side in one worker; None where that would not pay."""
    run = task.config.trial(trial.values)
    architecture, training = task.architecture(run, task.train), training_of(run)
    if run.babysit or architecture.plugins or architecture.weights * training.batch_size > STACKED_WORK:
        return None  # a user's own layers need not know of an axis for trials
    return architecture.stackable(), *(getattr(training, name) for name in SHARED)


def run_trials(task: Task, trials: Sequence[Trial], worker: Worker) -> list[Outcome]:
    """Gate each trial, and train those that pass: side by side, where there are several, which have one `stack_key`.

    Each outcome is, bit for bit, what the trial would give alone. Whatever goes wrong in a trial becomes its outcome.
    """
    if len(trials) > 1:
        with suppress(Exception):  # whose error it is shows when each is run alone
            return [outcome for outcome, _ in _outcomes(task, trials, worker, Watch())]
    return [train_trial(task, trial, worker)[0] for trial in trials]


def run_all(task: Task, trials: Sequence[Trial], worker: Worker) -> list[Outcome]:
    """As `run_trials`, for any number of trials of one configuration: as many side by side as pays."""
    size = 1 if stack_key(task, trials[0]) is None else STACK
    return [
        outcome
        for start in range(0, len(trials), size)
        for outcome in run_trials(task, trials[start : start + size], worker)
    ]


def train_trial(task: Task, trial: Trial, worker: Worker, watch: Watch | None = None) -> Ended:
    """As `run_trials`, for one, which somebody may watch; and the trained network if it completed and there are no folds."""
    started, begun = worker.clock(), worker.timer()
    try:
        return _outcomes(task, [trial], worker, watch or Watch())[0]
    except Exception as error:  # noqa: BLE001 - a trial's own failure must not end the sweep
        place = place_in_plugins(plugins_of(task.config), error)
        result = Result(Status.FAILED, error=f"{type(error).__name__}: {error}{place}")
        return Outcome(trial, result, worker.place(started, worker.timer() - begun)), None


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Limit BLAS threads at run time: environment variables are too late once NumPy is loaded."""
    with threadpool_limits(limits=count, user_api="blas"):
        yield


@dataclass(frozen=True)
class _Candidate:
    """A trial behind the gate."""

    trial: Trial
    run: Run
    architectures: tuple[Architecture, ...]  # one a fold
    generators: tuple[TrialGenerators, ...]  # one a fold, all of one seed
    gate: Gate
    passed: bool
    place: Place

    def with_settings(self, task: Task, settings: Mapping[str, float]) -> "_Candidate":
        """The same in a segment of its training with other settings; what the gate has checked stays the same."""
        run = with_settings(self.run, settings)
        return replace(self, run=run, architectures=task.architectures(run))


def _outcomes(task: Task, trials: Sequence[Trial], worker: Worker, watch: Watch) -> list[Ended]:
    with blas_threads(task.config.run.resources.cpus):
        candidates = [_gated(task, trial, worker) for trial in trials]
        passed = [candidate for candidate in candidates if candidate.passed]
        begun = worker.timer()
        networks, fits = _trained(task, passed, watch) if passed else ([], [])
        share_s = (worker.timer() - begun) / max(1, len(passed))
    found, network = iter(fits), networks[0] if len(networks) == len(passed) == 1 else None
    return [
        _with_fit(candidate, next(found), share_s, network)
        if candidate.passed
        else (Outcome(candidate.trial, candidate.gate.result(), candidate.place), None)
        for candidate in candidates
    ]


def _gated(task: Task, trial: Trial, worker: Worker) -> _Candidate:
    started, begun = worker.clock(), worker.timer()
    run = task.config.trial(trial.values)
    architectures = task.architectures(run)
    networks = [(architecture, train) for architecture, (train, _) in zip(architectures, task.folds, strict=True)]
    generators = tuple(TrialGenerators.of(trial.seed) for _ in task.folds)
    gate = Gate(networks, run, generators[0].gradcheck)
    passed = gate.opens()
    place = worker.place(started, worker.timer() - begun)
    return _Candidate(trial, run, architectures, generators, gate, passed, place)


def _trained(task: Task, candidates: Sequence[_Candidate], watch: Watch) -> tuple[list[Network], Sequence[Fit]]:
    """A network a fold for all candidates."""
    first = candidates[0]
    loss = first.architectures[0].loss
    parts = [(rows_of(loss, train), rows_of(loss, validation)) for train, validation in task.folds]

    def train_on(fittings: Sequence[Fitting], on_epoch: Sequence[OnEpoch], epochs: int | None = None) -> list[Fit]:
        scores = {"metrics": first.run.metrics, "train_metrics": first.run.train_metrics}
        return fit_together(fittings, parts, epochs=epochs, on_epoch=on_epoch, **scores)

    def begin(settings: Mapping[str, float]) -> tuple[list[Fitting], list[OnEpoch]]:
        return _begun(task, [first.with_settings(task, settings)], watch)

    if first.run.babysit:
        return train_in_segments(first.run, first.trial.seed, begin, train_on, watch)
    fittings, on_epoch = _begun(task, candidates, watch)
    return [fitting.network for fitting in fittings], train_on(fittings, on_epoch)


def _begun(task: Task, candidates: Sequence[_Candidate], watch: Watch) -> tuple[list[Fitting], list[OnEpoch]]:
    """A training a fold of all candidates side by side at its very beginning, and what is to happen after each epoch."""
    fittings = [_fitting(candidates, fold, len(train)) for fold, (train, _) in enumerate(task.folds)]
    networks = [fitting.network for fitting in fittings]
    own = [network.parameters if network.stack else network.parameters[np.newaxis] for network in networks]
    return fittings, [
        _ends(candidate, parameters, watch) for candidate, *parameters in zip(candidates, *own, strict=True)
    ]


def _fitting(candidates: Sequence[_Candidate], fold: int, rows: int) -> Fitting:
    """All candidates on a fold of so many training rows: each as if its seed were given to this training alone."""
    capacity = max(min(candidates[0].run.train.batch_size, rows), EVALUATION_ROWS)
    first, *others = (candidate.architectures[fold] for candidate in candidates)
    network = build_stack([first, *others], capacity=capacity) if others else first.build(capacity=capacity)
    generators = [candidate.generators[fold] for candidate in candidates]
    network.initialise(*(each.initialise for each in generators))
    return Fitting(
        network,
        [training_of(candidate.run) for candidate in candidates],
        shuffle=[each.shuffle for each in generators],
        noise=[each.noise for each in generators],
    )


def _ends(candidate: _Candidate, parameters: Sequence[Array], watch: Watch) -> OnEpoch:
    """Whether a trial is to end after an epoch: by the limits with which it set out, or by its gate."""
    metric = candidate.run.search.metric
    sign = -1 if larger_is_better(metric) else 1
    limits = dict(zip(rungs(candidate.run.train.epochs), candidate.trial.limits, strict=False))

    def ends(epoch: Epoch) -> bool:
        watch.epoch(epoch)
        behind = sign * epoch.scores[metric] > limits.get(epoch.epoch, math.inf)
        return behind or candidate.gate.closes(epoch, parameters)

    return ends


def _with_fit(
    candidate: _Candidate, fit: Fit, share_s: float, network: Network | None
) -> tuple[Outcome, Network | None]:
    """The outcome of a trial that was trained, which took `share_s` seconds of a worker's time."""
    place = replace(candidate.place, duration_s=candidate.place.duration_s + share_s)
    marks = fit.marks if isinstance(fit, SegmentedFit) else ({},) * len(fit.epochs)
    epochs = tuple(
        EpochRow(epoch.epoch, dict(epoch.scores), mark) for epoch, mark in zip(fit.epochs, marks, strict=True)
    )
    result, metric = replace(candidate.gate.result(), epochs=epochs), candidate.run.search.metric
    if result.error:  # of a gate in mid-training
        network = None
    elif fit.diverged:
        error = f"a loss was not a finite number after epoch {epochs[-1].epoch}"
        result, network = replace(result, status=Status.DIVERGED, error=error), None
    elif not math.isfinite(score := fit.scores[metric]):
        error = f"{metric} cannot be computed on these validation rows: it is {score} after epoch {epochs[-1].epoch}"
        result, network = replace(result, status=Status.FAILED, error=error), None
    else:
        status = Status.STOPPED if fit.end is End.STOPPED else Status.COMPLETED
        result = replace(result, status=status, scores=fit.scores, best_epoch=fit.best_epoch)
        network = network if status is Status.COMPLETED else None
    return Outcome(candidate.trial, result, place), network
