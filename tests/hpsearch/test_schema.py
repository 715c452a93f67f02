"""Laws of the tables' columns, and of comparing two results."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from hpsearch.records import Status
from hpsearch.space import DISTRIBUTIONS, Space
from hpsearch.store import KEYS, TABLES, TIMING_AND_PLACE, MemoryStore, schemas
from hpsearch.store.compare import count_compared, differences, tables_of_outcome, tables_of_trial
from hpsearch.store.rows import to_table

from .worlds import MIXED, RECORDED, TREES, outcome_of, plan_of, rounds_of

PLAN = plan_of(MIXED)
SCHEMAS = schemas(PLAN.space, RECORDED)
ARGUMENTS = {  # every registered distribution, with the type of its column
    "uniform": ([0, 1], pa.float64()),
    "log": ([1e-4, 1], pa.float64()),
    "one_minus_log": ([0.9, 0.999], pa.float64()),
    "int": ([1, 9], pa.int64()),
    "log_int": ([1, 9], pa.int64()),
    "choice": (["a", "b"], pa.string()),
}


def _column(distribution: Any) -> pa.DataType:
    return schemas(Space.of({"train": {"x": distribution}}), RECORDED)["trials"].field("param_x").type


@cache
def _tables() -> dict[str, pa.Table]:
    store = MemoryStore(SCHEMAS)
    for each in rounds_of(PLAN):
        store.add_round(each)
        store.add_outcomes([outcome_of(trial, status=Status.COMPLETED) for trial in each.trials])
    return store.tables()


def _spoilt(table: pa.Table, column: str) -> tuple[int, pa.Table]:
    """The table with the first value of a column changed, or put where all is null; and in which row."""
    values = table[column].to_pylist()
    row = next((index for index, value in enumerate(values) if value is not None), 0)
    others = {str: "other", int: -1, float: -0.5, bool: not values[row], datetime: datetime.fromtimestamp(0, UTC)}
    values[row] = others[type(values[row])] if values[row] is not None else "other"
    position = table.column_names.index(column)
    return row, table.set_column(position, table.schema.field(column), pa.array(values, table[column].type))


def test_every_registered_distribution_has_a_type() -> None:
    assert set(ARGUMENTS) == set(DISTRIBUTIONS)
    for kind, (argument, column) in ARGUMENTS.items():
        assert _column({kind: argument}) == column


@pytest.mark.parametrize(
    ("members", "column"),
    [
        ([1, 2], pa.int64()),
        ([1, 0.5], pa.float64()),
        ([0.5, None], pa.float64()),
        ([True, False], pa.bool_()),
        (["a", "no"], pa.string()),
        ([1, "a"], pa.string()),
        ([True, 1], pa.string()),
        ([0.5, "a", None], pa.string()),
        ([[64], [64, 64]], pa.string()),
        ([{"a": 1}, 3], pa.string()),
        ({"small": 1, "large": 2}, pa.string()),
        ({1: "a", 2: "b"}, pa.int64()),
    ],
    ids=repr,
)
def test_a_choice_has_the_type_that_holds_all_of_its_labels(members: Any, column: pa.DataType) -> None:
    assert _column({"choice": members}) == column
    space = Space.of({"train": {"x": {"choice": members}}})
    schema = schemas(space, RECORDED)["trials"]
    labels = [space.values(point)["x"] for _, point in space.trials_of_every_kind()][1:]
    kept = to_table([{"param_x": label} for label in labels], schema)["param_x"].to_pylist()
    assert kept == [str(label) if column == pa.string() and label is not None else label for label in labels]


def test_settings_of_one_name_in_two_members_share_a_column_that_holds_both() -> None:
    def column(first: Any, second: Any) -> pa.DataType:
        tree = {"train": {"choice": {"a": {"x": first}, "b": {"x": second}}}}
        schema = schemas(Space.of(tree), RECORDED)["trials"]
        assert schema.names.count("param_x") == 1
        return schema.field("param_x").type

    assert column({"int": [1, 2]}, {"int": [5, 9]}) == pa.int64()
    assert column({"int": [1, 2]}, {"log": [0.1, 1]}) == pa.float64()
    assert column({"int": [1, 2]}, {"choice": ["a", "b"]}) == pa.string()


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_the_columns_of_trials_are_those_of_the_contract_in_order(tree: Any) -> None:
    # DESIGN §6: `trials` has, with types fixed by one schema in one file.
    space = Space.of(tree)
    assert schemas(space, RECORDED)["trials"].names == [
        *("trial", "round", "status"),
        *(f"param_{name}" for name in space.names.values()),
        *RECORDED,
        *("best_epoch", "epochs_run", "seed", "gradcheck_error", "gradcheck_verdict", "error"),
        *("started_at", "duration_s", "worker", "node", "platform"),
    ]


def test_every_table_has_its_key_among_its_columns() -> None:
    assert set(KEYS) == set(SCHEMAS) == set(TABLES)
    assert all(set(KEYS[name]) <= set(SCHEMAS[name].names) for name in TABLES)
    assert set(TIMING_AND_PLACE) <= set(SCHEMAS["trials"].names)


def test_what_a_row_lacks_is_null_and_empty_tables_have_the_whole_schema() -> None:
    for schema in SCHEMAS.values():
        assert to_table([], schema).schema == schema
        assert to_table([{}], schema).to_pylist() == [dict.fromkeys(schema.names)]


def test_equal_tables_have_no_differences_in_any_order_of_rows() -> None:
    tables = _tables()
    reversed_rows = {name: table.take(list(range(len(table)))[::-1]) for name, table in tables.items()}
    assert differences(tables, reversed_rows) == []


@pytest.mark.parametrize(
    ("table", "column"),
    [(name, column) for name in TABLES for column in SCHEMAS[name].names if column not in KEYS[name]],
)
def test_every_column_but_those_of_timing_and_place_is_compared(table: str, column: str) -> None:
    tables = _tables()
    row, changed = _spoilt(tables[table], column)
    found = differences(tables, {**tables, table: changed})
    if column in TIMING_AND_PLACE:
        assert found == []
    else:
        [difference] = found
        before, after = (each[column][row].as_py() for each in (tables[table], changed))
        assert (difference.table, difference.column) == (table, column)
        assert (difference.recorded, difference.again) == (before, after)
        assert difference.row == ", ".join(f"{key} {changed[key][row].as_py()}" for key in KEYS[table])


def test_a_row_that_is_missing_on_either_side_is_a_difference() -> None:
    tables = _tables()
    for name, table in tables.items():
        fewer = {**tables, name: table.slice(1)}
        assert [(each.table, each.recorded, each.again) for each in differences(tables, fewer)] == [
            (name, "a row", "no row")
        ]
        assert [(each.table, each.recorded, each.again) for each in differences(fewer, tables)] == [
            (name, "no row", "a row")
        ]


def test_a_trials_own_rows_are_those_that_its_outcome_adds() -> None:
    trial = rounds_of(PLAN)[2].trials[1]
    again = tables_of_outcome(outcome_of(trial, status=Status.COMPLETED), SCHEMAS)
    assert differences(tables_of_trial(_tables(), trial.number), again) == []
    values = [(name, *value) for name, table in again.items() for row in table.to_pylist() for value in row.items()]
    compared = [
        value
        for name, key, value in values
        if value is not None and key not in TIMING_AND_PLACE and key not in KEYS[name]
    ]
    assert count_compared(again) == len(compared) > 20


def test_parameters_are_recorded_by_name_as_they_were_drawn() -> None:
    for row, trial in zip(_tables()["trials"].to_pylist(), [t for r in rounds_of(PLAN) for t in r.trials], strict=True):
        assert {f"param_{name}": value for name, value in trial.values.items()}.items() <= row.items()
        assert row["seed"] == trial.seed
        assert row["val_loss"] == outcome_of(trial, status=Status.COMPLETED).result.scores["val_loss"]


def test_a_nan_is_like_another_and_zero_is_not_like_minus_zero() -> None:
    def table(value: float) -> dict[str, pa.Table]:
        return {"epochs": to_table([{"trial": 0, "epoch": 1, "val_loss": value}], SCHEMAS["epochs"])}

    assert differences(table(float("nan")), table(float("nan"))) == []
    assert len(differences(table(0.0), table(-0.0))) == 1


def test_settings_of_one_name_in_two_members_have_rows_of_their_own_in_rounds() -> None:
    members = {"a": {"rate": {"log": [1e-4, 1]}}, "b": {"rate": {"log": [1e-2, 10]}}}
    plan = plan_of({"train": {"choice": members}})
    store = MemoryStore(schemas(plan.space, RECORDED))
    for each in rounds_of(plan):
        store.add_round(each)
    assert sorted(set(store.tables()["rounds"]["setting"].to_pylist())) == ["rate (a)", "rate (b)", "train"]
    keys = store.tables()["rounds"].select(list(KEYS["rounds"])).to_pylist()
    assert len({tuple(key.values()) for key in keys}) == len(keys)
