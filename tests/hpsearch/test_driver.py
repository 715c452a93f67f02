"""The rows of a sweep depend on its plan alone: not on workers, order, delays, or interruptions."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpsearch.driver import Driver, Event
from hpsearch.engine import Engine
from hpsearch.errors import UsageError
from hpsearch.objective import STACK
from hpsearch.records import Outcome, Round, Status, Trial
from hpsearch.store import Store
from hpsearch.sweep import Plan, next_round

from .engines import Disorder, InOrder
from .stores import MemoryCase, StoreCase
from .worlds import CONDITIONAL, HERE, MIXED, content, observation_of, outcome_of, plan_of

Content = dict[str, list[str]]


def _drive(plan: Plan, store: Store, engine: Engine, **changes: Any) -> None:
    usual: dict[str, Any] = {
        "observer": lambda event: None,
        "should_stop": lambda: False,
        "stack_key": _some_beside_others,
        "platform": HERE,
    }
    Driver(plan, store, engine, **{**usual, **changes}).run()


def _some_beside_others(trial: Trial) -> int | None:
    """Trials of two shapes, and some that are trained alone."""
    return trial.number % 3 or None


def _rows(plan: Plan, engine: Engine, **changes: Any) -> Content:
    store = MemoryCase(plan, Path(), time.monotonic).store
    _drive(plan, store, engine, **changes)
    return content(store.tables())


def _failing_gate(*numbers: int) -> Callable[[Trial], Outcome]:
    return lambda trial: outcome_of(trial, status=Status.GATE_FAILED if trial.number in numbers else Status.COMPLETED)


@pytest.mark.parametrize("lookahead", [0, 1, 2])
@pytest.mark.parametrize("slots", [1, 2, 3, 7, 50])
def test_the_rows_are_the_same_for_any_number_of_slots_and_any_order(lookahead: int, slots: int) -> None:
    for tree in (MIXED, CONDITIONAL):
        plan = plan_of(tree, lookahead=lookahead)
        expected = _rows(plan, InOrder())
        assert len(expected["trials"]) == plan.trials
        for seed in range(6):
            assert _rows(plan, Disorder(slots, seed)) == expected


@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_a_driver_plans_the_rounds_that_planning_one_after_another_gives(lookahead: int) -> None:
    plan = plan_of(lookahead=lookahead)
    store = MemoryCase(plan, Path(), time.monotonic).store
    _drive(plan, store, Disorder(3, 0))

    planned: list[Round] = []
    for number in range(plan.rounds):
        visible = [trial for each in planned[: plan.visible(number)] for trial in each.trials]
        planned.append(next_round(plan, planned, [observation_of(plan, outcome_of(trial)) for trial in visible]))
    assert store.rounds() == planned
    assert planned[-1].trials[0].limits


def test_every_trial_is_begun_once() -> None:
    plan = plan_of()
    for engine in (InOrder(), Disorder(3, 0), Disorder(50, 1)):
        _rows(plan, engine)
        assert sorted(engine.seen) == list(range(plan.trials))


@pytest.mark.parametrize("slots", [1, 2, 3, 50])
def test_a_worker_is_given_trials_of_one_stack_key_and_no_more_than_its_share(slots: int) -> None:
    plan = plan_of(trials=60, round_size=20)
    engine = Disorder(slots, 0)
    _rows(plan, engine)
    for trials in engine.stacks:
        keys = {_some_beside_others(trial) for trial in trials}
        assert len(keys) == 1
        assert len(trials) <= (1 if keys == {None} else min(STACK, -(-plan.round_size // slots)))
    assert engine.stacks == engine.submitted  # trials of half a second are worth a call each
    sizes = {len(trials) for trials in engine.submitted}
    assert max(sizes) == {1: 7, 2: 7, 3: 7, 50: 1}[slots]  # 7 of 20 successive numbers share a remainder
    assert min(sizes) == 1


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_trials_that_take_no_time_are_given_many_at_once_but_no_more_than_a_share(slots: int) -> None:
    def quick(trial: Trial) -> Outcome:
        outcome = outcome_of(trial)
        return replace(outcome, place=replace(outcome.place, duration_s=0.0002))

    plan = plan_of(trials=600, round_size=200, lookahead=0)
    engine = Disorder(slots, 0, quick)
    assert _rows(plan, engine) == _rows(plan, InOrder())
    assert all(len({_some_beside_others(trial) for trial in trials}) == 1 for trials in engine.stacks)
    sizes = [len(trials) for trials in engine.submitted]
    assert max(sizes) == 200 // slots
    assert len(sizes) < len(engine.stacks) / 2


@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_as_many_trials_are_under_way_as_a_round_and_its_lookahead_hold(lookahead: int) -> None:
    # DESIGN §4: trials in flight are round × (1 + lookahead).
    engine = Disorder(50, 0)
    _rows(plan_of(lookahead=lookahead), engine)
    assert engine.most == 4 * (1 + lookahead)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_stopping_and_resuming_at_any_points_gives_the_same_rows(
    store_case: Callable[..., StoreCase], lookahead: int, seed: int
) -> None:
    plan = plan_of(lookahead=lookahead)
    rng = np.random.default_rng(seed)
    case = store_case(plan)
    for run in range(200):
        asked = iter(range(int(rng.integers(0, 6))))
        engine = Disorder(int(rng.integers(1, 9)), run)
        _drive(plan, case.store, engine, should_stop=lambda asked=asked: next(asked, None) is None)
        assert engine.under_way == []  # trials under way are waited for
        case.reopen()
        if len(case.store.tables()["trials"]) == plan.trials:
            break
    assert run > 0
    assert content(case.store.tables()) == _rows(plan, InOrder())
    case.store.close()


@pytest.mark.parametrize("seed", range(5))
def test_dying_and_resuming_at_any_points_gives_the_same_rows(store_case: Callable[..., StoreCase], seed: int) -> None:
    class Death(BaseException):
        pass

    plan = plan_of()
    rng = np.random.default_rng(seed)
    case = store_case(plan)

    def perhaps_die(event: Event) -> None:
        if rng.random() < 0.1 + 0.1 * len(event.outcomes):
            raise Death

    deaths = 0
    while len(case.store.tables()["trials"]) < plan.trials:
        try:
            _drive(plan, case.store, Disorder(3, int(rng.integers(1 << 30))), observer=perhaps_die)
        except Death:
            deaths += 1
            case.die()
    assert deaths > 0
    assert content(case.store.tables()) == _rows(plan, InOrder())
    case.store.close()


def test_a_resumed_sweep_runs_just_what_is_missing() -> None:
    plan = plan_of()
    store = MemoryCase(plan, Path(), time.monotonic).store
    asked = iter(range(3))
    first, second, third = (Disorder(3, seed) for seed in range(3))
    _drive(plan, store, first, should_stop=lambda: next(asked, None) is None)
    _drive(plan, store, second)
    assert first.seen
    assert sorted(first.seen + second.seen) == list(range(plan.trials))
    _drive(plan, store, third)
    assert third.seen == []


@pytest.mark.parametrize("trials", [10, 12, 13])
def test_a_sweep_that_is_extended_has_the_rows_of_one_that_was_always_as_long(trials: int) -> None:
    whole = plan_of(trials=22)
    store = MemoryCase(whole, Path(), time.monotonic).store
    _drive(plan_of(trials=trials), store, Disorder(3, 0))
    short = content(store.tables())["trials"]
    _drive(whole, store, Disorder(5, 1))
    assert content(store.tables())["trials"][:trials] == short
    assert content(store.tables()) == _rows(whole, InOrder())


@pytest.mark.parametrize("lookahead", [0, 1, 2])
@pytest.mark.parametrize(("failing", "last_round"), [((0,), 0), ((9,), 2), ((11, 8), 2), ((13, 6), 1), ((21,), 5)])
def test_aborting_leaves_the_rows_up_to_and_including_the_failing_round(
    lookahead: int, failing: tuple[int, ...], last_round: int
) -> None:
    plan, outcome = plan_of(lookahead=lookahead), _failing_gate(*failing)
    expected = _rows(plan, InOrder(outcome))["trials"][: min(4 * (last_round + 1), plan.trials)]
    for slots, seed in ((1, 0), (2, 1), (5, 2), (50, 3)):
        rows = _rows(plan, Disorder(slots, seed, outcome), abort_on_gate_failure=True)
        assert rows["trials"] == expected
        assert len(rows["rounds"]) == (last_round + 1) * len(plan.space.settings)


def test_an_aborted_sweep_stays_aborted_and_one_stopped_before_its_end_is_completed_to_the_same_rows() -> None:
    plan, outcome = plan_of(), _failing_gate(9)
    whole = _rows(plan, InOrder(outcome), abort_on_gate_failure=True)
    for polls in range(12):
        store = MemoryCase(plan, Path(), time.monotonic).store
        asked = iter(range(polls))
        stop = {"should_stop": lambda asked=asked: next(asked, None) is None}
        _drive(plan, store, Disorder(3, polls, outcome), abort_on_gate_failure=True, **stop)
        _drive(plan, store, Disorder(3, 99, outcome), abort_on_gate_failure=True)
        assert content(store.tables()) == whole
        engine = Disorder(3, 0, outcome)
        _drive(plan, store, engine, abort_on_gate_failure=True)
        assert engine.seen == []


def test_a_failed_gate_without_abort_lets_the_sweep_go_on() -> None:
    assert len(_rows(plan_of(), Disorder(3, 0, _failing_gate(0, 9)))["trials"]) == 22


def test_a_worker_of_a_foreign_platform_is_refused_with_a_sentence_and_leaves_no_row() -> None:
    store = MemoryCase(plan_of(), Path(), time.monotonic).store
    with pytest.raises(UsageError) as refusal:
        _drive(plan_of(), store, InOrder(lambda trial: outcome_of(trial, platform="elsewhere")))
    sentence = str(refusal.value)
    assert all(word in sentence for word in (HERE, "elsewhere", "worker", "node", "engine.mixed=true"))
    assert "\n" not in sentence
    assert len(store.tables()["trials"]) == 0


def test_mixed_lets_every_platform_in_and_a_lost_worker_has_none() -> None:
    foreign = InOrder(lambda trial: outcome_of(trial, platform="elsewhere"))
    lost = InOrder(lambda trial: outcome_of(trial, status=Status.FAILED, platform=None))
    assert len(_rows(plan_of(), foreign, platform=None)["trials"]) == 22
    assert len(_rows(plan_of(), lost)["trials"]) == 22


def test_an_observer_is_told_of_each_outcome_once_when_it_is_in_the_store() -> None:
    plan = plan_of()
    store = MemoryCase(plan, Path(), time.monotonic).store
    told: list[int] = []

    def observe(event: Event) -> None:
        told.extend(outcome.trial.number for outcome in event.outcomes)
        assert set(told) == set(store.tables()["trials"]["trial"].to_pylist())
        assert event.running == sum(len(trials) for trials in engine.under_way)

    engine = Disorder(3, 0)
    _drive(plan, store, engine, observer=observe)
    assert sorted(told) == list(range(plan.trials))
