"""Whether two results are the same: every column but those of timing and place, bit for bit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpsearch.records import Outcome
from hpsearch.store.rows import rows_of, to_table
from hpsearch.store.schema import KEYS, TIMING_AND_PLACE


@dataclass(frozen=True)
class Difference:
    """A value that did not come back."""

    table: str
    row: str  # the row's key, as in "trial 3, epoch 7"
    column: str
    recorded: Any
    again: Any


def differences(recorded: Mapping[str, pa.Table], again: Mapping[str, pa.Table]) -> list[Difference]:
    """All differences between tables of equal schemas; equal rows in another order are no difference."""
    return [difference for name in again for difference in _in_table(name, recorded[name], again[name])]


def tables_of_trial(tables: Mapping[str, pa.Table], number: int) -> dict[str, pa.Table]:
    """The rows of one trial, in the tables that have a row for each trial."""
    of_trials = {name: table for name, table in tables.items() if "trial" in table.column_names}
    return {name: table.filter(pc.equal(table["trial"], number)) for name, table in of_trials.items()}


def tables_of_outcome(outcome: Outcome, schemas: Mapping[str, pa.Schema]) -> dict[str, pa.Table]:
    """The rows that an outcome adds."""
    return {name: to_table(rows, schemas[name]) for name, rows in rows_of(outcome).items()}


def count_compared(tables: Mapping[str, pa.Table]) -> int:
    """How many recorded values a comparison of these tables looks at."""
    return sum(
        len(column) - column.null_count
        for table in tables.values()
        for name, column in zip(table.column_names, table.columns, strict=True)
        if name not in TIMING_AND_PLACE
    )


def _in_table(name: str, recorded: pa.Table, again: pa.Table) -> Iterator[Difference]:
    before, after = _by_key(name, recorded), _by_key(name, again)
    for key in sorted(before.keys() | after.keys()):
        row = ", ".join(f"{column} {value}" for column, value in zip(KEYS[name], key, strict=True))
        if key not in before or key not in after:
            yield Difference(name, row, "", *("a row" if key in side else "no row" for side in (before, after)))
            continue
        for column, value in before[key].items():
            if column not in TIMING_AND_PLACE and _bits(value) != _bits(after[key][column]):
                yield Difference(name, row, column, value, after[key][column])


def _by_key(name: str, table: pa.Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row[key] for key in KEYS[name]): row for row in table.to_pylist()}


def _bits(value: Any) -> Any:
    """Equal for equal bits: a NaN is like another, 0.0 is not like -0.0."""
    return value.hex() if isinstance(value, float) else value
