"""The estimators beside scikit-learn's, with their defaults."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor as ItsMLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trainer.estimators import MLPRegressor

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

X, Y = load_diabetes(return_X_y=True)
SPLITS = 20


def mean_score(build: Callable[[int], Any]) -> float:
    """R² on a fifth of the rows, the mean over the splits."""
    scores = []
    for seed in range(SPLITS):
        x, rest, y, truth = train_test_split(X, Y, test_size=0.2, random_state=seed)
        scores.append(build(seed).fit(x, y).score(rest, truth))
    return float(np.mean(scores))


def its_network(seed: int) -> Any:
    network = make_pipeline(StandardScaler(), ItsMLPRegressor(random_state=seed))
    return TransformedTargetRegressor(network, transformer=StandardScaler())


@cache  # and no fixture, as those are measured
def ours() -> float:
    return mean_score(lambda seed: MLPRegressor(random_state=seed))


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda _: RidgeCV(), id="ridge"),
        pytest.param(
            lambda _: make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 3, 13))), id="scaled ridge"
        ),
        pytest.param(
            its_network,
            id="scikit-learn's network",
            marks=pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),  # at its 200 epochs
        ),
    ],
)
def test_diabetes_is_predicted_no_worse_than_by(build: Callable[[int], Any]) -> None:
    assert ours() >= mean_score(build)
