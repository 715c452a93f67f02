"""The Gaussian process against the textbook's formulas, and what the targets promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.samplers.encoding import Encoding
from hpsearch.samplers.gaussian_process import SIGNAL_WEIGHT, Kernel, Posterior, _slope, fit_kernel, matern
from hpsearch.samplers.target import targets
from hpsearch.space import Space

from .worlds import CONDITIONAL, LAWS, MIXED

KERNEL = Kernel(np.array([0.4, 0.8]), noise=0.1, signal=1.7)
COLUMNS = np.array([0, 1])
RNG = np.random.default_rng(0)
X, Y, PLACES = RNG.random((12, 2)), RNG.standard_normal(12), RNG.random((5, 2))


def _correlation(a: np.ndarray, b: np.ndarray, scales: np.ndarray) -> float:
    """Rasmussen, Williams 2006, equation 4.17."""
    r = np.sqrt((((a - b) / scales) ** 2).sum())
    return float((1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r))


def _correlations(a: np.ndarray, b: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return np.array([[_correlation(one, other, scales) for other in b] for one in a])


def test_correlations_are_those_of_the_textbook() -> None:
    scaled = matern(X / KERNEL.scales, PLACES / KERNEL.scales)
    assert scaled == pytest.approx(_correlations(X, PLACES, KERNEL.scales), rel=1e-9)


def test_mean_and_deviation_are_those_of_the_textbook() -> None:
    # Rasmussen, Williams 2006, equations 2.25 and 2.26.
    known = _correlations(X, X, KERNEL.scales) + KERNEL.noise * np.eye(12)
    across = _correlations(X, PLACES, KERNEL.scales)
    posterior = Posterior(KERNEL, COLUMNS, X, Y, PLACES)
    assert posterior.mean == pytest.approx(across.T @ np.linalg.solve(known, Y), rel=1e-9)
    variance = KERNEL.signal * (1 - np.einsum("nm,nm->m", across, np.linalg.solve(known, across)))
    assert posterior.deviation == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_conditioning_is_as_if_the_place_had_been_observed_at_its_mean() -> None:
    posterior = Posterior(KERNEL, COLUMNS, X, Y, PLACES)
    mean = posterior.mean.copy()
    for index in (3, 1):
        posterior.condition(index)
    again = Posterior(KERNEL, COLUMNS, np.vstack([X, PLACES[[3, 1]]]), np.append(Y, mean[[3, 1]]), PLACES)
    assert posterior.mean == pytest.approx(again.mean, rel=1e-9)
    assert posterior.deviation == pytest.approx(again.deviation, rel=1e-9)


def _log_likelihood(place: np.ndarray) -> float:
    """With the signal's variance at its most probable: twice a constant, less n log s² and log |K|."""
    matrix = _correlations(X, X, np.exp(place[:-1])) + np.exp(place[-1]) * np.eye(12)
    _, logdet = np.linalg.slogdet(matrix)
    return float(-0.5 * (12 + SIGNAL_WEIGHT) * np.log(Y @ np.linalg.solve(matrix, Y) + SIGNAL_WEIGHT) - 0.5 * logdet)


def test_the_slope_of_the_likelihood_is_that_of_differences() -> None:
    flat = ((X[:, None, :] - X[None, :, :]) ** 2).transpose(2, 0, 1).reshape(2, -1)
    place, h = np.array([-0.5, 0.2, -2.0]), 1e-5
    slope, _ = _slope(flat, Y, place)
    differences = [(_log_likelihood(place + h * e) - _log_likelihood(place - h * e)) / (2 * h) for e in np.eye(3)]
    assert slope == pytest.approx(differences, rel=1e-5)


def test_fitting_finds_which_setting_matters() -> None:
    units = np.random.default_rng(1).random((60, 2))
    distances = ((units[:, None, :] - units[None, :, :]) ** 2).transpose(2, 0, 1)
    y = np.sin(5 * units[:, 0])
    kernel = fit_kernel(distances, (y - y.mean()) / y.std())
    assert kernel.scales[0] < kernel.scales[1]
    assert kernel.noise < 0.05


SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@LAWS
@given(SCORES)
def test_targets_keep_the_order_and_a_failure_is_as_bad_as_the_worst(scores: list[float]) -> None:
    found = targets(np.array([*scores, np.nan]))
    assert np.isfinite(found).all()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(found[:-1][order]) >= -1e-9).all()
    assert found[-1] == found.max()


@LAWS
@given(SCORES, st.sampled_from([0.25, 2.0, 1024.0]), st.sampled_from([-64.0, 0.0, 4096.0]))
def test_targets_do_not_depend_on_zero_and_unit_of_the_score(scores: list[float], factor: float, shift: float) -> None:
    rounded = np.round(np.array(scores))  # so that adding is exact
    assert targets(rounded * factor + shift) == pytest.approx(targets(rounded), abs=1e-9)


def test_members_of_a_choice_are_one_apart_and_equal_values_are_not_apart() -> None:
    encoding = Encoding(Space.of({"a": {"c": {"choice": ["p", "q", "r"]}, "n": {"int": [1, 3]}}}))
    rows = encoding(np.array([[0.1, 0.1], [0.2, 0.3], [0.5, 0.5], [0.9, 0.5]]))
    assert encoding.distances(rows)[0] == pytest.approx(
        1 - np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    )
    assert encoding.distances(rows)[1][0] == pytest.approx([0, 0, 1 / 9, 1 / 9])


@pytest.mark.parametrize("tree", [MIXED, CONDITIONAL], ids=["mixed", "conditional"])
def test_what_does_not_exist_makes_no_distance(tree: object) -> None:
    space = Space.of(tree)
    units = np.random.default_rng(0).random((40, len(space.settings)))
    there = space.presence(units)
    other = np.where(there, units, 1 - units)
    encoding = Encoding(space)
    assert encoding(units) == pytest.approx(encoding(other))
    for row, exists in zip(units, there, strict=True):
        named = {
            space.names[setting.path] for setting, is_there in zip(space.settings, exists, strict=True) if is_there
        }
        assert set(space.values(row.tolist())) == named
