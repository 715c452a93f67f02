"""Laws of the block `search` of a config."""

from pathlib import Path

import pytest

from hpsearch import running
from hpsearch.config import Config, load_config
from hpsearch.errors import UsageError
from hpsearch.running import plan_of
from hpsearch.sweep import next_round

from .worlds import KNOWN

TEXT = """name: a
data: {source: digits}
model: {dropout: {uniform: [0.0, 0.5]}, activation: {choice: [relu, tanh]}}
train: {learning_rate: {log: [1e-4, 1]}, batch_size: {log_int: [8, 64]}}
search:
"""


def _load(tmp_path: Path, search: str) -> Config:
    (tmp_path / "config.yaml").write_text(TEXT + search)
    return load_config(tmp_path / "config.yaml", KNOWN)


def test_known_configurations_are_the_first_trials_just_as_they_were_written(tmp_path: Path) -> None:
    start = "  start_with: [{learning_rate: 0.01, dropout: 0, activation: tanh, batch_size: 32}]\n"
    config = _load(tmp_path, start)
    trial = next_round(plan_of(config), [], []).trials[0]
    assert trial.values == {"learning_rate": 0.01, "dropout": 0, "activation": "tanh", "batch_size": 32}
    assert config.trial(trial.values).train.learning_rate == 0.01
    (tmp_path / "again.yaml").write_text(config.text())
    assert load_config(tmp_path / "again.yaml", KNOWN).run.search.start_with == config.run.search.start_with


@pytest.mark.parametrize(
    ("configuration", "rule"),
    [
        ("{learning_rat: 0.1}", "no setting 'learning_rat' is searched; did you mean 'learning_rate'?"),
        ("{learning_rate: 0.1}", "a value of 'dropout' is missing"),
        (
            "{learning_rate: 2, dropout: 0, activation: relu, batch_size: 8}",
            r"learning_rate: 2 is not a number in \[0.0001, 1.0\]",
        ),
        (
            "{learning_rate: 0.1, dropout: 0, activation: relu, batch_size: 8.5}",
            r"batch_size: 8.5 is not a whole number in \[8, 64\]",
        ),
        ("{learning_rate: 0.1, dropout: 0, activation: [1], batch_size: 8}", r"activation: \[1\] is not one of"),
    ],
)
def test_a_known_configuration_that_is_none_is_refused_in_a_sentence_with_its_line(
    tmp_path: Path, configuration: str, rule: str
) -> None:
    with pytest.raises(UsageError, match=rf"config.yaml, line 6: search.start_with.0: {rule}"):
        _load(tmp_path, f"  start_with: [{configuration}]\n")


def test_a_grid_that_ends_before_the_trials_do_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"search.trials asks for 48 configurations, but the grid of 2 points a setting ends after 16"
    ):
        plan_of(_load(tmp_path, "  {strategy: grid, points: 2}\n"))
    assert plan_of(_load(tmp_path, "  {strategy: grid, points: 2, trials: 16}\n")).trials == 16


def test_known_configurations_are_no_points_of_a_grid(tmp_path: Path) -> None:
    start = "start_with: [{learning_rate: 0.01, dropout: 0, activation: tanh, batch_size: 32}]"
    assert plan_of(_load(tmp_path, f"  {{strategy: grid, points: 2, trials: 17, {start}}}\n")).trials == 17
    assert plan_of(_load(tmp_path, f"  {{strategy: grid, points: 2, trials: 1, {start}}}\n")).trials == 1
    with pytest.raises(UsageError, match="ends after 16"):
        plan_of(_load(tmp_path, f"  {{strategy: grid, points: 2, trials: 18, {start}}}\n"))


@pytest.mark.parametrize(
    ("model", "search", "told"),
    [
        ("{}", "{trials: 6}", True),
        ("{}", "{trials: 6, repeats: 3}", True),
        ("{}", "{trials: 6, repeats: 6}", False),
        ("{}", "{trials: 1}", False),
        ("{dropout: {uniform: [0.0, 0.5]}}", "{trials: 6}", False),
    ],
)
def test_a_sweep_that_searches_nothing_says_so(tmp_path: Path, model: str, search: str, told: bool) -> None:
    (tmp_path / "config.yaml").write_text(f"name: a\ndata: {{source: digits}}\nmodel: {model}\nsearch: {search}\n")
    sentences = list(running._unsearched(load_config(tmp_path / "config.yaml", KNOWN)))
    assert [sentence.startswith("Nothing is searched") for sentence in sentences] == [True] * told


def test_the_config_of_a_point_is_a_config_in_which_nothing_is_searched(tmp_path: Path) -> None:
    values = {"learning_rate": 0.01, "dropout": 0.1, "activation": "tanh", "batch_size": 32}
    settled = _load(tmp_path, f"  {{start_with: [{values}]}}\n".replace("'", "")).settled(values)
    again = load_config(settled, KNOWN)
    assert again.space.settings == ()
    assert (again.run.train.learning_rate, again.run.model.activation) == (0.01, "tanh")


def test_an_end_of_a_range_is_named_where_a_wider_range_is_legal(tmp_path: Path) -> None:
    config = _load(tmp_path, "  {trials: 8}\n")
    values = {"learning_rate": 0.95, "dropout": 0.001, "activation": "relu", "batch_size": 30}
    [sentence] = config.edges(values)  # dropout cannot be below 0
    assert sentence == (
        "the best learning_rate, 0.95, lies at the upper end of its range, log [0.0001, 1]: "
        "better values may lie beyond it"
    )
    assert len(config.edges({**values, "dropout": 0.499, "batch_size": 64})) == 3
    assert config.edges({}) == []
