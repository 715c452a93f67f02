"""The engine on Ray: long-lived workers, on this machine or on a cluster."""

import logging
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import ray
from ray._private import worker
from ray.exceptions import RayActorError

import hpsearch
from hpsearch.engine.base import Engine
from hpsearch.errors import UsageError
from hpsearch.numeric_platform import numeric_platform
from hpsearch.objective import Task, Worker, run_trials
from hpsearch.records import Outcome, Place, Result, Status, Trial

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # or Ray would replace the environment under `uv run`
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the coming default; unset, every start warns
}


CONNECT_S = 5.0


class _Worker:
    """Runs in a Ray worker process, for as long as the sweep does."""

    def __init__(self, task: Task, name: str) -> None:
        self._task = task
        platform = numeric_platform(task.config.run.resources.cpus)
        self._worker = Worker(name, os.uname().nodename, platform, time.time, time.monotonic)

    def up(self) -> None:
        """Answer as soon as this worker has started."""

    def run(self, trials: Sequence[Trial]) -> list[Outcome]:
        return run_trials(self._task, trials, self._worker)


@dataclass
class _Assignment:
    trials: Sequence[Trial]
    name: str
    actor: Any
    up: Any  # ready once the worker has started
    losses: int  # how often a worker was lost with this trial alone
    started: float  # seconds since 1970
    seen_up: float | None = None  # by the monotonic clock; from here on its trials' time counts


class RayEngine(Engine):
    """One actor a worker; trials lost with their worker are run again, each for itself."""

    kind: ClassVar[str] = "ray"

    def __init__(self, task: Task, *, workers: int, address: str | None) -> None:
        """Start Ray on this machine, or join the cluster at `address`; raises UsageError if it is not there."""
        self._cpus = task.config.run.resources.cpus
        self._settings = task.config.run.engine
        _start(address, workers * self._cpus)
        self._task = ray.put(task)
        self._assignments: dict[Any, _Assignment] = {}
        self._lost: deque[tuple[Trial, int]] = deque()  # trials to be run again, and their losses
        self._names = 0
        self._workers = workers
        self._idle = [self._new_worker() for _ in range(workers)]

    @property
    def free(self) -> int:
        return len(self._idle)

    @property
    def workers(self) -> int:
        return self._workers

    def submit(self, trials: Sequence[Trial]) -> None:
        self._assign(trials, losses=0)

    def wait(self, timeout_s: float) -> list[Outcome]:
        if not self._assignments:
            return []
        waiting = list(self._assignments)
        ready, _ = ray.wait(waiting, num_returns=1, timeout=timeout_s)
        if ready:  # and whatever else is there by now
            ready, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        outcomes = [outcome for reference in ready for outcome in self._collect(reference)]
        outcomes += [outcome for reference in self._overdue() for outcome in self._end(reference)]
        while self._idle and self._lost:
            trial, losses = self._lost.popleft()
            self._assign([trial], losses)
        return outcomes

    def close(self) -> None:
        self._assignments = {}
        self._lost.clear()
        self._idle = []
        ray.shutdown()

    def _new_worker(self) -> tuple[str, Any, Any]:
        self._names += 1
        name = f"worker-{self._names}"
        actor = ray.remote(num_cpus=self._cpus)(_Worker).remote(self._task, name)
        return name, actor, actor.up.remote()

    def _assign(self, trials: Sequence[Trial], losses: int) -> None:
        name, actor, up = self._idle.pop()
        self._assignments[actor.run.remote(trials)] = _Assignment(trials, name, actor, up, losses, time.time())

    def _collect(self, reference: Any) -> list[Outcome]:
        """The outcomes; after the loss of the worker, those of trials that are not to be run again."""
        assignment = self._assignments.pop(reference)
        try:
            outcomes: list[Outcome] = ray.get(reference)
        except RayActorError:
            self._idle.append(self._new_worker())
            return self._worker_lost(assignment)
        self._idle.append((assignment.name, assignment.actor, assignment.up))
        return outcomes

    def _worker_lost(self, assignment: _Assignment) -> list[Outcome]:
        """Run the trials again; of several, nobody knows which one was to blame, so none is charged with the loss."""
        losses = assignment.losses + (len(assignment.trials) == 1)
        if losses <= self._settings.retries:
            self._lost.extend((trial, losses) for trial in assignment.trials)
            return []
        return _failed(assignment, f"its worker was lost {losses} time{'s' if losses > 1 else ''}")

    def _overdue(self) -> list[Any]:
        """Work that has taken longer than its trials may, since its worker was seen to have started."""
        limit, now = self._settings.trial_timeout, time.monotonic()
        if limit is None:
            return []
        for each in self._assignments.values():
            if each.seen_up is None and _is_ready(each.up):
                each.seen_up = now
        return [
            reference
            for reference, each in self._assignments.items()
            if each.seen_up is not None and now - each.seen_up > limit * len(each.trials) and not _is_ready(reference)
        ]

    def _end(self, reference: Any) -> list[Outcome]:
        """End a worker that is overdue; of several trials each is given its own time, alone."""
        assignment = self._assignments.pop(reference)
        ray.kill(assignment.actor)
        self._idle.append(self._new_worker())
        if len(assignment.trials) == 1:
            return _failed(assignment, "timeout")
        self._lost.extend((trial, assignment.losses) for trial in assignment.trials)
        return []


def _is_ready(reference: Any) -> bool:
    return bool(ray.wait([reference], timeout=0)[0])


def _failed(assignment: _Assignment, error: str) -> list[Outcome]:
    """The outcomes of trials that the machine failed."""
    place = Place(
        started_at=datetime.fromtimestamp(assignment.started, UTC),
        duration_s=time.time() - assignment.started,
        worker=assignment.name,
        node=None,
        platform=None,
    )
    return [Outcome(trial, Result(Status.FAILED, error=error), place) for trial in assignment.trials]


def available_workers(address: str | None, cpus: int) -> int:
    """How many workers the machine, or the cluster at `address`, has processors for."""
    if address is None:
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    else:
        _start(address, 0)
        processors = int(ray.cluster_resources().get("CPU", 1))
    return max(1, processors // cpus)


def _say_nothing(data: object, ignore_prefix: bool) -> None:
    """In place of the function by which Ray prints its processes' troubles on standard output.

    It does so whatever `log_to_driver` says; what matters of them is in the trials' outcomes.
    """


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what `ray.init` does to its surroundings, and they to it.

    It would answer SIGTERM by an immediate exit. And it puts the current folder first on its workers' search
    path, so that a folder of the user's called `trainer` would be imported in place of ours.
    """
    handler, folder = signal.getsignal(signal.SIGTERM), Path.cwd()
    os.chdir(Path(hpsearch.__file__).parents[1])
    try:
        yield
    finally:
        os.chdir(folder)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _require_listener(address: str) -> None:
    """Raise UsageError at once if nobody listens there; Ray would try for minutes, and log about it."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return  # Ray knows how to find the cluster of this machine
    if not (host and port.isdigit()):
        raise UsageError(f"the address of a Ray cluster is HOST:PORT, ray://HOST:PORT or auto, not {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except OSError as error:
        raise UsageError(f"no Ray cluster answers at {address!r}: {error.strerror or error}") from error


def _start(address: str | None, cpus: int) -> None:
    """Start Ray here, bound to loopback, or join a cluster; without a word on the terminal."""
    if ray.is_initialized():
        return
    if address:
        _require_listener(address)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    where: dict[str, Any] = (
        {"address": address}
        if address
        else {"address": "local", "num_cpus": cpus, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    )
    try:
        with _undisturbed():
            ray.init(**where, configure_logging=True, logging_level=logging.ERROR, log_to_driver=False)
        worker.print_to_stdstream = _say_nothing
    except ConnectionError as error:
        raise UsageError(f"there is no Ray cluster at {address!r} that lets this program in: {error}") from error
