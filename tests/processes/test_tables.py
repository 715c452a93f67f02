"""From a table to predictions without editing anything."""

from pathlib import Path

import pandas as pd

from tests.processes.program import program_here
from tests.trainer.table_cases import dirty_table


def test_a_table_becomes_predictions_by_four_commands(tmp_path: Path) -> None:
    data, config, sweep = tmp_path / "houses.csv", tmp_path / "first.yaml", tmp_path / "houses"
    dirty_table(300).drop(columns="dear").to_csv(data, index=False)
    few = ["--set=search.trials=2", "--set=train.epochs=20"]
    for arguments in (
        ["init", data, "--target", "price", "--output", config],
        ["run", config, "--serial", *few, "--results", tmp_path],
        ["best", sweep],
        ["predict", sweep, data, "--output", tmp_path / "out.csv"],
    ):
        done = program_here(*arguments)
        assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "out.csv")["prediction"]
    assert found.corr(dirty_table(300)["price"]) > 0.8
