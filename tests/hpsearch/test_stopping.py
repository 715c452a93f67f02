"""Stopping rules: limits from what a trial may see, obeyed by the trial alone."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.config import load_config
from hpsearch.data import load_data
from hpsearch.errors import UsageError
from hpsearch.known import KNOWN
from hpsearch.objective import Task, Worker, run_trials, train_trial
from hpsearch.records import Observation, Outcome, Status, Trial
from hpsearch.running import plan_of as plan_of_config
from hpsearch.stopping import (
    FEWEST_EPOCHS,
    LEADERS,
    SHARES,
    STOPPING,
    limits,
    rung_scores,
    rungs,
    with_extrapolated_scores,
)
from hpsearch.sweep import next_round

from .worlds import LAWS, observation_of, outcome_of, plan_of

RULES = [name for name, rule in STOPPING.items() if rule is not None]


def completed(number: int, score: float, *rungs: float) -> Observation:
    return Observation(number, 0, (), score, rungs)


def stopped(number: int, *rungs: float) -> Observation:
    return Observation(number, 0, (), None, rungs)


HISTORY = [completed(number, number / 10, 1 + number / 10, 0.5 + number / 10) for number in range(8)]


def test_rungs_are_at_a_fifth_and_nearly_half_of_the_epochs() -> None:
    # FACTS: stopped at 20% and 47% of the epochs.
    assert rungs(100) == (20, 47)
    assert rungs(20) == (4, 10)


@given(st.integers(1, 10_000))
@LAWS
def test_every_trial_trains_an_epoch_before_its_first_rung_and_one_after_its_last(epochs: int) -> None:
    found = rungs(epochs)
    assert len(found) == (len(SHARES) if epochs >= FEWEST_EPOCHS else 0)
    assert all(1 <= epoch < epochs for epoch in found)
    assert list(found) == sorted(set(found))


def test_rung_scores_are_those_after_the_rungs_that_were_reached() -> None:
    curve = [1 / epoch for epoch in range(1, 21)]
    assert rung_scores(curve, 20, completed=True) == (1 / 4, 1 / 10)
    assert rung_scores(curve[:4], 20, completed=False) == (1 / 4,)
    assert rung_scores(curve[:3], 20, completed=False) == ()
    assert rung_scores(curve[:6], 20, completed=True) == (1 / 4, 1 / 6)  # out of patience after 6
    assert rung_scores([], 20, completed=True) == ()


@pytest.mark.parametrize("name", STOPPING)
def test_nothing_is_stopped_before_a_few_trials_are_completed(name: str) -> None:
    few = [*HISTORY[: LEADERS - 1], *(stopped(number, 3.0) for number in range(10, 20))]
    assert limits(STOPPING[name], few) == ()


def test_without_a_rule_nothing_is_stopped() -> None:
    assert limits(STOPPING["none"], HISTORY) == ()


def test_the_envelope_is_the_worst_of_the_five_best() -> None:
    # The best five have 1.0 … 1.4 at the first rung and 0.5 … 0.9 at the second.
    assert limits(STOPPING["envelope"], [*HISTORY, stopped(9, 0.1)]) == (1.4, 0.9)


def test_the_median_rule_takes_the_median_of_completed_trials() -> None:
    assert limits(STOPPING["median"], [*HISTORY[:7], stopped(9, 0.1)]) == pytest.approx((1.3, 0.8))


def test_halving_lets_the_best_third_of_those_at_a_rung_go_on() -> None:
    # At the first rung nine trials: 0.9, 1.0 … 1.7; a third of the way from first to ninth lies between 1.1 and 1.2.
    first, second = limits(STOPPING["halving"], [*HISTORY, stopped(9, 0.9)])
    assert 1.1 < first < 1.2
    assert 0.7 < second < 0.8


@pytest.mark.parametrize("name", RULES)
def test_trials_without_scores_change_no_limit(name: str) -> None:
    assert limits(STOPPING[name], [*HISTORY, Observation(9, 0, (), None)]) == limits(STOPPING[name], HISTORY)


def test_a_stopped_trial_is_given_its_last_score_moved_on_by_the_median_of_completed_trials() -> None:
    # From the first rung to the end every completed trial came down by 1, from the second by 0.5.
    found = with_extrapolated_scores([*HISTORY, stopped(8, 3.0), stopped(9, 3.0, 2.0), Observation(10, 0, (), None)])
    assert found[:8] == HISTORY
    assert [seen.score for seen in found[8:]] == [pytest.approx(2.0), pytest.approx(1.5), None]
    assert [seen.extrapolated for seen in found[8:]] == [True, True, False]


def test_without_completed_trials_nothing_is_extrapolated() -> None:
    assert with_extrapolated_scores([stopped(0, 1.0)]) == [stopped(0, 1.0)]


@pytest.mark.parametrize("maximise", [False, True])
def test_what_is_known_of_a_trial_has_smaller_for_better(maximise: bool) -> None:
    plan = plan_of(maximise=maximise)
    trial = next_round(plan, [], []).trials[0]
    seen = observation_of(plan, outcome_of(trial, status=Status.COMPLETED))
    assert seen.score is not None
    assert seen.rungs == (seen.score, seen.score)
    assert (seen.score < 0) is maximise


CONFIG = """\
name: stopping
data: {source: digits}
model: {hidden: [12]}
train: {learning_rate: {log: [1e-6, 1e-1]}, epochs: 10}
metrics: [accuracy]
search: {trials: 8, round: 8, metric: METRIC}
"""


def sweep_of(folder: Path, metric: str, *overrides: str) -> tuple[Task, Callable[[float], list[Trial]]]:
    file = folder / "sweep.yaml"
    file.write_text(CONFIG.replace("METRIC", metric))
    config = load_config(file, KNOWN, overrides)
    trials = next_round(plan_of_config(config), [], []).trials

    def with_limits(first: float, second: float = math.inf) -> list[Trial]:
        return [replace(trial, limits=(first, second)) for trial in trials]

    return Task.of(config, load_data(config)), with_limits


def scores(outcome: Outcome, metric: str) -> list[float]:
    return [row.scores[metric] for row in outcome.result.epochs]


@pytest.mark.parametrize("metric", ["val_loss", "val_accuracy"])
def test_a_trial_stops_after_the_first_rung_at_which_it_is_worse_than_its_limit(metric: str, tmp_path: Path) -> None:
    task, trials = sweep_of(tmp_path, metric)
    worker = Worker("worker-1", "node", "platform", lambda: 0.0, lambda: 0.0)
    sign = -1 if metric == "val_accuracy" else 1
    free = run_trials(task, trials(math.inf), worker)
    assert {outcome.result.status for outcome in free} == {Status.COMPLETED}
    limit = sorted(sign * scores(outcome, metric)[1] for outcome in free)[4]  # of the eight, three are worse
    limited = run_trials(task, trials(limit), worker)
    for before, after in zip(free, limited, strict=True):
        worse = sign * scores(before, metric)[1] > limit
        assert after.result.status is (Status.STOPPED if worse else Status.COMPLETED)
        assert scores(after, metric) == scores(before, metric)[: 2 if worse else 10]
        assert after.result.scores == after.result.epochs[-1].scores
    assert [outcome.result.status for outcome in limited].count(Status.STOPPED) == 3


def test_a_stopped_trial_is_the_same_alone_as_beside_others(tmp_path: Path) -> None:
    task, trials = sweep_of(tmp_path, "val_loss")
    worker = Worker("worker-1", "node", "platform", lambda: 0.0, lambda: 0.0)
    limited = trials(2.3, 2.0)
    together = run_trials(task, limited, worker)
    assert len({outcome.result.status for outcome in together}) == 2
    alone = [train_trial(task, trial, worker) for trial in limited]
    assert [repr(outcome) for outcome in together] == [repr(outcome) for outcome, _ in alone]
    for outcome, network in alone:  # of which only a completed one leaves a network
        assert (network is None) == (outcome.result.status is Status.STOPPED)


def test_an_unknown_rule_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'envelope'"):
        sweep_of(tmp_path, "val_loss", "search.stopping=envelop")
