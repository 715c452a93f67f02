"""Laws of `search.widen`: ranges grow where the best lies at their end, and the rows stay a pure function."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.cli.outcome import show
from hpsearch.config import load_config
from hpsearch.driver import Driver
from hpsearch.engine import Engine
from hpsearch.errors import UsageError
from hpsearch.folders import config_of, summary_of
from hpsearch.known import KNOWN
from hpsearch.records import Outcome, Status, Trial
from hpsearch.rerun import Verdict, rerun_best
from hpsearch.running import Execution, Hooks, resume, run
from hpsearch.running import plan_of as plan_of_config
from hpsearch.samplers import SAMPLERS
from hpsearch.space import DISTRIBUTIONS, Space
from hpsearch.store import SweepFolder
from hpsearch.store.compare import differences
from hpsearch.sweep import Plan
from hpsearch.widening import FEWEST, MOST, STEP, space_of

from .engines import Disorder, InOrder
from .stores import StoreCase
from .worlds import (
    CONDITIONAL,
    CONTINUOUS,
    HERE,
    INSTALLED,
    LAWS,
    MIXED,
    TREES,
    content,
    outcome_of,
    plan_of,
    rounds_of,
)

WIDENING = [name for name in INSTALLED if SAMPLERS[name].widens]
SERIAL = Execution(serial=True)
Score = Callable[[Trial], float | None]
TEXT = """name: small
data: {source: iris}
model: {hidden: [8]}
train: {learning_rate: {log: [1e-3, 1e-2]}, epochs: 5}
search: {trials: 26, widen: true}
"""


def _rising(trial: Trial) -> float:
    """Better and better towards the upper end of every setting, and beyond."""
    return -_falling(trial)


def _falling(trial: Trial) -> float:
    """Better and better towards the lower end of every setting, and beyond."""
    values = [value for value in trial.values.values() if isinstance(value, int | float)]
    return sum(math.copysign(math.log1p(abs(value)), value) for value in values)


def _at_the_corner(trial: Trial) -> float | None:
    """Better towards the upper ends, but every fifth trial fails."""
    return None if trial.number % 5 == 3 else _rising(trial)


def _widening_plan(tree: Any = MIXED, sampler: str = "zoom", /, **changes: Any) -> Plan:
    return plan_of(tree, sampler, **{"trials": 40, "allows": lambda space: True, **changes})


ENDS = {
    "uniform": ([0, 1], [0, 1.25], [-0.25, 1]),
    "log": ([1e-4, 1], [1e-4, 10], [1e-5, 1]),  # a quarter of four decades
    "one_minus_log": ([0.9, 0.9999], [0.9, 1 - 10**-4.75], [1 - 10**-0.25, 0.9999]),  # of three decades of 1 − β
    "int": ([1, 3], [1, 4], [0, 3]),
    "log_int": ([32, 256], [32, 433], [19, 256]),  # 256.5 · (256.5 / 31.5)^¼ = 433.3, 31.5 / (256.5 / 31.5)^¼ = 18.6
}


@pytest.mark.parametrize("kind", [kind for kind, each in DISTRIBUTIONS.items() if each.ordered])
def test_an_end_moves_out_by_a_quarter_of_the_range_on_its_scale(kind: str) -> None:
    ends, upper, lower = ENDS[kind]
    for wanted, is_upper in ((upper, True), (lower, False)):
        found = DISTRIBUTIONS[kind].parse(ends).widened(STEP, upper=is_upper)
        assert (found.low, found.high) == pytest.approx(tuple(wanted), rel=1e-9)


@LAWS
@given(st.sampled_from(["int", "log_int"]), st.integers(1, 50), st.integers(1, 50), st.integers(1, MOST), st.booleans())
def test_a_wider_range_of_whole_numbers_has_at_least_one_more(
    kind: str, low: int, more: int, steps: int, upper: bool
) -> None:
    first = DISTRIBUTIONS[kind].parse([low, low + more])
    try:
        wider = first.widened(steps * STEP, upper=upper)
    except ValueError:
        assert (kind, low, upper) == ("log_int", 1, False)
        return
    assert (wider.high > first.high and wider.low == first.low) if upper else wider.low < first.low


@pytest.mark.parametrize("sampler", WIDENING)
@pytest.mark.parametrize("score", [_at_the_corner, _falling])
@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_ranges_only_grow_up_to_the_most_steps_and_hold_the_values_of_their_round(
    sampler: str, score: Score, tree: Any
) -> None:
    plan = _widening_plan(tree, sampler, lookahead=0)
    rounds = rounds_of(plan, score)
    spaces = [space_of(plan.space, each) for each in rounds]
    assert spaces[0] == plan.space
    nothing_to_widen = tree is CONDITIONAL and score is _falling  # which is best where no such setting exists
    assert sampler != "zoom" or nothing_to_widen or spaces[-1] != plan.space
    for planned, space in zip(rounds, spaces, strict=True):
        assert all(space.values(trial.unit) == trial.values for trial in planned.trials)
    for before, after in pairwise(spaces):
        for old, new in zip(before.settings, after.settings, strict=True):
            if new != old:
                assert (new.distribution.low, new.distribution.high) != (old.distribution.low, old.distribution.high)
                assert new.distribution.low <= old.distribution.low
                assert new.distribution.high >= old.distribution.high
    for first, last in zip(plan.space.settings, spaces[-1].settings, strict=True):
        if last.distribution.ordered:
            assert last.distribution.high <= first.distribution.widened(MOST * STEP, upper=True).high
            with suppress(ValueError):  # whole numbers on a log scale end at 1
                assert last.distribution.low >= first.distribution.widened(MOST * STEP, upper=False).low


@pytest.mark.parametrize("sampler", WIDENING)
@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_a_wider_round_depends_on_the_rounds_that_it_may_see_alone(sampler: str, lookahead: int) -> None:
    plan = _widening_plan(CONTINUOUS, sampler, lookahead=lookahead, trials=28)
    first = rounds_of(plan, _at_the_corner)
    for number in (plan.rounds // 2, plan.rounds - 1):
        unseen = plan.visible(number) * plan.round_size
        other = rounds_of(
            plan, lambda trial, unseen=unseen: _at_the_corner(trial) if trial.number < unseen else -99.0, number + 1
        )
        assert other[number] == first[number]
    assert rounds_of(_widening_plan(CONTINUOUS, sampler, lookahead=lookahead, trials=18), _at_the_corner) == first[:5]


def test_what_lies_beyond_the_range_is_found_where_the_range_may_widen() -> None:
    def bowl(trial: Trial) -> float:
        return (
            abs(math.log10(trial.values["learning_rate"]) - 1) + trial.values["l2"]
        )  # best at 10, the range ends at 1

    def best_rate(plan: Plan) -> float:
        trials = [trial for each in rounds_of(plan, bowl) for trial in each.trials]
        return float(min(trials, key=bowl).values["learning_rate"])

    assert best_rate(plan_of(CONTINUOUS, trials=80)) <= 1
    assert best_rate(_widening_plan(CONTINUOUS, trials=80)) == pytest.approx(10, rel=0.5)


def test_a_range_stays_where_a_wider_one_is_illegal_or_too_few_trials_completed() -> None:
    def spaces(score: Score, **changes: Any) -> set[str]:
        return {repr(space_of(Space.of(MIXED), each)) for each in rounds_of(_widening_plan(**changes), score)}

    assert spaces(_rising, allows=lambda space: False) == {repr(Space.of(MIXED))}
    for completed, stays in ((FEWEST - 1, True), (FEWEST, False)):
        found = spaces(lambda trial, most=completed: _rising(trial) if trial.number < most else None, lookahead=0)
        assert (found == {repr(Space.of(MIXED))}) is stays


@pytest.mark.parametrize(
    "train",
    [{"l2": {"log": [1, 1e300]}, "beta": {"one_minus_log": [0.9, 1 - 2**-53]}}, {"l1": {"uniform": [0, 1e300]}}],
    ids=["no float", "no config"],
)
def test_a_range_that_no_float_can_widen_or_no_config_may_have_stays(train: Any) -> None:
    plan = _widening_plan({"train": train})
    assert space_of(plan.space, rounds_of(plan, _at_the_corner)[-1]) == plan.space


def _outcome(trial: Trial) -> Outcome:
    score = _at_the_corner(trial)
    if score is None:
        return outcome_of(trial, status=Status.FAILED)
    outcome = outcome_of(trial, status=Status.COMPLETED)
    return replace(outcome, result=replace(outcome.result, scores={**outcome.result.scores, "val_loss": score}))


def _drive(plan: Plan, case: StoreCase, engine: Engine, should_stop: Callable[[], bool] = lambda: False) -> None:
    Driver(plan, case.store, engine, lambda event: None, should_stop, lambda trial: None, HERE).run()


@pytest.mark.parametrize("tree", [MIXED, CONDITIONAL], ids=["mixed", "conditional"])
def test_the_rows_are_the_same_for_any_slots_and_after_being_stopped_and_resumed(
    store_case: Callable[..., StoreCase], tree: Any
) -> None:
    plan = _widening_plan(tree, repeats=2, round_size=8, trials=96)
    obvious = store_case(plan, name="obvious")
    _drive(plan, obvious, InOrder(_outcome))
    expected = content(obvious.store.tables())
    assert space_of(plan.space, obvious.store.rounds()[-1]) != plan.space
    obvious.store.close()
    for slots in (2, 50):
        case = store_case(plan, name=f"slots-{slots}")
        asked = iter(range(5))
        _drive(plan, case, Disorder(slots, slots, _outcome), lambda asked=asked: next(asked, None) is None)
        case.reopen()
        _drive(plan, case, Disorder(slots, slots, _outcome))
        assert content(case.store.tables()) == expected
        case.store.close()


def test_a_real_sweep_widens_says_so_resumes_to_the_same_rows_and_is_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    config = load_config(tmp_path / "config.yaml", KNOWN)
    whole = run(config, tmp_path, SERIAL, Hooks())
    short = load_config(tmp_path / "config.yaml", KNOWN, ["name=short", "search.trials=18"])
    run(short, tmp_path, SERIAL, Hooks())
    resume(tmp_path / "short", SERIAL, Hooks(), trials=26)
    tables = SweepFolder(tmp_path / "small").read_tables()
    assert differences(tables, SweepFolder(tmp_path / "short").read_tables()) == []
    assert max(tables["trials"]["param_learning_rate"].to_pylist()) > 1e-2
    assert max(tables["rounds"]["range_high"].to_pylist()) > 1e-2
    assert rerun_best(tmp_path / "small", time.time).rerun.verdict is Verdict.IDENTICAL
    show(summary_of(SweepFolder(tmp_path / "small"), config_of(SweepFolder(tmp_path / "small"))), as_json=False)
    assert "The range of learning_rate was widened from log [0.001, 0.01] to log [0.001, 0.0" in (
        capsys.readouterr().out
    )
    assert whole.widened


def test_a_strategy_that_keeps_to_its_ranges_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    for name in set(INSTALLED) - set(WIDENING):
        config = load_config(tmp_path / "config.yaml", KNOWN, [f"search.strategy={name}"])
        with pytest.raises(UsageError, match=rf"search.widen: the strategy {name} keeps to the ranges"):
            plan_of_config(config)


def test_a_config_allows_only_ranges_of_which_every_point_is_legal(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    config = load_config(tmp_path / "config.yaml", KNOWN)
    [rate] = (setting.distribution for setting in config.space.settings)
    assert config.allows(config.space.with_distribution(0, rate.widened(1.0, upper=True)))
    config = load_config(tmp_path / "config.yaml", KNOWN, ["model.dropout={uniform: [0.0, 0.5]}"])
    dropout = config.space.settings[0].distribution
    assert config.allows(config.space.with_distribution(0, dropout.widened(0.9, upper=True)))
    assert not config.allows(config.space.with_distribution(0, dropout.widened(1.0, upper=True)))
    assert not config.allows(config.space.with_distribution(0, dropout.widened(STEP, upper=False)))
    together = ["train.warmup={uniform: [0.0, 7.0]}", "train.epochs={int: [8, 20]}"]  # a rule about two settings
    config = load_config(tmp_path / "config.yaml", KNOWN, together)
    names = [*config.space.names.values()]
    assert config.allows(config.space)
    epochs = config.space.settings[names.index("epochs")].distribution
    assert not config.allows(config.space.with_distribution(names.index("epochs"), epochs.widened(0.1, upper=False)))
