"""Runs the program as its users do: real processes, real files, real Ray."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa

from hpsearch.cli import main
from hpsearch.store import SweepFolder

PROGRAM = Path(sys.executable).with_name("hpsearch")
REPOSITORY = Path(__file__).parents[2]
MINIATURE = """\
name: small
seed: 3
data: {source: digits}
model:
  hidden: {layers: {int: [1, 2]}, units: {log_int: [8, 32]}}
  activation: {choice: [relu, tanh]}
  dropout: {uniform: [0.0, 0.5]}
train:
  learning_rate: {log: [1e-3, 1]}
  beta: {one_minus_log: [0.9, 0.999]}
  l2: {log: [1e-6, 1e-1]}
  epochs: 4
search: {trials: 18, round: 4}
"""
_under_way: list[subprocess.Popen[str]] = []


def start(
    *arguments: object, environment: Mapping[str, str] | None = None, asks: bool = False
) -> subprocess.Popen[str]:
    """Begin a run of the program, as the leader of a process group of its own; one that asks reads from a pipe."""
    process = subprocess.Popen(
        [str(PROGRAM), *map(str, arguments)],
        stdin=subprocess.PIPE if asks else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **(environment or {})},
    )
    _under_way.append(process)
    return process


def finish(process: subprocess.Popen[str], answers: str | None = None) -> subprocess.CompletedProcess[str]:
    """Wait for a run to end; answers are for one that asks. One that takes too long is killed."""
    try:
        out, err = process.communicate(answers, timeout=200)
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise
    _forget(process)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def program(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return finish(start(*arguments, environment=environment))


def program_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program in this process: as good where it refuses its input, and seconds faster."""
    out, err, code = StringIO(), StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["hpsearch", *map(str, arguments)]):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def kill_group(process: subprocess.Popen[str]) -> None:
    """kill -9 for the program and every process that it started in its group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    _forget(process)


def kill_what_is_left() -> None:
    """kill -9 for every run that was started here and neither finished nor killed, as where a test has failed."""
    while _under_way:
        with suppress(ProcessLookupError):
            kill_group(_under_way[-1])
        _forget(_under_way[-1])


def _forget(process: subprocess.Popen[str]) -> None:
    if process in _under_way:
        _under_way.remove(process)


def wait_for_trials(path: Path, count: int, process: subprocess.Popen[str] | None = None) -> None:
    """Wait until a running sweep has acknowledged `count` trials; not on, if its process has ended without them."""
    deadline = time.monotonic() + 120
    while True:
        ended = process is not None and process.poll() is not None
        if (path / "manifest.json").exists() and len(_trials_of(path)) >= count:
            return
        assert not ended, f"{path} has ended without {count} trials: {process.communicate()}"
        assert time.monotonic() < deadline, f"{path} never had {count} trials"
        time.sleep(0.05)


def wait_for_worker(path: Path, name: str) -> None:
    """Wait until a worker of a running sweep has finished a trial."""
    deadline = time.monotonic() + 120
    while not (path / "manifest.json").exists() or name not in workers_of(path):
        assert time.monotonic() < deadline, f"{name} never finished a trial"
        time.sleep(0.1)


def workers_of(path: Path) -> set[str]:
    """The workers that have finished a trial of a sweep."""
    return set(_trials_of(path)["worker"].to_pylist())


def _trials_of(path: Path) -> pa.Table:
    return SweepFolder(path).read_tables(["trials"])["trials"]


def tables(path: Path) -> dict[str, pa.Table]:
    """Every acknowledged row of a sweep."""
    return SweepFolder(path).read_tables()
