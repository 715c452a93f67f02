"""A sweep in which the machine failed, begun anew from there, is the sweep in which it had not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hpsearch.driver import Driver
from hpsearch.errors import UsageError
from hpsearch.records import Outcome, Status, Trial
from hpsearch.running import retried
from hpsearch.store import ParquetStore, Retry, SweepFolder, schemas
from hpsearch.sweep import Plan

from .engines import Disorder, InOrder
from .stores import MemoryCase
from .worlds import HERE, MIXED, RECORDED, content, outcome_of, plan_of

MakeFolder = Callable[..., SweepFolder]


def _sound(trial: Trial) -> Outcome:
    return outcome_of(trial, status=Status.DIVERGED if trial.seed % 5 == 0 else Status.COMPLETED)


def _failing(*numbers: int) -> Callable[[Trial], Outcome]:
    return lambda trial: outcome_of(trial, status=Status.FAILED) if trial.number in numbers else _sound(trial)


def _run(plan: Plan, folder: SweepFolder, outcome: Callable[[Trial], Outcome]) -> list[int]:
    """Run what is missing of a sweep; returns the trials that were."""
    engine = Disorder(3, 0, outcome)
    with ParquetStore(folder, schemas(plan.space, RECORDED), lambda: 0.0) as store:
        Driver(plan, store, engine, lambda event: None, lambda: False, lambda trial: None, HERE).run()
    return engine.seen


@pytest.mark.parametrize(("lookahead", "failed"), [(0, [0]), (1, [5, 6]), (1, [21]), (2, [2, 9, 20])])
def test_the_new_sweep_has_the_rows_of_one_in_which_nothing_failed(
    make_folder: MakeFolder, tmp_path: Path, lookahead: int, failed: list[int]
) -> None:
    plan = plan_of(MIXED, lookahead=lookahead)
    store = MemoryCase(plan, Path(), lambda: 0.0).store
    Driver(plan, store, InOrder(_sound), lambda event: None, lambda: False, lambda trial: None, HERE).run()
    folder = make_folder(plan)
    _run(plan, folder, _failing(*failed))
    before = content(folder.read_tables())

    retry = Retry.of(folder, lookahead)
    first = failed[0] // plan.round_size + 1 + lookahead  # the first round that could look at the first of them
    assert [planned.number for planned in retry.dropped] == list(range(first, plan.rounds))
    again = retry.create(folder, tmp_path / "again", schemas(plan.space, RECORDED))
    seen = _run(plan, again, _sound)
    assert sorted(seen) == sorted({*failed, *range(first * plan.round_size, plan.trials)})
    assert content(again.read_tables()) == content(store.tables())
    assert content(folder.read_tables()) == before
    assert again.read_manifest()["retried"] == {"sweep": str(folder.path), "trials": failed}


def test_what_is_planned_anew_is_said(make_folder: MakeFolder) -> None:
    plan = plan_of(MIXED, "random")
    for name, failed, words in (
        ("one", [5], ["trial 5 failed", "rounds 3 to 5 saw it"]),
        ("two", [14, 15], ["2 trials (14, 15) failed", "round 5 saw them"]),
        ("last", [21], ["trial 21 failed", "no later round"]),
    ):
        folder = make_folder(plan, name)
        _run(plan, folder, _failing(*failed))
        assert all(word in str(Retry.of(folder, 1)) for word in words), str(Retry.of(folder, 1))


def test_the_new_sweep_stands_beside_the_old_one_however_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path / "small")
    assert retried(Path()) == retried(tmp_path / "small") == tmp_path / "small-retried"


def test_a_sweep_without_failures_or_with_a_writer_is_refused(make_folder: MakeFolder) -> None:
    plan = plan_of(MIXED, "random")
    folder = make_folder(plan)
    _run(plan, folder, _sound)
    with pytest.raises(UsageError, match=r"no trial of .* failed"):
        Retry.of(folder, 1)
    with ParquetStore(folder, schemas(plan.space, RECORDED), lambda: 0.0), pytest.raises(UsageError, match="another"):
        Retry.of(folder, 1)
