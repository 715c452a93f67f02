"""The engine on Ray by itself, with other objectives than the trainer's."""

import subprocess
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import RayError

from hpsearch.engine import cluster
from hpsearch.engine import ray as engines
from hpsearch.errors import UsageError
from tests.processes.program import REPOSITORY

ONE_RAY = """\
import os, signal
import ray
from hpsearch.engine.meanwhile import starting_ray_meanwhile
from hpsearch.engine.ray import RayEngine
from hpsearch.errors import HpsearchError

def unreadable():
    raise ModuleNotFoundError("No module named 'numpy_of_another_machine'")

class Objective:
    def __reduce__(self):
        return unreadable, ()

def never_starts():
    with RayEngine(Objective(), cpus=1, workers=2, retries=1) as engine:
        try:
            for _ in range(100):
                assert not engine.free
                engine.wait(5)
        except HpsearchError as error:
            print(error, flush=True)

signal.signal(signal.SIGTERM, lambda number, frame: print("asked to stop", flush=True))
folder = os.getcwd()
with starting_ray_meanwhile(2, lambda: 2):
    os.kill(os.getpid(), signal.SIGTERM)
    print(signal.alarm(0), os.getcwd() == folder, flush=True)
    never_starts()  # which ends Ray
try:
    with starting_ray_meanwhile(1, lambda: 1 / 0):
        print("nothing follows what failed")
except ZeroDivisionError as error:
    print(error, ray.is_initialized())
"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What a program of its own finds out, as starting Ray takes seconds."""
    command = [sys.executable, "-c", ONE_RAY]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=200)
    return done.stdout.splitlines()


def test_workers_that_cannot_start_end_a_sweep_in_a_sentence_with_the_reason(said: list[str]) -> None:
    assert said[2] == "no worker can be started: ModuleNotFoundError: No module named 'numpy_of_another_machine'"


def test_ray_started_meanwhile_leaves_signals_and_folder_alone_and_is_ended_if_the_work_fails(said: list[str]) -> None:
    # Ray's own answer to SIGTERM would set an alarm, to abort the process seconds later.
    assert [*said[:2], *said[3:]] == ["asked to stop", "0 True", "division by zero False"]


class Starts:
    """In place of Ray: workers of which some cannot start."""

    def __init__(self, failing: set[str]) -> None:
        self.failing, self.killed = failing, set[str]()

    def remote(self, **options: Any) -> Any:
        def start(*arguments: Any) -> Any:
            return SimpleNamespace(name=arguments[1], up=SimpleNamespace(remote=lambda: arguments[1]))

        return lambda worker: SimpleNamespace(remote=start)

    def put(self, objective: Any) -> Any:
        return objective

    def wait(self, references: Sequence[str], **patience: Any) -> tuple[Sequence[str], Sequence[str]]:
        return references, []

    def get(self, reference: str) -> None:
        if reference in self.failing:
            raise RayError("no memory")

    def kill(self, actor: Any) -> None:
        self.killed.add(actor.name)


def test_starts_that_fail_together_end_no_sweep_whose_other_workers_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = Starts({"worker-2", "worker-3", "worker-4"})
    monkeypatch.setattr(engines, "ray", ray)
    monkeypatch.setattr(engines, "connect", lambda address, cpus: None)
    engine = engines.RayEngine(lambda trials, worker: [], cpus=1, workers=3, retries=1)
    for workers in (2, 1, 1):
        assert engine.wait(0.0) == []
        assert (engine.free, engine.workers) == (1, workers)
    assert ray.killed == ray.failing


def test_ray_that_a_program_began_by_itself_is_neither_used_nor_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = SimpleNamespace(namespace="theirs")
    ray = SimpleNamespace(is_initialized=lambda: True, get_runtime_context=lambda: namespace)
    monkeypatch.setattr(cluster, "ray", ray)
    with pytest.raises(UsageError, match=r"call ray\.shutdown\(\) before the sweep"):
        cluster.connect(None, 1)
    namespace.namespace = cluster.NAMESPACE
    cluster.connect(None, 1)
