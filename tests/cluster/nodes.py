"""A Ray cluster of several nodes on this machine, of processes that are this test's own."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

RAY = Path(sys.executable).with_name("ray")
QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}


@dataclass(frozen=True)
class Node:
    """`ray start` and all that it started."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 60
        while b"Ray runtime started" not in self.log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 for everything on the node."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=30)


class Cluster:
    """Nodes of one processor each, the first of which is the head; only who has the token is let in."""

    def __init__(self, folder: Path, nodes: int, host: str = "127.0.0.1") -> None:
        self.folder, self.count, self.host = folder, nodes, host
        self.port, self.dashboard_port = _free_port(), _free_port()
        token = folder / "token"
        token.write_text(secrets.token_hex(32))
        self.client = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
        self.nodes: list[Node] = []

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def job_server(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    def __enter__(self) -> Self:
        try:
            for _ in range(self.count):  # one by one: on a busy machine several time out
                self.add()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all nodes."""
        for node in reversed(self.nodes):
            node.kill()

    def add(self, network: "Network | None" = None) -> Node:
        """Let another node join, which may live in a network of its own."""
        node = self._start(network)
        node.wait_until_up()
        return node

    def kill_one(self, rng: np.random.Generator) -> None:
        """kill -9 for one of the nodes that still run, but not for the head."""
        alive = [node for node in self.nodes[1:] if node.process.poll() is None]
        alive[rng.integers(len(alive))].kill()

    def roots(self) -> list[int]:
        """The processes that began the nodes."""
        return [node.process.pid for node in self.nodes if node.process.poll() is None]

    def _start(self, network: "Network | None") -> Node:
        head = ["--head", f"--port={self.port}", "--include-dashboard=true", f"--dashboard-port={self.dashboard_port}"]
        agent = f"--dashboard-agent-listen-port={_free_port()}"  # or the nodes would fight for one
        path = f"{RAY.parent}:{os.environ['PATH']}"  # a job's `python` is the first there
        where = [f"--address={self.address}"] if self.nodes else head
        where.append(f"--node-ip-address={network.address if network else self.host}")
        log = self.folder / f"node-{len(self.nodes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(network.inside if network else []),
                    str(RAY),
                    "start",
                    "--block",
                    *where,
                    agent,
                    "--num-cpus=1",
                    "--object-store-memory=100000000",
                ],
                env={**os.environ, **self.client, **QUIET, "PATH": path},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.nodes.append(Node(process, log))
        return self.nodes[-1]


class Network:
    """A network namespace, joined to this machine's network by a cable; to make one takes the rights of root."""

    here, address = "10.203.117.1", "10.203.117.2"

    def __init__(self) -> None:
        self._name, self._cable = f"hp{os.getpid()}", f"hp{os.getpid()}a"
        self.inside = ["ip", "netns", "exec", self._name]

    def __enter__(self) -> Self:
        far = f"hp{os.getpid()}b"
        _ip("netns", "add", self._name)
        try:
            _ip("link", "add", self._cable, "type", "veth", "peer", "name", far, "netns", self._name)
            _ip("addr", "add", f"{self.here}/30", "dev", self._cable)
            _ip("link", "set", self._cable, "up")
            _ip("-n", self._name, "addr", "add", f"{self.address}/30", "dev", far)
            for end in ("lo", far):
                _ip("-n", self._name, "link", "set", end, "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def unplug(self) -> None:
        """Pull the cable: what is inside lives on, and reaches nobody."""
        _ip("link", "set", self._cable, "down")

    def _remove(self) -> None:
        _ip("netns", "del", self._name)  # and with it both ends of the cable


@cache
def can_make_networks() -> bool:
    """Whether this system lets this user make network namespaces."""
    if os.geteuid() or not shutil.which("ip"):
        return False
    try:
        with Network():
            return True
    except subprocess.CalledProcessError:
        return False


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
