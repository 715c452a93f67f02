"""Laws of the samplers that go from coarse to fine."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hpsearch.records import Observation, Trial
from hpsearch.samplers import boxes, zoom
from hpsearch.samplers.gaussian_process import fit_kernel
from hpsearch.sweep import Plan

from .worlds import CONTINUOUS, MIXED, ask_of, leaders_at, plan_of, proposal_of, quadratic, rounds_of

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured

GUIDED = pytest.mark.parametrize("name", ["boxes", "zoom"])


@GUIDED
def test_failed_trials_are_never_leaders(name: str) -> None:
    history = leaders_at(6)
    history[20] = replace(history[20], unit=(0.01, 0.99), score=None)
    region = proposal_of(name, history, 8).region
    assert [interval.centre for interval in region] == [0.5, 0.5]
    assert proposal_of(name, [replace(seen, score=None) for seen in history], 8).region == ()


def test_the_point_of_a_failed_trial_makes_no_difference_to_the_boxes() -> None:
    history = leaders_at(6)
    regions = set()
    for unit in ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)):
        history[-1] = replace(history[-1], unit=unit, score=None)
        regions.add(proposal_of("boxes", history, 8).region)
    assert len(regions) == 1


@GUIDED
def test_the_centre_is_the_best_completed_trial_and_ties_go_to_the_lowest_number(name: str) -> None:
    history = [Observation(n, n // 4, (n / 40, 1 - n / 40), 1.0 if n in (7, 13) else 2.0) for n in range(24)]
    assert [interval.centre for interval in proposal_of(name, history, 4).region] == [7 / 40, 1 - 7 / 40]


@pytest.mark.parametrize(("name", "start"), [("boxes", boxes.START), ("zoom", zoom.START)])
def test_a_search_looks_everywhere_until_enough_trials_completed(name: str, start: int) -> None:
    few = [replace(seen, score=None) if seen.number >= start - 1 else seen for seen in leaders_at(6)]
    proposal = proposal_of(name, few, 8)
    assert (proposal.global_share, proposal.region) == (1.0, ())
    assert proposal_of(name, leaders_at(6)[:start], 8).region != ()


def test_boxes_contract_by_a_fixed_factor_a_round_towards_the_leaders() -> None:
    widths = []
    for rounds in range(2, 40):
        [first, second] = proposal_of("boxes", leaders_at(rounds), 1).region
        assert first.low <= 0.5 <= first.high
        assert (first.high - first.low) == pytest.approx(second.high - second.low)
        widths.append(first.high - first.low)
    assert widths[0] == pytest.approx(boxes.WIDEST)
    for wider, narrower in pairwise(widths):
        assert narrower == pytest.approx(max(wider * boxes.SHRINK, boxes.NARROWEST))
    assert widths[-1] == pytest.approx(boxes.NARROWEST)


@pytest.mark.parametrize("rounds", [2, 6, 30])
def test_boxes_keep_their_global_share(rounds: int) -> None:
    draws = 20_000
    proposal = proposal_of("boxes", leaders_at(rounds), draws, seed=rounds)
    inside = np.ones(draws, bool)
    for interval, along in zip(proposal.region, np.array(proposal.points).T, strict=True):
        inside &= (interval.low <= along) & (along <= interval.high)
    box = np.prod([interval.high - interval.low for interval in proposal.region])
    expected = boxes.GLOBAL_SHARE * (1 - box)  # all leaders stand at one point: whatever is outside was drawn globally
    assert proposal.global_share == boxes.GLOBAL_SHARE
    assert np.mean(~inside) == pytest.approx(expected, abs=4 * np.sqrt(expected / draws))


def test_what_crosses_a_bound_is_reflected_so_that_bounds_draw_no_crowd() -> None:
    proposal = proposal_of("boxes", leaders_at(30, leader=(0.0, 1.0)), 5000)
    points = np.array(proposal.points)
    near = (points[:, 0] <= proposal.region[0].high) & (points[:, 1] >= proposal.region[1].low)
    assert np.mean(near) == pytest.approx(1 - boxes.GLOBAL_SHARE, abs=0.03)
    assert np.mean(points[near, 0] == 0.0) < 0.01


def test_the_region_of_zoom_contracts_as_trials_complete_and_not_as_they_fail() -> None:
    def reach(history: list[Observation]) -> float:
        return proposal_of("zoom", history, 1).region[0].high - 0.5

    leaders = [Observation(n, 0, (0.5, 0.5), 0.0) for n in range(zoom.ELITE)]
    others = [Observation(zoom.ELITE + n, 1, (0.2, 0.2), 1.0) for n in range(120)]
    reaches = [reach(leaders + others[:count]) for count in (4, 20, 60, 120)]
    assert reaches[0] == pytest.approx(zoom.WIDEST)
    assert all(wider > narrower for wider, narrower in pairwise(reaches))
    failures = [replace(seen, score=None) for seen in others]
    assert reach(leaders + failures) == reaches[0]


def test_zoom_keeps_away_from_where_trials_failed() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((60, 2)).tolist()
    history = [Observation(n, n // 4, tuple(p), None if p[0] > 0.6 else 1 + p[1]) for n, p in enumerate(points)]
    first = [point[0] for seed in range(8) for point in proposal_of("zoom", history, 8, seed).points]
    assert np.mean(np.array(first) > 0.6) < 0.1


def test_the_points_of_a_round_differ_and_reckon_with_the_trials_under_way() -> None:
    history = [
        Observation(n, n // 4, (u, v), (u - 0.5) ** 2 + (v - 0.5) ** 2)
        for n, (u, v) in enumerate(np.random.default_rng(1).random((8, 2)).tolist())
    ]
    ask = ask_of(history, 8)
    alone = zoom.Zoom().propose(ask).points
    pending = [Trial(8 + n, 2, n, point, {}) for n, point in enumerate(alone)]
    beside = zoom.Zoom().propose(replace(ask, pending=pending)).points
    assert len(set(alone)) == len(set(beside)) == 8
    assert set(beside) != set(alone)


def test_the_trials_that_are_modelled_are_the_best_and_others_spread_over_theleaders_at() -> None:
    scores = np.random.default_rng(0).random(5000)
    history = [Observation(n, n // 8, (0.5,), float(score)) for n, score in enumerate(scores)]
    chosen = zoom.modelled(history, 100)
    assert len({seen.number for seen in chosen}) == 100
    assert {seen.number for seen in chosen} >= set(np.argsort(scores)[:50].tolist())
    spread = sorted(seen.number for seen in chosen[1::2])
    assert max(np.diff([0, *spread, 5000])) < 250
    assert zoom.modelled(history[:100], 100) == history[:100]


@pytest.mark.parametrize("tree", [CONTINUOUS, MIXED], ids=["continuous", "mixed"])
def test_adding_to_all_scores_or_multiplying_them_changes_no_round(tree: Any) -> None:
    def units(change: Any) -> list[Any]:
        rounds = rounds_of(plan_of(tree, "zoom", trials=24), lambda trial: change(quadratic(trial)))
        return [trial.unit for each in rounds for trial in each.trials]

    usual = units(lambda loss: loss)
    assert units(lambda loss: 4 * loss) == usual
    assert np.allclose(units(lambda loss: loss - 8), usual)


@GUIDED
@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_a_guided_sampler_finds_the_bottom_of_a_bowl_better_than_random_on_average(name: str, lookahead: int) -> None:
    def best(sampler: str, seed: int) -> float:
        plan: Plan = plan_of(MIXED, sampler, seed=seed, trials=60, lookahead=lookahead)
        rounds = rounds_of(plan, quadratic)
        return min(quadratic(trial) or 0.0 for each in rounds for trial in each.trials)

    seeds = range(12)
    assert np.mean([best(name, seed) for seed in seeds]) < 0.7 * np.mean([best("random", seed) for seed in seeds])


@pytest.mark.parametrize("known", [10, zoom.MODELLED, zoom.MODELLED + 1, 100_000])
def test_zoom_models_no_more_than_a_few_hundred_trials_the_best_among_them(known: int) -> None:
    scores = np.random.default_rng(0).random(known).tolist()
    history = [Observation(number, number // 8, (0.5,), score) for number, score in enumerate(scores)]
    chosen = zoom.modelled(history, zoom.MODELLED)
    assert len(chosen) == len({seen.number for seen in chosen}) == min(known, zoom.MODELLED)
    assert min(scores) in {seen.score for seen in chosen}


@pytest.mark.parametrize("size", [128, 300])
def test_the_points_of_a_large_round_differ(size: int) -> None:
    assert len(set(proposal_of("zoom", leaders_at(6), size).points)) == size


@pytest.mark.parametrize("known", [100, 150, 256, 400])
def test_length_scales_are_fitted_to_the_best_and_to_others_of_the_whole_history(
    known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, fitted = np.random.default_rng(0), []
    history = [
        Observation(number, number // 4, tuple(rng.random(2).tolist()), float(score))
        for number, score in enumerate(rng.random(known))
    ]
    monkeypatch.setattr(zoom, "fit_kernel", lambda distances, y: fitted.append(y) or fit_kernel(distances, y))
    model = zoom._Model(ask_of(history, 4))
    [y] = fitted
    assert len(y) == zoom.FITTED
    assert {*y.tolist()} >= {*np.sort(model._y)[: zoom.FITTED // 2].tolist()}
    assert known > zoom.FITTED or (y == model._y).all()


def test_zoom_sees_the_outcomes_of_the_rounds_that_it_may_see() -> None:
    plan = plan_of(CONTINUOUS, "zoom", lookahead=0)
    rounds = rounds_of(plan, quadratic)
    assert rounds[-1] != rounds_of(plan, lambda trial: -(quadratic(trial) or 0))[-1]
