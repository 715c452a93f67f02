"""The store on disk or in an object store: a journal that is durable at once, and Parquet parts at growing intervals."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa

from hpsearch.errors import HpsearchError
from hpsearch.records import Outcome, Round
from hpsearch.store.base import Store
from hpsearch.store.files import StoreError, explaining, write_parquet
from hpsearch.store.folder import SweepFolder, read_part, round_record
from hpsearch.store.lock import lock_for_writing
from hpsearch.store.objects import each
from hpsearch.store.pending import Pending
from hpsearch.store.rows import region_rows, rows_of
from hpsearch.store.schema import TABLES

# Parts become at most max(10 s, 15% of the elapsed time) old. The margin below that is for writing them.
# So part n comes at no less than 1.16 times the time of part n - 1: under a hundred parts in a year.
LEAST_AGE_S = 9.0
AGE_SHARE = 0.14


class ParquetStore(Store):
    """One sweep's folder, locked for writing."""

    def __init__(self, folder: SweepFolder, schemas: dict[str, pa.Schema], clock: Callable[[], float]) -> None:
        """Open the folder, waiting for nobody: raises UsageError if another process writes there.

        `clock` gives seconds that never go back.
        """
        self.folder = folder
        self._schemas = schemas
        self._clock = clock
        self._lock = lock_for_writing(folder)
        try:
            with explaining(folder.path):
                self._open_journal()
            self._last_part = clock()
            if folder.journal.makes_part_first:
                self._write_parts()
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close. After a failed write, or anything unforeseen, the journals stay as they are.

        They are whole up to what was acknowledged, and the next process makes parts of them.
        """
        if error is None or (isinstance(error, HpsearchError) and not isinstance(error, StoreError)):
            self.close()
        else:
            self._release()

    def _open_journal(self) -> None:
        self._rows = self._none_pending()
        pending = self.folder.journal.open(self._next_part())
        self._rounds = self.folder.read_rounds()  # only now, as no process before this one can add to them any more
        for record in pending:
            for table in self._rows.keys() & record.keys():
                self._rows[table].extend(record[table])
        written = self._rounds_in_earlier_parts()
        for planned in self._rounds:
            if planned.number not in written:
                self._rows["rounds"].extend(region_rows(planned))

    def rounds(self) -> list[Round]:
        return list(self._rounds)

    def tables(self) -> dict[str, pa.Table]:
        return self.folder.read_tables()

    def add_round(self, planned: Round) -> None:
        with explaining(self.folder.path):
            self.folder.journal.add_round(round_record(planned))
        self._rounds.append(planned)
        self._rows["rounds"].extend(region_rows(planned))

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        records = [rows_of(outcome) for outcome in outcomes]
        with explaining(self.folder.path):
            self.folder.journal.add_outcomes(records)
        for record in records:
            for table, rows in record.items():
                self._rows[table].extend(rows)

    def tick(self) -> None:
        age = self._clock() - self._last_part
        if age >= max(LEAST_AGE_S, AGE_SHARE * self._elapsed()):
            self._write_parts()

    def close(self) -> None:
        try:
            self._write_parts()
        finally:
            self._release()

    def _elapsed(self) -> float:
        """Seconds of work on this sweep, in this process and those before it."""
        return self.folder.journal.elapsed_s + self._clock() - self._last_part

    def _write_parts(self) -> None:
        """Turn the journal into part files, and only then begin the next journal."""
        if not any(self._rows.values()):
            return
        with explaining(self.folder.path):
            for table, rows in self._rows.items():
                if rows:
                    write_parquet(self.folder.part(table, self.folder.journal.number), rows.table())
            elapsed_s, self._last_part = self._elapsed(), self._clock()
            self.folder.journal.turn(elapsed_s)
        self._rows = self._none_pending()

    def _none_pending(self) -> dict[str, Pending]:
        return {table: Pending(self._schemas[table]) for table in TABLES}

    def _next_part(self) -> int:
        """One more than the highest number of a part."""
        return max((number for table in TABLES for number in self.folder.part_numbers(table)), default=0) + 1

    def _rounds_in_earlier_parts(self) -> set[int]:
        numbers = [number for number in self.folder.part_numbers("rounds") if number < self.folder.journal.number]
        parts = each(read_part, [self.folder.part("rounds", number) for number in numbers])
        return {planned for part in parts for planned in part["round"].to_pylist()}

    def _release(self) -> None:
        self.folder.journal.close()
        self._lock.close()
