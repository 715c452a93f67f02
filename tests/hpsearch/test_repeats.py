"""Laws of `search.repeats`: a configuration is trained with several seeds, and known by the mean."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.cli.progress import line
from hpsearch.cli.tally import Tally
from hpsearch.config import load_config
from hpsearch.driver import Driver, Event
from hpsearch.engine import Engine
from hpsearch.errors import UsageError
from hpsearch.folders import config_of, ranked_trials, summary_of
from hpsearch.known import KNOWN
from hpsearch.records import Observation, Status, Trial
from hpsearch.repeats import _together, by_configuration
from hpsearch.rerun import Verdict, rerun_best
from hpsearch.running import Execution, Hooks, resume, run
from hpsearch.stopping import STOPPING, limits
from hpsearch.store import SweepFolder, schemas
from hpsearch.store.rows import to_table
from hpsearch.summary import Summary, ranking

from .engines import Disorder, InOrder
from .stores import StoreCase
from .worlds import (
    CONTINUOUS,
    HERE,
    INSTALLED,
    LAWS,
    MIXED,
    RECORDED,
    content,
    outcome_of,
    plan_of,
    quadratic,
    rounds_of,
)

REPEATS = 3
SERIAL = Execution(serial=True)
TEXT = """name: small
data: {source: iris}
model: {hidden: [4]}
train: {learning_rate: {log: [1e-3, 1]}, epochs: 2}
search: {trials: 12, round: 2, repeats: 2, metric: val_loss}
"""


def _noisy(trial: Trial) -> float | None:
    """A bowl with noise of seven possible sizes, and holes: some seeds of some configurations have no score."""
    score = quadratic(trial)
    return None if trial.seed % 11 == 0 or score is None else score + trial.seed % 7 / 10


@pytest.mark.parametrize("sampler", INSTALLED)
@pytest.mark.parametrize("known", [(), ({"learning_rate": 0.1, "l2": 0.5},) * 3])
def test_a_sampler_sees_each_configuration_once_with_the_mean_of_its_trials(sampler: str, known: tuple) -> None:
    # The oracle plans configurations that are trained once, with the mean over the other plan's trials as score.
    plain = {"stopping": None, "start_with": known}
    repeated = rounds_of(
        plan_of(CONTINUOUS, sampler, trials=60, round_size=4 * REPEATS, repeats=REPEATS, **plain), _noisy
    )
    scores = [[_noisy(trial) for trial in each.trials] for each in repeated]
    flat = np.array(scores, dtype=float).reshape(-1, REPEATS)
    means = [None if np.isnan(row).any() else fmean(row.tolist()) for row in flat]
    once = rounds_of(plan_of(CONTINUOUS, sampler, trials=20, **plain), lambda trial: means[trial.number])
    for several, single in zip(repeated, once, strict=True):
        assert [trial.unit for trial in several.trials[::REPEATS]] == [trial.unit for trial in single.trials]
        assert several.region == single.region


def test_the_trials_of_a_configuration_follow_one_another_and_share_all_but_number_and_seed() -> None:
    trials = [t for each in rounds_of(plan_of(MIXED, trials=24, round_size=12, repeats=REPEATS)) for t in each.trials]
    assert [trial.number for trial in trials] == list(range(24))
    assert [trial.configuration for trial in trials] == [number // REPEATS for number in range(24)]
    assert len({trial.seed for trial in trials}) == 24
    assert len({(trial.configuration, trial.unit, repr(trial.values), trial.limits) for trial in trials}) == 8


def test_where_a_configuration_has_one_trial_nothing_says_configuration() -> None:
    assert all(trial.configuration is None for each in rounds_of(plan_of()) for trial in each.trials)
    assert "configuration" not in schemas(plan_of().space, RECORDED)["trials"].names


def test_a_limit_drawn_from_a_leader_lets_each_of_its_trials_pass() -> None:
    rungs = np.random.default_rng(0).random((5, REPEATS, 2))
    history = [
        Observation(number * REPEATS + repeat, 0, (), 1.0, tuple(reached))
        for number, each in enumerate(rungs.tolist())
        for repeat, reached in enumerate(each)
    ]
    assert limits(STOPPING["envelope"], by_configuration(history, REPEATS)) == pytest.approx(rungs.max(axis=(0, 1)))


def _drive(plan: object, case: StoreCase, engine: Engine, should_stop: Callable[[], bool] = lambda: False) -> None:
    Driver(plan, case.store, engine, lambda event: None, should_stop, lambda trial: trial.number % 2, HERE).run()


@pytest.mark.parametrize("lookahead", [0, 1, 2])
def test_the_rows_are_the_same_for_any_slots_and_order_and_after_being_stopped_and_resumed(
    store_case: Callable[..., StoreCase], lookahead: int
) -> None:
    plan = plan_of(MIXED, trials=48, round_size=12, repeats=REPEATS, lookahead=lookahead)
    obvious = store_case(plan, name="obvious")
    _drive(plan, obvious, InOrder())
    expected = content(obvious.store.tables())
    obvious.store.close()
    for slots in (1, 2, 7, 50):
        case = store_case(plan, name=f"slots-{slots}")
        asked = iter(range(slots + 2))
        _drive(plan, case, Disorder(slots, slots), lambda asked=asked: next(asked, None) is None)
        case.reopen()
        _drive(plan, case, Disorder(slots, slots))
        tables = case.store.tables()
        assert content(tables) == expected
        assert tables["trials"]["configuration"].to_pylist() == [number // REPEATS for number in range(48)]
        case.store.close()


ROWS = st.lists(st.tuples(st.sampled_from(list(Status)), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=18)


@LAWS
@given(ROWS, st.booleans())
def test_configurations_are_ranked_by_their_means_once_all_of_their_trials_completed(
    rows: list[tuple[Status, float]], maximise: bool
) -> None:
    table = to_table(
        [
            {"trial": number, "configuration": number // REPEATS, "status": status.value, "val_loss": loss}
            for number, (status, loss) in enumerate(rows)
        ],
        schemas(plan_of(CONTINUOUS).space, RECORDED, repeats=REPEATS)["trials"],
    )
    sign = -1 if maximise else 1
    groups = [rows[start : start + REPEATS] for start in range(0, len(rows), REPEATS)]
    expected = sorted(
        (sign * sum(loss for _, loss in group) / REPEATS, number)
        for number, group in enumerate(groups)
        if len(group) == REPEATS and all(status == "completed" for status, _ in group)
    )
    found = ranking(table, "val_loss", maximise=maximise, repeats=REPEATS)
    assert found["configuration"].to_pylist() == [number for _, number in expected]
    assert found["trial"].to_pylist() == [number * REPEATS for _, number in expected]
    assert found["val_loss"].to_pylist() == pytest.approx([sign * mean for mean, _ in expected])


def test_progress_names_the_best_configuration_by_its_mean_also_after_a_resume() -> None:
    plan = plan_of(CONTINUOUS, trials=6, round_size=6, repeats=2)
    outcomes = [outcome_of(trial, status=Status.COMPLETED) for trial in rounds_of(plan)[0].trials]
    scores = [outcome.result.scores["val_loss"] for outcome in outcomes]
    begun = Summary(Path("small"), 6, {Status.COMPLETED: 1}, "val_loss", None, 2, {0: scores[:1]})
    tally = Tally(begun, lambda: 0.0)
    tally.observe(Event(tuple(outcomes[1:2]), 1, workers=1))
    assert f"best val_loss {fmean(scores[:2]):.4g} (configuration 0)" in line(tally)
    tally.observe(Event(tuple(outcomes[2:]), 0, workers=1))
    means = [fmean(scores[start : start + 2]) for start in (0, 2, 4)]
    assert f"best val_loss {min(means):.4g} (configuration {np.argmin(means)})" in line(tally)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep with two trials a configuration, in two goes."""
    folder = tmp_path_factory.mktemp("repeats")
    (folder / "config.yaml").write_text(TEXT)
    config = load_config(folder / "config.yaml", KNOWN)
    run(config, folder, SERIAL, Hooks())
    resume(folder / "small", SERIAL, Hooks(), trials=16)
    return folder / "small"


def test_the_best_configuration_and_the_order_of_the_trials_are_those_of_the_means_that_pandas_finds(
    sweep: Path,
) -> None:
    trials = pd.read_parquet(sweep / "trials")
    assert (trials["status"] == "completed").all()
    means = trials.groupby("configuration")["val_loss"].mean()
    folder = SweepFolder.existing(sweep)
    summary = summary_of(folder, config_of(folder))
    assert (summary.planned, summary.best["configuration"]) == (16, means.idxmin())
    assert summary.best["val_loss"] == pytest.approx(means.min())
    ranked = ranked_trials(folder, config_of(folder))["configuration"].to_pylist()
    assert ranked == np.repeat(means.sort_values().index, 2).tolist()


def test_the_best_configurations_first_trial_is_the_one_that_is_trained_again(sweep: Path) -> None:
    found = rerun_best(sweep, time.time)
    trials = pd.read_parquet(sweep / "trials")
    assert found.rerun.verdict is Verdict.IDENTICAL
    assert found.rerun.trial.number == 2 * trials.groupby("configuration")["val_loss"].mean().idxmin()
    assert json.loads(found.as_json())["trial"]["configuration"] == found.rerun.trial.number // 2


def test_trials_that_are_no_whole_configurations_are_refused_before_anything_is_made(
    sweep: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(TEXT)
    odd = load_config(tmp_path / "config.yaml", KNOWN, ["search.repeats=5"])
    with pytest.raises(
        UsageError, match=r"12 trials are no whole .* search.repeats asks for 5 trials each; take 10 or 15"
    ):
        run(odd, tmp_path, SERIAL, Hooks())
    with pytest.raises(UsageError, match=r"17 trials are no whole .*; take 16 or 18"):
        resume(sweep, SERIAL, Hooks(), trials=17)
    few = load_config(tmp_path / "config.yaml", KNOWN, ["search.repeats=20"])
    with pytest.raises(UsageError, match=r"; take 20 trials$"):
        run(few, tmp_path, SERIAL, Hooks())
    assert not (tmp_path / "small").exists()


def test_a_configuration_with_one_trial_is_that_trial() -> None:
    seen = [
        Observation(0, 0, (0.25, 0.5), 1.5, (3.0, 2.0)),
        Observation(1, 0, (0.75, 0.5), None, (4.0,)),
        Observation(2, 1, (0.5, 0.5), 0.1, (1.0, 0.5), extrapolated=True),
    ]
    assert by_configuration(seen, 1) == seen == [_together([each]) for each in seen]
