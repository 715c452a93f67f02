"""One writer a sweep in an object store: a lease that is renewed while its holder lives.

A lease keeps a second process out politely; safety does not rest on it. Whoever takes a sweep over puts an object where
the one before would put its next (see `object_journal`), so that a holder who was only asleep can write no more.
"""

import json
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from hpsearch.errors import UsageError
from hpsearch.store.objects import ObjectPath

LEASE_S = 30.0
"""Without a sign of life for so long, by the storage's clock, a holder counts as dead."""
RENEW_S = 8.0


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    node: str
    process: int
    processes: str  # which set of processes the number is from: containers have their own
    token: str
    released: bool = False

    @classmethod
    def here(cls) -> "Holder":
        """As this process."""
        return cls(os.uname().nodename, os.getpid(), _processes(), secrets.token_hex(8))

    def is_seen_dead(self) -> bool:
        """Whether it was a process of this machine that is no more."""
        if (self.node, self.processes) != (os.uname().nodename, _processes()):
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False  # somebody else's, so there is one
        return False

    def as_bytes(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True)
class Held:
    """The newest lease of a sweep."""

    number: int
    holder: Holder
    age_s: float  # since the last sign of life

    @property
    def holds(self) -> bool:
        """Whether it keeps others out."""
        return not (self.holder.released or self.age_s >= LEASE_S or self.holder.is_seen_dead())

    @classmethod
    def newest(cls, folder: ObjectPath) -> "Held | None":
        """The lease in force, or the last that was."""
        found = folder.glob("*.json")
        if not found:
            return None
        try:
            content, age_s = found[-1].read_with_age()
        except FileNotFoundError:
            return cls.newest(folder)  # a newer one was taken since it was listed, and this one deleted
        return cls(int(found[-1].stem), Holder(**json.loads(content)), age_s)


class Lease:
    """Held until it is closed; a thread gives signs of life."""

    def __init__(self, sweep: ObjectPath, folder: ObjectPath) -> None:
        """Take the lease in `folder`; waits for nobody: raises UsageError while another process holds it."""
        self._sweep, self._folder, self._holder = sweep, folder, Holder.here()
        before = Held.newest(folder)
        if before is not None and before.holds:
            raise UsageError(_refusal(sweep, before))
        self._path = folder / f"{1 + (before.number if before else 0):08d}.json"
        try:
            self._path.put_new(self._holder.as_bytes())
        except FileExistsError as error:
            raise UsageError(f"another process has just begun to run the sweep {sweep}") from error
        newest = Held.newest(folder)
        if newest is not None and newest.holder != self._holder:  # this process slept between its two looks
            self._path.unlink()
            raise UsageError(_refusal(sweep, newest))
        for older in folder.glob("*.json")[:-1]:
            older.unlink()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="lease", daemon=True)
        self._thread.start()

    def require_conditional_puts(self) -> None:
        """Raise UsageError if the storage puts an object where there is one, though asked not to."""
        try:
            self._path.put_new(Holder.here().as_bytes())
        except FileExistsError:
            return
        raise UsageError(
            f"{self._sweep}: this storage ignores If-None-Match, on which the journal and the lock of a sweep rest; "
            "take one that honours it, or a folder"
        )

    def close(self) -> None:
        """Let another process in."""
        self._ended.set()
        self._thread.join()
        with suppress(OSError):  # then it runs out by itself
            self._path.put(replace(self._holder, released=True).as_bytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _live(self) -> None:
        while not self._ended.wait(RENEW_S):
            with suppress(OSError):  # the next sign may arrive
                self._path.put(self._holder.as_bytes())


def _refusal(sweep: ObjectPath, held: Held) -> str:
    return (
        f"another process is running the sweep {sweep}: number {held.holder.process} on {held.holder.node}, which gave a "
        f"sign of life {max(0.0, held.age_s):.0f} s ago; wait for it, or stop it. Should it be dead, the sweep is free "
        f"{max(1.0, LEASE_S - held.age_s):.0f} s from now"
    )


def _processes() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""  # a system without /proc has one set
