"""A user's own layers under the real program: gated, shipped to workers, kept with the sweep."""

import json
from pathlib import Path

import pandas as pd
import pytest

from hpsearch.store.compare import differences
from tests.processes.program import program, program_here, tables
from tests.trainer.plugin_texts import OTHERS, SUBTLY_WRONG, SWISH

CONFIG = """\
name: own
data: {source: digits}
plugins: [layers/swish.py, layers/others.py]
model: {hidden: [16], activation: swish, after_activation: [scale], dropout: {uniform: [0.1, 0.5]}}
train: {loss: brier, learning_rate: {log: [1e-3, 1e-1]}, penalties: {fourth_power: {log: [1e-4, 1e-2]}}, epochs: 3}
search: {trials: 6}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "layers").mkdir(parents=True)
    (folder / "own.yaml").write_text(CONFIG)
    (folder / "layers" / "swish.py").write_text(SWISH)
    (folder / "layers" / "others.py").write_text(OTHERS)
    return folder / "own.yaml"


def test_a_plugin_trains_on_ray_workers_that_never_saw_its_file(own: Path, tmp_path: Path) -> None:
    serial = program_here("run", own, "--serial", "--results", tmp_path / "serial")
    assert serial.returncode == 0, serial.stderr
    run = program_here("run", own, "--serial", "--set=search.trials=2", "--results", tmp_path / "ray")
    assert run.returncode == 0, run.stderr
    own.rename(own.with_suffix(".gone"))  # from here on the sweep's own copies must do
    for file in (own.parent / "layers").iterdir():
        file.unlink()
    sweep = tmp_path / "ray" / "own"
    assert program("resume", sweep, "--trials", "6", "--workers", "2").returncode == 0
    assert differences(tables(tmp_path / "serial" / "own"), tables(sweep)) == []
    frame = pd.read_parquet(sweep / "trials")
    assert set(frame["status"]) == {"completed"}
    assert "param_fourth_power" in frame
    assert "scale_1.s" in set(pd.read_parquet(sweep / "gradchecks")["tensor"])
    best = program("best", sweep)
    assert best.returncode == 0, best.stderr
    assert "identical" in best.stdout
    assert program_here("check", sweep / "best" / "config.yaml").returncode == 0


def test_a_subtly_wrong_derivative_trains_nothing(own: Path, tmp_path: Path) -> None:
    (own.parent / "layers" / "swish.py").write_text(SUBTLY_WRONG)
    run = program_here("run", own, "--serial", "--results", tmp_path)
    assert run.returncode == 3, run.stdout + run.stderr
    assert set(pd.read_parquet(tmp_path / "own" / "trials")["status"]) == {"gate_failed"}
    assert program_here("check", own).returncode == 3


def test_a_layer_that_raises_or_gives_another_shape_is_the_trials_error(own: Path, tmp_path: Path) -> None:
    others = own.parent / "layers" / "others.py"
    for name, wrong, message in (
        ("raises", "raise RuntimeError('no luck')\n", "RuntimeError: no luck (others.py, line "),
        (
            "shape",
            "return (x * self.s)[:1]\n",
            "'scale' gives an array of the shape (1, 16) and type float64 from forward",
        ),
    ):
        others.write_text(OTHERS.replace("return x * self.s\n", wrong))
        run = program_here("run", own, "--serial", f"--set=name={name}", "--results", tmp_path)
        assert run.returncode == 1, run.stderr
        frame = pd.read_parquet(tmp_path / name / "trials")
        assert set(frame["status"]) == {"failed"}
        assert all(message in error for error in frame["error"])
        checked = program_here("check", own)
        assert checked.returncode == 1
        assert checked.stderr.count("\n") == 1
        assert message in checked.stderr


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("plugins=[layers/gone.py]", "layers/gone.py cannot be read: No such file or directory"),
        ("plugins=[layers/swish.py, swish.py]", "two files are called swish.py"),
        ("plugins=[own.yaml]", "own.yaml cannot be loaded: NameError"),
        ("model.activation=swosh", "did you mean 'swish'?"),
        ("train.loss=breer", "did you mean 'brier'?"),
        ("model.after_activation=[scala]", "did you mean 'scale'?"),
        ("plugins=swish.py", "must be a list"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(override: str, message: str, own: Path, tmp_path: Path) -> None:
    run = program_here("run", own, "--serial", f"--set={override}", "--results", tmp_path)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
    assert not (tmp_path / "own").exists()


def test_a_sweep_whose_plugin_was_changed_is_not_resumed(own: Path, tmp_path: Path) -> None:
    assert program_here("run", own, "--serial", "--results", tmp_path).returncode == 0
    copy = tmp_path / "own" / "plugins" / "swish.py"
    assert copy.name in json.loads((tmp_path / "own" / "manifest.json").read_text())["plugins"]
    copy.write_text(copy.read_text() + "\n# faster\n")
    for command in (("resume", "--trials", "8"), ("best",)):
        run = program_here(command[0], tmp_path / "own", *command[1:])
        assert run.returncode == 2
        assert run.stderr.count("\n") == 1
        assert f"{copy} was changed after the sweep began" in run.stderr
