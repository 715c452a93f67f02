"""Starting Ray on this machine, or joining a cluster: without a word on the terminal, and only among equals."""

import logging
import os
import platform
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ray
from ray._private import worker
from ray._private.runtime_env.constants import RAY_JOB_CONFIG_JSON_ENV_VAR
from ray.exceptions import (
    GetTimeoutError,
    LocalRayletDiedError,
    NodeDiedError,
    RayError,
    TaskUnschedulableError,
    WorkerCrashedError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import hpsearch
from hpsearch._version import __version__
from hpsearch.engine.processors import processors_here
from hpsearch.errors import HpsearchError, UsageError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # or Ray would replace the environment under `uv run`
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the coming default; unset, every start warns
}
HOME = Path(hpsearch.__file__).parents[1]
CODE = [str(HOME / package) for package in ("hpsearch", "trainer")]
"""What is shipped to a cluster: the rows are those of this code, whatever is installed there."""

NAMESPACE = "hpsearch"
"""By which a connection to Ray is known to be ours; no actor has a name in it."""

CONNECT_S = 5.0
GONE = (TaskUnschedulableError, NodeDiedError, LocalRayletDiedError, WorkerCrashedError)
"""What comes of asking a node that is no longer there."""
PROBE_S = 60.0  # the first look at a node makes the code's environment there


def connect(address: str | None, cpus: int) -> None:
    """Start Ray here with so many processors, or join the cluster at `address`; raises UsageError.

    Does nothing if that has been done; Ray that this program began by itself is refused.
    """
    if ray.is_initialized():
        if ray.get_runtime_context().namespace != NAMESPACE:
            raise UsageError(
                "Ray runs in this program already, by a ray.init of its own, and a sweep would end it: "
                "call ray.shutdown() before the sweep, and name a cluster by its address; or run the sweep serially"
            )
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if address:
        _join(address)
    else:
        _start(cpus)


def processors() -> int:
    """How many processors the cluster has now."""
    return int(ray.cluster_resources().get("CPU", 0))


def available_workers(address: str | None, cpus: int) -> int:
    """How many workers the machine, or the cluster at `address`, has processors for."""
    if address is None:
        there_are = processors_here()
    else:
        connect(address, 0)
        there_are = processors()
    return max(1, there_are // cpus)


def versions() -> dict[str, str]:
    """What must be equal on all machines of a sweep."""
    return {"Python": platform.python_version(), "Ray": version("ray"), "hpsearch": __version__}


def require_same_versions(here: Mapping[str, str], there: Mapping[str, str], node: str) -> None:
    """Raise UsageError if a node differs."""
    for name, value in here.items():
        if there[name] != value:
            raise UsageError(
                f"the cluster's node {node} has {name} {there[name]}, this machine {value}; all machines of a sweep need "
                f"the same: install {name} {value} there, or {there[name]} here"
            )


def _start(cpus: int) -> None:
    try:
        _init(address="local", num_cpus=cpus, include_dashboard=False, _node_ip_address="127.0.0.1")
    except Exception as error:  # on a machine that is too busy or too full Ray raises nothing more particular
        raise HpsearchError(
            f"Ray cannot be started on this machine: {_one_line(error)}; try again when it is less busy, or run with "
            "--serial, which needs no Ray"
        ) from error


def _join(address: str) -> None:
    """Connect to a cluster, send it our code, and look at each of its nodes."""
    _require_listener(address)
    try:
        with _held_back():  # Ray logs about refusals; we say them in a sentence
            shipped = {} if RAY_JOB_CONFIG_JSON_ENV_VAR in os.environ else {"runtime_env": {"py_modules": CODE}}
            _init(address=address, **shipped)  # a job's code has come with the job
            _probe()
    except UsageError:
        ray.shutdown()
        raise
    except (ConnectionError, RayError, RuntimeError, ValueError) as error:
        ray.shutdown()
        raise UsageError(f"the Ray cluster at {address!r} does not let this program in: {_reason(error)}") from error


def _init(**where: Any) -> None:
    with _undisturbed():
        ray.init(**where, namespace=NAMESPACE, configure_logging=True, logging_level=logging.ERROR, log_to_driver=False)
    worker.print_to_stdstream = _say_nothing


def _probe() -> None:
    """Raise UsageError if a node of the cluster has other versions."""
    alive = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = {
        ray.remote(num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False))(
            versions
        ).remote(): node["NodeManagerHostname"]
        for node in alive
    }
    here = versions()
    for reference, node in asked.items():
        try:
            there = ray.get(reference, timeout=PROBE_S)
        except GONE:
            continue  # it left a moment ago, and Ray lists it for some seconds more
        except GetTimeoutError as error:
            raise UsageError(
                f"the cluster's node {node} has not answered for {PROBE_S:.0f} s; mend it, or stop it"
            ) from error
        require_same_versions(here, there, node)


def _reason(error: Exception) -> str:
    """One line of what Ray says when it refuses."""
    if isinstance(error, RayError):
        return last_line(error)
    text = _one_line(error)
    if isinstance(error, ConnectionError):  # Ray says no more to who has no token, or talks to something else
        return f"it wants a token (set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH), or is no Ray cluster ({text})"
    return text


def _one_line(error: Exception) -> str:
    """What is often a page."""
    return " ".join(str(error).split())[:300]


def last_line(error: RayError) -> str:
    """What is most telling of an error that quotes another process's traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _say_nothing(data: object, ignore_prefix: bool) -> None:
    """In place of the function by which Ray prints its processes' troubles on standard output.

    It does so whatever `log_to_driver` says; what matters of them is in the trials' outcomes.
    """


@contextmanager
def _held_back() -> Iterator[None]:
    """Keep what C++ and Python write to standard error meanwhile from the terminal."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Undo what `ray.init` does to its surroundings, and they to it.

    It would answer SIGTERM by an immediate exit. And it puts the current folder first on its workers' search
    path, so that a folder of the user's called `trainer` would be imported in place of ours.
    """
    handler, folder = signal.getsignal(signal.SIGTERM), Path.cwd()
    os.chdir(HOME)
    try:
        yield
    finally:
        os.chdir(folder)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def _require_listener(address: str) -> None:
    """Raise UsageError at once if nobody listens there; Ray would try for minutes, and log about it."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return  # Ray knows how to find the cluster of this machine
    if not (host and port.isdigit()):
        raise UsageError(f"the address of a Ray cluster is HOST:PORT, ray://HOST:PORT or auto, not {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except OSError as error:
        raise UsageError(f"no Ray cluster answers at {address!r}: {error.strerror or error}") from error
