"""Laws of the estimators as scikit-learn's tools see them."""

import pickle  # noqa: TID251 - users pickle estimators, and what is read here was written here
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

from hpsearch.config.models import Model, Train
from trainer.arrays import Array
from trainer.estimators import MLPClassifier, MLPRegressor
from trainer.training import Training

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

Estimator = MLPClassifier | MLPRegressor

EITHER = [MLPClassifier, MLPRegressor]
over_both = pytest.mark.parametrize("kind", EITHER)


def example(kind: type[Estimator]) -> tuple[Array, Array]:
    """Data of 100 rows or more; some of them are held out."""
    found: tuple[Array, Array] = (
        load_iris(return_X_y=True) if kind is MLPClassifier else make_friedman1(120, random_state=0)
    )
    return found


def short(kind: type[Estimator], **settings: Any) -> Any:
    return kind(**({"hidden": (16,), "epochs": 8, "l2": 1e-3, "random_state": 0} | settings))


@over_both
def test_scikit_learns_own_checks_pass_without_an_exception(kind: type[Estimator]) -> None:
    checks = check_estimator(kind(), on_fail=None, on_skip=None)
    assert [(check["check_name"], check["exception"]) for check in checks if check["status"] == "failed"] == []
    assert not any(check["expected_to_fail"] for check in checks)
    skipped_for_its_own_networks_too = {
        "check_array_api_input",
        "check_classifiers_multilabel_output_format_decision_function",
    }
    assert {check["check_name"] for check in checks if check["status"] != "passed"} <= skipped_for_its_own_networks_too
    assert len(checks) > 55


def test_the_trainer_is_imported_without_scikit_learn() -> None:
    program = "import sys, trainer; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@over_both
def test_the_parameters_are_the_names_of_configs_and_of_training(kind: type[Estimator]) -> None:
    named = {field.name for field in fields(Training)} | set(Train.model_fields) | set(Model.model_fields)
    one_estimators_own = {"label_smoothing", "loss", "delta"}
    only_in_configs = {"class_weights", "input_groups", "after_activation", "penalties"}  # weights are given by row
    assert named - one_estimators_own - only_in_configs <= set(kind().get_params())


@over_both
@pytest.mark.parametrize("use", [clone, lambda model: pickle.loads(pickle.dumps(model))], ids=["clone", "pickle"])  # noqa: S301 - as above
def test_copies_have_the_same_settings(kind: type[Estimator], use: Callable[[Any], Any]) -> None:
    model = short(kind, hidden=[4, 3], learning_rate=0.25)
    assert use(model).get_params() == model.get_params()
    assert repr(use(model)) == repr(model)


@over_both
def test_only_what_differs_from_the_defaults_is_in_the_repr_of_a_fitted_estimator(kind: type[Estimator]) -> None:
    model = kind(hidden=(8,), epochs=2).fit(*example(kind))
    assert repr(model) == f"{kind.__name__}(epochs=2, hidden=(8,))"


@over_both
def test_pipelines_searches_and_cross_validation_work(kind: type[Estimator]) -> None:
    x, y = example(kind)
    pipeline = make_pipeline(MinMaxScaler(), short(kind, epochs=60, learning_rate=0.01))
    assert cross_val_score(pipeline, x, y, cv=3, error_score="raise").mean() > 0.5
    grid = {f"{kind.__name__.lower()}__{name}": values for name, values in GRID.items()}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(x, y)
    assert search.best_score_ > 0.5
    assert len(search.cv_results_["params"]) == 4


GRID = {"hidden": [(), (16,)], "optimizer": ["adam", "nesterov"]}


@over_both
@pytest.mark.parametrize(
    ("given", "trained"),
    [(np.float32, np.float32), (np.float64, np.float64), (np.float16, np.float64), (np.int64, np.float64)],
)
def test_float32_is_trained_in_float32_and_all_else_in_float64(
    kind: type[Estimator], given: type, trained: type
) -> None:
    x, y = example(kind)
    model = short(kind).fit(x.astype(given), y)
    assert model._learner.network.parameters.dtype == trained
    answer = model.predict_proba if kind is MLPClassifier else model.predict
    assert answer(x.astype(given)).dtype == trained


@over_both
def test_the_order_in_memory_does_not_matter(kind: type[Estimator]) -> None:
    x, y = example(kind)
    models = [short(kind).fit(order(x), y) for order in (np.ascontiguousarray, np.asfortranarray)]
    assert models[0].loss_curve_ == models[1].loss_curve_
    assert (models[0].predict(x) == models[1].predict(np.asfortranarray(x))).all()


@over_both
def test_the_same_random_state_gives_the_same_bits_and_another_gives_others(kind: type[Estimator]) -> None:
    x, y = example(kind)
    curves = [short(kind, dropout=0.5, random_state=seed).fit(x, y).loss_curve_ for seed in (3, 3, 4)]
    assert curves[0] == curves[1] != curves[2]


@over_both
def test_names_of_features_are_kept_and_looked_at(kind: type[Estimator]) -> None:
    x, y = example(kind)
    frame = pd.DataFrame(x, columns=[f"f{index}" for index in range(x.shape[1])])
    model = short(kind).fit(frame, y)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    assert model.n_features_in_ == x.shape[1]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


@over_both
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("hidden", (8, 0), "every width in hidden must be at least 1, a whole number; it is 0"),
        ("hidden", None, "hidden must be the widths of the hidden layers, such as .*; it is None"),
        ("activation", "rely", "activation must be one of .*; it is 'rely'"),
        ("batch_norm", "no", "batch_norm must be True or False; it is 'no'"),
        ("dropout", 1, "dropout must be at least 0 and below 1, a number; it is 1"),
        ("l2", "strong", "l2 must be at least 0, a number; it is 'strong'"),
        ("optimizer", "lbfgs", "optimizer must be one of .*; it is 'lbfgs'"),
        ("learning_rate", "adaptive", "learning_rate must be above 0, a number; it is 'adaptive'"),
        ("batch_size", 0.5, "batch_size must be at least 1, a whole number; it is 0.5"),
        ("patience", 0, "patience must be at least 1, a whole number; it is 0"),
        ("validation_fraction", 1.0, "validation_fraction must be at least 0 and below 1, a number; it is 1.0"),
        ("standardize", "inputs", "standardize must be True or False; it is 'inputs'"),
        ("warm_start", None, "warm_start must be True or False; it is None"),
        ("random_state", "x", "'x' cannot be used to seed .*"),
    ],
)
def test_a_bad_setting_is_refused_by_fit_in_one_sentence(
    kind: type[Estimator], setting: str, value: object, sentence: str
) -> None:
    model = kind(**{setting: value})
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        model.fit(*example(kind))


def test_a_loss_that_is_not_for_regression_is_refused() -> None:
    with pytest.raises(ValueError, match="loss must be one of mean_squared_error, huber; it is 'softmax_cross_entr"):
        MLPRegressor(loss="softmax_cross_entropy").fit(*example(MLPRegressor))


@over_both
def test_a_training_that_diverges_at_once_is_refused_and_leaves_nothing_behind(kind: type[Estimator]) -> None:
    x, y = example(kind)
    model = short(kind).fit(x, y).set_params(optimizer="sgd", learning_rate=1e300)
    with pytest.raises(ValueError, match=r"the training diverged: .* use a smaller learning_rate"):
        model.fit(x, y)
    with pytest.raises(ValueError, match="not fitted yet"):
        model.predict(x)


@over_both
def test_a_pass_that_diverges_is_refused_and_leaves_nothing_behind(kind: type[Estimator]) -> None:
    x, y = example(kind)
    model = short(kind, optimizer="sgd", learning_rate=1e300)
    with pytest.raises(ValueError, match=r"the training diverged: .* after this pass; use a smaller learning_rate"):
        model.partial_fit(x, y, **({"classes": [0, 1, 2]} if kind is MLPClassifier else {}))
    with pytest.raises(ValueError, match="not fitted yet"):
        model.predict(x)


def test_candidates_that_all_diverge_are_refused_in_the_same_sentence() -> None:
    model = MLPRegressor(optimizer="sgd", learning_rate=1e10, epochs=2, random_state=0)
    with pytest.raises(ValueError, match="the training diverged"):
        model.fit(*example(MLPRegressor))
