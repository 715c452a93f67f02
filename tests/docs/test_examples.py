"""Every code block and every command of README and docs works, page by page, in the order in which a reader meets them."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from typer.main import get_command

from docs.reference import columns
from hpsearch.cli.app import app
from hpsearch.known import KNOWN
from hpsearch.store.schema import TABLES
from tests.docs.examples import attempt, blocks, prepare, spans
from tests.processes.program import REPOSITORY, program_here

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
WITH_BLOCKS = [page for page in PAGES if blocks(page)]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has: the configs, a table, and the digits sweep that `make run` leaves."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copytree(REPOSITORY / "configs", folder / "configs")
    houses = pd.DataFrame(
        {
            "area": range(60, 140),
            "rooms": [1 + number % 5 for number in range(80)],
            "town": ["Ulm", "Ayr", "Oslo", "Kyiv"] * 20,
            "listing_url": [f"house/{number}" for number in range(80)],
            "price": [1000.5 * number + 37 * (number % 7) for number in range(80)],
        }
    )
    houses.to_csv(folder / "houses.csv", index=False)
    houses.drop(columns="price").to_csv(folder / "new.csv", index=False)
    houses.to_csv(folder / "sold.csv", index=False)
    houses.to_parquet(folder / "sold.parquet", index=False)
    for activation in ("relu", "tanh"):
        text = f"name: {activation}\ndata: {{source: digits}}\nmodel: {{activation: {activation}}}\n"
        (folder / f"{activation}.yaml").write_text(text, encoding="utf-8")
    later = load_digits()
    np.savez(folder / "later.npz", X=later.data[::3], y=later.target[::3])
    _images(folder / "cifar-10-batches-bin")
    few = ["--set=search.trials=18", "--set=train.epochs=2", "--serial", "--quiet"]
    run = program_here("run", folder / "configs" / "digits.yaml", *few, "--results", folder / "results")
    assert run.returncode == 0, run.stderr
    return folder


def _images(folder: Path) -> None:
    """A folder of CIFAR-10's form, with noise in it: rows of a label and 3072 bytes."""
    folder.mkdir()
    rows = np.random.default_rng(0).integers(0, 256, (200, 3073), np.uint8)
    rows[:, 0] = np.arange(200) % 10
    rows.tofile(folder / "data_batch_1.bin")


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_every_block_works(page: Path, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    prepare(page)
    for block in blocks(page):
        attempt(block, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_and_option_that_prose_names_exists(page: Path) -> None:
    known = {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in get_command(app).commands.items()
    }
    for command, options in spans(page):
        assert options <= known.get(command, set()), f"{page.name}: hpsearch {command}"
        assert command in known, f"{page.name}: there is no hpsearch {command}"


@pytest.mark.parametrize("command", sorted(get_command(app).commands))
def test_every_command_has_help_and_stands_in_the_readme(command: str) -> None:
    assert f"`hpsearch {command} " in PAGES[0].read_text(encoding="utf-8")
    assert get_command(app).commands[command].help


KINDS = {
    "babysat": ["train", "--babysit", "--set=train.l2=1e-3", "--set=train_metrics=[accuracy]"],
    "in folds": ["run", "--serial", "--set=search.trials=1", "--set=data.validation={folds: 2}"],
}
"""Commands that give columns which a plain sweep lacks."""
STEERED = "learning_rate|beta|weight_decay|l2|dropout"  # the settings that babysitting can change


@pytest.mark.parametrize("kind", ["plain", "babysat", "in folds"])
def test_every_column_of_a_real_sweep_is_in_the_reference_with_a_sentence(
    kind: str, world: Path, tmp_path: Path
) -> None:
    sweep = world / "results" / "digits" if kind == "plain" else _done(tmp_path, *KINDS[kind])
    places = {"<name>": ".+", "<metric>": f"({'|'.join(KNOWN.metrics)})", "<setting>": f"({STEERED})"}
    text = columns((REPOSITORY / "docs" / "parquet.md").read_text(encoding="utf-8"))
    for table in TABLES:
        section = text.split(f"\n## {table}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([^`]+)` \| (.*?) \| (.*) \|$", section, flags=re.MULTILINE)
        named = [_filled(name, places) for name, _, _ in rows]
        assert all(type_ and said for _, type_, said in rows), rows
        for column in pd.read_parquet(sweep / table):
            assert any(re.fullmatch(name, column) for name in named), f"docs/parquet.md lacks {column} of {table}"


def _done(folder: Path, command: str, *options: str) -> Path:
    config = folder / "kind.yaml"
    text = "name: kind\ndata: {source: iris}\nmodel: {hidden: [4], dropout: 0.1}\ntrain: {epochs: 4}\n"
    config.write_text(text, encoding="utf-8")
    run = program_here(command, config, "--quiet", "--results", folder, *options)
    assert run.returncode == 0, run.stderr
    return folder / "kind"


def _filled(name: str, places: dict[str, str]) -> str:
    """A column's name in the reference as a pattern."""
    for place, pattern in places.items():
        name = name.replace(place, pattern)
    return name
