"""Laws of the search as a pure function: rounds, their numbers, and seeds."""

from typing import Any

import numpy as np
import pytest

from hpsearch.records import Status
from hpsearch.seeds import Purpose, TrialGenerators, round_generator, split_seed, trial_seed
from hpsearch.sweep import next_round

from .worlds import CONTINUOUS, INSTALLED, MIXED, TREES, history_of, plan_of, quadratic, rounds_of, sometimes_failing

EVERYWHERE = pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
SAMPLER = pytest.mark.parametrize("sampler", INSTALLED)


@SAMPLER
@EVERYWHERE
@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_a_round_depends_on_the_rounds_that_it_may_see_alone(sampler: str, tree: Any, lookahead: int) -> None:
    plan = plan_of(tree, sampler, lookahead=lookahead)
    first = rounds_of(plan, quadratic)
    for number in range(1, plan.rounds):
        unseen = plan.visible(number) * plan.round_size
        other = rounds_of(
            plan, lambda trial, unseen=unseen: quadratic(trial) if trial.number < unseen else -1.0, number + 1
        )
        assert other[number] == first[number]


@pytest.mark.parametrize(("lookahead", "visible"), [(0, [0, 1, 2, 3]), (1, [0, 0, 1, 2]), (2, [0, 0, 0, 1])])
def test_a_round_may_see_the_rounds_up_to_itself_less_one_less_the_lookahead(
    lookahead: int, visible: list[int]
) -> None:
    # DESIGN: round r may look only at rounds ≤ r − 1 − lookahead, counted from 0: that is r − lookahead rounds.
    plan = plan_of(lookahead=lookahead)
    assert [plan.visible(number) for number in range(4)] == visible


@SAMPLER
@EVERYWHERE
def test_extending_the_number_of_trials_leaves_the_earlier_trials_unchanged(sampler: str, tree: Any) -> None:
    short = rounds_of(plan_of(tree, sampler, trials=10))
    for trials in (11, 12, 13, 40):
        assert rounds_of(plan_of(tree, sampler, trials=trials))[: len(short)] == short


@pytest.mark.parametrize("trials", range(1, 14))
@pytest.mark.parametrize("size", [1, 3, 4, 20])
def test_the_sizes_of_the_rounds_sum_to_the_number_of_trials(trials: int, size: int) -> None:
    plan = plan_of(trials=trials, round_size=size)
    sizes = [plan.size(number) for number in range(plan.rounds)]
    assert sum(sizes) == trials
    assert all(each == size for each in sizes[:-1])
    assert 1 <= sizes[-1] <= size


@SAMPLER
def test_a_round_is_planned_whole_even_if_it_is_run_cut_short(sampler: str) -> None:
    last = rounds_of(plan_of(MIXED, sampler, trials=9))[-1]
    assert len(last.trials) == 4


@SAMPLER
def test_trials_are_numbered_one_after_another_over_the_rounds(sampler: str) -> None:
    rounds = rounds_of(plan_of(MIXED, sampler, trials=20))
    assert [trial.number for each in rounds for trial in each.trials] == list(range(20))
    assert [trial.round for each in rounds for trial in each.trials] == [n // 4 for n in range(20)]
    assert [each.number for each in rounds] == list(range(5))


@SAMPLER
@EVERYWHERE
def test_a_trials_values_are_those_of_its_point(sampler: str, tree: Any) -> None:
    plan = plan_of(tree, sampler)
    for each in rounds_of(plan):
        assert all(trial.values == plan.space.values(trial.unit) for trial in each.trials)


@SAMPLER
@EVERYWHERE
def test_the_region_of_a_round_names_each_setting_and_lies_within_its_bounds(sampler: str, tree: Any) -> None:
    plan = plan_of(tree, sampler, trials=60)
    for each in rounds_of(plan):
        assert [place.setting for place in each.region] == [plan.space.names[s.path] for s in plan.space.settings]
        for setting, place in zip(plan.space.settings, each.region, strict=True):
            if setting.distribution.ordered:
                assert setting.distribution.from_unit(0.0) <= place.low <= place.high
                assert place.high <= setting.distribution.from_unit(1.0)
                assert place.centre is None or place.low <= place.centre <= place.high
            else:
                assert (place.low, place.high) == (None, None)


KNOWN_VALUES = tuple({"learning_rate": rate, "l2": 0.5} for rate in (0.1, 0.01, 0.2, 0.02, 0.3))


@SAMPLER
@pytest.mark.parametrize("lookahead", [0, 1])
def test_known_configurations_come_first_exactly_and_the_sampler_goes_on_after_them(
    sampler: str, lookahead: int
) -> None:
    plan = plan_of(CONTINUOUS, sampler, start_with=KNOWN_VALUES, lookahead=lookahead)
    trials = [trial for each in rounds_of(plan) for trial in each.trials]
    assert [trial.values for trial in trials[:5]] == list(KNOWN_VALUES)
    assert [plan.space.values(trial.unit) for trial in trials[:5]] == [pytest.approx(each) for each in KNOWN_VALUES]
    assert [trial.number for trial in trials] == list(range(24))
    if sampler in ("sobol", "grid"):
        without = [t.unit for each in rounds_of(plan_of(CONTINUOUS, sampler)) for t in each.trials]
        assert [trial.unit for trial in trials[5:]] == without[: len(trials) - 5]


@pytest.mark.parametrize("maximise", [False, True])
def test_smaller_is_better_in_an_observation_and_only_a_completed_trial_has_a_score(maximise: bool) -> None:
    plan = plan_of(maximise=maximise)
    trial = rounds_of(plan)[0].trials[0]
    scored = plan.observation(trial, Status.COMPLETED, 0.25)
    assert scored.score == (-0.25 if maximise else 0.25)
    assert (scored.number, scored.round, scored.unit) == (trial.number, trial.round, trial.unit)
    for status in set(Status) - {Status.COMPLETED}:
        assert plan.observation(trial, status, 0.25).score is None
    assert plan.observation(trial, Status.COMPLETED, None).score is None


def test_maximising_a_score_searches_as_minimising_its_negative() -> None:
    down, up = plan_of(), plan_of(maximise=True)
    rounds = rounds_of(down)
    number = down.rounds - 1
    seen = rounds[: down.visible(number)]
    negative = history_of(up, seen, lambda trial: None if (s := sometimes_failing(trial)) is None else -s)
    assert next_round(up, rounds[:number], negative) == rounds[number]


def test_all_seeds_of_trials_differ_and_fit_a_signed_column() -> None:
    seeds = [trial_seed(sweep, number, index) for sweep in range(3) for number in range(100) for index in range(30)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert trial_seed(0, 1, 2) != trial_seed(0, 2, 1)


def test_another_seed_gives_other_trials_with_other_seeds() -> None:
    first, second = (rounds_of(plan_of(seed=seed)) for seed in (0, 1))
    trials = [trial for rounds in (first, second) for each in rounds for trial in each.trials]
    assert len({trial.seed for trial in trials}) == len({trial.unit for trial in trials}) == len(trials)


def test_the_seed_of_a_trial_is_spawned_from_sweep_seed_round_and_index() -> None:
    # numpy.random.SeedSequence is stable across versions by NumPy's compatibility policy.
    key = (Purpose.TRIAL, 5, 3)
    state = int(np.random.SeedSequence(11, spawn_key=key).generate_state(1, np.uint64)[0])
    assert trial_seed(11, 5, 3) == state >> 1


def test_streams_of_different_purposes_and_rounds_differ() -> None:
    draws = [
        np.random.default_rng(split_seed(0)).random(),
        *(round_generator(sweep, number).random() for sweep in (0, 1) for number in range(20)),
        *(np.random.default_rng(trial_seed(0, 0, index)).random() for index in range(20)),
    ]
    assert len(set(draws)) == len(draws)


def test_the_streams_within_a_trial_are_independent_and_the_same_again() -> None:
    first, second, other = (vars(TrialGenerators.of(seed)) for seed in (7, 7, 8))
    draws = [{name: generator.random() for name, generator in each.items()} for each in (first, second, other)]
    assert draws[0] == draws[1]
    assert len({*draws[0].values(), *draws[2].values()}) == 2 * len(first)
