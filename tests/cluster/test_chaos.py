"""Fifty sweeps whose workers, drivers and nodes are killed at random moments: every row is there, once, and the same."""

from pathlib import Path

import numpy as np
import pytest

from hpsearch.store.compare import differences
from tests.cluster.conftest import LONG
from tests.cluster.nodes import Cluster
from tests.processes.chaos import Chaos
from tests.processes.program import tables

pytestmark = pytest.mark.chaos
SWEEPS = 50


@pytest.mark.parametrize("seed", range(SWEEPS))
def test_a_sweep_that_is_disturbed_at_random_moments_has_the_rows_of_one_that_is_not(
    cluster: Cluster, config: Path, undisturbed: Path, tmp_path: Path, seed: int
) -> None:
    rng = np.random.default_rng(seed)

    def replace_a_node() -> None:
        cluster.kill_one(rng)
        cluster.add()

    chaos = Chaos(
        config,
        tmp_path,
        ("--address", cluster.address),
        rng,
        longest_pause_s=8.0,
        changes=LONG,
        environment=cluster.client,
        kill_node=replace_a_node,
        nodes=cluster.roots,
    )
    assert chaos.run([str(each) for each in rng.choice(["worker", "driver", "node"], rng.integers(1, 5))])
    assert differences(tables(undisturbed), tables(chaos.sweep)) == []
