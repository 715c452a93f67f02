"""Laws of every store: whatever happens, it says what the memory store says."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch.records import Outcome, Result, Status
from hpsearch.store import KEYS, TABLES, SweepFolder, schemas
from hpsearch.store.base import Store

from .stores import STORES, MemoryCase, StoreCase
from .worlds import MIXED, RECORDED, content, outcome_of, plan_of, rounds_of

NewCase = Callable[..., StoreCase]
PLAN = plan_of(MIXED, trials=24)
ROUNDS = rounds_of(PLAN)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def _batches(rng: np.random.Generator) -> list[list[Outcome]]:
    """The outcomes of all trials in a random order, cut into batches."""
    outcomes = [outcome_of(trial) for each in ROUNDS for trial in each.trials]
    shuffled = [outcomes[index] for index in rng.permutation(len(outcomes))]
    cuts = sorted(rng.integers(0, len(shuffled), 6))
    return [shuffled[low:high] for low, high in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def test_every_store_has_a_case_here() -> None:
    ours = {kind for kind in Store.__subclasses__() if kind.__module__.startswith("hpsearch.")}
    assert {case.kind for case in STORES.values()} == ours


def test_a_fresh_store_has_every_table_empty_with_the_full_schema(store_case: NewCase) -> None:
    store = store_case(PLAN).store
    assert store.rounds() == []
    assert {name: table.schema for name, table in store.tables().items()} == schemas(PLAN.space, RECORDED)
    assert all(len(table) == 0 for table in store.tables().values())
    store.close()


@pytest.mark.parametrize("seed", range(8))
def test_the_same_operations_give_the_same_tables_in_every_store(
    store_case: NewCase, tmp_path: Path, seed: int
) -> None:
    rng, clock = np.random.default_rng(seed), Clock()
    case, oracle = store_case(PLAN, clock), MemoryCase(PLAN, tmp_path / "oracle", clock)
    rounds, batches = list(ROUNDS), _batches(rng)
    while rounds or batches:
        action = rng.choice(["round", "outcomes", "outcomes", "tick", "reopen", "die", "wait"])
        for each in (case, oracle):
            if action == "round" and rounds:
                each.store.add_round(rounds[0])
            elif action == "outcomes" and batches:
                each.store.add_outcomes(batches[0])
            elif action == "tick":
                each.store.tick()
            elif action in ("reopen", "die"):
                getattr(each, action)()
        clock.now += float(rng.choice([0.5, 20])) if action == "wait" else 0
        rounds = rounds[1:] if action == "round" else rounds
        batches = batches[1:] if action == "outcomes" else batches
        assert content(case.store.tables()) == content(oracle.store.tables())
        assert case.store.rounds() == oracle.store.rounds()
    case.store.close()
    assert content(case.store.tables()) == content(oracle.store.tables())
    assert [table.schema for table in case.store.tables().values()] == [
        table.schema for table in oracle.store.tables().values()
    ]


def test_rows_come_back_sorted_by_key_and_none_twice(store_case: NewCase) -> None:
    case = store_case(PLAN)
    for each in ROUNDS:
        case.store.add_round(each)
    for batch in _batches(np.random.default_rng(0)):
        case.store.add_outcomes(batch)
        case.reopen()
    for name, table in case.store.tables().items():
        keys = [tuple(row[key] for key in KEYS[name]) for row in table.to_pylist()]
        assert keys == sorted(set(keys))
    assert set(case.store.tables()) == set(TABLES) == set(KEYS)
    case.store.close()


def test_planned_rounds_come_back_exact_to_the_last_bit(store_case: NewCase) -> None:
    case = store_case(PLAN)
    for each in ROUNDS:
        case.store.add_round(each)
        case.die()
    assert repr(case.store.rounds()) == repr(ROUNDS)
    case.store.close()


def test_losses_that_are_no_finite_number_are_kept(store_case: NewCase) -> None:
    case = store_case(PLAN)
    trial = ROUNDS[0].trials[0]
    strange = outcome_of(trial)
    scores = {"val_loss": float("inf"), "val_accuracy": float("nan"), "train_loss": float("-inf")}
    case.store.add_outcomes([replace(strange, result=Result(Status.COMPLETED, scores=scores))])
    case.die()
    [row] = case.store.tables()["trials"].select(list(scores)).to_pylist()
    assert repr(row) == repr(scores)
    case.store.close()


def test_plain_pandas_reads_a_fresh_sweep_a_sweep_under_way_and_a_finished_one(
    make_folder: Callable[..., SweepFolder],
) -> None:
    from hpsearch.store import ParquetStore

    clock = Clock()
    folder = make_folder(PLAN)
    fresh = pd.read_parquet(folder.path / "trials")
    store = ParquetStore(folder, schemas(PLAN.space, RECORDED), clock)
    assert len(fresh) == 0
    assert list(fresh.columns) == schemas(PLAN.space, RECORDED)["trials"].names
    assert len(fresh.query("param_learning_rate < 1e-2 and status == 'completed'")) == 0
    for number, each in enumerate(ROUNDS):
        store.add_round(each)
        store.add_outcomes([outcome_of(trial) for trial in each.trials])
        clock.now += 10_000
        store.tick()
        assert sorted(pd.read_parquet(folder.path / "trials")["trial"]) == list(range(4 * number + 4))
    store.close()
    for name, table in folder.read_tables().items():
        frame = pd.read_parquet(folder.path / name).sort_values(list(KEYS[name]), ignore_index=True)
        pd.testing.assert_frame_equal(frame, table.to_pandas())
    assert len(pd.read_parquet(folder.path / "trials").query("param_learning_rate < 1 and status == 'completed'")) > 0
