"""The README keeps its word."""

import re
import runpy
from pathlib import Path

import pytest
from typer.main import get_command

from hpsearch.cli.app import app
from tests.processes.program import REPOSITORY, program_here

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("command", sorted(get_command(app).commands))
def test_every_command_has_help_and_stands_in_the_readme(command: str) -> None:
    assert f"`hpsearch {command} " in README
    assert get_command(app).commands[command].help


def test_every_yaml_block_is_a_config_whose_networks_pass(tmp_path: Path) -> None:
    for text in blocks("yaml"):
        (tmp_path / "config.yaml").write_text(text)
        run = program_here("check", tmp_path / "config.yaml")
        assert run.returncode == 0, run.stderr


def test_every_python_block_runs_on_a_finished_sweep(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "digits").symlink_to(finished)
    monkeypatch.chdir(tmp_path)
    for text in blocks("python"):
        (tmp_path / "block.py").write_text(text)
        runpy.run_path("block.py")
