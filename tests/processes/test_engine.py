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


IN_VAIN = """\
import ray, threading
from hpsearch.engine.ahead import ray_ahead

try:
    with ray_ahead(1):
        raise ValueError("what is done meanwhile fails")
except ValueError as error:
    print(error, flush=True)
for thread in threading.enumerate():
    if thread.name.startswith("ThreadPool"):
        thread.join()
print(ray.is_initialized())
"""


def test_ray_that_was_started_in_vain_keeps_nobody_waiting_and_is_ended() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_VAIN], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=200
    )
    assert done.stdout == "what is done meanwhile fails\nFalse\n"
