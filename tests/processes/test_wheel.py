"""What users install is whole: with the wheel alone, in an empty environment, a sweep runs."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from hpsearch import __version__
from tests.processes.program import REPOSITORY

UV = Path(sys.executable).with_name("uv")


def done(command: Sequence[object], folder: Path) -> str:
    """What a command printed; in no environment of ours."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    run = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution, as `make wheel` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    done([sys.executable, "-m", "hatchling", "build", "-d", folder], REPOSITORY)
    return folder


def test_the_source_distribution_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    with tarfile.open(built / f"hpsearch-{__version__}.tar.gz") as source:
        source.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"hpsearch-{__version__}"
    done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], unpacked)
    wheel = f"hpsearch-{__version__}-py3-none-any.whl"
    assert (tmp_path / wheel).read_bytes() == (built / wheel).read_bytes()


def test_the_digits_sweep_runs_with_the_wheel_alone(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    done([UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], tmp_path)
    python, program = (tmp_path / "venv" / "bin" / name for name in ("python", "hpsearch"))
    locked = ["--constraint", REPOSITORY / "requirements.lock"]
    done([UV, "pip", "install", "--quiet", "--python", python, *locked, wheel], tmp_path)
    assert done([program, "--version"], tmp_path) == f"hpsearch {__version__}\n"
    done([program, "init", "digits"], tmp_path)
    few = ["--set=search.trials=4", "--set=train.epochs=2", "--serial"]
    done([program, "run", "digits.yaml", *few], tmp_path)
    assert set(pd.read_parquet(tmp_path / "results" / "digits" / "trials")["status"]) == {"completed"}
    where = done([python, "-c", "import hpsearch, trainer; print(hpsearch.__file__, trainer.__file__)"], tmp_path)
    assert all(Path(each).is_relative_to(tmp_path / "venv") for each in where.split()), where
