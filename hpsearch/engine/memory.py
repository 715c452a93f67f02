"""Memory of a worker: bounded, so that a trial which takes too much fails with a reason before the machine does."""

import os
import resource
from pathlib import Path

GIB = 2**30


def limit_memory(gib: float) -> None:
    """Let this process allocate so much more than it has now; beyond, allocations raise MemoryError.

    By RLIMIT_DATA (getrlimit(2)), which counts private writable memory, and so neither the data of a sweep, which is
    shared, nor code. Where a system does not count so, such as macOS, nothing is limited.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except FileNotFoundError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = pages * os.sysconf("SC_PAGE_SIZE") + int(gib * GIB)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def peak_memory() -> int:
    """The most bytes that this process has had in memory at once, shared data included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
