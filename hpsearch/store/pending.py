"""Rows that are to become a part."""

from collections.abc import Sequence

import pyarrow as pa

from hpsearch.store.rows import Row, to_table

PACKED = 1024
"""Rows at a time are packed as columns, which take a tenth of the memory of rows as Python objects."""


class Pending:
    """The rows of one table since its last part."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: list[Row] = []
        self._packed: list[pa.Table] = []

    def __bool__(self) -> bool:
        return bool(self._rows or self._packed)

    def extend(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._rows.extend(rows)
        if len(self._rows) >= PACKED:
            self._packed.append(to_table(self._rows, self._schema))
            self._rows = []

    def table(self) -> pa.Table:
        """All of them, in order."""
        return pa.concat_tables([*self._packed, to_table(self._rows, self._schema)])
