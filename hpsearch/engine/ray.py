"""The engine on Ray: long-lived workers, on this machine or on a cluster."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ray
from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, RayError

from hpsearch.engine.base import Engine, Objective
from hpsearch.engine.cluster import connect, last_line, processors
from hpsearch.engine.memory import limit_memory, peak_memory
from hpsearch.errors import HpsearchError
from hpsearch.objective import Worker
from hpsearch.records import Outcome, Place, Result, Status, Trial

GROW_S = 2.0
"""How often an engine looks for processors that have joined its cluster."""

LOST = (RayActorError, OutOfMemoryError, ObjectLostError)
"""What Ray says of a worker that was killed, or ended for want of memory, or whose node is gone with its results."""


class _Worker:
    """Runs in a Ray worker process, for as long as the sweep does."""

    def __init__(self, objective: Objective, name: str, cpus: int, memory: float | None) -> None:
        if memory is not None:
            limit_memory(memory)
        self._objective = objective
        self._worker = Worker.here(name, cpus, time.time)

    def up(self) -> None:
        """Answer as soon as this worker has started."""

    def peak_memory(self) -> int:
        return peak_memory()

    def run(self, stacks: Sequence[Sequence[Trial]]) -> list[Outcome]:
        return [outcome for stack in stacks for outcome in self._objective(stack, self._worker)]


@dataclass(frozen=True)
class _Member:
    """A worker."""

    name: str
    actor: Any


@dataclass(frozen=True)
class _Assignment:
    trials: Sequence[Trial]
    member: _Member
    losses: int  # how often a worker was lost with this trial alone
    started_at: datetime
    begun: float  # by the monotonic clock


class RayEngine(Engine):
    """One actor a worker; trials lost with their worker are run again, each for itself.

    Trials are given only to workers that have started: one whose node is gone holds nothing up, however long it
    takes until there is room for its successor.
    """

    def __init__(
        self,
        objective: Objective,
        *,
        cpus: int,
        workers: int,
        most: int | None = None,
        address: str | None = None,
        retries: int = 3,
        trial_timeout: float | None = None,
        memory: float | None = None,
    ) -> None:
        """Start Ray on this machine, or join the cluster at `address`; raises UsageError if it is not there.

        Begins with so many workers of `cpus` processors each, and goes on to `most` while processors join the cluster.
        A trial is begun again `retries` times after its worker was lost, and ended after `trial_timeout` seconds;
        it fails if it asks for more than `memory` GiB.
        """
        self._cpus, self._retries, self._trial_timeout, self._memory = cpus, retries, trial_timeout, memory
        connect(address, workers * cpus)
        self._objective = ray.put(objective)
        self._assignments: dict[Any, _Assignment] = {}
        self._starting: dict[Any, _Member] = {}
        self._idle: list[_Member] = []
        self._lost: deque[tuple[Trial, int]] = deque()  # trials to be run again, and their losses
        self._names = self._failed_starts = 0
        self._most, self._grown = most or workers, time.monotonic()
        for _ in range(workers):
            self._start_worker()

    @property
    def free(self) -> int:
        return len(self._idle)

    @property
    def workers(self) -> int:
        return len(self._idle) + len(self._starting) + len(self._assignments)

    def submit(self, stacks: Sequence[Sequence[Trial]]) -> None:
        self._assign(stacks, losses=0)

    def wait(self, timeout_s: float) -> list[Outcome]:
        self._grow()
        waiting = [*self._assignments, *self._starting]
        if not waiting:
            return []
        ready, _ = ray.wait(waiting, num_returns=1, timeout=timeout_s)
        if ready:  # and whatever else is there by now
            ready, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        outcomes = [
            outcome for reference in ready if not self._is_start(reference) for outcome in self._collect(reference)
        ]
        outcomes += [outcome for reference in self._overdue() for outcome in self._end(reference)]
        while self._idle and self._lost:
            trial, losses = self._lost.popleft()
            self._assign([[trial]], losses)
        return outcomes

    def peak_memory(self) -> list[int]:
        """The most bytes that each idle worker has had in memory at once, shared data included."""
        found: list[int] = ray.get([member.actor.peak_memory.remote() for member in self._idle])
        return found

    def close(self) -> None:
        self._assignments, self._starting = {}, {}
        self._lost.clear()
        self._idle = []
        ray.shutdown()

    def _start_worker(self) -> None:
        self._names += 1
        name = f"worker-{self._names}"
        actor = ray.remote(num_cpus=self._cpus)(_Worker).remote(self._objective, name, self._cpus, self._memory)
        self._starting[actor.up.remote()] = _Member(name, actor)

    def _is_start(self, reference: Any) -> bool:
        """Whether this is word of a start; then its worker is idle, or another was started if it died on the way."""
        member = self._starting.pop(reference, None)
        if member is None:
            return False
        try:
            ray.get(reference)
        except RayError as error:
            ray.kill(member.actor)  # it may only be out of reach
            self._failed_starts += 1
            if self._failed_starts <= self._retries:
                self._start_worker()
            elif not self.workers:  # while others work, or are on their way, the sweep goes on with them
                raise HpsearchError(f"no worker can be started: {last_line(error)}") from error
        else:
            self._failed_starts = 0
            self._idle.append(member)
        return True

    def _grow(self) -> None:
        """Start workers on processors that have joined."""
        if self.workers >= self._most or time.monotonic() - self._grown < GROW_S:
            return
        self._grown = time.monotonic()
        for _ in range(self.workers, min(self._most, processors() // self._cpus)):
            self._start_worker()

    def _assign(self, stacks: Sequence[Sequence[Trial]], losses: int) -> None:
        member, trials = self._idle.pop(), [trial for stack in stacks for trial in stack]
        assignment = _Assignment(trials, member, losses, datetime.now(UTC), time.monotonic())
        self._assignments[member.actor.run.remote(stacks)] = assignment

    def _collect(self, reference: Any) -> list[Outcome]:
        """The outcomes; after the loss of the worker, those of trials that are not to be run again."""
        assignment = self._assignments.pop(reference)
        try:
            outcomes: list[Outcome] = ray.get(reference)
        except LOST:
            ray.kill(assignment.member.actor)  # it may only be out of reach
            self._start_worker()
            return self._worker_lost(assignment)
        self._idle.append(assignment.member)
        return outcomes

    def _worker_lost(self, assignment: _Assignment) -> list[Outcome]:
        """Run the trials again; of several, nobody knows which one was to blame, so none is charged with the loss."""
        losses = assignment.losses + (len(assignment.trials) == 1)
        if losses <= self._retries:
            self._lost.extend((trial, losses) for trial in assignment.trials)
            return []
        return _failed(assignment, f"its worker was lost {losses} time{'s' if losses > 1 else ''}")

    def _overdue(self) -> list[Any]:
        """Work that has taken longer than its trials may."""
        limit, now = self._trial_timeout, time.monotonic()
        if limit is None:
            return []
        return [
            reference
            for reference, each in self._assignments.items()
            if now - each.begun > limit * len(each.trials) and not ray.wait([reference], timeout=0)[0]
        ]

    def _end(self, reference: Any) -> list[Outcome]:
        """End a worker that is overdue; of several trials each is given its own time, alone."""
        assignment = self._assignments.pop(reference)
        ray.kill(assignment.member.actor)
        self._start_worker()
        if len(assignment.trials) == 1:
            return _failed(assignment, "timeout")
        self._lost.extend((trial, assignment.losses) for trial in assignment.trials)
        return []


def _failed(assignment: _Assignment, error: str) -> list[Outcome]:
    """The outcomes of trials that the machine failed."""
    place = Place(
        started_at=assignment.started_at,
        duration_s=time.monotonic() - assignment.begun,
        worker=assignment.member.name,
        node=None,
        platform=None,
    )
    return [Outcome(trial, Result(Status.FAILED, error=error), place) for trial in assignment.trials]
