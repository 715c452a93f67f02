"""Laws of configs that are accepted: what a value means, overrides, and the text that is written out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch.config import Config, load_config
from hpsearch.config.models import Run
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.space import DISTRIBUTIONS, Choice, is_distribution

Load = Callable[..., Config]
HEAD = "name: a\ndata: {source: digits}\n"
CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
"""Those to be run; those of experiments have tests of their own, in tests/experiments."""
FULL = (
    HEAD
    + """
model:
  hidden: {choice: [[64], [{int: [8, 16]}, 32], {layers: {int: [0, 2]}, units: {log_int: [4, 64]}}]}
  activation: {choice: [relu, tanh]}
  batch_norm: {choice: [true, false]}
  dropout: {uniform: [0, 0.5]}
train:
  optimizer: {choice: [no, adam]}
  learning_rate: {log: [1e-4, 1]}
  beta: {one_minus_log: [0.9, 0.999]}
  l2: {choice: [0, {log: [1e-6, 1e-1]}]}
  batch_size: {log_int: [8, 64]}
"""
)
BLOCKS = HEAD + "train: {choice: {slow: {learning_rate: 1e-3}, fast: {epochs: {int: [2, 5]}}}}\n"


def _with_source(text: str) -> str:
    return f"{HEAD}train:\n  {text}\n"


@pytest.mark.parametrize(
    ("written", "value"),
    [("1e-3", 0.001), ("1E-3", 0.001), ("1.0e-3", 0.001), ("1e+1", 10.0), (".5", 0.5), ("3", 3), ("0x10", 16)],
)
def test_a_number_is_a_number_alone_and_inside_choice(load: Load, written: str, value: float) -> None:
    assert load(_with_source(f"learning_rate: {written}")).run.train.learning_rate == value
    config = load(_with_source(f"learning_rate: {{choice: [{written}, 0.7]}}"))
    [setting] = config.space.settings
    assert setting.distribution == Choice.parse([value, 0.7])
    assert config.trial({"learning_rate": value}).train.learning_rate == value


@pytest.mark.parametrize("word", ["no", "NO", "yes", "on", "off", "y", "n"])
def test_a_word_that_yaml_1_1_takes_for_a_boolean_is_a_string_alone_and_inside_choice(load: Load, word: str) -> None:
    assert load(f"name: {word}\ndata: {{source: digits}}\n").run.name == word
    assert load(HEAD, f"data.source={word}").run.data.source == word
    config = load(_with_source("optimizer: {choice: [no, adam]}"))
    assert [config.trial(config.space.values([u])).train.optimizer for u in (0.2, 0.8)] == ["no", "adam"]


@pytest.mark.parametrize(
    ("written", "weights"),
    [
        ("balanced", "balanced"),
        ("null", None),
        ("[1, 2.5]", [1.0, 2.5]),
        ("{'0': 1, one: 2.5}", {"0": 1.0, "one": 2.5}),
        ("{one: {log: [1, 4]}, two: 1}", {"one": 2.0, "two": 1.0}),
    ],
)
def test_class_weights_are_a_word_a_list_or_a_block_of_labels(load: Load, written: str, weights: Any) -> None:
    config = load(_with_source(f"class_weights: {written}"))
    assert config.run.train.class_weights == weights
    assert load(config.text()).run == config.run


def test_true_and_false_are_booleans_inside_choice(load: Load) -> None:
    config = load(f"{HEAD}model: {{batch_norm: {{choice: [true, false]}}}}\n")
    assert [config.space.values([u])["batch_norm"] for u in (0.2, 0.8)] == [True, False]


def test_a_whole_number_stands_for_a_real_one(load: Load) -> None:
    assert load(_with_source("learning_rate: 1")).run.train.learning_rate == 1.0


@pytest.mark.parametrize("kind", sorted(DISTRIBUTIONS))
def test_every_distribution_can_be_searched(load: Load, kind: str) -> None:
    setting, argument = {
        "uniform": ("learning_rate", [0.1, 1.0]),
        "log": ("learning_rate", [1e-4, 1]),
        "one_minus_log": ("beta", [0.9, 0.999]),
        "int": ("epochs", [1, 5]),
        "log_int": ("batch_size", [8, 64]),
        "choice": ("optimizer", ["sgd", "adam"]),
    }[kind]
    config = load(_with_source(f"{setting}: {{{kind}: {argument}}}"))
    assert config.space.settings[0].distribution == DISTRIBUTIONS[kind].parse(argument)


@pytest.mark.parametrize("text", [FULL, BLOCKS, *(file.read_text(encoding="utf-8") for file in CONFIGS)])
def test_every_point_of_an_accepted_config_is_a_legal_run(load: Load, text: str) -> None:
    config = load(text)
    rng = np.random.default_rng(0)
    corners = [tuple(float(u) for u in rng.integers(0, 2, len(config.space.settings))) for _ in range(100)]
    inside = [tuple(float(u) for u in rng.random(len(config.space.settings))) for _ in range(100)]
    for point in corners + inside:
        assert isinstance(config.trial(config.space.values(point)), Run)


@pytest.mark.parametrize("text", [HEAD, FULL, BLOCKS, *(file.read_text(encoding="utf-8") for file in CONFIGS)])
def test_a_configs_text_parses_back_to_an_equal_config(load: Load, text: str) -> None:
    config = load(text)
    again = load(config.text())
    assert again.run == config.run
    assert again.space.names == config.space.names
    assert again.text() == config.text()
    for point in ([0.1] * len(config.space.settings), [0.9] * len(config.space.settings)):
        values = config.space.values(point)
        assert again.space.values(point) == values
        assert again.trial(values) == config.trial(values)


@pytest.mark.parametrize("text", [HEAD, FULL])
def test_a_configs_text_writes_out_every_default(load: Load, text: str) -> None:
    def leaves(tree: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        if not isinstance(tree, dict) or is_distribution(tree):
            return {path}
        return {leaf for key, value in tree.items() for leaf in leaves(value, (*path, key))}

    config = load(text)
    full = {path for path in leaves(config.run.model_dump(mode="json")) if path[:2] != ("model", "hidden")}
    written = {path for path in leaves(load(config.text()).tree) if path[:2] != ("model", "hidden")}
    assert written == full


def test_awkward_strings_and_numbers_survive_in_the_text(load: Load) -> None:
    text = HEAD.replace("name: a", "name: no") + "train: {learning_rate: 1e-05, l2: 1e-300, beta: 0.1234567890123456}\n"
    for source in ("digits", "1e-3", "true", "null", "0x1F", "a: b", "- x", "# c", "'q'", "päth", " x ", "2024-01-01"):
        config = load(text, f'data.source="{source}"')
        again = load(config.text())
        assert again.run == config.run
        assert again.run.data.source == source


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.name)
def test_every_shipped_config_loads_and_searches_something(file: Path) -> None:
    config = load_config(file, KNOWN)
    assert config.run.name == file.stem
    assert config.space.settings


def test_there_are_shipped_configs() -> None:
    assert "digits.yaml" in [file.name for file in CONFIGS]


@pytest.mark.parametrize(
    ("override", "where", "value"),
    [
        ("train.epochs=5", ("train", "epochs"), 5),
        ("train.learning_rate=1e-3", ("train", "learning_rate"), 0.001),
        ("train.optimizer=no", ("train", "optimizer"), "no"),
        ("model.batch_norm=false", ("model", "batch_norm"), False),
        ("model.hidden=[8, 4]", ("model", "hidden"), [8, 4]),
        ("name=b", ("name",), "b"),
        ("engine.mixed=true", ("engine", "mixed"), True),
        ("metrics=[f1_macro]", ("metrics",), ["f1_macro"]),
    ],
)
def test_an_override_puts_one_value_in_place(load: Load, override: str, where: tuple[str, ...], value: Any) -> None:
    overridden, plain = load(FULL, override).run.model_dump(), load(FULL).run.model_dump()
    for key in where[:-1]:
        overridden, plain = overridden[key], plain[key]
    assert overridden.pop(where[-1]) == value
    plain.pop(where[-1])
    assert overridden == plain


def test_an_override_may_be_a_distribution_or_take_one_away(load: Load) -> None:
    config = load(HEAD, "train.l2={log: [1e-6, 1e-1]}")
    assert list(config.space.names.values()) == ["l2"]
    fixed = load(FULL, "train.l2=0.5", "model.hidden=[3]")
    assert "l2" not in fixed.space.names.values()
    trial = fixed.trial(fixed.space.values([0.5] * len(fixed.space.settings)))
    assert (trial.train.l2, trial.model.hidden) == (0.5, [3])


def test_an_override_goes_into_a_block_that_the_file_does_not_have(load: Load) -> None:
    config = load(HEAD, "model.hidden.layers=2", "model.hidden.units={int: [1, 4]}")
    assert config.tree["model"] == {"hidden": {"layers": 2, "units": {"int": [1, 4]}}}


@pytest.mark.parametrize("override", ["train.learning_rate.uniform=[0.1, 0.2]", "model.dropout=0.1"])
def test_an_override_inside_a_distribution_is_refused(load: Load, override: str) -> None:
    text = _with_source("learning_rate: {log: [1e-4, 1]}") + "model: {choice: {a: {dropout: 0.2}, b: {}}}\n"
    with pytest.raises(UsageError, match="replace that as a whole"):
        load(text, override)


def test_the_last_of_two_overrides_holds(load: Load) -> None:
    assert load(HEAD, "train.epochs=5", "train.epochs=6").run.train.epochs == 6


def test_overrides_leave_the_rest_of_the_file_and_its_lines_alone(refusal: Callable[..., str]) -> None:
    assert "config.yaml, line 4:" in refusal(_with_source("epochs: 0"), "train.beta=0.5")


def test_merge_keys_and_anchored_booleans_mean_what_yaml_says(load: Load) -> None:
    config = load(HEAD + "train: {<<: {epochs: 3}, beta: 0.5}\nmodel: {batch_norm: &off false}\n")
    assert (config.run.train.epochs, config.run.train.beta, config.run.model.batch_norm) == (3, 0.5, False)


def test_defaults_are_written_out_in_every_member_of_a_choice_of_blocks(load: Load) -> None:
    text = load(HEAD + "train: {choice: {a: {epochs: 3}, b: {l2: {log: [1e-6, 1]}}}}\n").text()
    assert text.count("batch_size: 32") == 2
    assert text.count("optimizer: adamw") == 2
