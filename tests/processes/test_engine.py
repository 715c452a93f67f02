"""The engine on Ray by itself, with other objectives than the trainer's."""

import subprocess
import sys

from tests.processes.program import REPOSITORY

NEVER_STARTS = """\
from hpsearch.engine.ray import RayEngine
from hpsearch.errors import HpsearchError

def unreadable():
    raise ModuleNotFoundError("No module named 'numpy_of_another_machine'")

class Objective:
    def __reduce__(self):
        return unreadable, ()

with RayEngine(Objective(), cpus=1, workers=2, retries=1) as engine:
    try:
        for _ in range(100):
            assert not engine.free
            engine.wait(5)
    except HpsearchError as error:
        print(error)
"""


def test_workers_that_cannot_start_end_a_sweep_in_a_sentence_with_the_reason() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEVER_STARTS], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "no worker can be started: ModuleNotFoundError: No module named 'numpy_of_another_machine'\n"


MEANWHILE = """\
import os, signal
import ray
from hpsearch.engine.meanwhile import starting_ray_meanwhile

signal.signal(signal.SIGTERM, lambda number, frame: print("asked to stop", flush=True))
folder = os.getcwd()
with starting_ray_meanwhile(1, lambda: 2):
    os.kill(os.getpid(), signal.SIGTERM)
    print(signal.alarm(0), os.getcwd() == folder, flush=True)
    ray.shutdown()
try:
    with starting_ray_meanwhile(1, lambda: 1 / 0):
        print("nothing follows what failed")
except ZeroDivisionError as error:
    print(error, ray.is_initialized())
"""


def test_ray_started_meanwhile_leaves_signals_and_folder_alone_and_is_ended_if_the_work_fails() -> None:
    # Ray's own answer to SIGTERM would set an alarm, to abort the process seconds later.
    done = subprocess.run(
        [sys.executable, "-c", MEANWHILE], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=200
    )
    assert done.stdout == "asked to stop\n0 True\ndivision by zero False\n"
