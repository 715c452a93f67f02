"""Laws of predicting and evaluating with a model file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from typer.testing import CliRunner

from hpsearch.cli.app import app
from hpsearch.errors import UsageError
from hpsearch.predictions import evaluate, predict, write
from tests.trainer.plugin_texts import SWISH
from tests.trainer.table_cases import dirty_table
from trainer import Architecture, Model, Plugin, TrainerError
from trainer import load as load_model
from trainer.arrays import Array
from trainer.data import Layout, Prepared, columns_of, dataset_of_table, load, prepare

SEED = np.random.SeedSequence(0)
Make = Callable[..., Path]


def untrained(data: Prepared, loss: str, **settings: object) -> Model:
    outputs = 1 if loss == "binary" else data.train.targets.shape[1]
    loss = "logistic_cross_entropy" if loss == "binary" else loss
    architecture = Architecture(data.train.x.shape[1], outputs, (6,), loss=loss, **settings)
    network = architecture.build(capacity=8)
    network.initialise(np.random.default_rng(1))
    return Model.of(architecture, network, data)


def houses() -> pd.DataFrame:
    frame = dirty_table()
    return frame.assign(big=(frame["price"] > 1.2e5).astype(int), near=frame["town"] == "Ulm")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A model file of houses for these targets; and its houses as CSV and Parquet."""
    houses().to_csv(tmp_path / "houses.csv", index=False)
    houses().to_parquet(tmp_path / "houses.parquet")

    def made(*target: str, loss: str = "softmax_cross_entropy") -> Path:
        drop = tuple({"price", "dear", "big", "near"} - set(target))
        dataset = dataset_of_table(columns_of(houses()), "houses", Layout(target, drop), "houses")
        untrained(prepare(dataset, validation=0.2, test=0.2, seed=SEED), loss).save(tmp_path / "model.npz")
        return tmp_path / "model.npz"

    return made


@pytest.mark.parametrize(
    ("target", "loss", "columns"),
    [
        (("price",), "huber", ["prediction"]),
        (("price", "area"), "huber", ["prediction_price", "prediction_area"]),
        (("dear",), "binary", ["prediction", "probability_no", "probability_yes"]),
        (("dear",), "softmax_cross_entropy", ["prediction", "probability_no", "probability_yes"]),
        (
            ("big", "near"),
            "logistic_cross_entropy",
            ["prediction_big", "prediction_near", "probability_big", "probability_near"],
        ),
    ],
)
def test_there_is_a_row_for_each_row_with_the_columns_of_the_task(
    target: tuple[str, ...], loss: str, columns: list[str], make: Make, tmp_path: Path
) -> None:
    model = make(*target, loss=loss)
    found = predict(model, str(tmp_path / "houses.csv")).frame
    assert (list(found), len(found)) == (columns, 200)
    pd.testing.assert_frame_equal(found, predict(model, str(tmp_path / "houses.parquet")).frame)
    if "prediction" in found and len(columns) > 1:
        assert (found["prediction"] == np.where(found["probability_yes"] > found["probability_no"], "yes", "no")).all()


def test_an_evaluation_is_of_the_predictions_and_of_the_rows_with_a_truth(make: Make, tmp_path: Path) -> None:
    model, frame = make("dear"), houses()
    answers = predict(model, str(tmp_path / "houses.csv")).frame["prediction"]
    frame.loc[:49, "dear"] = None
    frame.to_csv(tmp_path / "holes.csv", index=False)
    found = evaluate(model, str(tmp_path / "holes.csv"), ["accuracy"])
    assert found.rows == 150
    assert found.scores["accuracy"] == (answers[50:] == frame["dear"][50:]).mean()
    assert found.notes[0] == "50 of 200 rows have no target and are left out"


ODD = pd.DataFrame(
    {
        "code": ["01", "02", "A1", "B7"] * 10,
        "size": ["k.A.", *(f"{number},5" for number in range(39))],
        "when": ["2020-01-01", "20200102"] * 20,
        "label": ["01", "02", "x1", "02"] * 10,
        "grade": ["1", "2"] * 20,
    }
)


@pytest.fixture
def odd(tmp_path: Path) -> Callable[..., Path]:
    """A model of a table whose texts look like numbers here and there, in a file where no comma delimits."""

    def made(target: str) -> Path:
        ODD.to_csv(tmp_path / "odd.csv", index=False, sep=";")
        dataset = load(str(tmp_path / "odd.csv"), Layout((target,), tuple({"label", "grade"} - {target})))
        data = prepare(dataset, validation=0.2, test=0.2, seed=SEED)
        assert [column.kind for column in data.encoder.columns] == ["category", "number", "date"]
        untrained(data, "softmax_cross_entropy").save(tmp_path / "model.npz")
        return tmp_path / "model.npz"

    return made


@pytest.mark.parametrize("target", ["label", "grade"])
def test_what_is_said_of_a_row_is_the_same_whatever_else_the_file_holds(
    target: str, odd: Callable[..., Path], tmp_path: Path
) -> None:
    model = odd(target)
    whole = predict(model, str(tmp_path / "odd.csv")).frame
    losses = []
    for row in range(4):
        ODD[row : row + 1].to_csv(tmp_path / "alone.csv", index=False, sep=";")
        alone = predict(model, str(tmp_path / "alone.csv"))
        pd.testing.assert_frame_equal(alone.frame, whole[row : row + 1].reset_index(drop=True), rtol=1e-5)
        losses.append(evaluate(model, str(tmp_path / "alone.csv"), ["accuracy"]).scores["loss"])
    ODD[:4].to_csv(tmp_path / "four.csv", index=False, sep=";")
    assert np.isclose(evaluate(model, str(tmp_path / "four.csv"), ["accuracy"]).scores["loss"], np.mean(losses))


def test_values_that_were_never_seen_in_training_are_counted(odd: Callable[..., Path], tmp_path: Path) -> None:
    model = odd("label")
    known = ODD[["code", "size", "when"]].assign(size=1.5)
    numbers = known[known["code"].str.isdigit()].astype({"code": int})  # as pandas reads them where nobody forbids it
    numbers.to_parquet(tmp_path / "numbers.parquet")
    assert predict(model, str(tmp_path / "numbers.parquet")).notes == (
        "the column 'code': 20 of 20 values were never seen in training",
    )
    with pytest.warns(UserWarning, match="'code': 20 of 20 values were never seen"):
        load_model(model).predict(numbers)
    load_model(model).predict(known)


def test_a_model_of_arrays_takes_arrays_or_a_table_of_numbers(tmp_path: Path) -> None:
    untrained(prepare(load("iris"), validation=0.2, test=0.2, seed=SEED), "softmax_cross_entropy").save(
        tmp_path / "m.npz"
    )
    x, y = load_iris(return_X_y=True)
    np.savez(tmp_path / "x.npz", X=x)
    pd.DataFrame(x).to_csv(tmp_path / "x.csv", index=False)
    expected = predict(tmp_path / "m.npz", "iris").frame
    for name in ("x.npz", "x.csv"):
        pd.testing.assert_frame_equal(predict(tmp_path / "m.npz", str(tmp_path / name)).frame, expected)
    names = load_iris().target_names
    assert evaluate(tmp_path / "m.npz", "iris").scores["accuracy"] == (expected["prediction"] == names[y]).mean()
    with pytest.raises(UsageError, match="no array 'y'"):
        evaluate(tmp_path / "m.npz", str(tmp_path / "x.npz"))


X = np.arange(80.0).reshape(40, 2) ** 1.5


@pytest.mark.parametrize(
    ("trained", "task", "loss", "given", "words"),
    [
        (X[:, 0], "regression", "huber", X, "predicts 1 numbers a row; y has 2"),
        (X, "regression", "huber", X[:, :1], "predicts 2 numbers a row; y has 1"),
        (X[:, 0], "regression", "huber", np.array(["far"] * 40), "y must hold numbers, .*'far'"),
        (X % 2 > 1, "multilabel", "logistic_cross_entropy", X[:, 0] > 1, "predicts 2 labels a row; y has 1"),
        (X % 2 > 1, "multilabel", "logistic_cross_entropy", np.full((40, 2), 2), "0 and 1 alone, .* it holds 2"),
        (X % 2 > 1, "multilabel", "logistic_cross_entropy", np.full((40, 2), "1"), "y must hold numbers"),
        (np.arange(40) % 2, "auto", "softmax_cross_entropy", np.eye(2)[np.arange(40) % 2], "one class a row; y has 2"),
    ],
)
def test_an_array_of_truths_that_does_not_fit_the_model_is_refused(
    trained: Array, task: str, loss: str, given: Array, words: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "trained.npz", X=X, y=trained)
    np.savez(tmp_path / "given.npz", X=X, y=given)
    dataset = load(str(tmp_path / "trained.npz"), Layout(task=task))
    untrained(prepare(dataset, validation=0.2, test=0.2, seed=SEED), loss).save(tmp_path / "model.npz")
    assert evaluate(tmp_path / "model.npz", str(tmp_path / "trained.npz")).rows == 40
    with pytest.raises(UsageError, match=words) as refused:
        evaluate(tmp_path / "model.npz", str(tmp_path / "given.npz"))
    assert "\n" not in str(refused.value)
    with pytest.raises(TrainerError, match=r"the truth must be \(40, \d\)"):
        load_model(tmp_path / "model.npz").evaluate(X, np.zeros((40, 3)))


def test_what_is_ignored_is_said(make: Make, tmp_path: Path) -> None:
    model = make("dear")
    houses().assign(more=1, area="large").to_csv(tmp_path / "other.csv", index=False)
    found = predict(model, str(tmp_path / "other.csv"))
    assert "no such column in training: more" in found.notes[0]
    assert "'area': 200 of 200 values cannot be read" in found.notes[1]
    assert predict(model, str(tmp_path / "houses.csv")).notes == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns=["town", "area"]), ["other.csv", "lacks", "'area', 'town'"]),
        (lambda frame: frame.drop(columns=["dear"]), ["other.csv", "'dear' to compare with"]),
        (lambda frame: frame.assign(dear="perhaps"), ["other.csv", "no class 'perhaps'", "no, yes"]),
        (lambda frame: frame.assign(dear=None), ["other.csv", "no row has a target"]),
    ],
)
def test_what_does_not_fit_the_model_is_refused_in_a_sentence(
    change: Callable[[pd.DataFrame], pd.DataFrame], words: list[str], make: Make, tmp_path: Path
) -> None:
    model = make("dear")
    change(houses()).to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(UsageError) as refused:
        evaluate(model, str(tmp_path / "other.csv"))
    assert all(word in str(refused.value) for word in words), refused.value


def test_files_that_are_not_there_and_metrics_that_do_not_fit_are_refused(make: Make, tmp_path: Path) -> None:
    model, data = make("dear"), str(tmp_path / "houses.csv")
    for refused, words in (
        (lambda: predict(tmp_path / "no.npz", data), "no model file"),
        (lambda: predict(tmp_path, data), "has no model yet; make one by: hpsearch best"),
        (lambda: predict(model, "no.csv"), "no file 'no.csv'"),
        (lambda: predict(model, "digits"), "takes a table"),
        (
            lambda: evaluate(model, data, ["r2"]),
            "--metric: 'r2' is no metric for classification; take some of accuracy",
        ),
        (lambda: write(pd.DataFrame(), tmp_path / "out.xls"), "--output ends with"),
        (lambda: write(pd.DataFrame(), tmp_path / "no" / "out.csv"), "cannot be written"),
        (lambda: write(pd.DataFrame(), tmp_path / "houses.csv" / "out.csv"), "out.csv cannot be written"),
        (lambda: write(pd.DataFrame(), tmp_path / f"{'a' * 300}.csv"), "cannot be written"),
    ):
        with pytest.raises(UsageError, match=words):
            refused()


def test_plugins_are_read_for_the_models_that_need_them_alone(tmp_path: Path) -> None:
    data = prepare(load("iris"), validation=0.2, test=0.2, seed=SEED)
    (tmp_path / "best").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "swish.py").write_text(SWISH)
    stray = tmp_path / "plugins" / "stray.py"
    stray.write_bytes("# caf\u00e9".encode("latin-1"))
    untrained(data, "softmax_cross_entropy").save(tmp_path / "best" / "model.npz")
    assert len(predict(tmp_path, "iris").frame) == 150
    plugin = Plugin("swish.py", SWISH)
    untrained(data, "softmax_cross_entropy", activation="swish", plugins=(plugin,)).save(
        tmp_path / "best" / "model.npz"
    )
    with pytest.raises(UsageError, match=r"stray\.py cannot be read as UTF-8 text"):
        predict(tmp_path, "iris")
    stray.unlink()
    assert len(predict(tmp_path, "iris").frame) == 150
    (tmp_path / "plugins" / "swish.py").unlink()
    with pytest.raises(UsageError, match=r"was trained with the plug-in swish\.py"):
        predict(tmp_path, "iris")


def test_the_commands_print_or_write_what_the_functions_give(make: Make, tmp_path: Path) -> None:
    model, data = str(make("dear")), str(tmp_path / "houses.csv")
    expected = predict(Path(model), data).frame
    printed = CliRunner().invoke(app, ["predict", model, data]).stdout
    assert printed == expected.to_csv(index=False)
    for name, read in (("out.csv", pd.read_csv), ("out.parquet", pd.read_parquet)):
        done = CliRunner().invoke(app, ["predict", model, data, "--output", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        pd.testing.assert_frame_equal(read(tmp_path / name), expected, check_dtype=False)
    shown = CliRunner().invoke(app, ["evaluate", model, data, "--metric", "accuracy"]).stdout
    assert "200 rows" in shown
    assert f"accuracy {evaluate(Path(model), data).scores['accuracy']:.6g}" in shown
