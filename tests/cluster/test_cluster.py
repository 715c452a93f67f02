"""A cluster of three nodes gives the rows of one process, whoever joins or leaves; and lets in only who may."""

import json
from pathlib import Path

import pytest

from hpsearch.store.compare import differences
from tests.cluster.conftest import LONG
from tests.cluster.nodes import Cluster
from tests.processes.program import finish, program, start, tables, wait_for_trials, wait_for_worker, workers_of

pytestmark = pytest.mark.chaos


def test_a_sweep_uses_all_nodes_and_one_that_joins_and_survives_one_that_leaves(
    cluster: Cluster, config: Path, undisturbed: Path, tmp_path: Path
) -> None:
    sweep = tmp_path / "small"
    process = start(
        "run", config, *LONG, "--address", cluster.address, "--results", tmp_path, environment=cluster.client
    )
    wait_for_trials(sweep, 8)
    cluster.add()
    wait_for_worker(sweep, "worker-4")  # there is one a node, as each has one processor
    cluster.nodes[1].kill()
    run = finish(process)
    assert run.returncode == 0, run.stderr
    assert {"worker-1", "worker-2", "worker-3", "worker-4"} <= workers_of(sweep)
    assert all(" trial" in line for line in run.stderr.splitlines()), run.stderr
    assert differences(tables(undisturbed), tables(sweep)) == []


@pytest.mark.parametrize("token", [None, "0" * 64], ids=["no token", "a wrong token"])
def test_a_client_without_the_token_is_refused_in_a_sentence(
    cluster: Cluster, config: Path, tmp_path: Path, token: str | None
) -> None:
    environment = (
        {"RAY_AUTH_MODE": "disabled"} if token is None else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    )
    for command in (
        ("run", config, "--address", cluster.address, "--results", tmp_path),
        ("jobs", "--address", cluster.job_server),
    ):
        run = program(*command, environment=environment)
        assert run.returncode == 2, run.stderr
        assert run.stderr.count("\n") == 1, run.stderr
        assert "token" in run.stderr
    assert not (tmp_path / "small").exists()


def test_a_sweep_is_handed_in_followed_listed_and_gives_the_same_rows(
    cluster: Cluster, config: Path, undisturbed: Path, tmp_path: Path
) -> None:
    server, sweep = ("--address", cluster.job_server), tmp_path / "small"
    handed_in = program("submit", config, *LONG, *server, "--results", tmp_path, "--json", environment=cluster.client)
    assert handed_in.returncode == 0, handed_in.stderr
    job = json.loads(handed_in.stdout)["job"]
    followed = program("logs", job, "--follow", *server, environment=cluster.client)
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert f"{sweep}: finished, 40 of 40 trials done" in followed.stdout
    assert differences(tables(undisturbed), tables(sweep)) == []
    [listed] = json.loads(program("jobs", *server, "--json", environment=cluster.client).stdout)
    assert (listed["job"], listed["sweep"], listed["state"]) == (job, str(sweep), "succeeded")


def test_a_job_that_is_stopped_finishes_what_is_under_way_and_can_be_resumed(
    cluster: Cluster, config: Path, undisturbed: Path, tmp_path: Path
) -> None:
    server, sweep = ("--address", cluster.job_server), tmp_path / "small"
    handed_in = program("submit", config, *LONG, *server, "--results", tmp_path, "--json", environment=cluster.client)
    job = json.loads(handed_in.stdout)["job"]
    wait_for_trials(sweep, 4)
    stopped = program("stop", job, *server, environment=cluster.client)
    assert stopped.returncode == 0, stopped.stderr
    assert f"hpsearch resume {sweep}" in stopped.stdout
    followed = program("logs", job, "--follow", *server, environment=cluster.client)
    assert followed.returncode == 1
    assert "go on by: hpsearch resume" in followed.stdout
    assert 4 <= len(tables(sweep)["trials"]) < 40
    refused = program("submit", config, *LONG, *server, "--results", tmp_path, "--json", environment=cluster.client)
    log = program("logs", json.loads(refused.stdout)["job"], "--follow", *server, environment=cluster.client)
    assert log.returncode == 1
    assert f"there is a sweep in {sweep} already" in log.stdout
    resumed = program(
        "submit", config, *LONG, *server, "--results", tmp_path, "--resume", "--json", environment=cluster.client
    )
    log = program("logs", json.loads(resumed.stdout)["job"], "--follow", *server, environment=cluster.client)
    assert log.returncode == 0, log.stdout + log.stderr
    assert differences(tables(undisturbed), tables(sweep)) == []


def test_a_job_that_is_not_there_is_refused_in_a_sentence(cluster: Cluster) -> None:
    for command in (("logs", "nobody"), ("stop", "nobody")):
        run = program(*command, "--address", cluster.job_server, environment=cluster.client)
        assert run.returncode == 2
        assert "no job 'nobody'" in run.stderr
