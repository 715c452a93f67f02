"""Laws of what the babysitter tries next."""

from dataclasses import replace

import numpy as np
import pytest

from hpsearch.babysitting import Segment, length, proposal, standing, verdict

STEPS = {"learning_rate": 2.0, "beta": 2.0, "weight_decay": 2.0, "l2": 3.0, "dropout": 0.1}
START = {"learning_rate": 0.01, "beta": 0.9, "l2": 1e-3, "dropout": 0.2}
UP = {**START, "learning_rate": 0.02}
DOWN = {**START, "learning_rate": 0.005}
INFINITE = float("inf")


def first(after: float = 1.0) -> Segment:
    return Segment(1, 1, 5, 0, START, INFINITE, after)


def following(past: list[Segment], settings: dict[str, float], after: float, *, kept: bool = True) -> list[Segment]:
    """The past, and a segment that began where it ended."""
    last = past[-1]
    base = next(segment for segment in reversed(past) if segment.kept)
    return [*past, Segment(last.number + 1, last.last + 1, last.last + 5, base.last, settings, base.after, after, kept)]


BEGUN = following([first(1.2)], START, 1.0)
"""Two segments with the same settings: from here on nudges are made."""


def nudges(old: dict[str, float], new: dict[str, float]) -> list[str]:
    return [name for name in old if new[name] != old[name]]


def test_what_got_better_is_kept_and_what_got_worse_is_not() -> None:
    assert verdict(STEPS, following(BEGUN, UP, 0.9), 0).keep
    assert verdict(STEPS, following(BEGUN, UP, 1.0), 0).keep
    assert not verdict(STEPS, following(BEGUN, UP, 1.1), 0).keep
    assert not verdict(STEPS, [first(INFINITE)], 0).keep


def test_the_second_segment_is_like_the_first_so_that_there_is_something_to_compare_with() -> None:
    assert proposal(STEPS, [first()], 0, keep=True) == START


def test_the_next_segment_is_the_longer_the_more_were_gone_back_on() -> None:
    past = BEGUN
    for failures in range(4):
        assert length(2, past) == 2 * (1 + failures)
        past = following(past, UP, 1.1, kept=False)
    assert length(2, following(past, DOWN, 0.9)) == 2
    assert length(2, []) == 2


def test_what_falls_as_much_in_more_epochs_falls_slower() -> None:
    long = Segment(3, 11, 40, 10, UP, 1.0, 0.8)  # by 1/150 an epoch; the one before fell by 1/30
    assert proposal(STEPS, [*BEGUN, long], 0, keep=True) == START


def test_one_setting_is_nudged_by_its_step() -> None:
    expected = {  # by hand
        ("learning_rate", 0.02), ("learning_rate", 0.005), ("beta", 0.95), ("beta", 0.8),
        ("l2", 3e-3), ("l2", 1e-3 / 3), ("dropout", 0.3), ("dropout", 0.1),
    }  # fmt: skip
    seen = set()
    for seed in range(200):
        found = proposal(STEPS, BEGUN, seed, keep=True)
        [name] = nudges(START, found)
        seen.add((name, round(found[name], 12)))
    assert seen == {(name, round(value, 12)) for name, value in expected}


def test_the_learning_rate_is_nudged_as_often_as_all_else() -> None:
    found = [nudges(START, proposal(STEPS, BEGUN, seed, keep=True))[0] for seed in range(1000)]
    # Six nudges of the others against two, each drawn three times; 5 standard deviations of a fair coin.
    assert abs(found.count("learning_rate") - 500) < 5 * np.sqrt(250)


def test_a_nudge_after_which_the_score_falls_faster_is_made_again() -> None:
    past = following(following([first(4.0)], START, 3.6), UP, 3.0)
    assert proposal(STEPS, past, 0, keep=True)["learning_rate"] == 0.04


def test_a_nudge_after_which_the_score_falls_slower_is_undone_and_then_left_alone() -> None:
    slower = following(following([first(4.0)], START, 3.0), UP, 2.9)
    assert proposal(STEPS, slower, 0, keep=True) == START
    again = following(slower, START, 2.89)
    for seed in range(50):
        found = proposal(STEPS, again, seed, keep=True)
        assert len(nudges(START, found)) == 1
    assert {nudges(START, proposal(STEPS, again, seed, keep=True))[0] for seed in range(50)} > {"beta"}


def test_after_a_nudge_that_made_it_worse_the_opposite_is_tried_from_where_it_began() -> None:
    past = following(BEGUN, UP, 1.1, kept=False)
    assert proposal(STEPS, past, 0, keep=False) == DOWN


def test_nothing_is_tried_twice_from_the_same_place() -> None:
    past, tried = BEGUN, []
    for _ in range(8):  # four settings, up and down
        settings = proposal(STEPS, past, 3, keep=past[-1].kept)
        assert settings not in tried
        assert len(nudges(START, settings)) == 1
        tried.append(settings)
        past = following(past, dict(settings), 1.1, kept=False)
    assert proposal(STEPS, past, 3, keep=False) == START


def test_after_numbers_that_are_none_the_learning_rate_goes_down_further_each_time() -> None:
    past = [replace(first(INFINITE), kept=False)]
    assert proposal(STEPS, past, 0, keep=False) == DOWN
    past = [*past, Segment(2, 6, 6, 0, DOWN, INFINITE, INFINITE, kept=False)]
    assert proposal(STEPS, past, 0, keep=False) == {**START, "learning_rate": 0.0025}


def test_the_learning_rate_never_comes_down_to_nothing() -> None:
    smallest = {**START, "learning_rate": 5e-324}
    past = [replace(first(INFINITE), settings=smallest, kept=False)]
    assert proposal(STEPS, past, 0, keep=False) == smallest


def test_a_setting_without_a_step_stays() -> None:
    for seed in range(50):
        assert nudges(START, proposal({"l2": 3.0}, BEGUN, seed, keep=True)) == ["l2"]
    assert proposal({}, BEGUN, 0, keep=True) == START
    assert proposal({"l2": 3.0}, [replace(first(INFINITE), kept=False)], 0, keep=False) == START


def test_the_settings_that_stand_are_those_of_the_last_segment_that_was_kept() -> None:
    past = following(following([first()], UP, 0.9), {**UP, "beta": 0.95}, 1.2, kept=False)
    assert standing(past) == UP
    assert standing([replace(first(), kept=False)]) == START


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_losses_settings_stay_legal_and_the_same_history_gives_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    past = [first()]
    for _ in range(60):
        after = float(rng.choice([0.5, 0.9, 0.99, 1.1, 1.5]) * min(past[-1].after, 1e6))
        found = verdict(STEPS, past, seed)
        assert found == verdict(STEPS, list(past), seed)
        assert all(value > 0 for value in found.settings.values())
        assert found.settings["beta"] < 1
        assert found.settings["dropout"] < 1
        past[-1] = replace(past[-1], kept=found.keep)
        past = following(past, dict(found.settings), after, kept=False)
