"""Every bad config is one UsageError of one line, which names the setting, the rule and where it is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hpsearch.config import load_config
from hpsearch.errors import UsageError

from .worlds import KNOWN

Refusal = Callable[..., str]
HEAD = "name: a\ndata: {source: digits}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "train:\n\tepochs: 3\n", 4),
        (HEAD + "train: {epochs: 3\n", 4),
        (HEAD + "train: [1, 2\nx: }\n", 4),
        (HEAD + "name: b\n", 3),
        (HEAD + "train:\n  epochs: 1\n  beta: 0.5\n  epochs: 2\n", 6),
        (HEAD + 'x: "never closed\n', 4),
        (HEAD + "a: b: c\n", 3),
        (HEAD + "x: *nowhere\n", 3),
        (HEAD + "---\nname: b\n", 3),
        (HEAD + "x: @\n", 3),
    ],
)
def test_a_file_that_is_not_one_yaml_document_is_refused_with_its_line(refusal: Refusal, text: str, line: int) -> None:
    assert f"config.yaml, line {line}: this is not YAML: " in refusal(text)


def test_a_duplicate_key_is_named(refusal: Refusal) -> None:
    assert '"epochs"' in refusal(HEAD + "train: {epochs: 1, epochs: 2}\n")


@pytest.mark.parametrize("text", ["", "# nothing\n", "hello\n", "- a\n- b\n", "3\n", "null\n", "---\n"])
def test_a_file_that_holds_no_mapping_is_refused(refusal: Refusal, text: str) -> None:
    assert "config.yaml must hold a mapping of settings" in refusal(text)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"PAR1\x80\x81", HEAD.encode() + b"x: \xe9\n"])
def test_a_binary_file_is_refused(refusal: Refusal, content: bytes) -> None:
    assert "config.yaml cannot be read as a text file: " in refusal(content)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b"])
def test_a_file_with_control_characters_is_refused(refusal: Refusal, character: str) -> None:
    assert "config.yaml: this is not YAML: " in refusal(f"{HEAD}x: {character}\n")


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    for file, words in ((tmp_path / "none.yaml", "there is no config file"), (tmp_path, "cannot be read")):
        with pytest.raises(UsageError, match=words) as error:
            load_config(file, KNOWN)
        assert str(file) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "line", "setting", "meant"),
    [
        ("trian: {epochs: 3}\n", 3, "trian", "train"),
        ("train:\n  learning_rte: 0.1\n", 4, "train.learning_rte", "learning_rate"),
        ("model:\n  dropout: 0.1\n  batchnorm: true\n", 5, "model.batchnorm", "batch_norm"),
        ("search: {trails: 3}\n", 3, "search.trails", "trials"),
        ("engine: {worker: 3}\n", 3, "engine.worker", "workers"),
        ("model:\n  hidden: {layers: 1, units: 3, unit: 3}\n", 4, "model.hidden.unit", "units"),
        ("model: {}\ngradcheck: {on_failur: skip}\n", 4, "gradcheck.on_failur", "on_failure"),
        ("train: {choice: {a: {epoch: 3}, b: {}}}\n", 3, "train.epoch", "epochs"),
        ("train: {epoch: {int: [1, 3]}}\n", 3, "train.epoch", "epochs"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_key_the_file_and_the_line(
    refusal: Refusal, text: str, line: int, setting: str, meant: str
) -> None:
    sentence = refusal(HEAD + text)
    assert f"config.yaml, line {line}: there is no setting {setting!r}; did you mean {meant!r}?" in sentence


def test_an_unknown_key_that_resembles_none_is_refused_with_all_that_there_are(refusal: Refusal) -> None:
    assert "there are at, on_failure, tolerance" in refusal(HEAD + "gradcheck: {zzz: 1}\n")


@pytest.mark.parametrize(
    ("text", "setting", "rule", "value"),
    [
        ("train: {epochs: 3.5}", "train.epochs", "whole number", "3.5"),
        ("train: {epochs: '3'}", "train.epochs", "whole number", "'3'"),
        ("train: {epochs: true}", "train.epochs", "whole number", "True"),
        ("train: {epochs: 1e1}", "train.epochs", "whole number", "10.0"),
        ("train: {epochs: [3]}", "train.epochs", "whole number", "[3]"),
        ("train: {learning_rate: fast}", "train.learning_rate", "number", "'fast'"),
        ("train: {learning_rate: true}", "train.learning_rate", "number", "True"),
        ("train: {learning_rate: null}", "train.learning_rate", "number", "None"),
        ("train: {optimizer: 3}", "train.optimizer", "string", "3"),
        ("model: {batch_norm: 1}", "model.batch_norm", "true or false", "1"),
        ("model: {batch_norm: yes}", "model.batch_norm", "true or false", "'yes'"),
        ("model: {hidden: wide}", "model.hidden", "list", "'wide'"),
        ("model: {hidden: [8, wide]}", "model.hidden.1", "whole number", "'wide'"),
        ("model:", "model", "block", "None"),
        ("train: 3", "train", "block", "3"),
        ("metrics: accuracy", "metrics", "list", "'accuracy'"),
        ("model: {input_groups: categories}", "model.input_groups", "list", "'categories'"),
        ("model: {input_groups: [0, 1.5]}", "model.input_groups.1", "whole number", "1.5"),
        ("train: {loss: 3}", "train.loss", "string", "3"),
        ("train: {delta: wide}", "train.delta", "number", "'wide'"),
        ("train: {class_weights: {a: x}}", "train.class_weights.a", "number", "'x'"),
        ("train: {class_weights: even}", "train.class_weights", "'balanced', a list of one number a class", "'even'"),
        ("train: {class_weights: 3}", "train.class_weights", "or a block of labels and numbers", "3"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_setting_rule_value_and_line(
    refusal: Refusal, text: str, setting: str, rule: str, value: str
) -> None:
    sentence = refusal(f"{HEAD}{text}\n")
    assert f"config.yaml, line 3: {setting} must be " in sentence
    assert rule in sentence
    assert sentence.endswith(f"it is {value}")


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ("train: {epochs: 0}", "train.epochs", "0"),
        ("train: {learning_rate: 0}", "train.learning_rate", "0"),
        ("train: {learning_rate: .nan}", "train.learning_rate", "nan"),
        ("train: {learning_rate: .inf}", "train.learning_rate", "inf"),
        ("train: {learning_rate: 1e400}", "train.learning_rate", "inf"),
        ("train: {beta: 1}", "train.beta", "1"),
        ("train: {l2: -1e-3}", "train.l2", "-0.001"),
        ("model: {dropout: 1.0}", "model.dropout", "1.0"),
        ("model: {hidden: [8, 0]}", "model.hidden.1", "0"),
        ("model: {hidden: {layers: -1, units: 3}}", "model.hidden.layers", "-1"),
        ("search: {trials: 0}", "search.trials", "0"),
        ("search: {lookahead: -1}", "search.lookahead", "-1"),
        ("search: {strategy: zoon}", "search.strategy", "'zoon'"),
        ("train: {optimizer: adma}", "train.optimizer", "'adma'"),
        ("model: {activation: rleu}", "model.activation", "'rleu'"),
        ("train: {loss: hubr}", "train.loss", "'hubr'"),
        ("train: {delta: 0}", "train.delta", "0"),
        ("train: {class_weights: [1, 0]}", "train.class_weights.1", "0"),
        ("train: {class_weights: {a: -1}}", "train.class_weights.a", "-1"),
        ("model: {input_groups: [0, -1]}", "model.input_groups.1", "-1"),
        ("model: {initializer: hee}", "model.initializer", "'hee'"),
        ("metrics: [acuracy]", "metrics.0", "'acuracy'"),
        ("gradcheck: {on_failure: stop}", "gradcheck.on_failure", "'stop'"),
        ("gradcheck: {at: [5]}", "gradcheck.at", "[5]"),
        ("gradcheck: {at: [start, 5, 5]}", "gradcheck.at", "['start', 5, 5]"),
        ("gradcheck: {tolerance: 0}", "gradcheck.tolerance", "0"),
        ("seed: -1", "seed", "-1"),
    ],
)
def test_a_wrong_value_is_refused_with_the_setting_the_value_and_the_line(
    refusal: Refusal, text: str, setting: str, value: str
) -> None:
    sentence = refusal(f"{HEAD}{text}\n")
    assert f"config.yaml, line 3: {setting}" in sentence
    assert value in sentence.rpartition(setting)[2]
    assert sentence.endswith(f"; it is {value}") or ("; it is " not in sentence and value not in {"0", "1"})


@pytest.mark.parametrize("name", ["a b", "../a", "", ".a", "a/b", "a\nb"])
def test_a_name_that_cannot_be_a_folders_is_refused(refusal: Refusal, name: str) -> None:
    assert "line 1: name " in refusal(f"name: {name!r}\ndata: {{source: digits}}\n".replace("'", '"'))


@pytest.mark.parametrize("missing", ["name", "data"])
def test_a_missing_setting_is_named(refusal: Refusal, missing: str) -> None:
    text = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(missing))
    assert f"the setting {missing!r} is missing" in refusal(text)
    assert "the setting 'data.source' is missing" in refusal("name: a\ndata: {}\n")


def test_shares_that_leave_no_row_to_train_on_are_refused(refusal: Refusal) -> None:
    assert "validation and test" in refusal("name: a\ndata: {source: digits, validation: 0.5, test: 0.5}\n")


def test_a_metric_that_is_not_recorded_is_refused_with_the_nearest(refusal: Refusal) -> None:
    assert "did you mean 'val_accuracy'?" in refusal(HEAD + "search: {metric: val_acuracy}\n")


@pytest.mark.parametrize(
    ("text", "setting", "rule"),
    [
        ("train: {learning_rate: {log: [1, 1e-4]}}", "train.learning_rate", "low < high"),
        ("train: {epochs: {int: [3, 3]}}", "train.epochs", "low < high"),
        ("train: {learning_rate: {log: [0, 1]}}", "train.learning_rate", "above 0"),
        ("train: {learning_rate: {log: ['1', 2]}}", "train.learning_rate", "two numbers"),
        ("train: {learning_rate: {uniform: [.nan, 1]}}", "train.learning_rate", "low < high"),
        ("train: {learning_rate: {uniform: [0, .inf]}}", "train.learning_rate", "at most 1e+300"),
        ("train: {beta: {one_minus_log: [0.9, 1]}}", "train.beta", "below 1"),
        ("train: {epochs: {choice: [3]}}", "train.epochs", "at least two members"),
        ("train: {choice: {a: {}, b: {epochs: {int: [5, 2]}}}}", "train.epochs", "low < high"),
        ("model: {hidden: [8, {int: [5, 2]}]}", "model.hidden.1", "low < high"),
    ],
)
def test_a_distribution_that_cannot_be_is_refused_with_its_path_and_line(
    refusal: Refusal, text: str, setting: str, rule: str
) -> None:
    sentence = refusal(f"{HEAD}{text}\n")
    assert f"config.yaml, line 3: {setting}: " in sentence
    assert rule in sentence


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("model: {dropout: {uniform: [0, 2]}}", "model.dropout"),
        ("model: {dropout: {uniform: [-0.1, 0.5]}}", "model.dropout"),
        ("train: {epochs: {uniform: [1, 5]}}", "train.epochs"),
        ("train: {epochs: {int: [0, 5]}}", "train.epochs"),
        ("train: {optimizer: {choice: [adam, adma]}}", "train.optimizer"),
        ("train: {optimizer: {choice: [adam, {choice: [sgd, adma]}]}}", "train.optimizer"),
        ("train: {choice: {a: {beta: 0.5}, b: {beta: {uniform: [0.5, 1]}}}}", "train.beta"),
        ("model: {hidden: {choice: [[64], {layers: 1, units: {int: [0, 3]}}]}}", "model.hidden.units"),
        (
            "train: {warmup: {uniform: [0, 15]}, epochs: {choice: [8, 20]}}",
            "train: warmup",
        ),  # of which one alone is legal
        ("train: {warmup: {choice: [0, {uniform: [1, 9]}]}, epochs: {int: [8, 40]}}", "train: warmup"),
    ],
)
def test_a_space_with_an_illegal_point_is_refused(refusal: Refusal, text: str, setting: str) -> None:
    assert f"config.yaml, line 3: {setting}" in refusal(f"{HEAD}{text}\n")


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("seed: {int: [0, 5]}", "seed"),
        ("search: {trials: {int: [1, 5]}}", "search.trials"),
        ("engine: {retries: {choice: [1, 2]}}", "engine.retries"),
        ("metrics: {choice: [[accuracy], [f1_macro]]}", "metrics"),
        ("gradcheck: {choice: [{on_failure: skip}, {on_failure: abort}]}", "gradcheck"),
    ],
)
def test_a_distribution_outside_of_model_and_train_is_refused(refusal: Refusal, text: str, setting: str) -> None:
    assert f"config.yaml, line 3: {setting} cannot be searched" in refusal(f"{HEAD}{text}\n")


@pytest.mark.parametrize("override", ["", "=5", "train.epochs", "train..epochs=5", ".epochs=5", "train.=5"])
def test_an_override_that_is_not_key_value_is_refused_with_the_form(refusal: Refusal, override: str) -> None:
    assert refusal(HEAD, override) == f"--set takes KEY=VALUE, as in train.epochs=5, not {override!r}"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.epoch=5", "there is no setting 'train.epoch'; did you mean 'epochs'?"),
        ("train.epochs=five", "train.epochs must be a whole number; it is 'five'"),
        ("train.epochs=", "train.epochs must be a whole number; it is None"),
        ("train=5", "train must be a block of settings"),
        ("train.epochs={int: [5, 2]}", "train.epochs: int takes [low, high] with low < high"),
        ("train.epochs=[1", "this is not YAML"),
        ("seed={int: [0, 1]}", "seed cannot be searched"),
    ],
)
def test_a_bad_override_is_refused_and_named_as_the_place(refusal: Refusal, override: str, words: str) -> None:
    sentence = refusal(HEAD, override)
    assert sentence.startswith(f"--set {override}")
    assert words in sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train: {learning_rate: {lgo: [1e-4, 1]}}", ["line 3", "train.learning_rate", "'lgo'", "'log'"]),
        ("train: {learning_rate: {choice: [.nan, 0.1]}}", ["line 3", "train.learning_rate", "finite"]),
        ("train: {epochs: {int: [1, 1000000000000000000000000000000]}}", ["line 3", "train.epochs", "2**53"]),
        ("train: {l2: {uniform: [0, 1" + "0" * 400 + "]}}", ["line 3", "train.l2", "1e+300"]),
        ("search: {metric: val_los}", ["line 3", "search.metric", "'val_loss'"]),
        ("seed: 2024-01-01", ["line 3", "seed", "date", "quotes"]),
        ("train: {1: 2}", ["line 3", "train", "1"]),
        ("train: {class_weights: {0: 1}}", ["line 3", "train.class_weights", "0", "quotes"]),
    ],
)
def test_what_is_easily_mistaken_is_refused_with_its_place(refusal: Refusal, text: str, words: list[str]) -> None:
    sentence = refusal(f"{HEAD}{text}\n")
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("text", ["choice: [1, 2]\n", "int: [0, 1]\n"])
def test_a_file_that_is_one_distribution_is_refused(refusal: Refusal, text: str) -> None:
    assert "as a whole" in refusal(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metrics: [accuracy, accuracy]", ["line 3", "metrics", "twice"]),
        ("train_metrics: [accuracy, accuracy]", ["line 3", "train_metrics", "twice"]),
        ("log: {uniform: [0, 1]}", ["line 3", "log", "cannot be searched"]),
        ("1: {uniform: [0, 1]}", ["line 3", "1", "cannot be searched"]),
        ("train: {batch_size: {choice: [5, 99999999999999999999999]}}", ["line 3", "train.batch_size", "2**63"]),
        ("train: {choice: {2020-01-01: {}, b: {}}}", ["line 3", "train.choice", "date"]),
        ("train: {choice: {.nan: {}, b: {}}}", ["line 3", "train", "finite"]),
        ("train: {choice: {9999999999999999999: {}, b: {}}}", ["line 3", "train", "2**63"]),
        ("gradcheck: {at: [5]}", ["line 3", "gradcheck.at: [5]", 'does not name "start"']),
        ("gradcheck: {at: [start, 5, 5]}", ["line 3", "gradcheck.at: ['start', 5, 5]", "names an epoch twice"]),
        ("babysit: {}\ntrain: {patience: 3}", ["line 3", "babysit", "train.patience must be null", "it is 3"]),
        ("x: " + "[" * 1000, ["nested too deeply"]),
    ],
)
def test_what_would_fail_far_from_the_config_is_refused_in_it(refusal: Refusal, text: str, words: list[str]) -> None:
    sentence = refusal(f"{HEAD}{text}\n")
    assert all(word in sentence for word in words), sentence


def test_folds_are_refused_where_a_training_is_babysat(refusal: Refusal) -> None:
    sentence = refusal(f"{HEAD}babysit: {{}}\n", "data.validation={folds: 3}")
    assert sentence.endswith(
        "line 3: babysit: data.validation must be a share of the rows, as 0.2, where a training is "
        "babysat; it is 3 folds"
    )


def test_a_name_that_can_be_no_folder_is_refused_with_the_rule(refusal: Refusal) -> None:
    assert "letter or digit" in refusal("name: ../up\ndata: {source: digits}\n")


def test_an_older_yaml_in_which_no_means_false_is_refused(refusal: Refusal) -> None:
    assert "YAML 1.2" in refusal(f"%YAML 1.1\n---\n{HEAD}")
