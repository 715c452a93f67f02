"""Laws of what a run's settings mean for the trainer, and of what does not fit the data."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from hpsearch.config import Config, load_config
from hpsearch.config.models import Model, Run, Train
from hpsearch.data import Data, load_data
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, train_trial
from hpsearch.records import Status, Trial
from hpsearch.settings import architecture_of, rows_of, training_of
from trainer import Architecture, Training
from trainer import Model as TrainedModel
from trainer import load as load_model
from trainer.data import Rows
from trainer.losses import LOSSES, USUAL, LossSettings
from trainer.penalties import PENALTIES

Settings = Callable[..., Run]
FREE = {"n_in", "n_out", "plugins"}  # of an architecture: what the data decides, and the whole config
OF_PLUGINS = {"after_activation", "penalties"}  # see test_plugins
CLASSES = ("no", "yes", "perhaps")
ROWS = Rows(np.zeros((6, 4), np.float32), np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 1, 2]])
NUMBERS = Rows(np.zeros((6, 4), np.float32), np.zeros((6, 1), np.float32))
WORKER = Worker("test", "here", "any", count().__next__, count().__next__)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A run in which the overrides hold and everything else is left out."""

    def of(*overrides: str) -> Run:
        return config_of(tmp_path, "digits", *overrides).run

    return of


def config_of(folder: Path, source: str, *overrides: str) -> Config:
    file = folder / "config.yaml"
    file.write_text(f"name: a\ndata: {{source: {source}}}\n")
    return load_config(file, KNOWN, overrides)


def test_the_settings_of_a_config_are_those_of_the_trainer() -> None:
    trainer = {field.name for cls in (Architecture, Training) for field in fields(cls)}
    assert sorted([*Model.model_fields, *Train.model_fields]) == sorted(trainer - FREE)


def test_every_penalty_and_every_setting_of_a_loss_can_be_set_in_a_config() -> None:
    assert PENALTIES.keys() <= Train.model_fields.keys()
    assert {field.name for field in fields(LossSettings)} <= Train.model_fields.keys()


def test_a_config_that_says_nothing_means_the_trainers_defaults(settings: Settings) -> None:
    run = settings()
    assert architecture_of(run, ROWS, CLASSES) == Architecture(n_in=4, n_out=3)
    assert training_of(run) == Training()


CHANGED: Mapping[str, tuple[str, Any]] = {
    "hidden": ("model.hidden=[5, 3]", (5, 3)),
    "activation": ("model.activation=tanh", "tanh"),
    "batch_norm": ("model.batch_norm=false", False),
    "dropout": ("model.dropout=0.125", 0.125),
    "input_dropout": ("model.input_dropout=0.25", 0.25),
    "input_groups": ("model.input_groups=[0, 1, 1, 0]", (0, 1, 1, 0)),
    "initializer": ("model.initializer=lecun", "lecun"),
    "l1": ("train.l1=0.5", 0.5),
    "l2": ("train.l2=0.5", 0.5),
    "loss": ("train.loss=huber", "huber"),
    "label_smoothing": ("train.label_smoothing=0.1", 0.1),
    "class_weights": ("train.class_weights=[1, 2, 3]", (1.0, 2.0, 3.0)),
    "delta": ("train.delta=0.5", 0.5),
    "optimizer": ("train.optimizer=sgd", "sgd"),
    "learning_rate": ("train.learning_rate=0.5", 0.5),
    "beta": ("train.beta=0.5", 0.5),
    "beta2": ("train.beta2=0.5", 0.5),
    "epsilon": ("train.epsilon=0.5", 0.5),
    "weight_decay": ("train.weight_decay=0.5", 0.5),
    "clip": ("train.clip=0.5", 0.5),
    "max_norm": ("train.max_norm=0.5", 0.5),
    "schedule": ("train.schedule=step", "step"),
    "warmup": ("train.warmup=0.5", 0.5),
    "decay": ("train.decay=0.25", 0.25),
    "decay_every": ("train.decay_every=3", 3),
    "decay_times": ("train.decay_times=3", 3),
    "batch_size": ("train.batch_size=7", 7),
    "epochs": ("train.epochs=7", 7),
    "patience": ("train.patience=7", 7),
}


@pytest.mark.parametrize(
    "name", sorted({field.name for cls in (Architecture, Training) for field in fields(cls)} - FREE - OF_PLUGINS)
)
def test_what_a_config_sets_is_what_the_trainer_gets_and_nothing_else_changes(name: str, settings: Settings) -> None:
    override, value = CHANGED[name]
    numbers = name in {"loss", "delta"}  # that need another loss than that of classes
    others = ["train.loss=huber"] if name == "delta" else []
    rows, classes = (NUMBERS, ()) if numbers else (ROWS, CLASSES)
    run, usual = settings(override, *others), settings(*others)
    built = {**vars(architecture_of(run, rows, classes)), **vars(training_of(run))}
    expected = {**vars(architecture_of(usual, rows, classes)), **vars(training_of(usual))}
    assert expected[name] != value
    assert built == {**expected, name: value}


def test_the_loss_follows_from_the_task(settings: Settings) -> None:
    assert architecture_of(settings(), ROWS, CLASSES).loss == "softmax_cross_entropy"
    assert architecture_of(settings(), NUMBERS, ()).loss == "mean_squared_error"
    assert {LOSSES[name].task: name for name in USUAL.values()} == USUAL


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("classes", "rows"), [((), NUMBERS), (CLASSES[:2], ROWS), (CLASSES, ROWS)])
def test_a_loss_is_taken_where_it_fits_and_refused_elsewhere_with_those_that_do(
    loss: str, classes: tuple[str, ...], rows: Rows, settings: Settings
) -> None:
    run = settings(f"train.loss={loss}")
    rows = Rows(rows.x, rows.targets[:, : max(1, len(classes))])
    fits = {
        "softmax_cross_entropy": len(classes) >= 2,
        "logistic_cross_entropy": len(classes) == 2,
        "mean_squared_error": not classes,
        "huber": not classes,
    }[loss]
    if fits:
        architecture = architecture_of(run, rows, classes)
        assert (architecture.loss, architecture.n_out) == (loss, rows_of(loss, rows).targets.shape[1])
        return
    with pytest.raises(UsageError, match=rf"^train\.loss: '{loss}' .*; take ") as refused:
        architecture_of(run, rows, classes)
    assert USUAL["classification" if classes else "regression"] in str(refused.value)


def test_labels_have_an_output_each_and_one_loss(settings: Settings) -> None:
    labels = Rows(np.zeros((6, 4), np.float32), np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 1, 2]], multilabel=True)
    for rows, names in ((labels, CLASSES), (replace(labels, targets=labels.targets[:, :2]), CLASSES[:2])):
        architecture = architecture_of(settings(), rows, names)
        assert (architecture.loss, architecture.n_out) == ("logistic_cross_entropy", len(names))
        assert rows_of(architecture.loss, rows) is rows
    for override, word in (
        ("train.loss=softmax_cross_entropy", "the data has labels"),
        ("train.loss=huber", "classes"),
    ):
        with pytest.raises(UsageError, match=word):
            architecture_of(settings(override), labels, CLASSES)
    with pytest.raises(UsageError, match="give each a number"):
        architecture_of(settings("train.class_weights=balanced"), labels, CLASSES)


@pytest.mark.parametrize(
    ("override", "classes", "words"),
    [
        ("train.label_smoothing=0.1", (), ["train.label_smoothing", "'mean_squared_error' has none", "0.1"]),
        ("train.class_weights=balanced", (), ["train.class_weights", "'mean_squared_error' has none", "'balanced'"]),
        ("train.delta=2", CLASSES, ["train.delta", "'softmax_cross_entropy' has none", "2.0"]),
        ("train.class_weights=[1, 2]", CLASSES, ["train.class_weights", "each of the 3 classes", "it has 2"]),
        ("train.class_weights=[]", CLASSES, ["train.class_weights", "each of the 3 classes", "it has 0"]),
        ("train.class_weights={yse: 2, no: 1}", CLASSES, ["train.class_weights", "'yse'", "did you mean 'yes'?"]),
        ("model.input_groups=[0, 1]", CLASSES, ["model.input_groups", "each of the 4 features", "2 numbers"]),
        ("model.input_groups=[]", CLASSES, ["model.input_groups", "each of the 4 features", "0 numbers"]),
        ("model.input_groups=[0, 0, 2, 2]", CLASSES, ["model.input_groups", "without gaps", "largest 2"]),
    ],
)
def test_a_setting_that_does_not_fit_the_data_is_refused_in_a_sentence(
    override: str, classes: tuple[str, ...], words: list[str], settings: Settings
) -> None:
    with pytest.raises(UsageError) as refused:
        architecture_of(settings(override), ROWS if classes else NUMBERS, classes)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert all(word in sentence for word in words), sentence


def test_balanced_weights_are_scikit_learns(settings: Settings) -> None:
    weights = architecture_of(settings("train.class_weights=balanced"), ROWS, CLASSES).class_weights
    codes = ROWS.targets.argmax(axis=1)
    np.testing.assert_allclose(weights, compute_class_weight("balanced", classes=np.arange(3), y=codes))


def test_weights_by_label_stand_in_the_order_of_the_classes_and_1_where_a_class_is_not_named(
    settings: Settings,
) -> None:
    run = settings("train.class_weights={perhaps: 3, yes: 2}")
    assert architecture_of(run, ROWS, CLASSES).class_weights == (1.0, 2.0, 3.0)


def test_yes_or_no_is_whether_a_row_is_of_the_second_class() -> None:
    rows = Rows(np.zeros((3, 1)), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), np.ones((3, 1)))
    binary = rows_of("logistic_cross_entropy", rows)
    assert binary.targets.tolist() == [[0.0], [1.0], [0.0]]
    assert (binary.x is rows.x, binary.weights is rows.weights) == (True, True)


def test_a_space_with_a_point_that_does_not_fit_the_data_is_refused_before_anything_runs(tmp_path: Path) -> None:
    searched = "train.loss={choice: [softmax_cross_entropy, logistic_cross_entropy]}"
    assert load_data(config_of(tmp_path, "breast_cancer", searched))
    with pytest.raises(UsageError, match=r"tells two classes apart, and the data has 3"):
        load_data(config_of(tmp_path, "wine", searched))


def test_two_settings_that_fit_the_data_one_by_one_and_not_together_are_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))
    np.savez(tmp_path / "numbers.npz", X=x, y=x.sum(axis=1))
    searched = ["train.loss={choice: [mean_squared_error, huber]}", "metrics=[r2]"]
    assert load_data(config_of(tmp_path, str(tmp_path / "numbers.npz"), *searched))
    config = config_of(tmp_path, str(tmp_path / "numbers.npz"), *searched, "train.delta={choice: [2.0, 1.0]}")
    with pytest.raises(UsageError, match=r"train\.delta must be left out, .* it is 2\.0"):
        load_data(config)


@pytest.mark.parametrize(
    "overrides",
    [
        ("train.loss=logistic_cross_entropy", "train.class_weights=balanced", "train.label_smoothing=0.1"),
        ("train.class_weights={malignant: 2.5}", "train.label_smoothing=0.1"),
        (f"model.input_groups={[feature // 3 for feature in range(30)]}", "model.input_dropout=0.2"),
    ],
)
def test_a_trial_with_these_settings_passes_the_gate_learns_and_is_kept(
    overrides: tuple[str, ...], tmp_path: Path
) -> None:
    config = config_of(tmp_path, "breast_cancer", "model.hidden=[16]", "train.epochs=15", *overrides)
    data = load_data(config)
    outcome, network = train_trial(Task.of(config, data), Trial(0, 0, 1, (), {}), WORKER)
    assert (outcome.result.status, outcome.result.error) == (Status.COMPLETED, None)
    assert outcome.result.scores["val_accuracy"] > 0.92  # a plane on three features has 0.975 (UCI, wdbc.names)
    assert network is not None
    architecture = architecture_of(config.run, data.prepared.train, data.prepared.classes)
    kept = (architecture, network.parameters, network.statistics, data.prepared.standardizer, data.prepared.classes)
    TrainedModel(*kept).save(tmp_path / "model.npz")
    assert_answers_match(load_model(tmp_path / "model.npz"), data, outcome.result.scores["val_accuracy"])


def assert_answers_match(model: TrainedModel, data: Data, accuracy: float) -> None:
    """On raw rows, a model is as good as its network was on prepared ones; and its probabilities sum to 1."""
    prepared, standardizer = data.prepared, data.prepared.standardizer
    x = prepared.validation.x * standardizer.scale + standardizer.mean
    truth = [prepared.classes[code] for code in prepared.validation.targets.argmax(axis=1)]
    right = np.mean([answer == label for answer, label in zip(model.predict(x), truth, strict=True)])
    assert right == pytest.approx(accuracy)
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("key", ["train.loss", "train.class_weights", "model.input_groups", "model.initializer"])
def test_null_means_the_usual(key: str, settings: Settings) -> None:
    assert settings(f"{key}=null") == settings()
