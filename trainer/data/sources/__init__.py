"""Sources of data, one a file. To add one, write its file and list it here."""

from trainer.data.sources.base import Arrays, Frame, Source
from trainer.data.sources.cifar10 import CIFAR10
from trainer.data.sources.cifar10_python import CIFAR10_PYTHON
from trainer.data.sources.delimited import DELIMITED
from trainer.data.sources.idx import IDX
from trainer.data.sources.npz import NPZ
from trainer.data.sources.parquet import PARQUET

SOURCES: tuple[Source, ...] = (DELIMITED, PARQUET, NPZ, IDX, CIFAR10, CIFAR10_PYTHON)
"""Asked in this order whether they know a path."""

__all__ = ["SOURCES", "Arrays", "Frame", "Source"]
