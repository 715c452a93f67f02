"""One writer a sweep."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from hpsearch.errors import UsageError
from hpsearch.store.files import reaching
from hpsearch.store.folder import SweepFolder
from hpsearch.store.lease import Held, Lease
from hpsearch.store.objects import ObjectPath

LOCK_ATTEMPTS, LOCK_PAUSE_S = 10, 0.05


def lock_for_writing(folder: SweepFolder) -> IO[bytes] | Lease:
    """A lock that ends with this process, however it ends: on a disk at once, in an object store when its lease does.

    Waits for nobody: raises UsageError if another process holds it.
    """
    if isinstance(folder.path, ObjectPath):
        with reaching(folder.path):
            return Lease(folder.path, folder.path / ".lock")
    return _lock_file(folder)


def is_being_written(folder: SweepFolder) -> bool:
    """Whether a process holds the sweep's lock now."""
    if isinstance(folder.path, ObjectPath):
        held = Held.newest(folder.path / ".lock")
        return held is not None and held.holds
    if not folder.lock.exists():
        return False
    with Path(str(folder.lock)).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock_file(folder: SweepFolder) -> IO[bytes]:
    try:
        file = Path(str(folder.lock)).open("ab")  # noqa: SIM115 - whoever holds it closes it
    except OSError as error:
        raise UsageError(f"cannot write to {folder.path}: {os.strerror(error.errno or 0)}") from error
    for attempt in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # perhaps only `status`, which looks for an instant whether the lock is held
            time.sleep(LOCK_PAUSE_S if attempt + 1 < LOCK_ATTEMPTS else 0)
        else:
            return file
    file.close()
    raise UsageError(f"another process is running the sweep {folder.path}; wait for it, or stop it")
