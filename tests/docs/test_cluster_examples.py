"""The examples for clusters are of the form that their tools ask for, and of the versions that are locked."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from ray.autoscaler._private.util import prepare_config, validate_config
from ruamel.yaml import YAML

EXAMPLES = Path(__file__).parents[2] / "configs" / "cluster"


def _documents(name: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(EXAMPLES / name))


def test_the_file_for_ray_up_is_valid_by_rays_own_check() -> None:
    [config] = _documents("ray-up.yaml")
    prepared = prepare_config(config)
    validate_config(prepared)
    assert prepared["max_workers"] == len(prepared["provider"]["worker_ips"])


def test_the_manifest_for_kuberay_is_a_cluster_whose_parts_fit() -> None:
    claim, cluster = _documents("kuberay.yaml")
    assert (claim["kind"], cluster["apiVersion"], cluster["kind"]) == (
        "PersistentVolumeClaim",
        "ray.io/v1",
        "RayCluster",
    )
    spec = cluster["spec"]
    pods = [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    [volume] = pods[0]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert {mount["name"] for mount in pods[0]["containers"][0]["volumeMounts"]} == {volume["name"]}
    for pod in pods:
        [container] = pod["containers"]
        assert {"name": "RAY_AUTH_MODE", "value": "token"} in container["env"]


def test_the_script_for_slurm_is_valid_bash() -> None:
    subprocess.run(["bash", "-n", EXAMPLES / "slurm.sh"], check=True)


@pytest.mark.parametrize("name", ["ray-up.yaml", "kuberay.yaml", "Dockerfile"])
def test_every_example_names_the_version_of_ray_that_is_locked(name: str) -> None:
    found = re.findall(r"(?:rayVersion: |ray:|==)(\d+\.\d+\.\d+)", (EXAMPLES / name).read_text())
    assert set(found) == {version("ray")}
