"""Runs a plan: hands trials to the engine as rounds become ready, and keeps what comes back."""

import math
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

from hpsearch.engine.base import Engine
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.objective import STACK
from hpsearch.records import Observation, Outcome, Round, Status, Trial
from hpsearch.store import Store
from hpsearch.sweep import Plan, next_round

TICK_S = 1.0
CHUNK_S = 0.1  # of work that a worker is given at once: a call costs about a millisecond


@dataclass(frozen=True)
class Event:
    """What an observer is told after every tick: outcomes that are now durable, and trials under way and workers."""

    outcomes: tuple[Outcome, ...]
    running: int
    workers: int


@dataclass
class Driver:
    """One process's work on a sweep. All that it knows it can derive from the store again."""

    plan: Plan
    store: Store
    engine: Engine
    observer: Callable[[Event], None]
    should_stop: Callable[[], bool]
    """Asked before new trials are begun; trials under way are always waited for."""
    stack_key: Callable[[Trial], Hashable]
    """Trials with equal keys can be trained side by side; None for a trial that is trained alone."""
    platform: str | None
    """The numeric platform that every worker must be of; None to allow any."""
    abort_on_gate_failure: bool = False
    _rounds: list[Round] = field(init=False, default_factory=list)
    _seen: dict[int, Observation] = field(init=False, default_factory=dict)
    _limit: int = field(init=False, default=0)  # how many rounds are run; fewer once a failed gate ends the sweep
    _queued: int = field(init=False, default=0)  # how many rounds have had their trials put into the queue
    _queue: deque[tuple[Hashable, Trial]] = field(init=False, default_factory=deque)  # with their stack keys
    _running: int = field(init=False, default=0)
    _mean_s: float = field(init=False, default=math.inf)  # a trial's duration, the latest counting most

    def run(self) -> None:
        """Run every trial of the plan that has no row yet."""
        self._rounds, self._limit = self.store.rounds(), self.plan.rounds
        self._replay()
        while self._submit() or self._running:
            outcomes = self.engine.wait(TICK_S)
            if outcomes:
                self._submit()  # first, as workers need not wait for a disk or a bucket
                self._keep(outcomes)
            self.store.tick()
            self.observer(Event(tuple(outcomes), self._running, self.engine.workers))

    def _submit(self) -> bool:
        """Begin what can be begun; returns whether more is to be done."""
        if self.should_stop():
            return False
        # A round is planned as soon as it can be, while workers start or are at work, so that none waits for it.
        while (self._queue or self._queue_next_round()) and self.engine.free:
            if self._queue:
                stacks = self._take()
                self.engine.submit(stacks)
                self._running += sum(map(len, stacks))
        return bool(self._queue) or self._has_next_round()

    def _take(self) -> list[list[Trial]]:
        """Stacks for CHUNK_S seconds of work, as trials have lasted so far; never more than a worker's share."""
        share = -(-len(self._queue) // self.engine.workers)
        worth = share if self._mean_s * share <= CHUNK_S else int(CHUNK_S / self._mean_s)
        stacks = [self._take_stack(share)]
        while (left := min(share, worth) - sum(map(len, stacks))) > 0:
            stacks.append(self._take_stack(left))
        return stacks

    def _take_stack(self, most: int) -> list[Trial]:
        """The first trial of the queue, and others that can be trained beside it."""
        key, first = self._queue.popleft()
        beside = [pair for pair in self._queue if key is not None and pair[0] == key][: min(STACK, most) - 1]
        for pair in beside:
            self._queue.remove(pair)
        return [first, *(trial for _, trial in beside)]

    def _has_next_round(self) -> bool:
        return self._queued < self._limit

    def _queue_next_round(self) -> bool:
        """Queue the trials of the next round, if the rounds that it must wait for are finished."""
        number = self._queued
        # A sweep that a failed gate may end takes its rounds one by one, or what is there when it ends
        # would depend on timing.
        needed = number if self.abort_on_gate_failure else self.plan.visible(number)
        if not self._has_next_round() or not self._finished(needed):
            return False
        if number == len(self._rounds):
            visible = self.plan.visible(number) * self.plan.round_size
            planned = next_round(self.plan, self._rounds, [self._seen[trial] for trial in range(visible)])
            self.store.add_round(planned)
            self._rounds.append(planned)
        if (over := self.plan.visible(number) - 2) >= 0:  # nobody will ask for its trials again, and there are many
            self._rounds[over] = replace(self._rounds[over], trials=())
        trials = self._rounds[number].trials[: self.plan.size(number)]
        self._queue.extend((self.stack_key(trial), trial) for trial in trials if trial.number not in self._seen)
        self._queued += 1
        return True

    def _finished(self, rounds: int) -> bool:
        """Whether the first `rounds` rounds are done; all but the last of them are, or it would not have begun."""
        return rounds == 0 or all(trial.number in self._seen for trial in self._rounds[rounds - 1].trials)

    def _keep(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if self.platform is not None and outcome.place.platform not in (None, self.platform):
                raise UsageError(
                    f"worker {outcome.place.worker} on {outcome.place.node} computes as {outcome.place.platform}, this "
                    f"sweep as {self.platform}, so its last bits would differ; leave that machine out, or allow it by "
                    "`--set engine.mixed=true` when the sweep is begun"
                )
        self.store.add_outcomes(outcomes)
        self._running -= len(outcomes)
        for outcome in outcomes:
            duration_s = outcome.place.duration_s
            self._mean_s = duration_s if math.isinf(self._mean_s) else 0.9 * self._mean_s + 0.1 * duration_s
            result, metric = outcome.result, self.plan.metric
            self._learn(
                outcome.trial, result.status, result.scores.get(metric), [row.scores[metric] for row in result.epochs]
            )

    def _learn(self, trial: Trial, status: Status, score: float | None, curve: Sequence[float]) -> None:
        self._seen[trial.number] = self.plan.observation(trial, status, score, curve)
        if self.abort_on_gate_failure and status is Status.GATE_FAILED:
            self._limit = min(self._limit, trial.round + 1)

    def _replay(self) -> None:
        """Learn what the rows say of earlier work."""
        tables, metric = self.store.tables(), self.plan.metric
        trials = tables["trials"].select(["trial", "round", "status", metric])
        self._require_rounds(trials["round"].to_pylist())
        planned = {trial.number: trial for each in self._rounds for trial in each.trials}
        curves: dict[int, list[float]] = {}
        epochs = tables["epochs"].select(["trial", metric])  # in the epochs' order
        for number, score in zip(*(column.to_pylist() for column in epochs.columns), strict=True):
            curves.setdefault(number, []).append(score)
        for number, _, status, score in zip(*(column.to_pylist() for column in trials.columns), strict=True):
            self._learn(planned[number], Status(status), score, curves.get(number, []))

    def _require_rounds(self, with_rows: Sequence[int]) -> None:
        """Raise HpsearchError if a round is missing, which may be one of those `with_rows`."""
        there = {each.number for each in self._rounds}
        for number in range(1 + max([*there, *with_rows], default=-1)):
            if number not in there:
                raise HpsearchError(
                    f"the sweep's journal is damaged: round {number} is not in it; put it back from a copy"
                )
