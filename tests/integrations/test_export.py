"""What is exported says the same elsewhere: ONNX Runtime, scikit-learn, Optuna."""

import math
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted
from typer.testing import CliRunner

from hpsearch.cli.app import app
from hpsearch.cli.export import Format
from hpsearch.config import load_config
from hpsearch.errors import UsageError
from hpsearch.export import FORMS, export
from hpsearch.known import KNOWN
from hpsearch.rerun import rerun_best
from hpsearch.running import Execution, Hooks, run
from hpsearch.store import SweepFolder
from tests.trainer.plugin_texts import SWISH
from tests.trainer.table_cases import dirty_table
from trainer import Architecture, Model, Plugin, TrainerError
from trainer import load as load_model
from trainer.data import Layout, Prepared, Standardizer, columns_of, dataset_of_table, load, prepare
from trainer.data.columns import Category, days
from trainer.estimators import PretrainedClassifier, PretrainedRegressor, pretrained
from trainer.layers import ACTIVATIONS
from trainer.losses import LOSSES

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
optuna = pytest.importorskip("optuna")

from optuna.storages import JournalStorage  # noqa: E402 - only where Optuna is
from optuna.storages.journal import JournalFileBackend  # noqa: E402 - as above

from hpsearch.integrations.onnx import to_onnx  # noqa: E402 - only where ONNX is

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
SEED = np.random.SeedSequence(0)


def untrained(data: Prepared, **settings: Any) -> Model:
    """A network with parameters and statistics of all sizes."""
    settings = {"hidden": (7, 5), **settings}
    outputs = settings.pop("outputs", data.train.targets.shape[1])
    architecture = Architecture(data.train.x.shape[1], outputs, **settings)
    network, rng = architecture.build(capacity=8), np.random.default_rng(1)
    network.initialise(rng)
    network.parameters += rng.normal(0, 0.3, network.parameters.shape)
    network.statistics += rng.uniform(0.1, 2.0, network.statistics.shape)
    return Model.of(architecture, network, data)


def answers(model: Model, inputs: dict[str, Any]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, inputs), strict=True))


@pytest.fixture(scope="module")
def wine() -> tuple[Prepared, np.ndarray]:
    dataset = load("wine")
    return prepare(dataset, validation=0.2, test=0.2, seed=SEED), np.asarray(dataset.x)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_answers_as_the_model_for_every_activation_with_and_without_batch_norm(
    activation: str, batch_norm: bool, wine: tuple[Prepared, np.ndarray]
) -> None:
    data, x = wine
    model = untrained(data, activation=activation, batch_norm=batch_norm, dropout=0.3, input_dropout=0.1)
    found = answers(model, {"X": x})
    np.testing.assert_allclose(found["probabilities"], model.answers(x), **CLOSE)
    assert found["label"].tolist() == model.predict(x)
    assert len(answers(model, {"X": x[:0]})["label"]) == 0


def _regression(rows: int = 60) -> Prepared:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(1e4, 3e3, (rows, 3)), columns=["a", "b", "c"])
    frame["y"], frame["z"] = 1e6 + frame["a"] * 50, frame["b"] / 1e4
    return prepare(
        dataset_of_table(columns_of(frame), "numbers", Layout(("y", "z")), "numbers"),
        validation=0.2,
        test=0.2,
        seed=SEED,
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(), (6,)])
def test_onnx_answers_as_the_model_for_every_loss_and_for_networks_without_hidden_layers(
    loss: str, hidden: tuple[int, ...], wine: tuple[Prepared, np.ndarray]
) -> None:
    if LOSSES[loss].task == "regression":
        model, x = (
            untrained(_regression(), loss=loss, hidden=hidden),
            np.random.default_rng(2).normal(1e4, 3e3, (20, 3)),
        )
        found = answers(model, {name: x[:, [place]] for place, name in enumerate("abc")})
        expected = model.answers(pd.DataFrame(x, columns=list("abc")))
        np.testing.assert_allclose(found["prediction"], expected, rtol=1e-5)
    elif loss == "logistic_cross_entropy":
        cells = load("breast_cancer")
        data = prepare(cells, validation=0.2, test=0.2, seed=SEED)
        model = untrained(data, loss=loss, hidden=hidden, outputs=1)
        found = answers(model, {"X": np.asarray(cells.x)})
        np.testing.assert_allclose(found["probabilities"], model.answers(cells.x), **CLOSE)
        assert found["label"].tolist() == model.predict(cells.x)
    else:
        data, x = wine
        model = untrained(data, loss=loss, hidden=hidden)
        np.testing.assert_allclose(answers(model, {"X": x})["probabilities"], model.answers(x), **CLOSE)


def houses() -> pd.DataFrame:
    frame = dirty_table(220)
    frame["agent"] = [f"agent {number}" for number in np.random.default_rng(0).integers(0, 40, 220)]
    return frame.assign(big=(frame["price"] > 1.2e5).astype(int), near=frame["town"] == "Ulm")


def as_inputs(model: Model, frame: pd.DataFrame) -> dict[str, Any]:
    """As the graph's documentation has it."""
    assert model.encoder is not None
    table, found = columns_of(frame, model.encoder.expected.texts), {}
    for column in model.encoder.columns:
        values = table[column.name]
        if column.kind == "category":
            found[column.name] = np.array([[text or ""] for text in values], object)
        else:
            numbers = days(values, column.format) if column.kind == "date" else values
            found[column.name] = np.asarray(numbers, float)[:, np.newaxis]
    return found


@pytest.mark.parametrize(
    ("target", "loss", "output"),
    [
        (("price",), "mean_squared_error", "prediction"),
        (("dear",), "softmax_cross_entropy", "probabilities"),
        (("big", "near"), "logistic_cross_entropy", "probabilities"),
    ],
)
def test_onnx_answers_as_the_model_for_tables_with_holes_dates_and_new_categories(
    target: tuple[str, ...], loss: str, output: str
) -> None:
    frame = houses()
    drop = tuple({"price", "dear", "big", "near"} - set(target))
    dataset = dataset_of_table(columns_of(frame), "houses", Layout(target, drop), "houses")
    model = untrained(prepare(dataset, validation=0.2, test=0.2, seed=SEED), loss=loss)
    assert {column.kind for column in model.encoder.columns} == {"number", "date", "category"}
    assert {column.others for column in model.encoder.columns if isinstance(column, Category)} == {True, False}
    frame.loc[3, ["town", "agent"]] = ["Oslo", "agent X"]
    frame.loc[4, ["town", "agent", "area", "sold", "garden"]] = pd.NA
    with pytest.warns(UserWarning, match="never seen"):
        expected = model.answers(frame)
    found = answers(model, as_inputs(model, frame))
    np.testing.assert_allclose(found[output], expected, rtol=1e-5, atol=0 if output == "prediction" else 1e-5)
    assert ("label" in found) == (target == ("dear",))


def test_a_network_of_plug_ins_has_no_onnx_form(wine: tuple[Prepared, np.ndarray]) -> None:
    with pytest.raises(UsageError, match=r"plug-ins has no ONNX form; export it as npz"):
        to_onnx(untrained(wine[0], activation="swish", plugins=(Plugin("swish.py", SWISH),)))


TEXT = """
name: small
data: {source: SOURCE}
model: {hidden: {choice: {none: [], one: [{int: [4, 9]}]}}, activation: {choice: [relu, tanh]}}
train:
  optimizer: sgd
  learning_rate: {log: [1e-4, 1e8]}
  beta: {one_minus_log: [0.9, 0.999]}
  batch_size: {log_int: [8, 64]}
  l2: {uniform: [0, 0.1]}
  epochs: 10
search: {trials: 40, strategy: random, stopping: median}
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep whose trials complete, are stopped, and diverge; and its best model."""
    results = tmp_path_factory.mktemp("results")
    run(load_config(TEXT.replace("SOURCE", "iris"), KNOWN), results, Execution(serial=True), Hooks())
    rerun_best(results / "small", lambda: 0.0)
    return results / "small"


def test_an_exported_study_has_the_values_states_and_settings_of_the_rows(sweep: Path, tmp_path: Path) -> None:
    export(sweep, "optuna", tmp_path / "small.journal")
    study = optuna.load_study(
        study_name="small", storage=JournalStorage(JournalFileBackend(str(tmp_path / "small.journal")))
    )
    tables = SweepFolder(sweep).read_tables()
    rows = tables["trials"].to_pylist()
    states = {"completed": "COMPLETE", "stopped": "PRUNED", "diverged": "FAIL"}
    assert {row["status"] for row in rows} == set(states)
    assert [trial.state.name for trial in study.trials] == [states[row["status"]] for row in rows]
    for trial, row in zip(study.trials, rows, strict=True):
        assert trial.value == row["val_loss"]
        named = {name.partition(" ")[0]: value for name, value in trial.params.items()}
        assert named == {name[6:]: row[name] for name in row if name.startswith("param_") and row[name] is not None}
        curve = [each["val_loss"] for each in tables["epochs"].to_pylist() if each["trial"] == row["trial"]]
        assert [repr(value) for value in trial.intermediate_values.values()] == [
            repr(math.nan if value is None else value) for value in curve
        ]
        assert trial.user_attrs["trial"] == row["trial"]
        assert trial.duration.total_seconds() == pytest.approx(row["duration_s"], abs=1e-5)
    best = min((row["val_loss"], row["trial"]) for row in rows if row["status"] == "completed")
    assert (study.best_value, study.best_trial.user_attrs["trial"]) == best
    assert study.trials[0].distributions["learning_rate"].log


def test_an_exported_npz_is_the_model(sweep: Path, tmp_path: Path) -> None:
    file, use = export(sweep, "npz", tmp_path / "model.npz")
    assert file.read_bytes() == (sweep / "best" / "model.npz").read_bytes()
    assert use == f"trainer.load({str(file)!r}).predict(x)"


def test_an_exported_estimator_works_with_scikit_learn_s_tools(sweep: Path, tmp_path: Path) -> None:
    file, _ = export(sweep, "sklearn", tmp_path / "model.npz")
    iris = load("iris")
    found = pretrained(file)
    assert isinstance(found, PretrainedClassifier)
    check_is_fitted(found)
    assert found.classes_.tolist() == list(iris.classes)
    truth = np.array(iris.classes)[iris.y]
    assert found.score(iris.x, truth) == accuracy_score(truth, load_model(file).predict(iris.x)) > 0.8
    for copy in (clone(found), deepcopy(found), found.fit(iris.x, truth)):
        np.testing.assert_array_equal(copy.predict_proba(iris.x), load_model(file).answers(iris.x))


def test_an_estimator_of_numbers_and_one_of_labels_predict_as_their_models(
    tmp_path: Path, wine: tuple[Prepared, np.ndarray]
) -> None:
    frame = houses()
    cases: dict[tuple[str, ...], tuple[str, Callable[[Any], Any]]] = {
        ("price",): ("mean_squared_error", lambda found: found),
        ("big", "near"): ("logistic_cross_entropy", lambda found: found.astype(int)),
    }
    for target, (loss, expected) in cases.items():
        drop = tuple({"price", "dear", "big", "near"} - set(target))
        dataset = dataset_of_table(columns_of(frame), "houses", Layout(target, drop), "houses")
        model = untrained(prepare(dataset, validation=0.2, test=0.2, seed=SEED), loss=loss)
        model.save(tmp_path / "model.npz")
        found = pretrained(tmp_path / "model.npz")
        np.testing.assert_array_equal(found.predict(frame), expected(model.predict(frame)))
    numbers = untrained(wine[0])
    numbers = Model(
        numbers.architecture, numbers.parameters, numbers.statistics, Standardizer.identity(13), ("2", "10", "7")
    )
    numbers.save(tmp_path / "numbers.npz")
    assert pretrained(tmp_path / "numbers.npz").classes_.tolist() == [2, 10, 7]
    model = untrained(
        prepare(dataset_of_table(columns_of(frame), "h", Layout(("price",)), "h"), validation=0.2, test=0.2, seed=SEED),
        loss="huber",
    )
    model.save(tmp_path / "model.npz")
    regressor = PretrainedRegressor(tmp_path / "model.npz")
    assert regressor.score(frame, frame["price"]) == r2_score(frame["price"], model.predict(frame))
    with pytest.raises(TrainerError, match="there is no model file"):
        pretrained(tmp_path / "none.npz")


def test_every_form_is_offered_by_the_command_and_refuses_what_is_there_already(sweep: Path, tmp_path: Path) -> None:
    assert [form.value for form in Format] == list(FORMS)
    for form in FORMS:
        file = tmp_path / f"{form}.out"
        done = CliRunner().invoke(app, ["export", str(sweep), "--format", form, "--output", str(file)])
        assert done.exit_code == 0
        assert done.output.startswith(f"Written to {file}; in Python: ")
        with pytest.raises(UsageError, match=r"exists; name another file by --output"):
            export(sweep, form, file)


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(
    sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="is not a sweep's folder"):
        export(tmp_path, "npz", tmp_path / "file")
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        export(sweep, "onnx", tmp_path / "none" / "file")
    config = load_config(TEXT.replace("SOURCE", "iris"), KNOWN, ["search.trials=4"])
    run(config, tmp_path / "results", Execution(serial=True), Hooks())
    with pytest.raises(UsageError, match="has no model yet; make one by: hpsearch best"):
        export(tmp_path / "results" / "small", "onnx", tmp_path / "file")
    monkeypatch.setattr("hpsearch.export.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs the package onnx, .* pip install 'hpsearch\[onnx\]'"):
        export(sweep, "onnx", tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
