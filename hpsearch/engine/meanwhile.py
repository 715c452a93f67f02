"""Ray started while a thread does something else: starting it takes seconds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import ray

from hpsearch.engine.cluster import connect

T = TypeVar("T")


@contextmanager
def starting_ray_meanwhile(cpus: int, work: Callable[[], T]) -> Iterator[T]:
    """What comes of some work, done while Ray starts on this machine with so many processors; if it fails, Ray is ended.

    Ray is started by the caller's thread, and the work done by another: the system ends Ray's processes with the thread
    that began them, and only the main thread can take back what Ray makes of SIGTERM. The work must not depend on the
    current folder, which is another one while Ray starts.
    """
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(work)
        connect(None, cpus)
        try:
            yield found.result()
        except BaseException:
            ray.shutdown()
            raise
