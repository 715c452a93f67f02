"""Ray started by a thread, while the command does something else: starting it takes seconds."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def ray_ahead(cpus: int) -> Iterator[Callable[[], None]]:
    """Begin to start Ray on this machine, with so many processors; gives what waits until it is there.

    Where what is done meanwhile fails, nobody waits: Ray is ended as soon as it is there.
    """
    thread = ThreadPoolExecutor(1)  # which lives on: the system ends Ray's processes with the thread that began them
    started = thread.submit(_start, cpus)
    try:
        yield started.result
    except BaseException:
        started.add_done_callback(_end)
        raise
    finally:
        thread.shutdown(wait=False)


def _start(cpus: int) -> None:
    from hpsearch.engine.cluster import connect

    connect(None, cpus)


def _end(_: "Future[None]") -> None:
    import ray

    ray.shutdown()
