"""A store in memory: no durability, and so simple that the other stores are tested against it."""

from collections.abc import Sequence

import pyarrow as pa

from hpsearch.records import Outcome, Round
from hpsearch.store.base import Store
from hpsearch.store.rows import Row, region_rows, rows_of, to_table
from hpsearch.store.schema import KEYS, TABLES


class MemoryStore(Store):
    """Lists."""

    def __init__(self, schemas: dict[str, pa.Schema]) -> None:
        self._schemas = schemas
        self._rounds: list[Round] = []
        self._rows: dict[str, list[Row]] = {table: [] for table in TABLES}

    def rounds(self) -> list[Round]:
        return list(self._rounds)

    def tables(self) -> dict[str, pa.Table]:
        return {
            table: to_table(rows, self._schemas[table]).sort_by([(key, "ascending") for key in KEYS[table]])
            for table, rows in self._rows.items()
        }

    def add_round(self, planned: Round) -> None:
        self._rounds.append(planned)
        self._rows["rounds"].extend(region_rows(planned))

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            for table, rows in rows_of(outcome).items():
                self._rows[table].extend(rows)

    def tick(self) -> None:
        """Readers of a memory store always see everything."""

    def close(self) -> None:
        """Nothing to close."""
