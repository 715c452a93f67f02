"""Laws of every distribution; bar: β by one_minus_log and learning rate by log have the medians of their scales."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.space import DISTRIBUTIONS, Choice, Distribution

from .worlds import LAWS

UNIT = st.floats(0, 1)
NAN, INF = math.nan, math.inf


def _ordered_pair(values: st.SearchStrategy[Any], apart: float) -> st.SearchStrategy[Any]:
    return st.tuples(values, values).map(sorted).filter(lambda pair: pair[1] - pair[0] > apart).map(list)


ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "uniform": _ordered_pair(st.floats(-1e6, 1e6), 1e-3),
    "log": _ordered_pair(st.floats(-12, 6), 1e-3).map(lambda pair: [10**exponent for exponent in pair]),
    "one_minus_log": _ordered_pair(st.floats(-0.5, 6), 1e-3).map(lambda pair: [1 - 10**-digits for digits in pair]),
    "int": _ordered_pair(st.integers(-(10**6), 10**6), 0),
    "log_int": _ordered_pair(st.integers(1, 10**6), 0),
    "choice": st.lists(
        st.booleans()
        | st.none()
        | st.integers(-(2**62), 2**62)
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        min_size=2,
        unique_by=lambda member: (type(member), member),
    ),
}
TYPES = {"uniform": float, "log": float, "one_minus_log": float, "int": int, "log_int": int}
WITH_BOUNDS = sorted(TYPES)


@pytest.fixture(params=sorted(DISTRIBUTIONS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _distributions(kind: str) -> st.SearchStrategy[Distribution]:
    return ARGUMENTS[kind].map(DISTRIBUTIONS[kind].parse)


def test_every_registered_distribution_has_a_case_here() -> None:
    assert set(ARGUMENTS) == set(DISTRIBUTIONS)
    assert {*TYPES, "choice"} == set(DISTRIBUTIONS)


def test_every_distribution_is_registered_by_the_key_by_which_a_config_asks_for_it() -> None:
    assert all(distribution.kind == key for key, distribution in DISTRIBUTIONS.items())


def test_a_value_comes_back_after_a_round_trip_through_its_unit_coordinate(kind: str) -> None:
    @LAWS
    @given(_distributions(kind), UNIT)
    def law(distribution: Distribution, u: float) -> None:
        value = distribution.from_unit(u)
        coordinate = distribution.to_unit(value)
        again = distribution.from_unit(coordinate)
        assert 0 <= coordinate <= 1
        assert type(again) is type(value)
        if isinstance(value, float) and distribution.ordered:
            # One unit of rounding in log(1 − β), about 20 ulp of a value that may be 1e6.
            assert again == pytest.approx(value, rel=1e-12, abs=1e-9)
        else:
            assert again == value

    law()


def test_a_value_has_the_kinds_type_and_lies_within_the_bounds(kind: str) -> None:
    @LAWS
    @given(ARGUMENTS[kind], UNIT)
    def law(argument: Any, u: float) -> None:
        value = DISTRIBUTIONS[kind].parse(argument).from_unit(u)
        if kind == "choice":
            assert any(value is member or (type(value), value) == (type(member), member) for member in argument)
        else:
            assert type(value) is TYPES[kind]
            assert argument[0] <= value <= argument[1]

    law()


def test_an_ordered_distribution_is_monotone(kind: str) -> None:
    @LAWS
    @given(_distributions(kind), UNIT, UNIT)
    def law(distribution: Distribution, u: float, v: float) -> None:
        if distribution.ordered:
            low, high = distribution.from_unit(min(u, v)), distribution.from_unit(max(u, v))
            # Floating-point exp and log are monotone up to their last bit only.
            assert low <= high or low == pytest.approx(high, rel=1e-14)

    law()


def test_the_extremes_show_every_member_or_both_bounds(kind: str) -> None:
    @LAWS
    @given(ARGUMENTS[kind])
    def law(argument: Any) -> None:
        distribution = DISTRIBUTIONS[kind].parse(argument)
        shown = [distribution.from_unit(u) for u in distribution.extremes()]
        if kind == "choice":
            assert [(type(value), value) for value in shown] == [(type(member), member) for member in argument]
        else:
            assert min(shown) == pytest.approx(argument[0], rel=1e-12, abs=1e-12)
            assert max(shown) == pytest.approx(argument[1], rel=1e-12, abs=1e-12)

    law()


def test_a_value_that_is_never_given_has_no_unit_coordinate(kind: str) -> None:
    distribution = DISTRIBUTIONS[kind].parse(
        ["a", "b"] if kind == "choice" else [1, 8] if "int" in kind else [0.1, 0.9]
    )
    for foreign in ("c", None, True, 9, -1.5, NAN, INF):
        with pytest.raises(ValueError, match=r"is not (a number|a whole number|one of)"):
            distribution.to_unit(foreign)


def test_equal_arguments_make_equal_distributions(kind: str) -> None:
    @LAWS
    @given(ARGUMENTS[kind])
    def law(argument: Any) -> None:
        first, second = (DISTRIBUTIONS[kind].parse(argument) for _ in range(2))
        assert first == second
        assert hash(first) == hash(second)

    law()


@pytest.mark.parametrize("kind", WITH_BOUNDS)
@pytest.mark.parametrize(
    "argument",
    [
        *([0.8, 0.2], [7, 3], [0.5, 0.5], [2, 2]),
        *(["0.1", 0.9], [0.1, None], [0.1, [0.9]], [False, True], [0.1, True]),
        *([NAN, 0.9], [0.1, NAN], [0.1, INF], [-INF, 0.9]),
        *([], [0.5], [0.1, 0.5, 0.9], 0.5, None, "0.1", {"low": 0.1, "high": 0.9}),
    ],
    ids=repr,
)
def test_bounds_that_are_not_two_ordered_finite_numbers_are_refused_with_a_sentence(kind: str, argument: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{kind} takes .*not .+") as refusal:
        DISTRIBUTIONS[kind].parse(argument)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "argument", "rule"),
    [
        ("log", [0, 1], "above 0"),
        ("log", [-1e-3, 1], "above 0"),
        ("one_minus_log", [0.9, 1], "below 1"),
        ("one_minus_log", [0.9, 1.5], "below 1"),
        ("int", [1, 2.5], "whole numbers"),
        ("log_int", [1.0, 8.0], "whole numbers"),
        ("log_int", [0, 8], "at least 1"),
    ],
)
def test_bounds_outside_the_scale_are_refused_with_the_rule(kind: str, argument: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rf"^{kind} takes .*{rule}"):
        DISTRIBUTIONS[kind].parse(argument)


@pytest.mark.parametrize(
    "argument", [[], [1], {}, {"a": 1}, "ab", None, 3, [1, 1], ["a", "b", "a"], [[64], [64]]], ids=repr
)
def test_a_choice_without_two_different_members_is_refused_with_a_sentence(argument: Any) -> None:
    with pytest.raises(ValueError, match=r"^choice takes .* not ") as refusal:
        Choice.parse(argument)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("label", [NAN, INF, 2**63], ids=repr)
def test_a_label_is_refused_as_a_member_is_if_no_row_could_hold_it(label: float) -> None:
    for argument in ([label, 1], {label: 1, "b": 2}):
        with pytest.raises(ValueError, match=r"^choice takes (finite numbers|whole numbers below 2)"):
            Choice.parse(argument)


def test_members_of_different_types_differ_even_where_python_finds_them_equal() -> None:
    choice = Choice.parse([1, True, 1.0])
    assert [type(choice.from_unit(u)) for u in choice.extremes()] == [int, bool, float]
    assert [choice.to_unit(choice.from_unit(u)) for u in choice.extremes()] == list(choice.extremes())


def test_every_whole_number_and_every_member_is_as_likely() -> None:
    grid = (np.arange(7000) + 0.5) / 7000
    for distribution in (DISTRIBUTIONS["int"].parse([-3, 3]), Choice.parse(list("abcdefg"))):
        counts = Counter(distribution.from_unit(float(u)) for u in grid)
        assert sorted(counts.values()) == [1000] * 7


def test_a_whole_number_on_the_log_scale_has_the_share_of_the_half_unit_around_it() -> None:
    # The share of [n − ½, n + ½] among [low − ½, high + ½] after taking logarithms, as LogInteger documents.
    counts = Counter(DISTRIBUTIONS["log_int"].parse([1, 20]).from_unit((i + 0.5) / 100_000) for i in range(100_000))
    whole = math.log(20.5 / 0.5)
    for n in range(1, 21):
        assert counts[n] / 100_000 == pytest.approx(math.log((n + 0.5) / (n - 0.5)) / whole, abs=2e-5)


@pytest.mark.parametrize(
    ("kind", "argument", "median", "tolerance"),
    [
        ("one_minus_log", [0.9, 0.999], 0.990, 0.001),  # 1 − √(0.1 · 0.001), the geometric mean of 1 − β
        ("log", [1e-4, 1], 1e-2, 6e-4),  # √(1e-4 · 1), ± 6%
    ],
)
def test_over_100_000_draws_the_median_is_the_middle_of_the_scale(
    kind: str, argument: Any, median: float, tolerance: float
) -> None:
    distribution = DISTRIBUTIONS[kind].parse(argument)
    draws = [distribution.from_unit(float(u)) for u in np.random.default_rng(0).random(100_000)]
    assert float(np.median(np.array(draws, float))) == pytest.approx(median, abs=tolerance)
