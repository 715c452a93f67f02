"""Data: sources, splits, scaling. To add a source, write its file and list it here."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from trainer.data.bundled import BUNDLED
from trainer.data.dataset import Dataset, Prepared, Rows
from trainer.data.npz import load_npz
from trainer.data.preprocessing import Standardizer
from trainer.data.splits import prepare
from trainer.errors import TrainerError

READERS: Mapping[str, Callable[[Path], Dataset]] = {".npz": load_npz}
"""Readers of files, by the file's suffix."""


def load(source: str) -> Dataset:
    """The data set named `source`: a bundled one, or a file."""
    if source in BUNDLED:
        return BUNDLED[source]()
    path = Path(source)
    if path.suffix not in READERS:
        raise TrainerError(
            f"{source!r} is neither a bundled data set ({', '.join(BUNDLED)}) "
            f"nor a file that can be read ({', '.join(READERS)})"
        )
    if not os.path.isfile(path):  # noqa: PTH113 - a path too long is no file, not an error
        raise TrainerError(f"there is no file {source!r}")
    return READERS[path.suffix](path)


__all__ = ["BUNDLED", "READERS", "Dataset", "Prepared", "Rows", "Standardizer", "load", "prepare"]
