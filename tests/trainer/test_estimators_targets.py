"""Laws of what the estimators can learn: kinds of targets, and what is said of them."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_multilabel_classification, make_regression
from sklearn.metrics import r2_score

from trainer.arrays import Array
from trainer.estimators import MLPClassifier, MLPRegressor
from trainer.estimators.holdout import held_out

QUICK = {"hidden": (16,), "epochs": 40, "learning_rate": 0.01, "l2": 1e-3, "random_state": 0}
IRIS, SPECIES = load_iris(return_X_y=True)
CANCER, MALIGN = load_breast_cancer(return_X_y=True)
PAGES, TOPICS = make_multilabel_classification(300, n_classes=3, n_labels=1, random_state=0)

tasks = pytest.mark.parametrize(
    ("x", "y", "columns", "activation"),
    [
        pytest.param(CANCER, MALIGN, 2, "logistic", id="binary"),
        pytest.param(IRIS, SPECIES, 3, "softmax", id="multiclass"),
        pytest.param(IRIS, np.array(["a", "b", "c"])[SPECIES], 3, "softmax", id="strings"),
        pytest.param(PAGES, TOPICS, 3, "logistic", id="multilabel"),
    ],
)


@tasks
def test_every_kind_of_classes_is_learned(x: Array, y: Array, columns: int, activation: str) -> None:
    model = MLPClassifier(**QUICK).fit(x, y)
    assert model.score(x, y) > (0.6 if y.ndim == 2 else 0.9)
    assert (model.out_activation_, model.predict(x).shape) == (activation, y.shape)
    probabilities = model.predict_proba(x)
    assert probabilities.shape == (len(x), columns)
    if y.ndim == 1:
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert (model.classes_[probabilities.argmax(axis=1)] == model.predict(x)).all()
    else:
        assert ((probabilities > 0.5) == model.predict(x)).all()


@pytest.mark.parametrize(("x", "y"), [(CANCER, MALIGN), (IRIS, SPECIES), (PAGES, TOPICS)])
def test_log_probabilities_are_the_logarithm_and_finite_far_out(x: Array, y: Array) -> None:
    model = MLPClassifier(**QUICK).fit(x, y)
    np.testing.assert_allclose(model.predict_log_proba(x), np.log(model.predict_proba(x)), rtol=1e-9, atol=1e-12)
    assert np.isfinite(model.predict_log_proba(1e4 * x)).all()


def test_a_single_class_is_certain() -> None:
    model = MLPClassifier(**QUICK).fit(IRIS, ["only"] * len(IRIS))
    assert model.predict_proba(IRIS).tolist() == [[1.0]] * len(IRIS)
    assert set(model.predict(IRIS)) == {"only"}


@pytest.mark.parametrize("loss", ["mean_squared_error", "huber"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_one_or_several_numbers_are_learned_whatever_their_scale(loss: str, outputs: int) -> None:
    x, y = make_regression(200, 5, n_targets=outputs, random_state=0)
    y = 1e6 + 1e-3 * y
    model = MLPRegressor(loss=loss, **QUICK).fit(x, y)
    assert model.predict(x).shape == y.shape
    assert r2_score(y, model.predict(x)) > 0.9


def test_a_constant_target_and_constant_features_are_no_trouble() -> None:
    x = np.ones((60, 2))
    assert MLPRegressor(**QUICK).fit(x, np.full(60, 7.5)).predict(x) == pytest.approx(7.5, abs=0.1)


@pytest.mark.parametrize("y", [[0, 1, 2, 1] * 20, ["a", "b", "c", "b"] * 20])
def test_held_out_rows_have_every_class_in_proportion(y: list[object]) -> None:
    train, rest = held_out(80, 0.2, np.array(y), np.random.SeedSequence(0))
    assert sorted([*train, *rest]) == list(range(80))
    assert np.unique(np.array(y)[rest], return_counts=True)[1].tolist() == [4, 8, 4]


def test_a_class_of_one_row_is_no_trouble() -> None:
    y = SPECIES.copy()
    y[0] = 3
    assert MLPClassifier(**QUICK).fit(IRIS, y).predict_proba(IRIS).shape == (len(IRIS), 4)


@pytest.mark.parametrize(("rows", "held"), [(47, 0), (48, 10), (150, 30)])
def test_rows_are_held_out_where_they_are_enough_to_judge(rows: int, held: int) -> None:
    train, rest = held_out(rows, 0.2, None, np.random.SeedSequence(0))
    assert (len(train), len(rest)) == (rows - held, held)


def test_the_history_has_scikit_learns_names() -> None:
    model = MLPClassifier(**QUICK).fit(IRIS, SPECIES)
    assert model.n_iter_ == len(model.loss_curve_) == model.epochs
    assert model.t_ == model.n_iter_ * len(IRIS)
    assert (model.n_layers_, model.n_outputs_) == (3, 3)
    assert (model.loss_, model.best_loss_) == (model.loss_curve_[-1], min(model.loss_curve_))
