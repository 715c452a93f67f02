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
    another process writes there. Whoever dies on the way leaves a damaged part, by which the next repair finds what is left to do.
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
            _set_aside(folder, number, schemas)
        # The first part, without which a sweep that has no other cannot be read.
        without = [table for table in TABLES if not folder.part(table, 0).exists()]
        for table in without:
            write_parquet(folder.part(table, 0), to_table([], schemas[table]))
    return sorted({*damaged, *([0] if without else [])})


def _set_aside(folder: SweepFolder, number: int, schemas: Mapping[str, pa.Schema]) -> None:
    """Move the parts of this number away, the damaged ones last."""
    parts = {table: part for table in TABLES if (part := folder.part(table, number)).exists()}
    folder.damaged.mkdir(exist_ok=True)
    for table in sorted(parts, key=lambda table: _is_damaged(parts[table], schemas[table])):
        parts[table].rename(folder.damaged / f"{table}-{parts[table].name}")
        sync_folder(parts[table].parent)


def _is_damaged(part: Location, schema: pa.Schema) -> bool:
    try:
        return not read_part(part).schema.equals(schema)
    except HpsearchError:
        return True
