"""No trial trains behind a wrong gradient: real faults, put into a copy of the source, under the real program."""

import json
import shutil
from dataclasses import dataclass
from math import nan
from pathlib import Path

import pandas as pd
import pytest

from hpsearch import gate
from tests.processes.program import REPOSITORY, program, program_here
from tests.processes.verdicts import failing
from trainer.gradcheck.report import TensorCheck
from trainer.layers import ACTIVATIONS, LAYERS


@dataclass(frozen=True)
class Fault:
    """A line of the trainer, and what it is replaced by."""

    file: str
    line: str
    wrong: str
    tensor: str  # the one that the report must name


FAULTS = {
    "dense": Fault(
        "layers/dense.py", "self.W.mT, self.dx)", "self.W.mT, self.dx)\n        np.negative(self.dx, self.dx)", "beta"
    ),
    "batch_norm": Fault("layers/batch_norm.py", "np.subtract(dy, self.work, dy)", "np.add(dy, self.work, dy)", "W"),
    "relu": Fault("layers/relu.py", "np.multiply(dy, self.gate, dy)", "np.multiply(-dy, self.gate, dy)", "beta"),
    "leaky_relu": Fault("layers/leaky_relu.py", "np.add(out, self.leak, out=out)", "np.add(out, 0.1, out=out)", "beta"),
    "elu": Fault("layers/elu.py", "np.add(out, self.one, out=out)", "np.add(out, 1.1, out=out)", "beta"),
    "gelu": Fault("layers/gelu.py", "np.subtract(self.one, self.t", "np.add(self.one, self.t", "beta"),
    "tanh": Fault("layers/tanh.py", "np.subtract(self.one, out, out)", "np.subtract(out, self.one, out)", "beta"),
    "sigmoid": Fault("layers/sigmoid.py", "np.multiply(out, y, out=out)", "np.multiply(out, -y, out=out)", "beta"),
    "identity": Fault("layers/identity.py", "return dy", "return -dy", "(?:beta|gamma)"),
    "dropout": Fault("layers/dropout.py", "np.multiply(dy, self.mask", "np.multiply(-dy, self.mask", "beta"),
    "loss": Fault("losses/softmax_cross_entropy.py", "np.subtract(out, self._smooth", "np.add(out, self._smooth", "b"),
    "l2": Fault("penalties/l2.py", "np.add(gradient, work, gradient)", "np.add(gradient, 0, gradient)", "W"),
}


def test_every_layer_has_its_fault() -> None:
    assert {layer.kind for layer in LAYERS} <= FAULTS.keys()


def with_fault(fault: Fault, folder: Path) -> dict[str, str]:
    """A copy of the source with the fault in it, as an environment in which that copy is imported."""
    for package in ("trainer", "hpsearch"):
        shutil.copytree(REPOSITORY / package, folder / package)
    file = folder / "trainer" / fault.file
    text = file.read_text()
    assert text.count(fault.line) == 1
    file.write_text(text.replace(fault.line, fault.wrong))
    return {"PYTHONPATH": str(folder)}


def settings(name: str) -> list[str]:
    activation = name if name in ACTIVATIONS else "relu"
    return [f"--set=model.activation={activation}", "--set=model.dropout=0.3", "--set=search.trials=6"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_pass_trains_nothing_and_exits_3(name: str, config: Path, tmp_path: Path) -> None:
    environment = with_fault(FAULTS[name], tmp_path / "source")
    way = ["--workers", "2"] if name == "l2" else ["--serial"]
    run = program("run", config, *settings(name), *way, "--results", tmp_path, environment=environment)
    assert run.returncode == 3, run.stderr
    trials = pd.read_parquet(tmp_path / "small" / "trials")
    assert list(trials["status"]) == ["gate_failed"] * 6
    assert (trials["epochs_run"] == 0).all()
    assert (trials["gradcheck_error"] > 1e-3).all()
    assert trials["error"].str.contains(rf"failed at \w+\.{FAULTS[name].tensor}:").all()
    assert pd.read_parquet(tmp_path / "small" / "epochs").empty
    checks = pd.read_parquet(tmp_path / "small" / "gradchecks")
    assert set(checks.loc[~checks["passed"], "trial"]) == set(range(6))


def test_check_shows_the_table_and_the_verdict(config: Path, tmp_path: Path) -> None:
    environment = with_fault(FAULTS["dropout"], tmp_path / "source")
    run = program("check", config, environment=environment)
    assert run.returncode == 3
    assert "FAILED" in run.stdout
    assert "networks failed" in run.stdout
    right = program_here("check", config)
    assert right.returncode == 0
    assert "relative error" in right.stdout
    assert "networks passed" in right.stdout


def test_check_full_compares_every_parameter(config: Path) -> None:
    run = program_here("check", config, "--full", "--json", "--set=model.hidden=[3]", "--set=model.dropout=0.1")
    assert run.returncode == 0, run.stderr
    assert '"checked": 192' in run.stdout  # 64 inputs × 3 units


def test_check_prints_json_that_every_reader_knows_also_of_an_error_that_is_no_number(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensor = TensorCheck("rows", "dense_1.W", "differences", nan, nan, 1, 0, 0, nan, nan, False, True, False)
    monkeypatch.setattr(gate, "check_networks", lambda *given, full: [({}, None, gate.Report((tensor,)))])
    run = program_here("check", config, "--json")
    assert run.returncode == 3
    [network] = json.loads(run.stdout, parse_constant=pytest.fail)["networks"]
    assert network["tensors"][0]["error"] is None


def test_abort_ends_the_sweep_after_the_failing_round(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "check_gradients", failing(gate.check_gradients))
    run = program_here("run", config, "--set=gradcheck.on_failure=abort", "--serial", "--results", tmp_path)
    assert run.returncode == 3
    assert list(pd.read_parquet(tmp_path / "small" / "trials")["trial"]) == [0, 1, 2, 3]
