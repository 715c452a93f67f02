"""Laws of how the estimators learn: going on, weights, state, and the choice of L2."""

import pickle  # noqa: TID251 - users pickle estimators, and what is read here was written here
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_friedman1

from trainer.arrays import Array
from trainer.estimators import MLPClassifier, MLPRegressor
from trainer.estimators.strength import STRENGTHS, strongest

Estimator = MLPClassifier | MLPRegressor
over_both = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])

IRIS, SPECIES = load_iris(return_X_y=True)
PLAIN = {"hidden": (16,), "epochs": 5, "random_state": 0, "dropout": 0.25}
ALL_ROWS = PLAIN | {"validation_fraction": 0.0, "patience": None, "l2": 1e-3}


def target(kind: type[Estimator]) -> Array:
    found: Array = SPECIES if kind is MLPClassifier else IRIS[:, 3] ** 2
    return found


def answers(model: Any) -> Array:
    found: Array = model.predict_proba(IRIS) if isinstance(model, MLPClassifier) else model.predict(IRIS)
    return found


def first_pass(model: Any, y: Array) -> Any:
    return model.partial_fit(IRIS, y, **({"classes": [0, 1, 2]} if isinstance(model, MLPClassifier) else {}))


def copied(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - as above


@over_both
def test_passes_of_partial_fit_are_the_epochs_of_fit(kind: type[Estimator]) -> None:
    constant = {**ALL_ROWS, "schedule": "constant"}
    fitted, passed = kind(**constant).fit(IRIS, target(kind)), first_pass(kind(**constant), target(kind))
    for _ in range(4):
        passed.partial_fit(IRIS, target(kind))
    assert (answers(fitted) == answers(passed)).all()
    assert fitted.loss_curve_ == passed.loss_curve_
    assert (fitted.t_, fitted.n_iter_) == (passed.t_, 5)
    assert passed.n_iter_ == 1  # as with scikit-learn's, that of the last call


@over_both
def test_passes_never_stop_learning_also_after_fit_and_after_more_than_its_epochs(kind: type[Estimator]) -> None:
    fitted = kind(**{**PLAIN, "epochs": 3}).fit(IRIS, target(kind))
    passed = first_pass(kind(**{**PLAIN, "epochs": 3}), target(kind))
    for model in (fitted, passed):
        losses = []
        for _ in range(8):
            model.partial_fit(IRIS, target(kind))
            losses.append(model.loss_)
        assert len(set(losses)) == 8
        assert losses[-1] < losses[0]


@over_both
def test_a_pickled_estimator_goes_on_as_if_it_had_never_been_pickled(kind: type[Estimator]) -> None:
    model = kind(**PLAIN).fit(IRIS, target(kind))
    other = copied(model)
    assert (answers(other) == answers(model)).all()
    for each in (model, other):
        each.partial_fit(IRIS, target(kind))
    assert (answers(other) == answers(model)).all()


@over_both
def test_asking_changes_nothing(kind: type[Estimator]) -> None:
    model = kind(**PLAIN).fit(IRIS, target(kind))
    before = pickle.dumps(model)
    answers(model)
    model.score(IRIS[:7], target(kind)[:7])
    assert pickle.dumps(model) == before


@over_both
def test_threads_may_ask_at_the_same_time(kind: type[Estimator]) -> None:
    model = kind(**(PLAIN | {"hidden": (128,)})).fit(IRIS, target(kind))
    expected = answers(model)
    with ThreadPoolExecutor(4) as pool:
        assert all((found == expected).all() for found in pool.map(lambda _: answers(model), range(40)))


@over_both
def test_a_warm_start_goes_on_from_the_weights_and_the_history(kind: type[Estimator]) -> None:
    model = kind(**PLAIN, warm_start=True).fit(IRIS, target(kind))
    first, l2 = list(model.loss_curve_), model.l2_
    model.set_params(epochs=40).fit(IRIS, target(kind))
    assert model.loss_curve_[:5] == first
    assert len(model.loss_curve_) == 5 + model.n_iter_
    assert model.loss_curve_[5] < first[0]
    assert (model.l2_, model.t_) == (l2, 150 * len(model.loss_curve_))


@over_both
def test_without_a_warm_start_fit_forgets(kind: type[Estimator]) -> None:
    model = kind(**PLAIN).fit(IRIS, target(kind))
    before = answers(model)
    model.fit(IRIS[::-1], target(kind)[::-1]).fit(IRIS, target(kind))
    assert (answers(model) == before).all()
    assert len(model.loss_curve_) == model.n_iter_


@over_both
@pytest.mark.parametrize(("name", "value"), [("hidden", (4,)), ("batch_norm", True)])
def test_a_warm_start_of_another_network_is_refused(kind: type[Estimator], name: str, value: object) -> None:
    model = kind(**PLAIN, warm_start=True).fit(IRIS, target(kind))
    before = answers(model)
    with pytest.raises(ValueError, match=f"warm_start goes on with the network of the fit before, whose {name} was"):
        model.set_params(**{name: value}).fit(IRIS, target(kind))
    assert (answers(model) == before).all()


def test_targets_that_the_earlier_calls_did_not_have_are_refused() -> None:
    model = MLPClassifier(**PLAIN, warm_start=True).fit(IRIS, SPECIES)
    for go_on in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"y has the classes \[3\], which are not among \[0, 1, 2\]"):
            go_on(IRIS, SPECIES + 1)
    with pytest.raises(ValueError, match="in the calls before they were"):
        model.partial_fit(IRIS, SPECIES, classes=[0, 1])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        MLPClassifier().partial_fit(IRIS, SPECIES)
    two = MLPRegressor(**PLAIN).fit(IRIS[:, :2], IRIS[:, 2:])
    with pytest.raises(ValueError, match="y has 1 columns; in the fit before it had 2"):
        two.partial_fit(IRIS[:, :2], IRIS[:, 2])


@over_both
def test_a_row_of_weight_zero_is_as_if_it_were_not_there(kind: type[Estimator], rng: np.random.Generator) -> None:
    weights = rng.integers(0, 2, size=150).astype(float)
    counted = weights > 0
    weighted = kind(**PLAIN).fit(IRIS, target(kind), sample_weight=weights)
    without = kind(**PLAIN).fit(IRIS[counted], target(kind)[counted])
    np.testing.assert_allclose(answers(weighted), answers(without), rtol=1e-9)


@over_both
def test_in_batches_of_all_rows_a_weight_is_a_number_of_rows(kind: type[Estimator], rng: np.random.Generator) -> None:
    counts = rng.integers(1, 4, size=150)
    settings = ALL_ROWS | {"batch_size": 1000, "dropout": 0.0, "l2": None, "epochs": 30}
    weighted = kind(**settings).fit(IRIS, target(kind), sample_weight=counts)
    repeated = kind(**settings).fit(IRIS.repeat(counts, axis=0), target(kind).repeat(counts))
    assert weighted.l2_ == repeated.l2_
    np.testing.assert_allclose(answers(weighted), answers(repeated), rtol=1e-7)


@over_both
def test_weights_that_cannot_be_used_are_refused(kind: type[Estimator]) -> None:
    for weights, sentence in [(-np.ones(150), "[Nn]egative"), (np.zeros(150), "zero"), (np.ones(149), "shape")]:
        with pytest.raises(ValueError, match=sentence):
            kind(**PLAIN).fit(IRIS, target(kind), sample_weight=weights)


def test_noise_gets_a_strong_penalty_and_clean_data_a_weak_one(rng: np.random.Generator) -> None:
    x, clean = make_friedman1(300, random_state=0)
    strengths = [MLPRegressor(random_state=0).fit(x, y).l2_ * 300 for y in (clean, rng.normal(size=300))]
    assert strengths == pytest.approx([strengths[0], max(STRENGTHS)])
    assert strengths[0] < 10


@over_both
@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, True),
        ({"l2": 0.5}, False),
        ({"l2": 0.5, "patience": 3}, True),
        ({"validation_fraction": 0.0}, False),
        ({"validation_fraction": 0.05}, False),  # seven rows
    ],
)
def test_rows_are_held_out_where_something_is_to_be_found_out(
    kind: type[Estimator], settings: dict[str, object], asked: bool
) -> None:
    model = kind(**(PLAIN | settings)).fit(IRIS, target(kind))
    assert (model.validation_scores_ is not None) == asked
    assert model.best_validation_score_ == (max(model.validation_scores_) if asked else None)
    usual = 5.0 if kind is MLPRegressor else 1.0
    if "l2" in settings:
        assert model.l2_ == 0.5
    else:
        assert (
            model.l2_ * 150 == pytest.approx(usual)
            if not asked
            else any(model.l2_ * 150 == pytest.approx(each) for each in STRENGTHS)
        )


@over_both
def test_patience_finds_the_number_of_epochs_for_all_rows(kind: type[Estimator]) -> None:
    model = kind(**(PLAIN | {"epochs": 60, "learning_rate": 0.1, "patience": 2, "l2": 0.0})).fit(IRIS, target(kind))
    assert model.n_iter_ < len(model.validation_scores_) < 60
    assert model.n_iter_ == len(model.loss_curve_)
    alone = kind(**(ALL_ROWS | {"epochs": model.n_iter_, "learning_rate": 0.1, "l2": 0.0})).fit(IRIS, target(kind))
    assert model.loss_curve_ == alone.loss_curve_


@pytest.mark.parametrize(
    ("losses", "chosen"),
    [
        pytest.param([[1, 2, 3], [1, 2, 3], [1, 2, 3]], 2, id="equal: the strongest"),
        pytest.param([[1, 2, 3], [2, 3, 4], [3, 4, 5]], 0, id="surely worse, row by row: the best"),
        pytest.param([[1, 2, 3], [3, 1, 2.1], [9, 9, 9]], 1, id="worse by less than the differences' error"),
        pytest.param([[np.nan] * 3, [np.inf] * 3, [1, 2, 3], [5, 6, 7]], 2, id="the diverged are out"),
        pytest.param([[np.nan] * 3, [np.inf] * 3], 0, id="all diverged"),
        pytest.param([[np.inf, 1, 2], [np.inf, 2, 3]], 0, id="all diverged on some rows"),
    ],
)
def test_the_strongest_penalty_that_cannot_be_told_from_the_best_wins(losses: list[list[float]], chosen: int) -> None:
    assert strongest(np.array(losses, dtype=float)) == chosen


def test_patience_within_a_warm_up_still_trains() -> None:
    settings = {"epochs": 40, "warmup": 30, "patience": 2, "learning_rate": 0.3, "l2": 1e-3, "random_state": 0}
    model = MLPClassifier(hidden=(16,), **settings).fit(IRIS, SPECIES)
    assert model.n_iter_ < 30
    assert model.score(IRIS, SPECIES) > 0.9
