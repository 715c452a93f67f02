"""The results of sweeps: the only writer of Parquet and of the journal."""

from hpsearch.store.base import Store
from hpsearch.store.create import create_folder, require_new
from hpsearch.store.files import StoreError
from hpsearch.store.folder import SweepFolder
from hpsearch.store.lock import is_being_written
from hpsearch.store.memory import MemoryStore
from hpsearch.store.parquet import ParquetStore
from hpsearch.store.repair import set_damaged_parts_aside
from hpsearch.store.retry import Retry
from hpsearch.store.schema import KEYS, TABLES, TIMING_AND_PLACE, schemas

__all__ = [
    "KEYS",
    "TABLES",
    "TIMING_AND_PLACE",
    "MemoryStore",
    "ParquetStore",
    "Retry",
    "Store",
    "StoreError",
    "SweepFolder",
    "create_folder",
    "is_being_written",
    "require_new",
    "schemas",
    "set_damaged_parts_aside",
]
