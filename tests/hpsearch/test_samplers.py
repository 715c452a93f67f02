"""Laws of every sampler, and what makes zoom coarse to fine."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch.records import Observation
from hpsearch.samplers import SAMPLERS, Proposal
from hpsearch.samplers.zoom import GLOBAL_SHARE, NARROWEST, SHRINK, START, WIDEST
from hpsearch.space import Space

from .worlds import CONTINUOUS, TREES, all_searches, history_of, plan_of, quadratic, rounds_of, sometimes_failing

GUIDED = {"zoom"}  # samplers that follow the leaders
UNGUIDED = {"random"}


@pytest.fixture(params=sorted(SAMPLERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _propose(name: str, history: list[Observation], size: int, tree: Any = CONTINUOUS, seed: int = 0) -> Proposal:
    return SAMPLERS[name]().propose(Space.of(tree), history, size, np.random.default_rng(seed))


def _history(rounds: int, leader: tuple[float, float] = (0.5, 0.5)) -> list[Observation]:
    """Rounds of four; the first three trials are the leaders and stand at one point."""
    return [
        Observation(n, n // 4, leader if n < 3 else (0.9, 0.1 + n / 1000), 0.0 if n < 3 else 1.0 + n)
        for n in range(4 * rounds)
    ]


def test_every_registered_sampler_has_a_case_here() -> None:
    assert set(SAMPLERS) == GUIDED | UNGUIDED
    assert all(sampler.kind == name for name, sampler in SAMPLERS.items())


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_every_point_has_a_coordinate_a_setting_and_lies_in_the_unit_cube(name: str, tree: Any) -> None:
    plan = plan_of(tree, name, trials=80)
    trials = [trial for each in rounds_of(plan) for trial in each.trials]
    assert len(trials) == 80
    assert all(len(trial.unit) == len(plan.space.settings) for trial in trials)
    assert all(type(u) is float and 0 <= u <= 1 for trial in trials for u in trial.unit)


def test_a_proposal_has_just_the_points_asked_for(name: str) -> None:
    for size in (1, 3, 17):
        for rounds in (0, 1, 6):
            assert len(_propose(name, _history(rounds), size).points) == size


def test_the_same_search_comes_out_in_another_process() -> None:
    code = f"import runpy; print(runpy.run_path({str(Path(__file__).with_name('worlds.py'))!r})['all_searches']())"
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == all_searches()


def test_no_two_trials_of_a_continuous_space_are_equal(name: str) -> None:
    trials = [trial for each in rounds_of(plan_of(CONTINUOUS, name, trials=400)) for trial in each.trials]
    assert len({trial.unit for trial in trials}) == 400


def test_a_proposal_depends_on_its_arguments_alone(name: str) -> None:
    plan = plan_of(CONTINUOUS, name)
    history = history_of(plan, rounds_of(plan), sometimes_failing)
    sampler, space, expected = SAMPLERS[name](), Space.of(CONTINUOUS), _propose(name, history, 8)
    rebuilt = [replace(seen, unit=tuple(float(repr(u)) for u in seen.unit)) for seen in history]
    for again in (history, rebuilt, tuple(history)):
        sampler.propose(space, history[:12], 5, np.random.default_rng(3))  # another call in between leaves no trace
        assert sampler.propose(space, again, 8, np.random.default_rng(0)) == expected


def test_a_proposal_leaves_the_history_and_the_global_random_numbers_alone(name: str) -> None:
    history = _history(6)
    before, state = list(history), repr(np.random.get_state())  # noqa: NPY002 - this is what must not be touched
    _propose(name, history, 8)
    assert history == before
    assert repr(np.random.get_state()) == state  # noqa: NPY002


def test_another_generator_gives_other_points(name: str) -> None:
    assert _propose(name, _history(6), 8, seed=0).points != _propose(name, _history(6), 8, seed=1).points


def test_an_unguided_sampler_looks_everywhere_whatever_it_has_seen() -> None:
    for name in UNGUIDED:
        assert _propose(name, _history(6), 50) == _propose(name, [], 50)
        assert (_propose(name, _history(6), 50).global_share, _propose(name, _history(6), 50).region) == (1.0, ())


@pytest.mark.parametrize("name", sorted(GUIDED))
def test_failed_trials_are_never_leaders(name: str) -> None:
    history = _history(6)
    history[20] = replace(history[20], unit=(0.01, 0.99), score=None)
    region = _propose(name, history, 8).region
    assert [interval.centre for interval in region] == [0.5, 0.5]
    assert region[0].low > 0.01
    assert _propose(name, [replace(seen, score=None) for seen in history], 8).region == ()


@pytest.mark.parametrize("name", sorted(GUIDED))
def test_the_point_of_a_failed_trial_makes_no_difference_to_the_region(name: str) -> None:
    history = _history(6)
    regions = set()
    for unit in ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)):
        history[-1] = replace(history[-1], unit=unit, score=None)
        regions.add(_propose(name, history, 8).region)
    assert len(regions) == 1


@pytest.mark.parametrize("name", sorted(GUIDED))
def test_the_leader_is_the_best_completed_trial_and_ties_go_to_the_lowest_number(name: str) -> None:
    history = [Observation(n, n // 4, (n / 40, 1 - n / 40), 1.0 if n in (7, 13) else 2.0) for n in range(24)]
    assert [interval.centre for interval in _propose(name, history, 4).region] == [7 / 40, 1 - 7 / 40]


def test_zoom_looks_everywhere_until_enough_trials_completed() -> None:
    few = [replace(seen, score=None) if seen.number >= START - 1 else seen for seen in _history(6)]
    proposal = _propose("zoom", few, 8)
    assert (proposal.global_share, proposal.region) == (1.0, ())
    assert _propose("zoom", _history(6)[:START], 8).region != ()


def test_zoom_contracts_by_a_fixed_factor_a_round_towards_the_leaders() -> None:
    widths = []
    for rounds in range(2, 40):
        [first, second] = _propose("zoom", _history(rounds), 1).region
        assert first.low <= 0.5 <= first.high
        assert (first.high - first.low) == pytest.approx(second.high - second.low)
        widths.append(first.high - first.low)
    assert widths[0] == pytest.approx(WIDEST)
    for wider, narrower in pairwise(widths):
        assert narrower == pytest.approx(max(wider * SHRINK, NARROWEST))
    assert widths[-1] == pytest.approx(NARROWEST)


@pytest.mark.parametrize("rounds", [2, 6, 30])
def test_zoom_keeps_its_global_share(rounds: int) -> None:
    draws = 20_000
    proposal = _propose("zoom", _history(rounds), draws, seed=rounds)
    inside = np.ones(draws, bool)
    for interval, along in zip(proposal.region, np.array(proposal.points).T, strict=True):
        inside &= (interval.low <= along) & (along <= interval.high)
    box = np.prod([interval.high - interval.low for interval in proposal.region])
    expected = GLOBAL_SHARE * (1 - box)  # all leaders stand at one point: whatever is outside was drawn globally
    assert proposal.global_share == GLOBAL_SHARE
    assert np.mean(~inside) == pytest.approx(expected, abs=4 * np.sqrt(expected / draws))


def test_zoom_draws_within_its_region_or_anywhere_also_at_the_bounds() -> None:
    proposal = _propose("zoom", _history(30, leader=(0.0, 1.0)), 5000)
    points = np.array(proposal.points)
    near = (points[:, 0] <= proposal.region[0].high) & (points[:, 1] >= proposal.region[1].low)
    assert np.mean(near) == pytest.approx(1 - GLOBAL_SHARE, abs=0.03)
    assert np.mean(points[near, 0] == 0.0) < 0.01  # what crosses a bound is reflected, so bounds draw no crowd


@pytest.mark.parametrize("name", sorted(GUIDED))
@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_a_guided_sampler_finds_the_bottom_of_a_bowl_better_than_random_on_average(name: str, lookahead: int) -> None:
    def best(sampler: str, seed: int) -> float:
        rounds = rounds_of(plan_of(sampler=sampler, seed=seed, trials=60, lookahead=lookahead), quadratic)
        return min(quadratic(trial) or 0.0 for each in rounds for trial in each.trials)

    seeds = range(16)
    assert np.mean([best(name, seed) for seed in seeds]) < 0.7 * np.mean([best("random", seed) for seed in seeds])
