"""Parts of a sweep that cannot be read any more: they are set aside, and their trials are run again."""

from collections.abc import Mapping

import pyarrow as pa

from hpsearch.errors import HpsearchError
from hpsearch.location import Location
from hpsearch.store.files import explaining, sync_folder, write_parquet
from hpsearch.store.folder import SweepFolder, read_part
from hpsearch.store.lock import lock_for_writing
from hpsearch.store.rows import to_table
from hpsearch.store.schema import TABLES


def set_damaged_parts_aside(folder: SweepFolder, schemas: Mapping[str, pa.Schema]) -> list[int]:
    """Move what was written at one time with a damaged part out of the tables; returns the numbers of those parts.

    All tables lose their part of that number, because a trial has rows in each. What was in them is planned, so that
    a resumed sweep runs it again, with the same seeds. Raises UsageError while
    another process writes there.
    """
    with lock_for_writing(folder), explaining(folder.path):
        damaged = sorted(
            {
                number
                for table in TABLES
                for number in folder.part_numbers(table)
                if _is_damaged(folder.part(table, number), schemas[table])
            }
        )
        for number in damaged:
            for table in TABLES:
                _set_aside(folder, table, number)
        if 0 in damaged:  # the empty first part, whose schema an unread sweep needs
            for table, schema in schemas.items():
                write_parquet(folder.part(table, 0), to_table([], schema))
    return damaged


def _is_damaged(part: Location, schema: pa.Schema) -> bool:
    try:
        return not read_part(part).schema.equals(schema)
    except HpsearchError:
        return True


def _set_aside(folder: SweepFolder, table: str, number: int) -> None:
    part = folder.part(table, number)
    if part.exists():
        folder.damaged.mkdir(exist_ok=True)
        part.rename(folder.damaged / f"{table}-{part.name}")
        sync_folder(part.parent)
