"""Laws of a space: names, conditions, and that a few points show all that can happen."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.space import Choice, Space, SpaceError, edges, is_distribution

from .worlds import LAWS, TREES

CUBE = st.lists(st.floats(0, 1), min_size=12, max_size=12)
INT = {"int": [1, 9]}


def _names(tree: Any) -> list[str]:
    return list(Space.of(tree).names.values())


def _has_distribution(tree: Any) -> bool:
    if is_distribution(tree):
        return True
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return any(_has_distribution(child) for child in children)


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ({"a": {"b": {"x": INT}}}, ["x"]),
        ({"a": {"x": INT}, "b": {"x": INT}, "y": INT}, ["a_x", "b_x", "y"]),
        ({"a": {"w": [INT, 7, INT]}}, ["w_1", "w_3"]),
        ({"a": {"w": [INT]}, "b": {"w": [INT]}}, ["a_w_1", "b_w_1"]),
        ({"a": {"w": [[INT, INT]]}}, ["w_1_1", "w_1_2"]),
        ({"a": {"l2": {"choice": [0, {"log": [1e-6, 1]}]}}}, ["l2", "l2_log"]),
        ({"a": {"choice": {"one": {"x": INT}, "other": {"x": INT}}}}, ["a", "x"]),
    ],
)
def test_a_name_is_the_last_key_or_the_whole_path_where_two_collide_with_elements_counted_from_1(
    tree: Any, names: list[str]
) -> None:
    assert _names(tree) == names


def test_names_are_as_many_as_the_places_that_are_searched() -> None:
    for tree in TREES.values():
        space = Space.of(tree)
        assert len(set(space.names.values())) == len({setting.path for setting in space.settings})


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_a_filled_config_has_no_distribution_left_and_only_values_of_its_settings(tree: Any) -> None:
    space = Space.of(tree)

    @LAWS
    @given(CUBE)
    def law(cube: list[float]) -> None:
        values = space.values(cube[: len(space.settings)])
        assert set(values) <= set(space.names.values())
        assert not _has_distribution(space.fill(values))

    law()


@pytest.mark.parametrize("as_mapping", [True, False], ids=["mapping", "list"])
def test_settings_of_a_member_exist_just_when_the_member_is_chosen(as_mapping: bool) -> None:
    members = {"plain": {"kind": "sgd"}, "adam": {"kind": "adam", "beta": {"uniform": [0, 1]}}}
    space = Space.of({"train": {"optimizer": {"choice": members if as_mapping else list(members.values())}}})
    chosen, not_chosen = space.values([0.75, 0.5]), space.values([0.25, 0.5])
    assert set(chosen) == {"optimizer", "beta"}
    assert set(not_chosen) == {"optimizer"}
    assert space.fill(chosen) == {"train": {"optimizer": {"kind": "adam", "beta": 0.5}}}
    assert space.fill(not_chosen) == {"train": {"optimizer": {"kind": "sgd"}}}


def test_a_member_of_a_mapping_is_recorded_by_its_label() -> None:
    space = Space.of({"a": {"choice": {"small": {"n": 1}, "large": {"n": INT}}}})
    assert [space.values([u, 0.0])["a"] for u in (0.25, 0.75)] == ["small", "large"]


def test_a_coordinate_without_effect_changes_nothing() -> None:
    space = Space.of({"l2": {"choice": [0, {"log": [1e-6, 1]}]}})
    assert space.values([0.1, 0.0]) == space.values([0.1, 1.0]) == {"l2": 0}
    assert space.values([0.9, 0.0]) != space.values([0.9, 1.0])


def test_a_distribution_directly_inside_a_choice_gives_its_own_values() -> None:
    space = Space.of({"train": {"l2": {"choice": [0, {"log": [1e-6, 1e-1]}]}}})
    filled = [space.fill(space.values([u, 0.0]))["train"]["l2"] for u in (0.25, 0.75)]
    assert filled == [0, pytest.approx(1e-6, rel=1e-12)]


def test_a_choice_inside_a_choice_exists_just_when_both_lead_to_it() -> None:
    tree = {"a": {"choice": {"no": 0, "yes": {"b": {"choice": {"no": 0, "yes": {"c": INT}}}}}}}
    space = Space.of(tree)
    assert set(space.values([0.9, 0.9, 0.0])) == {"a", "b", "c"}
    assert set(space.values([0.9, 0.1, 0.0])) == {"a", "b"}
    assert set(space.values([0.1, 0.9, 0.0])) == {"a"}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_trials_of_every_kind_reach_each_member_and_each_bound_even_inside_members(tree: Any) -> None:
    space = Space.of(tree)
    shown = [(setting, space.values(point)) for setting, point in space.trials_of_every_kind()]
    assert shown[0][0] is None
    for setting in space.settings:
        name = space.names[setting.path]
        wanted = {repr(setting.distribution.from_unit(u)) for u in setting.distribution.extremes()}
        assert wanted <= {repr(values.get(name)) for of, values in shown if of == setting}
        if isinstance(setting.distribution, Choice):
            assert len(wanted) == len(setting.distribution.members)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_trials_of_every_pair_show_each_two_settings_together_as_all_combinations_of_extremes_do(tree: Any) -> None:
    def shown(points: Iterable[Sequence[float]]) -> set[Any]:
        found = [space.values(point) for point in points]
        return {pair for values in found for pair in combinations(sorted(values.items(), key=repr), 2)}

    space = Space.of(tree)
    extremes = [setting.distribution.extremes() for setting in space.settings]
    points = list(space.trials_of_every_pair())
    assert points[0] == (0.5,) * len(space.settings)
    assert {point for _, point in space.trials_of_every_kind()} <= {*points}
    assert shown(points) >= shown(product(*extremes))
    assert len(points) < 1 + sum(map(len, extremes)) ** 2


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_a_setting_stands_after_the_choices_on_which_it_depends(tree: Any) -> None:
    seen: set[Any] = set()
    for setting in Space.of(tree).settings:
        assert {path for path, _ in setting.conditions} <= seen
        seen.add(setting.path)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_equal_trees_make_equal_spaces_whose_settings_can_be_hashed(tree: Any) -> None:
    first, second = Space.of(tree), Space.of(tree)
    assert first == second
    assert first.names == second.names
    assert list(first.trials_of_every_kind()) == list(second.trials_of_every_kind())
    assert [setting.path for setting in first.settings] == [setting.path for setting in second.settings]
    assert hash(first) == hash(second)
    assert {*first.settings} == {*second.settings}
    assert len({*first.settings}) == len(first.settings)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_point_of_a_points_values_gives_them_again(tree: Any) -> None:
    space = Space.of(tree)

    @LAWS
    @given(CUBE)
    def law(cube: list[float]) -> None:
        values = space.values(cube[: len(space.settings)])
        again = space.values(space.point(values))
        assert again.keys() == values.keys()
        for name, value in values.items():
            # One unit of rounding on the scale of log(1 − β).
            assert again[name] == (pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value)

    law()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"a": "yes"}, "a value of 'n' is missing"),
        ({"a": "no", "n": 3}, "no searched setting 'n' here; there are a"),
        ({"a": "yes", "n": 10}, r"n: 10 is not a whole number in \[1, 9\]"),
        ({"a": "yes", "n": "3"}, "n: '3' is not a whole number"),
        ({"a": "maybe", "n": 3}, r"a: 'maybe' is not one of \['no', 'yes'\]"),
    ],
)
def test_values_that_are_no_point_are_refused_with_the_rule(values: dict[str, Any], rule: str) -> None:
    space = Space.of({"a": {"choice": {"no": {"k": 0}, "yes": {"n": INT}}}})
    with pytest.raises(ValueError, match=rule):
        space.point(values)


def test_a_space_prints_as_its_settings_with_their_ranges_and_conditions() -> None:
    tree = {"a": {"choice": {"no": 0, "yes": {"n": INT}}}, "b": [{"log": [1e-4, 1]}]}
    assert str(Space.of(tree)).splitlines() == [
        "a: choice no, yes",
        "a.n: int [1, 9], where a is yes",
        "b.0: log [0.0001, 1]",
    ]


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ({"rate": 0.99, "n": 5, "c": "p"}, [("rate", "upper")]),
        ({"rate": 1.1e-4, "n": 9, "c": "p"}, [("rate", "lower"), ("n", "upper")]),
        ({"rate": 0.01, "n": 1, "c": "p"}, [("n", "lower")]),
        ({"rate": 0.01, "n": 5, "c": "q"}, []),
    ],
)
def test_values_at_an_end_of_their_range_are_named_with_a_value_beyond(
    values: dict[str, Any], ends: list[tuple[str, str]]
) -> None:
    space = Space.of({"rate": {"log": [1e-4, 1]}, "n": INT, "c": {"choice": ["p", "q"]}})
    found = list(edges(space, values))
    assert [(edge.name, edge.end) for edge in found] == ends
    for edge in found:
        low, high = edge.distribution.low, edge.distribution.high
        assert edge.beyond > high if edge.end == "upper" else edge.beyond < low
        assert f"the best {edge.name}, " in str(edge)


def test_different_bounds_make_different_spaces() -> None:
    assert Space.of({"a": {"int": [1, 9]}}) != Space.of({"a": {"int": [1, 8]}})


def test_a_config_without_distributions_is_a_space_of_one_point() -> None:
    tree = {"a": [1, {"b": "no"}]}
    space = Space.of(tree)
    assert space.settings == ()
    assert space.values([]) == {}
    assert space.fill({}) == tree


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"a": {"b": {"int": [9, 1]}}}, ("a", "b")),
        ({"a": [1, {"log": [0, 1]}]}, ("a", 1)),
        ({"a": {"choice": {"x": 0, "y": {"n": {"int": [3, 3]}}}}}, ("a", "n")),
    ],
)
def test_a_distribution_that_cannot_be_is_refused_with_its_path(tree: Any, path: tuple[str | int, ...]) -> None:
    with pytest.raises(SpaceError) as refusal:
        Space.of(tree)
    assert refusal.value.path == path


@pytest.mark.parametrize("tree", [{"int": [1, 2], "x": 3}, {"integer": [1, 2]}, {}, [1, 2], "int", None], ids=repr)
def test_only_a_mapping_with_just_a_registered_kind_is_a_distribution(tree: Any) -> None:
    assert not is_distribution(tree)
