"""A machine that is lost with its network: killed, or out of reach."""

from pathlib import Path

import pytest

from hpsearch.store.compare import differences
from tests.cluster.conftest import LONG
from tests.cluster.nodes import Cluster, Network
from tests.processes.program import finish, start, tables, wait_for_worker

pytestmark = [pytest.mark.chaos, pytest.mark.networks]


@pytest.mark.parametrize("way", ["killed", "out of reach"])
def test_a_sweep_survives_the_loss_of_a_machine_with_a_network_of_its_own(
    way: str, config: Path, undisturbed: Path, tmp_path: Path
) -> None:
    sweep = tmp_path / "small"
    with Network() as network, Cluster(tmp_path, 1, host=network.here) as cluster:
        node = cluster.add(network)
        process = start(
            "run", config, *LONG, "--address", cluster.address, "--results", tmp_path, environment=cluster.client
        )
        wait_for_worker(sweep, "worker-1")
        wait_for_worker(sweep, "worker-2")
        node.kill() if way == "killed" else network.unplug()
        run = finish(process)
    assert run.returncode == 0, run.stderr
    assert differences(tables(undisturbed), tables(sweep)) == []
