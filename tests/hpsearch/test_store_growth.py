"""Parquet keeps up with a sweep, in a number of files that does not grow with the number of trials."""

import os
from collections.abc import Callable
from itertools import count

import pyarrow.parquet as pq
import pytest

from hpsearch.records import Round, Trial
from hpsearch.store import TABLES, ParquetStore, SweepFolder, schemas

from .worlds import CONTINUOUS, RECORDED, outcome_of, plan_of, rounds_of

YEAR = 365.25 * 24 * 3600
PLAN = plan_of(CONTINUOUS, "random", trials=4)
[ROUND] = rounds_of(PLAN)


def test_over_a_year_parquet_is_never_more_than_10_s_or_15_percent_behind_in_at_most_100_parts(
    make_folder: Callable[..., SweepFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    folder = make_folder(PLAN)
    now = 0.0
    store = ParquetStore(folder, schemas(PLAN.space, RECORDED), lambda: now)
    parts, oldest = 1, None
    for number in count():
        store.add_round(Round(number, (), 1.0, ROUND.region))
        store.add_outcomes([outcome_of(Trial(number, number, number, (0.5, 0.5), {}))])
        oldest = now if oldest is None else oldest
        now += max(1.0, now * 0.005)  # a tick a second; of later days only some seconds are looked at
        store.tick()
        files = len(list(folder.table("trials").iterdir()))
        if files > parts:
            parts, oldest = files, None
        assert oldest is None or now - oldest <= max(10.0, 0.15 * now)
        if now > YEAR:
            break
    store.close()
    assert [len(list(folder.table(name).iterdir())) <= 100 for name in TABLES] == [True] * 4
    assert sum(pq.read_metadata(path).num_rows for path in folder.table("trials").iterdir()) == number + 1
    assert list(folder.journal.path.iterdir()) != []
    assert len(list(folder.journal.path.iterdir())) == 2  # of rounds, and of what is to become the next part


def test_the_number_of_parts_does_not_depend_on_the_number_of_trials(
    make_folder: Callable[..., SweepFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    found = set()
    for trials in (1, 10):
        folder = make_folder(PLAN, f"sweep-{trials}")
        now = 0.0
        store = ParquetStore(folder, schemas(PLAN.space, RECORDED), lambda: now)  # noqa: B023 - closed within the loop
        for second in range(150):
            batch = [Trial(10 * second + n, second, 1, (0.5, 0.5), {}) for n in range(trials)]
            store.add_outcomes([outcome_of(trial) for trial in batch])
            now += 1.0
            store.tick()
        store.close()
        found.add(len(list(folder.table("trials").iterdir())))
    assert len(found) == 1


def test_the_intervals_go_on_growing_where_an_earlier_process_left_off(
    make_folder: Callable[..., SweepFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    folder = make_folder(PLAN)
    now = 5e5
    store = ParquetStore(folder, schemas(PLAN.space, RECORDED), lambda: now)
    store.add_outcomes([outcome_of(ROUND.trials[0])])
    now += 10_000
    store.tick()
    store.close()
    now = 0.0  # another process has another clock
    store = ParquetStore(folder, schemas(PLAN.space, RECORDED), lambda: now)
    store.add_outcomes([outcome_of(ROUND.trials[1])])
    before = len(list(folder.table("trials").iterdir()))
    now = 1000.0
    store.tick()
    assert len(list(folder.table("trials").iterdir())) == before  # 1000 s are less than 14% of 10 000 s and these
    now = 2000.0
    store.tick()
    assert len(list(folder.table("trials").iterdir())) == before + 1
    store.close()
