"""Laws of the samplers that fill a space by a plan."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.samplers import SAMPLERS, Settings
from hpsearch.space import Space

from .worlds import CONDITIONAL, CONTINUOUS, plan_of, rounds_of


def _values(tree: Any, sampler: str, trials: int, points: int = 5) -> list[dict[str, Any]]:
    plan = plan_of(tree, trials=trials, sampler=SAMPLERS[sampler](Settings(points=points)))
    return [dict(trial.values) for each in rounds_of(plan) for trial in each.trials[: plan.size(each.number)]]


def test_a_grid_is_every_combination_of_points_even_on_their_scale_the_last_setting_first() -> None:
    tree = {"a": {"x": {"log": [1, 100]}, "n": {"int": [1, 3]}, "c": {"choice": ["p", "q"]}}}
    expected = [{"x": x, "n": n, "c": c} for x, n, c in product([1.0, 10.0, 100.0], [1, 2, 3], ["p", "q"])]
    found = _values(tree, "grid", 18, points=3)
    assert [each | {"x": pytest.approx(each["x"])} for each in expected] == found


def test_a_grid_takes_no_more_of_a_whole_number_than_it_has_and_every_member_of_a_choice() -> None:
    tree = {"a": {"n": {"int": [1, 2]}, "c": {"choice": list("abcdefg")}}}
    assert len({tuple(each.items()) for each in _values(tree, "grid", 14)}) == 14


def test_a_grid_of_one_point_is_the_middle() -> None:
    assert _values({"a": {"x": {"uniform": [0, 4]}}}, "grid", 1, points=1) == [{"x": 2.0}]


def test_a_grid_does_not_vary_what_does_not_exist() -> None:
    # hidden: none, or two of 5 widths each; l2: 0, or 5 values; batch_norm: 2
    total = (1 + 5 * 5) * (1 + 5) * 2
    values = _values(CONDITIONAL, "grid", total)
    assert len({repr(each) for each in values}) == total


@pytest.mark.parametrize(("trials", "refused"), [(24, False), (25, False), (26, True), (10**9, True)])
def test_extending_a_grid_past_its_end_is_refused_in_a_sentence(trials: int, refused: bool) -> None:
    sampler = SAMPLERS["grid"](Settings(points=5))
    if not refused:
        sampler.require(Space.of(CONTINUOUS), trials)
        return
    with pytest.raises(
        UsageError,
        match=r"search\.trials asks for \d+ configurations, but the grid of 5 points a setting ends after 25",
    ):
        sampler.require(Space.of(CONTINUOUS), trials)


@pytest.mark.parametrize("lookahead", [0, 2])
def test_sobols_points_are_one_sequence_over_all_rounds_with_a_point_in_each_stratum(lookahead: int) -> None:
    # I. Sobol 1967: the first 2^m points of a sequence in base 2 have one in each interval of length 2^-m.
    rounds = rounds_of(plan_of(CONTINUOUS, "sobol", trials=64, lookahead=lookahead))
    units = np.array([trial.unit for each in rounds for trial in each.trials])
    for along in units.T:
        assert sorted((along * 64).astype(int)) == list(range(64))


def test_sobols_points_differ_between_seeds_and_not_between_round_sizes() -> None:
    def units(**changes: Any) -> list[tuple[float, ...]]:
        plan = plan_of(CONTINUOUS, "sobol", trials=24, **changes)
        return [trial.unit for each in rounds_of(plan) for trial in each.trials][:24]

    assert units(round_size=4) == units(round_size=6) == units(round_size=5)
    assert not set(units(seed=1)) & set(units(seed=2))
