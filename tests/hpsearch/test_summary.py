"""Laws of what is said of a sweep: the best is a completed trial, ties go to the lowest number."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.records import Status
from hpsearch.store import schemas
from hpsearch.store.rows import to_table
from hpsearch.summary import ranking, summarise

from .worlds import CONTINUOUS, LAWS, RECORDED, plan_of

SCHEMA = schemas(plan_of(CONTINUOUS).space, RECORDED)["trials"]
Row = tuple[Status, float]
ROWS = st.lists(st.tuples(st.sampled_from(list(Status)), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=12)


def _table(rows: Sequence[Row], order: Sequence[int] | None = None) -> pa.Table:
    numbered = [
        {"trial": number, "status": status.value, "val_loss": loss, "param_l2": None, "param_learning_rate": 0.5}
        for number, (status, loss) in enumerate(rows)
    ]
    return to_table([numbered[index] for index in order or range(len(numbered))], SCHEMA)


@LAWS
@given(ROWS, st.booleans(), st.randoms(use_true_random=False))
def test_completed_trials_are_ranked_by_the_metric_ties_by_number_in_any_order_of_rows(
    rows: list[Row], maximise: bool, random: object
) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    sign = -1 if maximise else 1
    expected = sorted((sign * loss, number) for number, (status, loss) in enumerate(rows) if status == "completed")
    ranked = ranking(_table(rows, order), "val_loss", maximise=maximise)
    assert ranked["trial"].to_pylist() == [number for _, number in expected]
    best = summarise(Path(), _table(rows, order), 48, "val_loss", maximise=maximise).best
    assert (best and best["trial"]) == (expected[0][1] if expected else None)


@LAWS
@given(ROWS)
def test_every_row_is_counted_by_how_the_trial_ended(rows: list[Row]) -> None:
    summary = summarise(Path("sweep"), _table(rows), 48, "val_loss", maximise=False)
    assert summary.done == len(rows)
    assert all(summary.counts.get(status, 0) == sum(ended == status for ended, _ in rows) for status in Status)
    assert (summary.path, summary.planned, summary.metric) == (Path("sweep"), 48, "val_loss")


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.COMPLETED}))
def test_a_trial_that_did_not_complete_is_never_the_best(status: Status) -> None:
    alone = summarise(Path(), _table([(status, 0.0)]), 1, "val_loss", maximise=False)
    assert alone.best is None
    assert alone.settings == {}
    both = summarise(Path(), _table([(status, 0.0), (Status.COMPLETED, 9.0)]), 2, "val_loss", maximise=False)
    assert both.best is not None
    assert both.best["trial"] == 1


def test_the_best_trials_settings_are_those_that_it_has() -> None:
    summary = summarise(Path(), _table([(Status.COMPLETED, 1.0)]), 1, "val_loss", maximise=False)
    assert summary.settings == {"learning_rate": 0.5}
