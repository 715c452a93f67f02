"""Laws of the config that `hpsearch init` writes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hpsearch.cli.app import app
from hpsearch.config import load_config
from hpsearch.config.yaml_text import parse_value
from hpsearch.data import load_data
from hpsearch.errors import UsageError
from hpsearch.first_config import BUDGETS, _scalar, first_config
from hpsearch.known import KNOWN
from tests.trainer.table_cases import dirty_table
from trainer.data import BUNDLED


@pytest.fixture
def houses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in a folder in which the user stands, with a name and a column that YAML could take for something else."""
    monkeypatch.chdir(tmp_path)
    frame = dirty_table(300).rename(columns={"price": "no: price, #1"}).assign(near=[0, 1] * 150, far=[1, 0] * 150)
    frame.to_csv(tmp_path / "my houses (1).csv", index=False)
    return Path("my houses (1).csv")


@pytest.mark.parametrize(
    ("target", "task"),
    [(["no: price, #1"], "regression"), (["dear"], "classification"), (["near", "far"], "multilabel")],
)
def test_it_is_a_config_that_fits_the_data(target: list[str], task: str, houses: Path) -> None:
    found = first_config(str(houses), target)
    Path("first.yaml").write_text(found.text)
    config = load_config(Path("first.yaml"), KNOWN)
    data = load_data(config)
    assert (data.prepared.task, config.run.data.target, config.run.data.task) == (task, target, task)
    assert found.name == config.run.name == "my-houses-1"
    assert {setting.path[-1] for setting in config.space.settings} >= {"learning_rate", "units", "batch_size"}


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_get_one_too(name: str, tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(first_config(name).text)
    assert load_data(load_config(tmp_path / "first.yaml", KNOWN)).dataset.name == name


@pytest.mark.parametrize("name", ["2024", "on", "1e3"])
def test_a_file_may_have_a_name_that_is_no_word(name: str, houses: Path, tmp_path: Path) -> None:
    file = houses.rename(f"{name}.csv")
    (tmp_path / "first.yaml").write_text(first_config(str(file), ["dear"]).text)
    assert load_config(tmp_path / "first.yaml", KNOWN).run.name == name


def test_what_was_seen_is_said_and_stands_above_the_config(houses: Path) -> None:
    found = first_config(str(houses))
    said = "\n".join(found.seen)
    assert "300 rows: 180 to train on, 60 to validate, 60 to test" in said
    assert "of their values are missing" in said
    assert "the target is 'far', the last column; another one by --target" in said
    assert "'name' is left out" in said
    assert found.text.startswith("".join(f"# {sentence}\n" for sentence in found.seen))


@pytest.mark.parametrize("name", ["Target", "label", "CLASS", "y"])
def test_a_column_with_a_telling_name_is_the_target(name: str, tmp_path: Path) -> None:
    table = pd.DataFrame({name: [0, 1] * 20, "a": np.random.default_rng(0).normal(size=40)})
    table.to_csv(tmp_path / "t.csv", index=False)
    assert f"the target is {name!r}, by its name" in " ".join(first_config(str(tmp_path / "t.csv")).seen)


@pytest.mark.parametrize(
    "name", [".5", ".inf", ".nan", ".5e3", "null", "1e3", "a.b", "../x.csv", "./x", "/a", ".hidden"]
)
def test_a_name_is_read_back_as_it_was_written(name: str) -> None:
    assert parse_value(_scalar(name), "here") == name


def test_more_rows_mean_fewer_epochs_and_larger_batches() -> None:
    for smaller, larger in pairwise(BUDGETS):
        assert smaller.below < larger.below
        assert smaller.epochs >= larger.epochs
        assert smaller.batch_size < larger.batch_size


def test_a_column_that_is_not_there_and_data_that_cannot_be_learned_from_are_refused(houses: Path) -> None:
    with pytest.raises(UsageError, match="no column 'prise'"):
        first_config(str(houses), ["prise"])
    with pytest.raises(UsageError, match=r"no file 'nowhere\.csv'"):
        first_config("nowhere.csv")
    with pytest.raises(UsageError, match="every class in each part"):
        first_config(str(houses), ["name"])
    for values in (["inf", *range(39)], ["?", "inf", *range(38)], [1e308, -1e308] * 20):
        pd.DataFrame({"size": values, "y": [0, 1] * 20}).to_csv("odd.csv", index=False)
        with pytest.raises(UsageError, match=r"^odd\.csv: the column 'size' holds"):
            first_config("odd.csv")


def test_the_command_writes_the_file_and_never_over_another(houses: Path) -> None:
    done = CliRunner().invoke(app, ["init", str(houses), "--target", "dear"])
    assert done.exit_code == 0, done.output
    assert "next: hpsearch run my-houses-1.yaml" in done.stdout
    text = Path("my-houses-1.yaml").read_text()
    again = CliRunner().invoke(app, ["init", str(houses), "--target", "near"])
    assert isinstance(again.exception, UsageError)
    assert "exists; name another file by --output" in str(again.exception)
    assert Path("my-houses-1.yaml").read_text() == text
    elsewhere = CliRunner().invoke(app, ["init", str(houses), "--output", "nowhere/first.yaml"])
    assert "cannot be written" in str(elsewhere.exception)
