"""Disturbs a sweep at random moments, and resumes it until it is finished."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.processes.program import finish, kill_group, start, tables

PATIENCE_S = 120


@dataclass
class Chaos:
    """A sweep, and who may be killed while it runs."""

    config: Path
    results: Path
    options: Sequence[str]  # how it is run
    rng: np.random.Generator
    longest_pause_s: float
    changes: Sequence[str] = ()  # to the config
    environment: Mapping[str, str] = field(default_factory=dict)
    kill_node: Callable[[], None] | None = None  # and let another one join
    nodes: Callable[[], Collection[int]] | None = None  # the processes that began them; this sweep's own, if left out

    @property
    def sweep(self) -> Path:
        return self.results / "small"

    def run(self, victims: Sequence[str]) -> list[str]:
        """Run the sweep and kill these ("worker", "driver", "node") one after another, until it ends; returns who was.

        What was acknowledged before a kill must be there after it.
        """
        killed: list[str] = []
        process = self._start("run", self.config, *self.changes, "--results", self.results)
        for victim in victims:
            acknowledged = self._acknowledged_after(self.rng.uniform(0, self.longest_pause_s), process)
            if not self._kill(victim, process):
                break
            killed.append(victim)
            kept = {row["trial"]: row for row in tables(self.sweep)["trials"].to_pylist()}
            assert all(kept.get(number) == row for number, row in acknowledged.items()), "an acknowledged row was lost"
            if victim == "driver":
                process = self._start("resume", self.sweep)
        ended = finish(process)
        assert ended.returncode == 0, ended.stderr
        return killed

    def _start(self, *arguments: object) -> subprocess.Popen[str]:
        return start(*arguments, *self.options, environment=self.environment)

    def _acknowledged_after(self, pause_s: float, process: subprocess.Popen[str]) -> dict[int, dict[str, object]]:
        """The rows that are there after a pause, which begins with the sweep's work."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self.sweep / "manifest.json").exists() and process.poll() is None:
            assert time.monotonic() < deadline, "the sweep never began"
            time.sleep(0.02)
        time.sleep(pause_s)
        return {row["trial"]: row for row in tables(self.sweep)["trials"].to_pylist()}

    def _kill(self, victim: str, process: subprocess.Popen[str]) -> bool:
        """Whether there was one to kill before the sweep ended."""
        if process.poll() is not None:
            return False
        if victim == "driver":
            kill_group(process)
        elif victim == "node":
            assert self.kill_node is not None
            self.kill_node()
        else:
            return self._kill_a_worker(process)
        return True

    def _kill_a_worker(self, process: subprocess.Popen[str]) -> bool:
        while process.poll() is None:
            workers = ray_workers_below({process.pid} if self.nodes is None else self.nodes())
            if workers:
                with suppress(ProcessLookupError):  # it may have ended since
                    os.kill(int(self.rng.choice(workers)), signal.SIGKILL)
                    return True
            time.sleep(0.02)
        return False


def ray_workers_below(roots: Collection[int]) -> list[int]:
    """The ids of Ray workers at trials that descend from one of these processes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            title = (entry / "cmdline").read_bytes().split(b"\0")[0]
            if title.startswith(b"ray::_Worker.run") and not set(roots).isdisjoint(_ancestors(int(entry.name))):
                found.append(int(entry.name))
        except OSError:
            continue  # ended since it was listed
    return found


def _ancestors(process_id: int) -> list[int]:
    line = []
    while process_id > 1:
        line.append(process_id)
        process_id = int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[1])
    return line
