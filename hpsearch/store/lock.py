"""One writer a sweep."""

import fcntl
import os
import time
from typing import IO

from hpsearch.errors import UsageError
from hpsearch.store.folder import SweepFolder

LOCK_ATTEMPTS, LOCK_PAUSE_S = 10, 0.05


def lock_for_writing(folder: SweepFolder) -> IO[bytes]:
    """A lock that the system lifts when this process ends, however it ends.

    Waits for nobody: raises UsageError if another process holds it.
    """
    try:
        file = folder.lock.open("ab")
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
