"""Data: sources, tables, splits, scaling. To add a source, see `trainer.data.sources`."""

from trainer.data.bundled import BUNDLED
from trainer.data.dataset import Dataset, Prepared, Rows
from trainer.data.encoding import TableEncoder
from trainer.data.given import GIVEN, Given, given
from trainer.data.layout import Layout
from trainer.data.loading import dataset_of, dataset_of_table, load, read, require_there
from trainer.data.preparing import prepare, prepare_folds
from trainer.data.preprocessing import Standardizer
from trainer.data.sources import SOURCES, Arrays
from trainer.data.table import Columns, Expected, Table, columns_of

__all__ = [
    "BUNDLED",
    "GIVEN",
    "SOURCES",
    "Arrays",
    "Columns",
    "Dataset",
    "Expected",
    "Given",
    "Layout",
    "Prepared",
    "Rows",
    "Standardizer",
    "Table",
    "TableEncoder",
    "columns_of",
    "dataset_of",
    "dataset_of_table",
    "given",
    "load",
    "prepare",
    "prepare_folds",
    "read",
    "require_there",
]
