"""The zoom among Optuna's samplers: Optuna's own test-suite, and that it finds what it should."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

optuna = pytest.importorskip("optuna")

from optuna.samplers import BaseSampler  # noqa: E402 - only where Optuna is
from optuna.testing.pytest_samplers import (  # noqa: E402 - as above
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from hpsearch.integrations.optuna import ZoomSampler, _scale  # noqa: E402 - as above


class TestZoomSampler(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self) -> Callable[[], BaseSampler]:
        return ZoomSampler


def _objective(trial: Any) -> float:
    x, rate = trial.suggest_float("x", -5, 5), trial.suggest_float("rate", 1e-5, 1, log=True)
    n, step = trial.suggest_int("n", 1, 64, log=True), trial.suggest_float("step", 0, 1, step=0.25)
    kind = trial.suggest_categorical("kind", ["a", "b", None])
    return float(abs(x - 2) + abs(np.log10(rate) + 2) + abs(np.log2(n) - 3) + step + (kind is None))


@cache
def _study(direction: str, seed: int) -> Any:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sign = -1 if direction == "maximize" else 1
    study = optuna.create_study(direction=direction, sampler=ZoomSampler(seed=seed))
    study.optimize(lambda trial: sign * _objective(trial), n_trials=40)
    return study


def test_equal_studies_go_the_same_way_and_maximising_is_minimising_the_negative() -> None:
    first, up = _study("minimize", 0), _study("maximize", 0)
    again = _study.__wrapped__("minimize", 0)  # not the one that is kept
    assert [trial.params for trial in first.trials] == [trial.params for trial in again.trials]
    assert [trial.params for trial in first.trials] == [trial.params for trial in up.trials]
    assert [trial.params for trial in first.trials] != [trial.params for trial in _study("minimize", 1).trials]


def test_it_finds_better_values_than_random_search() -> None:
    zoom = [_study("minimize", seed).best_value for seed in range(4)]
    random = []
    for seed in range(4):
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        study.optimize(_objective, n_trials=40)
        random.append(study.best_value)
    assert np.mean(zoom) < 0.6 * np.mean(random)


@pytest.mark.parametrize(
    "distribution",
    [
        optuna.distributions.FloatDistribution(low, high, step=step)
        for low, high, step in [
            (0, 0.3, 0.1),
            (0, 0.7, 0.1),
            (-0.3, 0.3, 0.1),
            (0.1, 0.8, 0.1),
            (0, 1, 0.25),
            (1, 2.2, 0.3),
        ]
    ],
    ids=str,
)
def test_every_value_with_a_step_is_one_of_the_distribution_and_comes_back(distribution: Any) -> None:
    scale = _scale(distribution)
    for number in range(scale.distribution.high + 1):
        assert distribution._contains(distribution.to_internal_repr(scale.outer(number)))
        assert scale.inner(scale.outer(number)) == number
